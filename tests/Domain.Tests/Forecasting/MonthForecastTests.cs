using FinOps.Domain.Forecasting;

namespace FinOps.Domain.Tests.Forecasting;

public sealed class MonthForecastTests
{
    private static readonly DateOnly Today = new(2026, 11, 20);

    [Fact]
    public void Of_SteadyDays_IsTheMonthOfSuchDays_WithAnInterval()
    {
        decimal[] days = [.. Enumerable.Range(0, 60).Select(day => 100m + (day % 3))];
        var forecast = MonthForecast.Of(days, Today, 40, 0.65m);

        Assert.Equal((ForecastMethod.Model, new DateOnly(2026, 11, 1), new DateOnly(2026, 11, 30), 60), (forecast.Method, forecast.Begin, forecast.End, forecast.HistoryDays));
        Assert.Equal(days.TakeLast(19).Sum() + 40, forecast.Spent);
        Assert.InRange(forecast.Point!.Value, 3_000, 3_060);
        Assert.InRange(forecast.Point.Value, forecast.Low!.Value, forecast.High!.Value);
        Assert.Equal(11, forecast.Days.Count);
        Assert.NotNull(forecast.BackTest);
    }

    /// <summary>What is spent already is part of the end, whatever was foretold of the day.</summary>
    [Fact]
    public void Of_ADayThatCostsMoreThanForetold_AddsTheDifference()
    {
        decimal[] days = [.. Enumerable.Repeat(100m, 30)];
        var (calm, dear) = (MonthForecast.Of(days, Today, 10, 0.65m), MonthForecast.Of(days, Today, 600, 0.65m));

        Assert.Equal(500, dear.Point - calm.Point);
        Assert.Equal(600, dear.Days[0]);
        Assert.True(dear.Low >= dear.Spent);
    }

    [Fact]
    public void Of_AShortHistory_IsAStraightLineOrNothing()
    {
        decimal[] days = [.. Enumerable.Repeat(0m, 100), 10, 10, 10];

        Assert.Equal((ForecastMethod.StraightLine, 35m, 50m, 3), Told(MonthForecast.Of(days, Today, 5, 0.7m)));
        Assert.Equal((ForecastMethod.None, 15m, null, 1), Told(MonthForecast.Of(days[..101], new DateOnly(2026, 11, 2), 5, 0.05m)));
        Assert.Equal((ForecastMethod.None, 0m, null, 0), Told(MonthForecast.Of(days[..100], Today, 0, 0.7m)));

        static (ForecastMethod, decimal, decimal?, int) Told(MonthForecast forecast) => (forecast.Method, forecast.Spent, forecast.Point, forecast.HistoryDays);
    }

    [Fact]
    public void Of_TheFirstOfAMonth_CountsNothingOfTheLast()
    {
        var forecast = MonthForecast.Of([.. Enumerable.Repeat(100m, 30)], new DateOnly(2026, 12, 1), 1, 0.01m);

        Assert.Equal((1m, 31), (forecast.Spent, forecast.Days.Count));
        Assert.InRange(forecast.Point!.Value, 3_000, 3_200);
    }
}
