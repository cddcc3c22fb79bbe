using System.Text.Json;

namespace FinOps.Gateway.Forwarding;

/// <summary>Names that come again with every call, as strings that are made once. Bounded: a name that finds its place taken takes it over.</summary>
internal static class KnownNames
{
    private const int Places = 256;
    private const int MaxLength = 256;

    private static readonly string?[] Known = new string?[Places];

    public static string Text(ref Utf8JsonReader reader) => reader.ValueIsEscaped ? reader.GetString() ?? "" : Text(reader.ValueSpan);

    public static string Text(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length is 0 or > MaxLength) return System.Text.Encoding.UTF8.GetString(utf8);
        var hash = (uint)utf8.Length;
        foreach (var letter in utf8) hash = (hash ^ letter) * 0x01000193;
        ref var place = ref Known[(hash ^ (hash >> 16)) % Places];
        // A string is immutable and its reference is read at once: two threads that meet here both get a right one.
        var known = place;
        if (known is not null && IsSame(known, utf8)) return known;
        known = System.Text.Encoding.UTF8.GetString(utf8);
        place = known;
        return known;
    }

    private static bool IsSame(string known, ReadOnlySpan<byte> utf8)
    {
        if (known.Length != utf8.Length) return false;
        for (var i = 0; i < utf8.Length; i++)
            if (known[i] != utf8[i] || utf8[i] > 127) return false;
        return true;
    }
}
