using System.Globalization;
using FinOps.Web.Parts;

namespace FinOps.Web.Tests.Parts;

public sealed class RangeChoiceTests
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    private static DateTimeOffset At(string instant) => DateTimeOffset.Parse(instant, CultureInfo.InvariantCulture);

    [Theory]
    [InlineData("today", "2026-11-21T23:00:00Z", "2026-11-22T23:00:00Z")]
    [InlineData("7d", "2026-11-15T23:00:00Z", "2026-11-22T23:00:00Z")]
    [InlineData("month", "2026-10-31T23:00:00Z", "2026-11-30T23:00:00Z")]
    [InlineData("last-month", "2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z")]
    [InlineData("24h", "2026-11-21T13:05:00Z", "2026-11-22T13:05:00Z")]
    public void Resolve_InTheReadersZone_CutsDaysThere(string key, string from, string to)
    {
        var range = new RangeChoice(key).Resolve(At("2026-11-22T13:05:00Z"), Berlin);
        Assert.Equal((At(from), At(to)), range);
    }

    [Fact]
    public void Previous_OfARunningMonth_TakesAsMuchAsHasPassed()
    {
        var (from, to) = new RangeChoice("month").Previous(At("2026-11-11T00:00:00Z"), TimeZoneInfo.Utc);
        Assert.Equal(At("2026-10-01T00:00:00Z"), from);
        Assert.Equal(At("2026-10-11T00:00:00Z"), to);
    }

    [Theory]
    [InlineData("custom", "2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z", "custom")]
    [InlineData("custom", "2026-11-02T00:00:00Z", "2026-11-01T00:00:00Z", "7d")]
    [InlineData("custom", "nonsense", null, "7d")]
    [InlineData("30d", null, null, "30d")]
    [InlineData("forever", null, null, "7d")]
    public void Parse_OfAnAddress_FallsBackToTheDefault(string key, string? from, string? to, string expected) =>
        Assert.Equal(expected, RangeChoice.Parse(key, from, to).Key);
}
