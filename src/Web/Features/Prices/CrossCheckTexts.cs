using System.Globalization;
using FinOps.Analytics.PriceChecks;
using FinOps.Web.Parts;

namespace FinOps.Web.Features.Prices;

/// <summary>How the comparison with the second list reads. Pure.</summary>
internal static class CrossCheckTexts
{
    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    public static string? Note(PriceCheckState state, TimeZoneInfo zone) => state.LastGood is { } check
        ? string.Create(Culture, $"by more than {check.TolerancePercent:0.##} %; {Figures.CountExact(check.Compared)} prices compared, {Figures.Instant(check.CheckedAt, zone)}")
        : null;

    /// <summary>The last attempt failed.</summary>
    public static string Failure(PriceCheckState state, TimeZoneInfo zone) =>
        $"The second list could not be compared, {Figures.Instant(state.Last!.CheckedAt, zone)}. {state.Last.Problem} "
        + (state.LastGood is { } good ? $"What is shown is of {Figures.Instant(good.CheckedAt, zone)}." : "Nothing was compared yet.");

    public static string Empty(PriceCheckState state) => (state.IsConfigured, state.LastGood, state.Total) switch
    {
        (_, { } check, 0) when check.Gaps == 0 => string.Create(Culture, $"No price differs by more than {check.TolerancePercent:0.##} %: {Figures.CountExact(check.Compared)} were compared."),
        (_, not null, _) => "No price of this seller differs.",
        (false, _, _) => $"No second list is configured. Whoever runs the installation names one in {PriceCheckOptions.Section}:{nameof(PriceCheckOptions.Source)}: a file, or an https address, in LiteLLM's layout.",
        _ => "Nothing was compared yet: it is every night.",
    };

    /// <summary>"1 to 100 of 342 differences".</summary>
    public static string Shown(PriceCheckState state, int skip) => state.Total <= state.Gaps.Count
        ? $"{Figures.CountExact(state.Total)} {(state.Total == 1 ? "price" : "prices")}, the largest difference first"
        : $"{Figures.CountExact(skip + 1)} to {Figures.CountExact(skip + state.Gaps.Count)} of {Figures.CountExact(state.Total)} prices, the largest difference first";

    /// <summary>"Input, above 200,000 tokens, batch".</summary>
    public static string What(RecordedGap gap) => string.Join(", ", ((string[])
    [
        PriceTexts.Title(gap.Meter), gap.ContextStart == 0 ? "" : $"above {Figures.CountExact(gap.ContextStart)} tokens", gap.ServiceTier, gap.Batch ? "batch" : "",
    ]).Where(text => text.Length != 0));

    /// <summary>"25 % more".</summary>
    public static string Difference(RecordedGap gap) => gap.BookPrice == 0
        ? "not free"
        : string.Create(Culture, $"{Math.Abs(gap.Share) * 100:#,0.#} % {(gap.Share > 0 ? "more" : "less")}");

    public static string BookSource(RecordedGap gap) => gap.BookSince is { } since ? $"{gap.BookSource}, since {PriceTexts.Day(since.ToUniversalTime().Date)}" : gap.BookSource;

    public static string OtherSource(RecordedGap gap, PriceCheckState state) => state.LastGood is { } check ? $"{gap.OtherName}, read {PriceTexts.Day(check.CheckedAt.UtcDateTime.Date)}" : gap.OtherName;
}
