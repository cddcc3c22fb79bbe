using FinOps.Gateway.Reporting;

namespace FinOps.Gateway.Caching;

/// <summary>
/// Answers, or parts of them, that are given again: in memory up to a limit (<see cref="MemoryRing"/>); what has no more room there goes to disk (<see cref="AnswerDisk"/>), up to another, if it was ever asked for again: one that never
/// was is not worth a file.
/// </summary>
internal sealed class AnswerCache
{
    private readonly TimeProvider _time;
    private readonly GatewayCounters _counters;
    private readonly Lock _gate = new();
    private readonly MemoryRing _memory;
    private readonly AnswerDisk _disk;

    /// <param name="folder">Of its own.</param>
    /// <param name="maxDiskBytes">0 = nothing is written.</param>
    public AnswerCache(string folder, long maxMemoryBytes, long maxDiskBytes, TimeProvider time, GatewayCounters counters, ILogger log)
    {
        _time = time;
        _counters = counters;
        _disk = new AnswerDisk(folder, maxDiskBytes, time, counters, log);
        _memory = new MemoryRing((int)Math.Min(maxMemoryBytes, Array.MaxLength), (key, file, wasAsked) =>
        {
            if (wasAsked) _disk.Keep(key, file);
            else counters.CountCacheDrop("memory");
        });
    }

    /// <summary>What waits to be written is in memory.</summary>
    public (long Memory, long Disk) Bytes
    {
        get
        {
            var (waiting, kept) = _disk.Bytes;
            lock (_gate) return (_memory.Bytes + waiting, kept);
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
        if (_disk.Find(key) is not { } file) return null;
        if (KeptAnswer.FromFile(file) is { } answer)
        {
            lock (_gate)
            {
                // A newer one may have come while this was read.
                if (_memory.Find(key) is { } newer) return KeptAnswer.FromFile(newer);
                _memory.TryKeep(key, file, wasAsked: true);
            }

            return answer;
        }

        _counters.CountCacheDrop("unreadable");
        Forget(key);
        return null;
    }

    public void Keep(CacheKey key, AnswerHead head, ReadOnlySpan<byte> body)
    {
        var file = KeptAnswer.ToFile(head, body);
        lock (_gate)
        {
            _disk.Outdate(key);
            if (!_memory.TryKeep(key, file, wasAsked: false)) _disk.Keep(key, file);
        }
    }

    private void Forget(CacheKey key)
    {
        lock (_gate) _memory.Remove(key);
        _disk.Forget(key);
    }

    /// <summary>Before the end: what is in memory is found again after it.</summary>
    public void Save()
    {
        lock (_gate)
        {
            foreach (var (key, file) in _memory.All()) _disk.KeepNow(key, file);
        }

        _disk.WriteAll();
    }
}
