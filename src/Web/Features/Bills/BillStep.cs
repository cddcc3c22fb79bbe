using FinOps.Analytics.Bills;
using FinOps.Domain.Bills;

namespace FinOps.Web.Features.Bills;

/// <summary>A step of the waterfall from our figures to the bill.</summary>
/// <param name="Name">For people.</param>
/// <param name="Rule">How its amount was computed.</param>
/// <param name="Amount">USD.</param>
/// <param name="IsSum">It is one of the two ends.</param>
/// <param name="Left">Where its bar begins, in per cent of the width.</param>
/// <param name="Width">How long it is.</param>
/// <param name="Accepted">What was accepted of it.</param>
/// <param name="Accept">By what it is chosen; null where it cannot be.</param>
internal sealed record BillStep(string Name, string? Rule, decimal Amount, bool IsSum, decimal Left, decimal Width, decimal? Accepted, string? Accept)
{
    /// <summary>What is there must be seen, however small.</summary>
    private const decimal LeastWidth = 0.4m;

    public static IReadOnlyList<BillStep> Of(BillDossier dossier)
    {
        var bill = dossier.Reconciled;
        var causes = bill.Causes.Where(cause => cause.Amount != 0).Select(cause => (Cause: (ResidualCause?)cause.Cause, cause.Amount)).ToList();
        if (bill.Rest != 0) causes.Add((null, bill.Rest));
        var levels = new List<decimal> { 0, bill.Ours };
        foreach (var (_, amount) in causes) levels.Add(levels[^1] + amount);
        var (least, most) = (levels.Min(), levels.Max());
        var span = most - least == 0 ? 1 : most - least;
        decimal At(decimal level) => (level - least) / span * 100;
        BillStep Sum(string name, decimal amount) => new(name, null, amount, true, At(Math.Min(0, amount)), Math.Max(LeastWidth, Math.Abs(amount) / span * 100), null, null);

        var steps = new List<BillStep> { Sum("Our figures", bill.Ours) };
        var level = bill.Ours;
        foreach (var (cause, amount) in causes)
        {
            var accepted = dossier.Adjustments.Where(line => line.Cause == cause).Sum(line => line.Amount);
            steps.Add(new BillStep(
                BillWords.Of(cause), BillWords.Rule(cause, bill.ShiftHours), amount, false, At(Math.Min(level, level + amount)), Math.Max(LeastWidth, Math.Abs(amount) / span * 100), accepted, cause?.ToString() ?? "unexplained"));
            level += amount;
        }

        steps.Add(Sum("The bill", bill.Billed));
        return steps;
    }
}
