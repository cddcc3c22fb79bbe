using System.Globalization;
using FinOps.Analytics.Stores.ClickHouse.Native;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace FinOps.Ingest.Pipeline.Spooling;

/// <summary>
/// Blocks on disk that wait for ClickHouse, in numbered files that are only appended to and deleted whole. What was appended is fsynced before it is acknowledged.
/// The folder belongs to one process (<c>lock</c>); the total of bytes has a limit.
/// </summary>
internal sealed class Spool(PipelineOptions options, TimeProvider time, ILogger logger) : IDisposable
{
    private const string Extension = ".blocks";

    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly Lock _gate = new();
    private readonly SortedDictionary<long, Segment> _segments = [];
    private readonly string _directory = Path.GetFullPath(options.SpoolDirectory.Length == 0 ? "." : options.SpoolDirectory);
    private FileStream? _lock;
    private SafeFileHandle? _open;
    private long _openNumber;
    private long _nextNumber = 1;
    private long _rejectedBlocks, _rejectedBytes;
    private bool _toldFull;

    public string RejectedDirectory => Path.Combine(_directory, "rejected");

    public SpoolState State
    {
        get
        {
            lock (_gate)
            {
                long bytes = 0, blocks = 0, rows = 0;
                DateTimeOffset? oldest = null;
                foreach (var segment in _segments.Values)
                {
                    bytes += segment.Bytes;
                    blocks += segment.Blocks;
                    rows += segment.Rows;
                    if (segment.Blocks > 0 && (oldest is null || segment.Oldest < oldest)) oldest = segment.Oldest;
                }

                return new SpoolState(bytes, blocks, rows, oldest, _rejectedBlocks, _rejectedBytes, options.SpoolMaxBytes);
            }
        }
    }

    /// <summary>Takes the folder for this process and looks what an earlier run left: whole blocks are kept, a torn end is cut off.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(RejectedDirectory);
        DirectorySync.Flush(_directory);
        var path = Path.Combine(_directory, "lock");
        try
        {
            _lock = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
        }
        catch (IOException e)
        {
            throw new IOException($"The spool folder {_directory} is used by another process; give each its own ({PipelineOptions.Section}:{nameof(PipelineOptions.SpoolDirectory)}).", e);
        }

        await Task.Run(FindSegments, cancellationToken);
        foreach (var file in Directory.EnumerateFiles(RejectedDirectory))
        {
            _rejectedBlocks++;
            _rejectedBytes += new FileInfo(file).Length;
        }

