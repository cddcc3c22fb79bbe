namespace FinOps.Ingest.Mapping;

/// <summary>Measures how deep arrays and key-value lists are nested in a value, without recursion.</summary>
internal static class ValueDepth
{
    private const uint ArrayTag = 5 << 3 | Wire.Length;
    private const uint KeyValuesTag = 6 << 3 | Wire.Length;
    private const uint ListItemTag = 1 << 3 | Wire.Length;
    private const uint PairValueTag = 2 << 3 | Wire.Length;

    private enum Kind : byte
    {
        Value,
        Array,
        KeyValues,
        Pair,
    }

    public static bool Exceeds(ReadOnlySpan<byte> body, Slice value, int limit)
    {
        // A level takes at least four bytes, so that short values (a list of finish reasons) need no look.
        if (value.Length < 4 * limit) return false;
        var open = new Stack<(Slice Window, Kind Kind, int Depth)>();
        open.Push((value, Kind.Value, 0));
        while (open.TryPop(out var next))
        {
            if (next.Depth > limit) return true;
            var reader = new ProtoReader(body, next.Window);
            while (reader.TryReadTag(out var tag))
            {
                switch (next.Kind, tag)
                {
                    case (Kind.Value, ArrayTag): open.Push((reader.ReadSlice(), Kind.Array, next.Depth + 1)); break;
                    case (Kind.Value, KeyValuesTag): open.Push((reader.ReadSlice(), Kind.KeyValues, next.Depth + 1)); break;
                    case (Kind.Array, ListItemTag): open.Push((reader.ReadSlice(), Kind.Value, next.Depth)); break;
                    case (Kind.KeyValues, ListItemTag): open.Push((reader.ReadSlice(), Kind.Pair, next.Depth)); break;
                    case (Kind.Pair, PairValueTag): open.Push((reader.ReadSlice(), Kind.Value, next.Depth)); break;
                    default: reader.Skip(tag); break;
                }
            }
        }

        return false;
    }
}
