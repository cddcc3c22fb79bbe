using System.IO.Compression;
using System.Security.Cryptography;

namespace FinOps.Analytics.Backups;

/// <summary>
/// Writes a backup: a ZIP archive of the owner alone, built beside its place and renamed when it is whole. ZIP because each file in it can be
/// written without knowing its size first and read with any tool.
/// </summary>
internal sealed class BackupWriter : IDisposable
{
    private const int BufferBytes = 1 << 17;

    private readonly string _path;
    private readonly string _draft;
    private readonly FileStream _file;
    private readonly ZipArchive _archive;
    private bool _open = true;

    private BackupWriter(string path, string draft, FileStream file)
    {
        (_path, _draft, _file) = (path, draft, file);
        _archive = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true);
    }

    public static BackupWriter Create(string path)
    {
        if (File.Exists(path) || Directory.Exists(path)) throw new BackupException($"{path} is there already. Name another file with --to, or move that one away.");
        var draft = path + ".part";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.ReadWrite, BufferSize = BufferBytes };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            // One that an earlier run left may have another mode.
            File.Delete(draft);
            return new BackupWriter(path, draft, new FileStream(draft, options));
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new BackupException($"{draft} cannot be written: {refused.Message}", refused);
        }
    }

    /// <param name="isPacked">The content is compressed already.</param>
    public async Task<BackupFile> AddAsync(string name, bool isPacked, Func<Stream, Task> write)
    {
        var entry = _archive.CreateEntry(name, isPacked ? CompressionLevel.NoCompression : CompressionLevel.Fastest);
        await using var stream = entry.Open();
        using var measured = new MeasuredStream(stream);
        await write(measured);
        return new BackupFile(name, measured.Bytes, measured.Sha256());
    }

    /// <summary>Writes the manifest, and gives the backup its name. Returns its size in bytes.</summary>
    public async Task<long> CompleteAsync(BackupManifest manifest, CancellationToken cancellationToken)
    {
        await using (var stream = _archive.CreateEntry(BackupManifest.FileName, CompressionLevel.Fastest).Open())
        {
            await stream.WriteAsync(manifest.ToBytes(), cancellationToken);
        }

        _archive.Dispose();
        _file.Flush(flushToDisk: true);
        var bytes = _file.Length;
        _file.Dispose();
        _open = false;
        File.Move(_draft, _path, overwrite: false);
        return bytes;
    }

    /// <summary>What is not complete is removed.</summary>
    public void Dispose()
    {
        if (!_open) return;
        _open = false;
        // The archive would write its end into a disk that may be full, and throw over what went wrong first.
        _file.Dispose();
        File.Delete(_draft);
    }

    /// <summary>Counts and hashes what passes through.</summary>
    private sealed class MeasuredStream(Stream inner) : Stream
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        public long Bytes { get; private set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public string Sha256() => Convert.ToHexStringLower(_hash.GetCurrentHash());

        public override void Flush() => inner.Flush();

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            inner.Write(buffer);
            Count(buffer);
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await inner.WriteAsync(buffer, cancellationToken);
            Count(buffer.Span);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) _hash.Dispose();
            base.Dispose(disposing);
        }

        private void Count(ReadOnlySpan<byte> written)
        {
            _hash.AppendData(written);
            Bytes += written.Length;
        }
    }
}
