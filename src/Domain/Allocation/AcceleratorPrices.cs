namespace FinOps.Domain.Allocation;

/// <summary>A tenant's accelerator prices as of one version: which of them holds for a device.</summary>
/// <param name="version">Of the prices: the number of their last change, 0 for none.</param>
public sealed class AcceleratorPrices(IEnumerable<AcceleratorPrice> rows, long version = 0)
{
    // The one that names the host most closely goes first, then the one that names the accelerator most closely.
    private readonly AcceleratorPrice[] _rows = [.. rows
        .OrderByDescending(row => row.Hosts.Count(c => c != '*')).ThenBy(row => row.Hosts.Count(c => c == '*')).ThenByDescending(row => AcceleratorName.Words(row.Accelerator).Length)
        .ThenBy(row => row.Hosts, StringComparer.Ordinal).ThenBy(row => row.Accelerator, StringComparer.Ordinal).ThenBy(row => row.ValidFrom)];

    public long Version => version;

    /// <summary>Null = unpriced, which is never free.</summary>
    public AcceleratorPrice? Find(string host, string accelerator, DateTimeOffset instant) =>
        Array.Find(_rows, row => row.HoldsAt(instant) && AcceleratorName.Has(accelerator, row.Accelerator) && IsHost(row.Hosts, host));

    /// <summary>Whether the pattern covers the host, in any case of letters. Linear in both: a pattern is matched piece by piece.</summary>
    public static bool IsHost(string pattern, string host)
    {
        var pieces = pattern.Split('*');
        if (pieces.Length == 1) return pattern.Equals(host, StringComparison.OrdinalIgnoreCase);
        if (!host.StartsWith(pieces[0], StringComparison.OrdinalIgnoreCase) || !host.EndsWith(pieces[^1], StringComparison.OrdinalIgnoreCase)) return false;
        var at = pieces[0].Length;
        foreach (var piece in pieces[1..^1])
        {
            var found = host.IndexOf(piece, at, StringComparison.OrdinalIgnoreCase);
            if (found < 0) return false;
            at = found + piece.Length;
        }

        return at <= host.Length - pieces[^1].Length;
    }
}
