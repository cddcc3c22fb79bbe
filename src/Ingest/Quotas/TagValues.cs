using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace FinOps.Ingest.Quotas;

/// <summary>The values of one tag that a tenant has: those of the store, and those that came since.</summary>
internal sealed class TagValues(TimeProvider clock)
{
    /// <summary>How long a value that came is remembered beside the store. Default 1 hour: by then the roll-ups know it.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private readonly List<(ulong Hash, long At)> _fresh = [];
    private volatile ValueSet _known = new();

    public int Count => _known.Count;

    /// <summary>Whether the value may stand as it is: it is known, or there is room for it.</summary>
    public bool Admits(string value, long limit)
    {
        var hash = Hash(value);
        if (_known.Contains(hash)) return true;
        lock (_lock)
        {
            if (!_known.TryAdd(hash, limit)) return _known.Contains(hash);
            _fresh.Add((hash, clock.GetTimestamp()));
            return true;
        }
    }

    /// <summary>From now on these values of the store are known, those that came lately, and no others.</summary>
    public void Replace(IReadOnlyCollection<ulong> stored)
    {
        lock (_lock)
        {
            _fresh.RemoveAll(value => clock.GetElapsedTime(value.At) > Fresh);
            var known = new ValueSet(stored.Count + _fresh.Count);
            foreach (var hash in stored) known.TryAdd(hash, long.MaxValue);
            foreach (var (hash, _) in _fresh) known.TryAdd(hash, long.MaxValue);
            _known = known;
        }
    }

    public static ulong Hash(string value) => Math.Max(1, XxHash3.HashToUInt64(MemoryMarshal.AsBytes(value.AsSpan())));
}
