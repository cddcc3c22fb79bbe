using FinOps.Gateway.Reporting;
using FinOps.Gateway.Storage;

namespace FinOps.Gateway.Caching;

/// <summary>
/// The disk's part of an <see cref="AnswerCache"/>: one file for each answer, the oldest go first. Files are written by a thread of their own, so that no call waits for a disk; what is not written yet is found all the same.
/// A restart finds what was kept. Files can be read by the gateway's user alone.
/// </summary>
internal sealed class AnswerDisk
{
    private const string Extension = ".answer";

    /// <summary>Bytes that wait to be written. Default 8 MB; what a slow disk has no time for is given up, and counted.</summary>
    public const long MaxWaitingBytes = 8 << 20;

    /// <summary>After what could not be written, how long nothing is. Default a minute.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private readonly string _folder;
    private readonly long _maxBytes;
    private readonly TimeProvider _time;
    private readonly GatewayCounters _counters;
    private readonly ILogger _log;

    // Held while a file is written; _gate never is.
    private readonly Lock _writing = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<CacheKey, LinkedListNode<(CacheKey Key, int Bytes)>> _kept = [];
    private readonly LinkedList<(CacheKey Key, int Bytes)> _byAge = new();
    private readonly Dictionary<CacheKey, byte[]> _waiting = [];
    private readonly Queue<CacheKey> _order = new();
    private readonly Queue<CacheKey> _outdated = new();
    private long _bytes, _waitingBytes;
    private long? _failedAt;
    private bool _isWriting;

    /// <param name="folder">Of its own.</param>
    /// <param name="maxBytes">0 = nothing is written.</param>
    public AnswerDisk(string folder, long maxBytes, TimeProvider time, GatewayCounters counters, ILogger log)
    {
        _folder = folder;
        _maxBytes = maxBytes;
        _time = time;
        _counters = counters;
        _log = log;
        if (maxBytes == 0 || !Directory.Exists(_folder)) return;
        WholeFile.RemoveParts(_folder);
        foreach (var file in new DirectoryInfo(_folder).EnumerateFiles("*" + Extension).OrderBy(file => file.LastWriteTimeUtc))
        {
            var name = Path.GetFileNameWithoutExtension(file.Name);
            if (name.Length == 64 && name.All(char.IsAsciiHexDigit)) Enter_NeedsLock(CacheKey.Parse(name), (int)file.Length)?.ForEach(Delete);
        }
    }

    public (long Waiting, long Kept) Bytes
    {
        get
        {
            lock (_gate) return (_waitingBytes, _bytes);
        }
    }

    /// <summary>As it was kept; null: it is not here.</summary>
    public byte[]? Find(CacheKey key)
    {
        lock (_gate)
        {
            if (_waiting.TryGetValue(key, out var file)) return file;
            if (!_kept.ContainsKey(key)) return null;
        }

        try
        {
            return File.ReadAllBytes(PathOf(key));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _counters.CountCacheDrop("unreadable");
            Forget(key);
            return null;
        }
    }

    /// <summary>It is written soon.</summary>
    public void Keep(CacheKey key, ReadOnlySpan<byte> file)
    {
        lock (_gate)
        {
            if (_kept.ContainsKey(key) || _waiting.ContainsKey(key)) return;
            if (_maxBytes == 0 || IsPausing_NeedsLock)
            {
                _counters.CountCacheDrop("memory");
                return;
            }

            if (_waitingBytes + file.Length > MaxWaitingBytes)
            {
                _counters.CountCacheDrop("disk_slow");
                return;
            }

            _waiting[key] = file.ToArray();
            _order.Enqueue(key);
            _waitingBytes += file.Length;
            Begin_NeedsLock();
        }
    }

    /// <summary>There is a newer answer than what is here.</summary>
    public void Outdate(CacheKey key)
    {
        lock (_gate)
        {
            StopWaiting_NeedsLock(key);
            if (!TryLeave_NeedsLock(key)) return;
            _outdated.Enqueue(key);
            Begin_NeedsLock();
        }
    }

    private void Begin_NeedsLock()
    {
        if (_isWriting) return;
        _isWriting = true;
        ThreadPool.UnsafeQueueUserWorkItem(static disk => disk.WriteAll(), this, preferLocal: false);
    }

    private bool TryLeave_NeedsLock(CacheKey key)
    {
        if (!_kept.Remove(key, out var node)) return false;
        _byAge.Remove(node);
        _bytes -= node.Value.Bytes;
        return true;
    }

