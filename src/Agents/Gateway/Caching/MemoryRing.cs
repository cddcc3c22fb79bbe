namespace FinOps.Gateway.Caching;

/// <summary>
/// What is kept in memory, in one array that is written round and round: it takes what its limit says and leaves nothing for the collector. The oldest make room, but those that were asked for since they were
/// written are written once more. Not safe for several threads.
/// </summary>
/// <param name="capacity">Bytes.</param>
/// <param name="dropped">Is told of each that made room: its key, its bytes, and whether it was ever asked for.</param>
internal sealed class MemoryRing(int capacity, MemoryRing.Dropped dropped)
{
    /// <summary>How many of the oldest are looked at beyond what must go, so that those that are asked for find a place again.</summary>
    private const int MoreSteps = 16;

    public delegate void Dropped(CacheKey key, ReadOnlySpan<byte> bytes, bool wasAsked);

    private readonly Dictionary<CacheKey, Kept> _index = [];
    private readonly Queue<Written> _order = new();

    // Memory of an array that is not written yet is not taken.
    private byte[]? _bytes;
    private int _head;
    private long _number;

    /// <summary>Of all that can be found.</summary>
    public long Bytes { get; private set; }

    /// <summary>A copy; null: it is not here.</summary>
    public byte[]? Find(CacheKey key)
    {
        ref var kept = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrNullRef(_index, key);
        if (System.Runtime.CompilerServices.Unsafe.IsNullRef(ref kept)) return null;
        kept.IsAsked = kept.WasAsked = true;
        return _bytes.AsSpan(kept.At, kept.Length).ToArray();
    }

    /// <summary>False: it is longer than all there is.</summary>
    /// <param name="wasAsked">It was asked for before it came here.</param>
    public bool TryKeep(CacheKey key, ReadOnlySpan<byte> bytes, bool wasAsked)
    {
        Remove(key);
        if (bytes.Length > capacity) return false;
        _bytes ??= GC.AllocateUninitializedArray<byte>(capacity);
        List<(CacheKey Key, byte[] Bytes)>? asked = null;
        var wanted = bytes.Length;
        for (var steps = 0; _order.Count > 0 && !(Place(wanted) >= 0 || (steps >= MoreSteps && Place(bytes.Length) >= 0)); steps++)
        {
            var oldest = _order.Dequeue();
            if (!_index.TryGetValue(oldest.Key, out var kept) || kept.Number != oldest.Number) continue;
            if (kept.IsAsked)
            {
                (asked ??= []).Add((oldest.Key, _bytes.AsSpan(kept.At, kept.Length).ToArray()));
                wanted = (int)Math.Min(capacity, (long)wanted + kept.Length);
            }
            else
            {
                dropped(oldest.Key, _bytes.AsSpan(kept.At, kept.Length), kept.WasAsked);
            }

            Remove(oldest.Key);
        }

        Write(key, bytes, wasAsked);
        foreach (var (again, its) in asked ?? [])
        {
            if (Place(its.Length) >= 0) Write(again, its, wasAsked: true);
            else dropped(again, its, wasAsked: true);
        }

        return true;
    }

    public void Remove(CacheKey key)
    {
        if (_index.Remove(key, out var kept)) Bytes -= kept.Length;
    }

    /// <summary>All, the oldest first.</summary>
    public IEnumerable<(CacheKey Key, byte[] Bytes)> All()
    {
        foreach (var written in _order)
            if (_index.TryGetValue(written.Key, out var kept) && kept.Number == written.Number) yield return (written.Key, _bytes.AsSpan(kept.At, kept.Length).ToArray());
    }

    /// <summary>Where so many bytes can be written at once; -1: nowhere.</summary>
    private int Place(int length)
    {
        if (_order.Count == 0) return length <= capacity ? 0 : -1;
        var tail = _order.Peek().At;
        // Written up to the head: there is room behind it, and before the tail.
        if (_head > tail) return length <= capacity - _head ? _head : length <= tail ? 0 : -1;
        return length <= tail - _head ? _head : -1;
    }

    private void Write(CacheKey key, ReadOnlySpan<byte> bytes, bool wasAsked)
    {
        var at = Place(bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(at));
        _head = at + bytes.Length;
        _order.Enqueue(new Written(key, at, ++_number));
        _index[key] = new Kept { At = at, Length = bytes.Length, Number = _number, WasAsked = wasAsked };
        Bytes += bytes.Length;
    }

    private readonly record struct Written(CacheKey Key, int At, long Number);

    private struct Kept
    {
        public int At;
        public int Length;
        public long Number;

        /// <summary>Since it was written here.</summary>
        public bool IsAsked;

        /// <summary>At any time.</summary>
        public bool WasAsked;
    }
}
