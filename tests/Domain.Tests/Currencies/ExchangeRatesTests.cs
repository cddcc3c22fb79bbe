using System.Globalization;
using FinOps.Domain.Currencies;
using FinOps.Testing;

namespace FinOps.Domain.Tests.Currencies;

public sealed class ExchangeRatesTests
{
    private static readonly ExchangeRates Rates = new("EUR", [new(Day("2026-11-06"), 0.92m), new(Day("2026-11-03"), 0.9m)]);

    private static DateOnly Day(string text) => DateOnly.Parse(text, CultureInfo.InvariantCulture);

    [Theory]
    [InlineData("2026-11-02", null)]
    [InlineData("2026-11-03", "2026-11-03")]
    [InlineData("2026-11-05", "2026-11-03")]
    [InlineData("2026-11-06", "2026-11-06")]
    [InlineData("2026-11-13", "2026-11-06")]
    [InlineData("2026-11-14", null)]
    [CostPitfall(33, "langfuse: requests for other currencies; FOCUS 1.2 pricing and billing currency")]
    public void Find_Day_IsTheLastRateBeforeItThatIsNotTooOld(string day, string? of) => Assert.Equal(of is null ? null : Day(of), Rates.Find(Day(day))?.Day);

    [Fact]
    public void Find_OfUsd_IsOneOnEveryDay() => Assert.Equal(1m, ExchangeRates.OfUsd.Find(Day("1999-01-01"))!.Value.Value);

    [Theory]
    [InlineData("2026-11-03,0.9214\n2026-11-04;0.92\r\n\n2026-11-05\t1", 3)]
    [InlineData("date,rate\n2026-11-03 0.9214", 1)]
    public void List_OfSomeSpellings_IsRead(string text, int rates) => Assert.Equal(rates, RateList.Read(text).Rates!.Count);

    [Theory]
    [InlineData("2026-11-03,0.9\n2026-13-04,0.9", 2, "not a date")]
    [InlineData("2026-11-03,0.9\n2026-11-04,0,9", 2, "A line is a date")]
    [InlineData("2026-11-03,-1", 1, "not a number")]
    [InlineData("2026-11-03,0", 1, "above 0")]
    [InlineData("2026-11-03,1e3", 1, "not a number")]
    [InlineData("2026-11-03,1\n\n2026-11-03,1", 3, "stands twice")]
    [InlineData("", 1, "no rate in it")]
    public void List_WithAMistake_NamesItsLineAndGivesNothing(string text, int line, string problem)
    {
        var (rates, error) = RateList.Read(text);

        Assert.Null(rates);
        Assert.Equal(line, error!.Line);
        Assert.Contains(problem, error.Problem, StringComparison.Ordinal);
    }
}
