using FinOps.Analytics.Reratings;
using FinOps.Web.Parts;

namespace FinOps.Web.Features.Reratings;

/// <summary>How a re-rating reads. Pure.</summary>
internal static class ReratingTexts
{
    public static string State(Rerating run) => run.State switch
    {
        ReratingState.Previewing => "looking at calls",
        ReratingState.Previewed when run.ChangedCalls == 0 => "nothing changes",
        ReratingState.Previewed => "not applied yet",
        ReratingState.Applying => "being applied",
        ReratingState.Applied => "applied",
        ReratingState.Reverting => "being taken back",
        ReratingState.Reverted => "taken back",
        ReratingState.Cancelled => run.AppliedBy is null ? "cancelled" : "stopped half applied",
        _ => "failed",
    };

    /// <summary>Somebody has to do something, or a worker does.</summary>
    public static bool IsOpen(Rerating run) => run.IsAtWork || run.State == ReratingState.Failed || run.CanApply;

    public static string Direction(Rerating run) => new Change(run.NewCost, run.OldCost).Direction.ToString().ToLowerInvariant();

    /// <summary>"40 %, about 12 s left".</summary>
    public static string Progress(Rerating run, DateTimeOffset now) => run.Remaining(now) is { } left
        ? $"{Math.Floor(run.Done * 100):0} %, about {Figures.Age(left)} left"
        : run.WritesDone == 0 ? "begins in a moment" : $"{Math.Floor(run.Done * 100):0} %";

    /// <summary>What applying changes, for the confirmation.</summary>
    public static string Consequence(Rerating run)
    {
        var change = run.NewCost - run.OldCost;
        var priced = run.PricedCalls > 0 ? $" {Figures.CountExact(run.PricedCalls)} of them get a price for the first time." : "";
        var lost = run.UnpricedCalls > 0 ? $" {Figures.CountExact(run.UnpricedCalls)} lose theirs." : "";
        return $"The cost of {Figures.CallsExact(run.ChangedCalls)} changes, for everybody in your organisation: the sum goes from {Figures.Money(run.OldCost)} to {Figures.Money(run.NewCost)} "
            + $"({(change < 0 ? "−" : "+")}{Figures.Money(Math.Abs(change))}).{priced}{lost} Overview, Explore, Calls and budgets follow. It can be taken back.";
    }
}
