using FinOps.Gateway.Reporting;
using FinOps.Gateway.Storage;

namespace FinOps.Gateway.Caching;

/// <summary>
/// Answers, or parts of them, that are given again: in memory up to a limit (<see cref="MemoryRing"/>); what has no more room there goes to disk, up to another, if it was ever asked for again: one that never was is not worth a file.
/// A restart finds what was kept. Files can be read by the gateway's user alone.
/// </summary>
internal sealed class AnswerCache
{
    private const string Extension = ".answer";

    /// <summary>After what could not be written, how long nothing is. Default a minute.</summary>
    private static readonly TimeSpan DiskPause = TimeSpan.FromMinutes(1);

    private readonly long _maxDiskBytes;
    private readonly string _folder;
    private readonly TimeProvider _time;
    private readonly GatewayCounters _counters;
    private readonly ILogger _log;
    private readonly Lock _gate = new();
    private readonly MemoryRing _memory;
    private readonly Dictionary<CacheKey, LinkedListNode<(CacheKey Key, int Bytes)>> _disk = [];
    private readonly LinkedList<(CacheKey Key, int Bytes)> _byAge = new();
    private long _diskBytes;
    private long? _diskFailedAt;

    /// <param name="folder">Of its own.</param>
    /// <param name="maxDiskBytes">0 = nothing is written.</param>
    public AnswerCache(string folder, long maxMemoryBytes, long maxDiskBytes, TimeProvider time, GatewayCounters counters, ILogger log)
    {
        _maxDiskBytes = maxDiskBytes;
        _memory = new MemoryRing((int)Math.Min(maxMemoryBytes, Array.MaxLength), (key, file, wasAsked) =>
        {
            if (wasAsked) ToDisk_NeedsLock(key, file);
            else counters.CountCacheDrop("memory");
        });
        _folder = folder;
        _time = time;
        _counters = counters;
        _log = log;
        if (maxDiskBytes == 0 || !Directory.Exists(_folder)) return;
        WholeFile.RemoveParts(_folder);
        foreach (var file in new DirectoryInfo(_folder).EnumerateFiles("*" + Extension).OrderBy(file => file.LastWriteTimeUtc))
        {
            var name = Path.GetFileNameWithoutExtension(file.Name);
            if (name.Length == 64 && name.All(char.IsAsciiHexDigit)) Enter_NeedsLock(CacheKey.Parse(name), (int)file.Length);
        }
    }

    public (long Memory, long Disk) Bytes
    {
        get
        {
            lock (_gate) return (_memory.Bytes, _diskBytes);
        }
    }

    /// <summary>The kept answer, if its time is not over and it is not older than the caller takes.</summary>
    public KeptAnswer? Find(CacheKey key, TimeSpan? maxAge)
    {
        var answer = FromMemory(key) ?? FromDisk(key);
        if (answer is null) return null;
        var now = _time.GetUtcNow();
        // Kept at an hour that has not come: the clock was set back, and nobody knows how old it is.
        if (answer.Head.ExpiresAt > now && answer.Head.KeptAt <= now) return maxAge is { } most && now - answer.Head.KeptAt > most ? null : answer;
        Forget(key);
        return null;
    }

    private KeptAnswer? FromMemory(CacheKey key)
    {
        byte[]? file;
        lock (_gate) file = _memory.Find(key);
        return file is null ? null : KeptAnswer.FromFile(file);
    }

    private KeptAnswer? FromDisk(CacheKey key)
    {
        lock (_gate)
        {
            if (!_disk.ContainsKey(key)) return null;
        }

        try
        {
            var file = File.ReadAllBytes(PathOf(key));
            if (KeptAnswer.FromFile(file) is { } answer)
            {
                lock (_gate) _memory.TryKeep(key, file, wasAsked: true);
                return answer;
            }

            _counters.CountCacheDrop("unreadable");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _counters.CountCacheDrop("unreadable");
        }

        Forget(key);
        return null;
    }

    public void Keep(CacheKey key, AnswerHead head, ReadOnlySpan<byte> body)
    {
        var file = KeptAnswer.ToFile(head, body);
        lock (_gate)
        {
            if (!_memory.TryKeep(key, file, wasAsked: false)) ToDisk_NeedsLock(key, file);
        }
    }

    private void ToDisk_NeedsLock(CacheKey key, ReadOnlySpan<byte> file)
    {
        var isOff = _maxDiskBytes == 0 || (_diskFailedAt is { } at && _time.GetElapsedTime(at) < DiskPause);
        if (isOff || KeptAnswer.FromFile(file) is not { } answer || answer.Head.ExpiresAt <= _time.GetUtcNow())
        {
            _counters.CountCacheDrop(isOff ? "memory" : "expired");
            return;
        }

        if (_disk.ContainsKey(key)) return;
        try
        {
            WholeFile.Write(PathOf(key), file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full disk stops nothing but this: what is in memory goes on being answered. It is tried again after a while.
            _diskFailedAt = _time.GetTimestamp();
            _counters.CountCacheDrop("disk");
            Log.CacheDiskFailed(_log, e.Message);
            return;
        }

        Enter_NeedsLock(key, file.Length);
    }

    private void Enter_NeedsLock(CacheKey key, int bytes)
    {
        var node = new LinkedListNode<(CacheKey, int)>((key, bytes));
        _disk[key] = node;
        _byAge.AddLast(node);
        _diskBytes += bytes;
        while (_diskBytes > _maxDiskBytes && _byAge.First is { } oldest)
        {
            _counters.CountCacheDrop("disk_size");
            ForgetDisk_NeedsLock(oldest.Value.Key);
        }
    }

    private void ForgetDisk_NeedsLock(CacheKey key)
    {
        if (!_disk.Remove(key, out var node)) return;
        _byAge.Remove(node);
        _diskBytes -= node.Value.Bytes;
        File.Delete(PathOf(key));
    }

    private void Forget(CacheKey key)
    {
        lock (_gate)
        {
            _memory.Remove(key);
            ForgetDisk_NeedsLock(key);
        }
    }

    /// <summary>Before the end: what is in memory is found again after it.</summary>
    public void Save()
    {
        lock (_gate)
        {
            foreach (var (key, file) in _memory.All()) ToDisk_NeedsLock(key, file);
        }
    }

    private string PathOf(CacheKey key) => Path.Combine(_folder, key + Extension);
}
