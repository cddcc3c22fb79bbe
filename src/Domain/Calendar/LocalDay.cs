namespace FinOps.Domain.Calendar;

/// <summary>Where a day of a time zone begins.</summary>
public static class LocalDay
{
    /// <summary>Midnight; the first later instant where the clock jumps over it, and the first of two where it is shown twice. In the offset that the zone has then.</summary>
    public static DateTimeOffset FirstInstant(DateTime day, TimeZoneInfo zone) => At(day, TimeOnly.MinValue, zone);

    /// <summary>The first instant of a day at which clocks show a time, or a later one where they jump over it.</summary>
    public static DateTimeOffset At(DateTime day, TimeOnly time, TimeZoneInfo zone)
    {
        var local = DateTime.SpecifyKind(day.Date + time.ToTimeSpan(), DateTimeKind.Unspecified);
        while (zone.IsInvalidTime(local)) local = local.AddMinutes(15);
        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset);
    }
}
