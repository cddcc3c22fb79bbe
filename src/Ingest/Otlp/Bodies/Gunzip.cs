using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using FinOps.Ingest.Health;

namespace FinOps.Ingest.Otlp.Bodies;

/// <summary>
/// Decompresses a gzip body of one member into a bounded buffer. The runtime takes a stream that ends early for a complete one, and a cut body would be
/// half accepted; so the end is checked here. (Its own switch for that works only if it is set before anything in the process has decompressed.)
/// </summary>
internal static class Gunzip
{
    /// <summary>At the end stand the checksum and the length of what was compressed.</summary>
    private const int TrailerBytes = 8;

    /// <returns>Null when the output holds everything, else why it does not.</returns>
    public static IngestReason? Decompress(ReadOnlyMemory<byte> compressed, PooledBuffer output)
    {
        // Some compressors (.NET's) make nothing at all of nothing.
        if (compressed.IsEmpty) return null;
        var source = new Source(compressed);
        try
        {
            using var gzip = new GZipStream(source, CompressionMode.Decompress);
            // Most telemetry shrinks about tenfold; the buffer doubles from there.
            if (!output.TryReserve(Math.Max(1, compressed.Length))) return output.Refusal;
            while (true)
            {
                if (output.Free.IsEmpty && !output.TryReserve(1)) return output.Refusal;
                var read = gzip.Read(output.Free);
                if (read == 0) return IsWhole(compressed.Span, output.Written) ? null : IngestReason.GzipTruncated;
                output.Length += read;
            }
        }
        catch (InvalidDataException)
        {
            return source.AskedPastEnd ? IngestReason.GzipTruncated : IngestReason.GzipInvalid;
        }
    }

    private static bool IsWhole(ReadOnlySpan<byte> compressed, ReadOnlySpan<byte> plain)
    {
        if (compressed.Length < TrailerBytes) return false;
        var trailer = compressed[^TrailerBytes..];
        return BinaryPrimitives.ReadUInt32LittleEndian(trailer[4..]) == (uint)plain.Length
            && BinaryPrimitives.ReadUInt32LittleEndian(trailer) == Crc32.HashToUInt32(plain);
    }

    private sealed class Source(ReadOnlyMemory<byte> bytes) : Stream
    {
        private int _position;

        public bool AskedPastEnd { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => bytes.Length;

        public override long Position { get => _position; set => throw new NotSupportedException(); }

        public override int Read(Span<byte> buffer)
        {
            var count = Math.Min(buffer.Length, bytes.Length - _position);
            if (count == 0) AskedPastEnd = true;
            bytes.Span.Slice(_position, count).CopyTo(buffer);
            _position += count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
