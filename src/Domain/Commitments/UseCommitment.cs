using FinOps.Domain.Allocation;

namespace FinOps.Domain.Commitments;

/// <summary>
/// Draws commitments down by what calls cost. A call's own cost stays as it was rated: what a commitment leaves unused is a line beside the calls, never spread over them (docs/adr/0024). Pure.
/// </summary>
public static class UseCommitment
{
    /// <summary>Whole days that a projection goes by. Default 7, as for the month on Overview.</summary>
    public const int PaceDays = 7;

    /// <summary>Each period that the range touches, whole, the earliest first.</summary>
    /// <param name="commitment">A <see cref="Commitment.Normal"/> one.</param>
    /// <param name="from">Start of the range.</param>
    /// <param name="to">Its end.</param>
    /// <param name="usage">Of the commitment's scope, over all of these periods (<see cref="Span"/>).</param>
    /// <param name="now">Periods that end later are not over.</param>
    public static IReadOnlyList<CommitmentUse> Of(Commitment commitment, DateTimeOffset from, DateTimeOffset to, IReadOnlyCollection<CoveredUsage> usage, DateTimeOffset now) =>
        [.. commitment.PeriodsIn(from, to).Select(period =>
        {
            CoveredUsage[] inside = [.. usage.Where(cell => cell.From >= period.From && cell.From < period.To).OrderBy(cell => cell.From)];
            return commitment.Kind == CommitmentKind.Spend ? Spend(commitment, period, inside, now) : Provisioned(commitment, period, inside, now);
        })];

    /// <summary>From the start of the first period that the range touches to the end of the last; null where it touches none.</summary>
    public static (DateTimeOffset From, DateTimeOffset To)? Span(Commitment commitment, DateTimeOffset from, DateTimeOffset to)
    {
        var periods = commitment.PeriodsIn(from, to).ToList();
        return periods.Count == 0 ? null : (periods[0].From, periods[^1].To);
    }

    /// <summary>First come, first served: each day draws on what the days before have left.</summary>
    private static CommitmentUse Spend(Commitment commitment, (DateTimeOffset From, DateTimeOffset To) period, CoveredUsage[] usage, DateTimeOffset now)
    {
        var isOver = now >= period.To;
        var left = commitment.AmountUsd;
        var days = new List<CommitmentDay>();
        foreach (var day in ByDay(usage))
        {
            var used = Math.Clamp(day.Cost, 0m, left);
            left -= used;
            days.Add(new CommitmentDay(day.Day, day.Cost, used, 0m));
        }

        if (isOver && left > 0)
        {
            var last = DateOnly.FromDateTime(period.To.UtcDateTime).AddDays(-1);
            if (days.Count != 0 && days[^1].Day == last) days[^1] = days[^1] with { Unused = left };
            else days.Add(new CommitmentDay(last, 0m, 0m, left));
        }

        var eligible = days.Sum(day => day.Eligible);
        var elapsed = (decimal)(Clamp(now, period) - period.From).Ticks / (period.To - period.From).Ticks;
        var projected = Projected(eligible, period, now, day => days.Find(one => one.Day == day).Eligible);
        return new CommitmentUse
        {
            Kind = CommitmentKind.Spend,
            From = period.From,
            To = period.To,
            IsOver = isOver,
            Promised = commitment.AmountUsd,
            Eligible = eligible,
            Used = commitment.AmountUsd - left,
            Unused = isOver ? left : 0m,
            UnusedSoFar = isOver ? left : Math.Max(0m, ExactShares.Round(commitment.AmountUsd * elapsed) - (commitment.AmountUsd - left)),
            ProjectedUnused = isOver ? left : projected is { } spend ? Math.Max(0m, commitment.AmountUsd - spend) : null,
            Days = days,
        };
    }

    /// <summary>Every hour that is over is paid. It was used if at least one call came in it.</summary>
    private static CommitmentUse Provisioned(Commitment commitment, (DateTimeOffset From, DateTimeOffset To) period, CoveredUsage[] usage, DateTimeOffset now)
    {
        var price = commitment.AmountUsd;
        var paid = (int)(Clamp(now, period) - period.From).TotalHours;
        var until = period.From.AddHours(paid);
        var usedHours = usage.Where(hour => hour.Calls > 0 && hour.From < until).GroupBy(hour => DayOf(hour.From)).ToDictionary(day => day.Key, day => day.Select(hour => hour.From).Distinct().Count());
        var costs = ByDay(usage).ToDictionary(day => day.Day, day => day.Cost);
        var days = new List<CommitmentDay>();
        for (var start = period.From; start < until; start = start.AddDays(1))
        {
            var (day, hours) = (DayOf(start), Math.Min(24, (int)(until - start).TotalHours));
            var used = usedHours.GetValueOrDefault(day);
            days.Add(new CommitmentDay(day, costs.GetValueOrDefault(day), price * used, price * (hours - used)));
        }

        var unused = days.Sum(day => day.Unused);
        return new CommitmentUse
        {
            Kind = CommitmentKind.Provisioned,
            From = period.From,
            To = period.To,
            IsOver = now >= period.To,
            Promised = price * (int)(period.To - period.From).TotalHours,
            Eligible = usage.Sum(hour => hour.Cost),
            Used = days.Sum(day => day.Used),
            Unused = unused,
            UnusedSoFar = unused,
            ProjectedUnused = Projected(unused, period, now, day => days.Find(one => one.Day == day).Unused),
            Days = days,
        };
    }

    /// <summary>What there is so far, and the rest of the period at the mean of its last whole days; null where none is over yet.</summary>
    private static decimal? Projected(decimal soFar, (DateTimeOffset From, DateTimeOffset To) period, DateTimeOffset now, Func<DateOnly, decimal> ofDay)
    {
        if (now >= period.To) return soFar;
        var (first, today) = (DayOf(period.From), DayOf(now));
        var whole = Math.Min(PaceDays, today.DayNumber - first.DayNumber);
        if (whole < 1) return null;
        var pace = Enumerable.Range(1, whole).Sum(back => ofDay(today.AddDays(-back))) / whole;
        return ExactShares.Round(soFar + (pace * (period.To - now).Ticks / TimeSpan.TicksPerDay));
    }

    private static IEnumerable<(DateOnly Day, decimal Cost)> ByDay(IEnumerable<CoveredUsage> usage) =>
        usage.GroupBy(cell => DayOf(cell.From)).OrderBy(day => day.Key).Select(day => (day.Key, day.Sum(cell => cell.Cost)));

    private static DateTimeOffset Clamp(DateTimeOffset now, (DateTimeOffset From, DateTimeOffset To) period) => now < period.From ? period.From : now > period.To ? period.To : now;

    private static DateOnly DayOf(DateTimeOffset instant) => DateOnly.FromDateTime(instant.UtcDateTime);
}
