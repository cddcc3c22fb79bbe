using System.ComponentModel;
using FinOps.Analytics.PriceChecks;

namespace FinOps.Web.Api;

/// <summary>
/// The comparison with a second list. Configured: the installation names one. Last: the last attempt; last compared: the last that succeeded, which the differences are of; both null before the first.
/// Total: differences of the asked provider, or of all. Next page: null = this was the last.
/// </summary>
public sealed record PriceCheckResponse(bool Configured, PriceCheckEntry? Last, PriceCheckEntry? LastCompared, int Total, IReadOnlyList<PriceGapEntry> Differences, int? NextPage)
{
    internal static PriceCheckResponse Of(PriceCheckState state, int page) => new(
        state.IsConfigured, state.Last is { } last ? PriceCheckEntry.Of(last) : null, state.LastGood is { } good ? PriceCheckEntry.Of(good) : null, state.Total,
        [.. state.Gaps.Select(PriceGapEntry.Of)], page * PriceCheckReader.PageSize < state.Total ? page + 1 : null);
}

/// <summary>One comparison, or an attempt at it.</summary>
public sealed record PriceCheckEntry
{
    public required DateTimeOffset CheckedAt { get; init; }

    [Description("The second list: the name of its file, or its address without the query.")]
    public required string Source { get; init; }

    [Description("Why it was not compared; null = it was.")]
    public required string? Problem { get; init; }

    [Description("Of the book that was compared: the id of its last change; \"0\" = the list shipped with the program.")]
    public required string BookVersion { get; init; }

    [Description("Entries of the second list.")]
    public required int Entries { get; init; }

    [Description("Entries and prices of another form than the list's layout says.")]
    public required int NotUnderstood { get; init; }

    [Description("Prices that both have.")]
    public required int Compared { get; init; }

    [Description("Prices of the second list that the book has none for.")]
    public required int Unknown { get; init; }

    [Description("Prices that differ by more than the tolerance.")]
    public required int Differing { get; init; }

    [Description("Percent by which two prices might differ.")]
    public required decimal TolerancePercent { get; init; }

    internal static PriceCheckEntry Of(PriceCheck check) => new()
    {
        CheckedAt = check.CheckedAt,
        Source = check.Source,
        Problem = check.Problem.Length == 0 ? null : check.Problem,
        BookVersion = check.BookVersion.ToString(System.Globalization.CultureInfo.InvariantCulture),
        Entries = check.Entries,
        NotUnderstood = check.NotUnderstood,
        Compared = check.Compared,
        Unknown = check.Unknown,
        Differing = check.Gaps,
        TolerancePercent = check.TolerancePercent,
    };
}

/// <summary>One price that differs.</summary>
public sealed record PriceGapEntry
{
    public required string Provider { get; init; }
    public required string Model { get; init; }
    public required string Meter { get; init; }

    [Description("Above so many tokens of the prompt; 0 = from the first on.")]
    public required long ContextStart { get; init; }
    public required string ServiceTier { get; init; }
    public required bool Batch { get; init; }

    [Description("USD for a million tokens, as calls are rated.")]
    public required decimal BookPrice { get; init; }
    public required string BookSource { get; init; }

    [Description("Since when the book has it; null for the list shipped with the program.")]
    public required DateTimeOffset? BookSince { get; init; }

    [Description("The entry of the second list.")]
    public required string OtherName { get; init; }

    [Description("USD for a million tokens.")]
    public required decimal OtherPrice { get; init; }

    [Description("By how much the second list is dearer, as a share of the book's price: 0.25 is 25 % more.")]
    public required decimal Share { get; init; }

    [Description("The first comparison that found it, whatever the prices were.")]
    public required DateTimeOffset FirstSeenAt { get; init; }

    internal static PriceGapEntry Of(RecordedGap gap) => new()
    {
        Provider = gap.Provider,
        Model = gap.Model,
        Meter = CallsEndpoint.Word(gap.Meter),
        ContextStart = gap.ContextStart,
        ServiceTier = gap.ServiceTier,
        Batch = gap.Batch,
        BookPrice = gap.BookPrice,
        BookSource = gap.BookSource,
        BookSince = gap.BookSince,
        OtherName = gap.OtherName,
        OtherPrice = gap.OtherPrice,
        Share = gap.Share,
        FirstSeenAt = gap.FirstSeenAt,
    };
}
