namespace FinOps.Analytics.Prices;

/// <summary>How the price book is followed. Section <c>FinOps:Prices</c>.</summary>
public sealed class PriceOptions
{
    public const string Section = "FinOps:Prices";

    /// <summary>Seconds between two looks at the book's version. Default 5: a change reaches every process within that time.</summary>
    public int RefreshSeconds { get; set; } = 5;

    /// <summary>Earlier versions of the book that are kept ready, for all tenants together. Default 16: each takes some megabytes. Counter: <c>finops.prices.books_forgotten</c>.</summary>
    public int RememberedBooks { get; set; } = 16;

    internal bool IsValid => RefreshSeconds is >= 1 and <= 3600 && RememberedBooks is >= 1 and <= 1000;

    internal const string Problem = $"{Section}:{nameof(RefreshSeconds)} must be 1 to 3600, and {Section}:{nameof(RememberedBooks)} 1 to 1000.";
}
