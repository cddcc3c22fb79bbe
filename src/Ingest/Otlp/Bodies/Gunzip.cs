using System.IO.Compression;
using FinOps.Ingest.Health;

namespace FinOps.Ingest.Otlp.Bodies;

/// <summary>Decompresses a whole gzip body (one or several members) into a bounded buffer.</summary>
internal static class Gunzip
{
    /// <summary>Without this switch the runtime takes a stream that ends early for a complete one, and a cut body would be half accepted.</summary>
    public static void RefuseTruncatedStreams() => AppContext.SetSwitch("System.IO.Compression.UseStrictValidation", true);

    static Gunzip() => RefuseTruncatedStreams();

    /// <returns>Null when the output holds everything, else why it does not.</returns>
    public static IngestReason? Decompress(ReadOnlyMemory<byte> compressed, PooledBuffer output)
    {
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
                if (read == 0) return null;
                output.Length += read;
            }
        }
        catch (InvalidDataException)
        {
            return source.AskedPastEnd ? IngestReason.GzipTruncated : IngestReason.GzipInvalid;
        }
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
