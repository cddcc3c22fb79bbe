namespace FinOps.Domain.Allocation;

/// <summary>A tenant's prices of vector databases and buckets as of one version: which of them holds.</summary>
/// <param name="version">Of the prices: the number of their last change, 0 for none.</param>
public sealed class DataStorePriceBook(IEnumerable<DataStorePrice> rows, long version = 0)
{
    // The one that names the place most closely goes first, then the one that names the tier most closely.
    private readonly DataStorePrice[] _rows = [.. rows
        .OrderByDescending(row => Letters(row.Places)).ThenBy(row => Stars(row.Places)).ThenByDescending(row => Letters(row.Tier)).ThenBy(row => Stars(row.Tier))
        .ThenBy(row => row.Places, StringComparer.Ordinal).ThenBy(row => row.Tier, StringComparer.Ordinal).ThenBy(row => row.ValidFrom)];

    public long Version => version;

    /// <summary>Null = unpriced, which is never free.</summary>
    /// <param name="place">The host where a node is paid, else the collection or bucket.</param>
    public DataStorePrice? Find(string system, string place, string tier, DataStoreMeter meter, DateTimeOffset instant) =>
        Array.Find(_rows, row => row.Meter == meter && row.HoldsAt(instant) && row.System.Equals(system, StringComparison.OrdinalIgnoreCase)
            && AcceleratorPrices.IsHost(row.Places, place) && (row.Tier.Length == 0 || AcceleratorPrices.IsHost(row.Tier, tier)));

    private static int Letters(string pattern) => pattern.Count(c => c != '*');

    private static int Stars(string pattern) => pattern.Count(c => c == '*');
}
