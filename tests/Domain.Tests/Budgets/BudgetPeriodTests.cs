using System.Globalization;
using FinOps.Domain.Budgets;

namespace FinOps.Domain.Tests.Budgets;

public sealed class BudgetPeriodTests
{
    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    private static TimeZoneInfo Zone(string name) => TimeZoneInfo.FindSystemTimeZoneById(name);

    [Theory]
    // The clock goes forward, and back.
    [InlineData("2026-03-29T12:00:00Z", BudgetCycle.Day, "Europe/Berlin", "2026-03-28T23:00:00Z", 23)]
    [InlineData("2026-10-25T12:00:00Z", BudgetCycle.Day, "Europe/Berlin", "2026-10-24T22:00:00Z", 25)]
    [InlineData("2026-03-29T12:00:00Z", BudgetCycle.Week, "Europe/Berlin", "2026-03-22T23:00:00Z", 167)]
    [InlineData("2026-03-31T22:00:00Z", BudgetCycle.Month, "Europe/Berlin", "2026-03-31T22:00:00Z", 720)]
    // Midnight does not exist: the clock jumps from 0:00 to 1:00.
    [InlineData("2026-03-08T12:00:00Z", BudgetCycle.Day, "America/Havana", "2026-03-08T05:00:00Z", 23)]
    // Midnight is shown twice, first the hour from 0:00 on in summer time: both hours are the new day's.
    [InlineData("2026-11-01T04:30:00Z", BudgetCycle.Day, "America/Havana", "2026-11-01T04:00:00Z", 25)]
    [InlineData("2026-11-01T05:30:00Z", BudgetCycle.Day, "America/Havana", "2026-11-01T04:00:00Z", 25)]
    [InlineData("2026-11-01T03:59:00Z", BudgetCycle.Day, "America/Havana", "2026-10-31T04:00:00Z", 24)]
    [InlineData("2026-12-31T23:59:59Z", BudgetCycle.Quarter, "UTC", "2026-10-01T00:00:00Z", 92 * 24)]
    [InlineData("2027-01-01T00:00:00Z", BudgetCycle.Quarter, "UTC", "2027-01-01T00:00:00Z", 90 * 24)]
    [InlineData("2028-02-29T12:00:00Z", BudgetCycle.Month, "UTC", "2028-02-01T00:00:00Z", 29 * 24)]
    // A Sunday belongs to the week of the Monday before.
    [InlineData("2026-11-29T12:00:00Z", BudgetCycle.Week, "UTC", "2026-11-23T00:00:00Z", 7 * 24)]
    [InlineData("2026-11-26T00:10:00Z", BudgetCycle.Day, "Asia/Kathmandu", "2026-11-25T18:15:00Z", 24)]
    public void Of_Instant_IsThePeriodThatItLiesIn(string instant, BudgetCycle cycle, string zone, string start, int hours)
    {
        var period = BudgetPeriod.Of(At(instant), cycle, Zone(zone));
        Assert.Equal(At(start).UtcDateTime, period.Start.UtcDateTime);
        Assert.Equal(TimeSpan.FromHours(hours), period.Length);
    }

    [Fact]
    public void Periods_OfManyZones_FollowOnOneAnotherWithoutGap()
    {
        string[] zones = ["UTC", "Europe/Berlin", "America/New_York", "America/Havana", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Cairo", "Pacific/Apia", "America/Sao_Paulo"];
        for (var seed = 0; seed < 400; seed++)
        {
            var random = new Random(seed);
            var zone = Zone(zones[random.Next(zones.Length)]);
            var cycle = (BudgetCycle)random.Next(4);
            var instant = At("2012-01-01T00:00:00Z").AddMinutes(random.Next(20 * 366 * 24 * 60));
            var period = BudgetPeriod.Of(instant, cycle, zone);
            Assert.True(period.Contains(instant), $"seed {seed}: {instant:O} is not in {period}");
            Assert.Equal(period.End.UtcTicks, period.Next(cycle, zone).Start.UtcTicks);
            Assert.Equal(period.Start.UtcTicks, period.Previous(cycle, zone).End.UtcTicks);
            // Whichever of its instants is asked about, the period is the same.
            Assert.Equal(period, BudgetPeriod.Of(period.Start, cycle, zone));
            Assert.Equal(period, BudgetPeriod.Of(period.End.AddTicks(-1), cycle, zone));
            Assert.InRange(period.Elapsed(instant), 0, 1);
        }
    }
}
