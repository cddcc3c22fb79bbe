namespace FinOps.Analytics.Prices;

/// <summary>How the price book is followed. Section <c>FinOps:Prices</c>.</summary>
public sealed class PriceOptions
{
    public const string Section = "FinOps:Prices";

    /// <summary>Seconds between two looks at the book's version. Default 5: a change reaches every process within that time.</summary>
    public int RefreshSeconds { get; set; } = 5;

    /// <summary>Own prices that a tenant may have in force, for each process keeps them in memory. Default 5,000. Counter: finops.prices.edits_refused.</summary>
    public int MaxOwnPrices { get; set; } = 5_000;

    /// <summary>Aliases that a tenant may have in force. Default 1,000: each new name is held against all of them. Counter: finops.prices.edits_refused.</summary>
    public int MaxAliases { get; set; } = 1_000;

    /// <summary>Earlier versions of the book that are kept ready, for all tenants together. Default 16: each takes some megabytes. Counter: finops.prices.books_forgotten.</summary>
    public int RememberedBooks { get; set; } = 16;

    internal bool IsValid => RefreshSeconds is >= 1 and <= 3600 && MaxOwnPrices is >= 0 and <= 100_000 && MaxAliases is >= 0 and <= 10_000 && RememberedBooks is >= 1 and <= 1000;

    internal const string Problem =
        $"{Section}: {nameof(RefreshSeconds)} must be 1 to 3600, {nameof(MaxOwnPrices)} 0 to 100000, {nameof(MaxAliases)} 0 to 10000, {nameof(RememberedBooks)} 1 to 1000.";
}
