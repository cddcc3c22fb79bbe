using System.Globalization;
using FinOps.Domain.Digests;

namespace FinOps.Domain.Tests.Digests;

public sealed class DigestPeriodTests
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    [Theory]
    // Monday 30 November 2026, 08:00 in Berlin is 07:00 UTC.
    [InlineData("2026-11-30T06:59:59Z", DigestKind.Weekly, "2026-11-16", "2026-11-23")]
    [InlineData("2026-11-30T07:00:00Z", DigestKind.Weekly, "2026-11-23", "2026-11-30")]
    [InlineData("2026-12-06T23:30:00Z", DigestKind.Weekly, "2026-11-23", "2026-11-30")]
    [InlineData("2026-12-01T06:59:59Z", DigestKind.Monthly, "2026-10-01", "2026-11-01")]
    [InlineData("2026-12-01T07:00:00Z", DigestKind.Monthly, "2026-11-01", "2026-12-01")]
    // Summer time ends within the week, and is over on the morning on which it is told.
    [InlineData("2026-10-26T07:00:00Z", DigestKind.Weekly, "2026-10-19", "2026-10-26")]
    [InlineData("2026-10-26T06:59:59Z", DigestKind.Weekly, "2026-10-12", "2026-10-19")]
    public void LatestDue_InTheMembersZone_IsThePeriodBeforeItsMorning(string now, DigestKind kind, string first, string told)
    {
        var period = DigestPeriod.LatestDue(DateTimeOffset.Parse(now, CultureInfo.InvariantCulture), kind, Berlin, hour: 8);

        Assert.Equal((DateOnly.Parse(first, CultureInfo.InvariantCulture), DateOnly.Parse(told, CultureInfo.InvariantCulture)), (DateOnly.FromDateTime(period.Start.DateTime), period.ToldOn));
        Assert.Equal(8, TimeZoneInfo.ConvertTime(period.DueAt, Berlin).Hour);
        Assert.True(period.Before < period.Start && period.Start < period.End && period.End < period.DueAt);
    }

    [Fact]
    public void LatestDue_OfOneWeekInOtherZones_IsToldOnTheSameDay()
    {
        var now = new DateTimeOffset(2026, 12, 2, 12, 0, 0, TimeSpan.Zero);

        var days = new[] { "Pacific/Kiritimati", "UTC", "America/Los_Angeles" }.Select(zone => DigestPeriod.LatestDue(now, DigestKind.Weekly, TimeZoneInfo.FindSystemTimeZoneById(zone), 8).ToldOn);

        Assert.All(days, day => Assert.Equal(new DateOnly(2026, 11, 30), day));
    }
}