    /// <summary>It is written when this returns, unless it cannot be.</summary>
    public void KeepNow(CacheKey key, ReadOnlySpan<byte> file)
    {
        lock (_writing)
        {
            lock (_gate)
            {
                // What waits is written by WriteAll.
                if (_maxBytes == 0 || _kept.ContainsKey(key) || _waiting.ContainsKey(key)) return;
            }

            if (!TryWrite(key, file)) return;
            List<CacheKey>? gone;
            lock (_gate) gone = Enter_NeedsLock(key, file.Length);
            gone?.ForEach(Delete);
        }
    }

    public void Forget(CacheKey key)
    {
        lock (_gate)
        {
            StopWaiting_NeedsLock(key);
            if (!TryLeave_NeedsLock(key)) return;
        }

        Delete(key);
    }

    /// <summary>Writes what waits; also where another thread does it already: then what that has in hand is written, too, when this returns.</summary>
    public void WriteAll()
    {
        lock (_writing)
        {
            while (Next() is { } next)
            {
                while (NextOutdated() is { } old) Delete(old);
                if (next.File is not { } file) continue;
                var isWritten = TryWrite(next.Key, file);
                List<CacheKey>? gone = null;
                lock (_gate)
                {
                    // It may have been forgotten meanwhile, and another answer may wait in its place.
                    var isWanted = ReferenceEquals(_waiting.GetValueOrDefault(next.Key), file) && StopWaiting_NeedsLock(next.Key);
                    if (isWritten) gone = isWanted ? Enter_NeedsLock(next.Key, file.Length) : [next.Key];
                }

                gone?.ForEach(Delete);
            }
        }
    }

    /// <summary>One whose file is another's by now stays.</summary>
    private CacheKey? NextOutdated()
    {
        lock (_gate)
        {
            while (_outdated.TryDequeue(out var key))
                if (!_kept.ContainsKey(key)) return key;
            return null;
        }
    }

    /// <summary>The first that waits, which goes on waiting; one without a file: there is something to delete; null: nothing is to be done.</summary>
    private (CacheKey Key, byte[]? File)? Next()
    {
        lock (_gate)
        {
            if (_outdated.Count > 0) return (default, null);
            while (_order.TryDequeue(out var key))
                if (_waiting.TryGetValue(key, out var file)) return (key, file);
            _isWriting = false;
            return null;
        }
    }

    private bool StopWaiting_NeedsLock(CacheKey key)
    {
        if (!_waiting.Remove(key, out var file)) return false;
        _waitingBytes -= file.Length;
        return true;
    }

    private bool IsPausing_NeedsLock => _failedAt is { } at && _time.GetElapsedTime(at) < Pause;

    private bool TryWrite(CacheKey key, ReadOnlySpan<byte> file)
    {
        bool isPausing;
        lock (_gate) isPausing = IsPausing_NeedsLock;
        if (isPausing || KeptAnswer.FromFile(file) is not { } answer || answer.Head.ExpiresAt <= _time.GetUtcNow())
        {
            _counters.CountCacheDrop(isPausing ? "disk" : "expired");
            return false;
        }

        try
        {
            WholeFile.Write(PathOf(key), file);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full disk stops nothing but this: what is in memory goes on being answered. It is tried again after a while.
            lock (_gate) _failedAt = _time.GetTimestamp();
            _counters.CountCacheDrop("disk");
            Log.CacheDiskFailed(_log, e.Message);
            return false;
        }
    }

    /// <returns>Those that make room; null: none.</returns>
    private List<CacheKey>? Enter_NeedsLock(CacheKey key, int bytes)
    {
        List<CacheKey>? oldest = null;
        var node = new LinkedListNode<(CacheKey Key, int Bytes)>((key, bytes));
        _kept[key] = node;
        _byAge.AddLast(node);
        _bytes += bytes;
        while (_bytes > _maxBytes && _byAge.First is { } first)
        {
            _counters.CountCacheDrop("disk_size");
            TryLeave_NeedsLock(first.Value.Key);
            (oldest ??= []).Add(first.Value.Key);
        }

        return oldest;
    }

    private void Delete(CacheKey key)
    {
        try
        {
            File.Delete(PathOf(key));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is not given any more; the next start finds it, and its time is over then or it is good.
            Log.CacheDiskFailed(_log, e.Message);
        }
    }

    private string PathOf(CacheKey key) => Path.Combine(_folder, key + Extension);
}
