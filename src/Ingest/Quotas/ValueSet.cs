namespace FinOps.Ingest.Quotas;

/// <summary>
/// Hashes of values, only ever added to: read without a lock by every request, written under one. 16 bytes a value. Two values of one hash (64 bits) count as
/// one; among a million values that is one chance in 37 million.
/// </summary>
internal sealed class ValueSet(int expected = 0)
{
    private const int SmallestSlots = 64;

    private readonly Lock _lock = new();
    private volatile ulong[] _slots = new ulong[System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(SmallestSlots, 2 * expected))];
    private volatile int _count;

    public int Count => _count;

    public bool Contains(ulong hash) => Find(_slots, hash, out _);

    /// <summary>True when the value is new and there was room for it.</summary>
    public bool TryAdd(ulong hash, long limit)
    {
        lock (_lock)
        {
            if (_count >= limit || Find(_slots, hash, out var place)) return false;
            if (2 * (_count + 1) > _slots.Length) Grow_NeedsLock(hash, out place);
            Volatile.Write(ref _slots[place], hash);
            _count++;
            return true;
        }
    }

    private void Grow_NeedsLock(ulong hash, out int place)
    {
        var larger = new ulong[2 * _slots.Length];
        foreach (var present in _slots)
        {
            if (present == 0) continue;
            Find(larger, present, out var at);
            larger[at] = present;
        }

        _slots = larger;
        Find(larger, hash, out place);
    }

    /// <param name="place">Where the hash stands, or the free slot that it belongs in. Half of the slots are free, so there is one.</param>
    private static bool Find(ulong[] slots, ulong hash, out int place)
    {
        for (place = (int)hash & (slots.Length - 1); ; place = (place + 1) & (slots.Length - 1))
        {
            var present = Volatile.Read(ref slots[place]);
            if (present == hash) return true;
            if (present == 0) return false;
        }
    }
}
