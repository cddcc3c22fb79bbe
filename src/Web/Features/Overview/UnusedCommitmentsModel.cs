using FinOps.Analytics.Commitments;
using FinOps.Analytics.Spend;
using FinOps.Domain.Commitments;

namespace FinOps.Web.Features.Overview;

/// <summary>What commitments cost beside the calls of a range. Knows nothing of rendering.</summary>
internal static class UnusedCommitmentsModel
{
    /// <param name="Unused">Lapsed on the days of UTC that the range touches.</param>
    /// <param name="Provisioned">Hours of provisioned throughput with calls, on the same days: they stand in no call's cost either.</param>
    /// <param name="Projected">An estimate: what will lapse in the periods that run, beside what has; null where none runs or it is too early.</param>
    public sealed record Shown(decimal Unused, decimal Provisioned, decimal? Projected)
    {
        public bool IsEmpty => Unused == 0 && Provisioned == 0 && Projected is null or 0;
    }

    public static Shown Of(IReadOnlyList<CommitmentInUse> uses, TimeRange range, DateTimeOffset now)
    {
        var (first, last) = (DateOnly.FromDateTime(range.From.UtcDateTime), DateOnly.FromDateTime(range.To.UtcDateTime.AddTicks(-1)));
        var days = uses.SelectMany(use => use.Periods).SelectMany(period => period.Days.Select(day => (period.Kind, Day: day))).Where(one => one.Day.Day >= first && one.Day.Day <= last).ToList();
        var running = uses.SelectMany(use => use.Periods).Where(period => !period.IsOver && period.From <= now && period.ProjectedUnused is not null).ToList();
        return new Shown(
            days.Sum(one => one.Day.Unused), days.Where(one => one.Kind == CommitmentKind.Provisioned).Sum(one => one.Day.Used),
            running.Count == 0 ? null : running.Sum(period => period.ProjectedUnused!.Value - period.Unused));
    }
}
