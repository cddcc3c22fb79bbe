using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Prices;

/// <summary>One page of the book: models by seller and name, with the prices that hold at one instant, as they were known at another.</summary>
/// <param name="At">For calls that start then.</param>
public sealed record PricesQuestion(TenantId Tenant, DateTimeOffset At)
{
    public const int DefaultLimit = 50;
    public const int MaxLimit = 500;

    /// <summary>What was believed then; null = now.</summary>
    public DateTimeOffset? AsKnownAt { get; init; }

    /// <summary>Words that the seller's or the model's name contains, all of them, whatever their case; null = all.</summary>
    public string? Search { get; init; }
    public string? Provider { get; init; }
    public string? Model { get; init; }

    /// <summary>Only prices of this meter, and models that have one.</summary>
    public Meter? Meter { get; init; }

    /// <summary>Only models with a price of the tenant's own.</summary>
    public bool OwnOnly { get; init; }

    /// <summary>Without models that their seller has given up.</summary>
    public bool WithoutDeprecated { get; init; }

    /// <summary>1 to <see cref="MaxLimit"/>.</summary>
    public int Limit { get; init; } = DefaultLimit;

    /// <summary>The last model of the page before.</summary>
    public PriceCursor? After { get; init; }
}

/// <summary>A place in the order of models.</summary>
public sealed record PriceCursor(string Provider, string Model)
{
    private const char Separator = '\n';

    public override string ToString() => Microsoft.AspNetCore.WebUtilities.WebEncoders.Base64UrlEncode(System.Text.Encoding.UTF8.GetBytes(Provider + Separator + Model));

    public static PriceCursor? Parse(string text)
    {
        try
        {
            var told = System.Text.Encoding.UTF8.GetString(Microsoft.AspNetCore.WebUtilities.WebEncoders.Base64UrlDecode(text));
            return told.Split(Separator) is [{ } provider, { } model] && !told.Contains('\0', StringComparison.Ordinal) ? new PriceCursor(provider, model) : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }
}

/// <summary>A model as one seller sells it.</summary>
/// <param name="Name">The name to show.</param>
/// <param name="Prices">In the order of the meters; own ones first.</param>
public sealed record PricedModel(string Provider, string Model, string Name, bool Deprecated, long ContextWindow, IReadOnlyList<RecordedPrice> Prices)
{
    public bool IsOwn => Prices.Any(price => price.TenantId is not null);
}

/// <param name="Next">Where the next page starts; null = this was the last.</param>
public sealed record PricesAnswer(IReadOnlyList<PricedModel> Models, PriceCursor? Next);

/// <summary>All that was ever believed of one model at one seller.</summary>
/// <param name="Prices">From the latest belief; those of the seller's all models that the tenant made are among them.</param>
/// <param name="Aliases">Names that lead to it.</param>
/// <param name="Changes">Those that touched it, from the latest.</param>
/// <param name="LeftOut">Older versions beyond the limit.</param>
public sealed record ModelPriceHistory(IReadOnlyList<RecordedPrice> Prices, IReadOnlyList<RecordedAlias> Aliases, IReadOnlyList<PriceChange> Changes, int LeftOut);

/// <summary>One change with its exact difference.</summary>
/// <param name="Prices">Rows that it added (recorded at its instant) or superseded, by model; one page of them.</param>
/// <param name="Total">How many there are.</param>
public sealed record PriceDifference(PriceChange Change, IReadOnlyList<RecordedPrice> Prices, IReadOnlyList<RecordedAlias> Aliases, int Total, bool IsLast);