        var state = State;
        if (state.Blocks > 0) Log.SpoolFound(logger, state.Blocks, state.Rows);
    }

    /// <summary>Appends blocks, all or none, and returns when they are safe on disk. False: the limit is reached, or the disk refuses.</summary>
    public async Task<bool> AppendAsync(IReadOnlyList<NativeBlock> blocks)
    {
        var pieces = new List<ReadOnlyMemory<byte>>();
        var now = time.GetUtcNow();
        long bytes = 0, rows = 0;
        foreach (var block in blocks)
        {
            bytes += SpoolFormat.Add(block, now, pieces);
            rows += block.Rows;
        }

        await _writing.WaitAsync();
        try
        {
            var state = State;
            if (state.Bytes + state.RejectedBytes + bytes > options.SpoolMaxBytes)
            {
                if (!_toldFull) Log.SpoolFull(logger, state.Bytes + state.RejectedBytes, options.SpoolMaxBytes);
                _toldFull = true;
                return false;
            }

            _toldFull = false;
            return await WriteAsync(pieces, bytes, blocks.Count, rows, now);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>The oldest file that has blocks, closed for writing first if it is the one being written; null when nothing waits.</summary>
    public async Task<string?> SealOldestAsync()
    {
        await _writing.WaitAsync();
        try
        {
            long oldest;
            lock (_gate)
            {
                if (_segments.Count == 0) return null;
                oldest = _segments.First().Key;
            }

            if (_open is not null && oldest == _openNumber) CloseSegment();
            return PathOf(oldest);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>All blocks of the file have reached ClickHouse, or the rejected folder.</summary>
    public void Remove(string path)
    {
        File.Delete(path);
        // No flush of the folder: a file that comes back after a power cut is replayed, and its rows collapse by key.
        lock (_gate) _segments.Remove(NumberOf(path));
    }

    /// <summary>Keeps a part of a spool file apart, in the same format: moved back into the spool folder as a <c>.blocks</c> file, it is tried again.</summary>
    public async Task<string> RejectAsync(string path, long offset, long end, CancellationToken cancellationToken)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileNameWithoutExtension(path)}-{offset}{Extension}");
        var target = Path.Combine(RejectedDirectory, name);
        using (var source = File.OpenHandle(path))
        await using (var copy = new FileStream(target, FileMode.Create, FileAccess.Write))
        {
            var buffer = new byte[1 << 16];
            while (offset < end)
            {
                var read = await RandomAccess.ReadAsync(source, buffer.AsMemory(0, (int)Math.Min(buffer.Length, end - offset)), offset, cancellationToken);
                if (read == 0) break;
                await copy.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                offset += read;
            }

            copy.Flush(flushToDisk: true);
            lock (_gate)
            {
                _rejectedBlocks++;
                _rejectedBytes += copy.Length;
            }
        }

        DirectorySync.Flush(RejectedDirectory);
        return target;
    }

    public void Close()
    {
        CloseSegment();
        _lock?.Dispose();
        _lock = null;
    }

    public void Dispose()
    {
        Close();
        _writing.Dispose();
    }

    private async Task<bool> WriteAsync(List<ReadOnlyMemory<byte>> pieces, long bytes, int blocks, long rows, DateTimeOffset now)
    {
        long before = -1;
        try
        {
            if (_open is null) OpenSegment();
            lock (_gate) before = _segments.TryGetValue(_openNumber, out var present) ? present.Bytes : 0;
            await RandomAccess.WriteAsync(_open!, pieces, before);
            RandomAccess.FlushToDisk(_open!);
        }
        catch (IOException e)
        {
            // Disk full, or worse. What was written in part is cut off again; if even that fails, the checksums do it at the next start.
            Log.SpoolWriteFailed(logger, e);
            AbandonTail(before);
            return false;
        }

        lock (_gate)
        {
            var segment = _segments.TryGetValue(_openNumber, out var known) ? known : new Segment(0, 0, 0, now);
            _segments[_openNumber] = new Segment(segment.Bytes + bytes, segment.Blocks + blocks, segment.Rows + rows, segment.Oldest);
        }

        if (before + bytes >= options.SpoolSegmentBytes) CloseSegment();
        return true;
    }

    private void AbandonTail(long length)
    {
        if (_open is null) return;
        try
        {
            if (length >= 0) RandomAccess.SetLength(_open, length);
        }
        catch (IOException e)
        {
            Log.SpoolWriteFailed(logger, e);
        }

        CloseSegment();
    }

    private void OpenSegment()
    {
        _openNumber = _nextNumber++;
        _open = File.OpenHandle(PathOf(_openNumber), FileMode.CreateNew, FileAccess.Write, FileShare.Read);
        DirectorySync.Flush(_directory);
    }

    private void CloseSegment()
    {
        _open?.Dispose();
        _open = null;
    }

    private void FindSegments()
    {
        foreach (var path in Directory.EnumerateFiles(_directory, "*" + Extension).OrderBy(NumberOf).ToList())
        {
            var number = NumberOf(path);
            _nextNumber = Math.Max(_nextNumber, number + 1);
            var segment = Check(path);
            if (segment.Blocks == 0)
            {
                File.Delete(path);
                continue;
            }

            if (path != PathOf(number))
            {
                // Moved back by hand from the rejected folder: it gets a number of ours, behind the others.
                number = _nextNumber++;
                File.Move(path, PathOf(number));
            }

            lock (_gate) _segments[number] = segment;
        }

        DirectorySync.Flush(_directory);
    }

    /// <summary>
    /// Counts the whole blocks of a file and cuts off what follows them. A write that was torn by a crash is the end of a file and was never acknowledged;
    /// the bytes are still set aside when another whole header could follow, because then the disk, not a crash, damaged them.
    /// </summary>
    private Segment Check(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        var length = RandomAccess.GetLength(file);
        long offset = 0, blocks = 0, rows = 0;
        DateTimeOffset? oldest = null;
        byte[] body = [];
        SpoolRecord? record;
        var damaged = false;
        while ((record = SpoolFormat.ReadHeader(file, offset, length)) is not null)
        {
            if (body.Length < record.BodyBytes) body = GC.AllocateUninitializedArray<byte>(record.BodyBytes);
            if (!SpoolFormat.TryReadBody(file, record, body.AsSpan(0, record.BodyBytes)))
            {
                damaged = record.End < length && SpoolFormat.ReadHeader(file, record.End, length) is not null;
                break;
            }

            oldest ??= record.WrittenAt;
            blocks++;
            rows += record.Rows;
            offset = record.End;
        }

        if (offset == length) return new Segment(offset, blocks, rows, oldest ?? time.GetUtcNow());
        var name = Path.GetFileName(path);
        if (damaged)
        {
            CopyAside(path, offset);
            Log.Damaged(logger, name, length - offset);
        }
        else
        {
            Log.TornTail(logger, name, length - offset);
        }

        RandomAccess.SetLength(file, offset);
        RandomAccess.FlushToDisk(file);
        return new Segment(offset, blocks, rows, oldest ?? time.GetUtcNow());
    }

    private void CopyAside(string path, long offset)
    {
        var target = Path.Combine(RejectedDirectory, string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileNameWithoutExtension(path)}-{offset}.damaged"));
        using var source = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var copy = new FileStream(target, FileMode.Create, FileAccess.Write);
        source.Position = offset;
        source.CopyTo(copy);
        copy.Flush(flushToDisk: true);
        DirectorySync.Flush(RejectedDirectory);
    }

    private string PathOf(long number) => Path.Combine(_directory, number.ToString("D12", CultureInfo.InvariantCulture) + Extension);

    /// <summary>0 for a name that is not one of ours.</summary>
    private static long NumberOf(string path) =>
        long.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private readonly record struct Segment(long Bytes, long Blocks, long Rows, DateTimeOffset Oldest);
}
