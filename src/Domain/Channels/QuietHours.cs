using FinOps.Domain.Alerts;

namespace FinOps.Domain.Channels;

/// <summary>Hours of each day in which a channel is silent: what comes waits until they end, and is told together then. What is critical does not wait.</summary>
/// <param name="TimeZone">IANA name.</param>
/// <param name="From">The first quiet minute.</param>
/// <param name="To">The first minute that is not quiet any more; before <paramref name="From"/> it is the next day's.</param>
/// <param name="Weekends">Saturday and Sunday are quiet from midnight to midnight.</param>
public sealed record QuietHours(string TimeZone, TimeOnly From, TimeOnly To, bool Weekends = false)
{
    /// <summary>Nights and a weekend follow on one another: more stretches than these there are not.</summary>
    private const int MostStretches = 5;

    /// <summary>What is wrong with it, for people; null when it can be used.</summary>
    public string? FindProblem() => !TimeZoneInfo.TryFindSystemTimeZoneById(TimeZone, out _) ? $"\"{TimeZone}\" is not the IANA name of a time zone, for example Europe/Berlin."
        : From == To && !Weekends ? "Quiet hours begin and end at different times."
        : null;

    /// <summary>When an alert may be told; <paramref name="now"/> where it need not wait.</summary>
    public DateTimeOffset Until(DateTimeOffset now, AlertSeverity severity) => severity == AlertSeverity.Critical ? now : Until(now);

    /// <summary>When they end; <paramref name="now"/> where it is not quiet.</summary>
    public DateTimeOffset Until(DateTimeOffset now)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(TimeZone);
        var until = now;
        for (var i = 0; i < MostStretches && EndOf(TimeZoneInfo.ConvertTime(until, zone).DateTime) is { } end; i++) until = InstantOf(end, zone, after: until);
        return until;
    }

    /// <summary>The local end of the stretch that a local time lies in; null where it is not quiet.</summary>
    private DateTime? EndOf(DateTime local)
    {
        var day = local.Date;
        if (Weekends && day.DayOfWeek is (DayOfWeek.Saturday or DayOfWeek.Sunday)) return day.AddDays(1);
        var time = TimeOnly.FromDateTime(local);
        if (From < To) return time >= From && time < To ? day + To.ToTimeSpan() : null;
        if (From == To) return null;
        return time >= From ? day.AddDays(1) + To.ToTimeSpan() : time < To ? day + To.ToTimeSpan() : null;
    }

    /// <summary>The first instant at which clocks show it: of a time that is left out the first one behind the gap, of one that is shown twice the one that is still to come.</summary>
    private static DateTimeOffset InstantOf(DateTime local, TimeZoneInfo zone, DateTimeOffset after)
    {
        if (zone.IsInvalidTime(local))
        {
            var (before, behind) = (zone.GetUtcOffset(local.AddHours(-3)), zone.GetUtcOffset(local.AddHours(3)));
            return new DateTimeOffset(local + (behind - before), behind).ToUniversalTime();
        }

        var offsets = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).OrderDescending() : (IEnumerable<TimeSpan>)[zone.GetUtcOffset(local)];
        var instants = offsets.Select(offset => new DateTimeOffset(local, offset).ToUniversalTime()).ToList();
        return instants.Find(instant => instant > after) is { Ticks: > 0 } found ? found : instants[^1];
    }
}
