using FinOps.Domain.Pricing;

namespace FinOps.Domain.Bills;

/// <summary>
/// Puts a bill beside our figures: by period × model × meter, each difference divided among named causes in a stated order (<see cref="ResidualCause"/>), with the rest that none of them
/// explains. Ours, the causes and the rest sum to the bill exactly, in each row and altogether.
/// </summary>
public static class Reconciliation
{
    /// <summary>Hours by which days are moved at most while looking for the bill's cut: no time zone is further from UTC.</summary>
    public const int MaxShiftHours = 14;

    /// <summary>A moved cut counts as a cause only if it takes away at least this share of all differences: less is chance.</summary>
    private const decimal ShiftMustExplain = 0.5m;

    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <param name="lines">The bill.</param>
    /// <param name="read">What each line is about: a person's mapping, else <see cref="SkuRules"/>.</param>
    /// <param name="ours">Our lines of the bill's range and <see cref="MaxShiftHours"/> around it.</param>
    /// <param name="leftOut">What our figures of that time leave out.</param>
    public static ReconciledBill Of(IReadOnlyList<BillLine> lines, Func<BillLine, SkuReading> read, IReadOnlyList<OurLine> ours, IReadOnlyList<LeftOut> leftOut)
    {
        if (lines.Count == 0) return new ReconciledBill([], 0);
        var plan = new BillPlan(lines, read);
        // Of whom the bill does not speak is not in it.
        var told = ours.Where(line => IsBilled(line) && plan.Sellers.Contains(BillProvider.Of(line.Provider))).ToList();
        var left = leftOut.Where(line => plan.Sellers.Contains(BillProvider.Of(line.Provider))).ToList();

        var unmoved = plan.Place(told, left, 0);
        var shift = FindShift(plan, told, unmoved);
        var moved = shift == 0 ? unmoved : plan.Place(told, left, shift);
        var rows = new List<ReconciledRow>();
        foreach (var key in unmoved.Keys.Union(moved.Keys))
        {
            var before = unmoved.GetValueOrDefault(key);
            var row = moved.GetValueOrDefault(key) ?? MatchedRow.Nothing;
            rows.Add(ExplainResidual.Of(key, row, before?.Ours.Sum(line => line.Cost) ?? 0m, plan));
        }

        rows.AddRange(plan.Apart);
        return new ReconciledBill(
            [.. rows.OrderByDescending(row => Math.Abs(row.Residual)).ThenBy(row => row.From).ThenBy(row => row.Model, StringComparer.Ordinal).ThenBy(row => row.Meter)], shift);
    }

    private static int FindShift(BillPlan plan, List<OurLine> ours, Dictionary<RowKey, MatchedRow> unmoved)
    {
        if (!plan.IsDaily || ours.Count == 0) return 0;
        var difference = Difference(unmoved);
        var (best, least) = (0, difference);
        // The nearest first: where several fit alike, the smallest move stands.
        foreach (var hours in Enumerable.Range(1, MaxShiftHours).SelectMany(hours => (int[])[-hours, hours]))
        {
            var moved = Difference(plan.Place(ours, [], hours));
            if (moved < least) (best, least) = (hours, moved);
        }

        return least <= difference * (1 - ShiftMustExplain) ? best : 0;
    }

    /// <summary>No provider bills what was answered from a cache, drawn from capacity that is paid for, or has no price of ours.</summary>
    private static bool IsBilled(OurLine line) => line.Label is not (PriceLabel.Avoided or PriceLabel.Capacity or PriceLabel.Unpriced);

    private static decimal Difference(Dictionary<RowKey, MatchedRow> rows) =>
        rows.Values.Sum(row => Math.Abs(row.Billed.Sum(line => line.Line.Cost) - row.Ours.Sum(line => line.Cost)));

    internal static DateTimeOffset DayOf(DateTimeOffset instant, DateTimeOffset anchor) => anchor + Day * Math.Floor((instant - anchor) / Day);
}
