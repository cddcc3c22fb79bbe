using System.Globalization;
using FinOps.Analytics.Currencies;
using FinOps.Analytics.Spend;
using FinOps.Domain.Currencies;
using FinOps.Domain.Sampling;
using FinOps.Domain.Tenancy;

namespace FinOps.Web.Tests.Features;

public sealed class ConvertedSpendTests
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
    private static readonly ExchangeRates Rates = new("EUR", [new(new DateOnly(2026, 10, 31), 0.8m), new(new DateOnly(2026, 11, 1), 0.9m)]);

    private static readonly SpendQuestion Question = new(ReadScope.Whole(new TenantId(Guid.NewGuid())), new TimeRange(At("2026-10-01T00:00:00+02:00"), At("2026-12-01T00:00:00+01:00"))) { TimeZone = Berlin };

    private static readonly SpendAnswer ByDay = new([Row("2026-10-31T00:00:00+01:00", "a", 10m), Row("2026-11-01T00:00:00+01:00", "a", 1m), Row("2026-11-01T00:00:00+01:00", "b", 100m)], false);

    [Fact]
    public void Convert_Total_IsTheSumOfDaysEachAtItsOwnRate()
    {
        Assert.Empty(ConvertedSpend.DaysWithoutRate(ByDay, Rates));
        Assert.Equal(98.9m, ConvertedSpend.Convert(Question, ByDay, Rates).Sum().Cost);
        Assert.Equal(Granularity.Day, ConvertedSpend.ByDay(Question, 9).Granularity);
        Assert.Equal(Granularity.Hour, ConvertedSpend.ByDay(Question with { Granularity = Granularity.Hour }, 9).Granularity);
    }

    [Fact]
    public void Convert_MonthsByGroup_KeepsPeriodsOfTheZoneAndTheOrder()
    {
        var rows = ConvertedSpend.Convert(Question with { Granularity = Granularity.Month, GroupBy = [Dimension.Feature] }, ByDay, Rates).Rows;

        Assert.Equal(["2026-10-01 a 8.0", "2026-11-01 b 90.0", "2026-11-01 a 0.9"], rows.Select(row => string.Create(CultureInfo.InvariantCulture, $"{row.Period:yyyy-MM-dd} {row.Group[0]} {row.Figures.Cost}")));
    }

    /// <summary>What sampling left out is converted with the cost: each day at its own rate, a variance by the rate's square.</summary>
    [Fact]
    public void Convert_SampledCalls_ConvertsTheEstimateToo()
    {
        var left = new SampledSum(1, 9, 90m, 9_000);
        var days = ByDay.Rows.Select(row => row with { Figures = row.Figures with { LeftOut = left } }).ToList();
        var sum = ConvertedSpend.Convert(Question, new SpendAnswer(days, false), Rates).Sum();

        Assert.Equal((98.9m + 234m, 30d), (sum.Estimated!.Cost, sum.Estimated.Calls));
        Assert.Equal(9_000 * (0.64 + 2 * 0.81), sum.LeftOut.LeftOutVariance, 1e-6);
    }

    [Fact]
    public void Convert_WithALimit_SaysThatThereIsMore()
    {
        var answer = ConvertedSpend.Convert(Question with { GroupBy = [Dimension.Feature], Limit = 1 }, ByDay, Rates);

        Assert.True(answer.Truncated);
        Assert.Equal("b", Assert.Single(answer.Rows).Group[0]);
    }

    [Fact]
    public void Days_WithCallsAndNoRate_AreNamed()
    {
        var later = new SpendAnswer([.. ByDay.Rows, Row("2026-11-08T00:00:00+01:00", "a", 1m), Row("2026-11-09T00:00:00+01:00", "a", 1m), new(At("2026-11-10T00:00:00+01:00"), ["a"], default)], false);

        Assert.Equal([new DateOnly(2026, 11, 9)], ConvertedSpend.DaysWithoutRate(later, Rates));
    }

    private static SpendRow Row(string day, string feature, decimal cost) => new(At(day), [feature], new SpendFigures(cost, 1, 0, 0, 0, 0, 0, 0, 0));

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
