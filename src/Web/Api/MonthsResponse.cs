using System.ComponentModel;
using FinOps.Analytics.Bills;
using FinOps.Analytics.Spend;

namespace FinOps.Web.Api;

/// <summary>Closes of months.</summary>
public sealed record MonthsResponse(IReadOnlyList<MonthResponse> Months);

/// <summary>A close of the books of one month (UTC).</summary>
public sealed record MonthResponse
{
    [Description("As 2026-10.")]
    public required string Month { get; init; }

    [Description("closing, closed, failed or reopened.")]
    public required string State { get; init; }

    [Description("USD as closed; it never changes.")]
    public required decimal? Cost { get; init; }

    [Description("USD by which calls differ from that since: each line is a correction of the month in which it was found.")]
    public required decimal Corrections { get; init; }
    public required long? UnpricedCalls { get; init; }
    public required DateTimeOffset? ClosedAt { get; init; }
    public required string RequestedBy { get; init; }
    public required string? Problem { get; init; }

    internal static MonthResponse Of(ClosedMonth month) => new()
    {
        Month = CloseMonths.Name(month.Month),
        State = CallsEndpoint.Word(month.State),
        Cost = month.Cost,
        Corrections = month.Corrections,
        UnpricedCalls = month.UnpricedCalls,
        ClosedAt = month.ClosedAt,
        RequestedBy = month.RequestedBy,
        Problem = month.Problem,
    };
}

/// <summary>What changed a month after it was closed.</summary>
/// <param name="Corrections">The latest first, 1,000 at most; none where the month is open.</param>
public sealed record CorrectionsResponse(IReadOnlyList<Correction> Corrections);

/// <summary>A month that the range touches and whose books are closed. Figures are of the whole month and in USD, whatever part of it and whatever currency was asked for.</summary>
public sealed record ClosedMonthResponse
{
    [Description("As 2026-10; months are of UTC.")]
    public required string Month { get; init; }
    public required DateTimeOffset ClosedAt { get; init; }

    [Description("USD as closed; it never changes.")]
    public required decimal Closed { get; init; }

    [Description("USD by which its calls differ from that since, as far as was found by now: a job looks every hour.")]
    public required decimal Corrections { get; init; }

    [Description("Both together: what its calls cost now.")]
    public required decimal Current { get; init; }

    [Description("The range covers the month from its first to its last instant.")]
    public required bool IsWhole { get; init; }

    internal static ClosedMonthResponse Of(ClosedMonth month, TimeRange asked)
    {
        var whole = CloseMonths.RangeOf(month.Month);
        var closed = month.Cost ?? 0m;
        return new ClosedMonthResponse
        {
            Month = CloseMonths.Name(month.Month),
            ClosedAt = month.ClosedAt ?? month.RequestedAt,
            Closed = closed,
            Corrections = month.Corrections,
            Current = closed + month.Corrections,
            IsWhole = asked.From <= whole.From && asked.To >= whole.To,
        };
    }
}
