using CsCheck;
using FinOps.Bench.Forecasting;
using FinOps.Domain.Forecasting;

namespace FinOps.Domain.Tests.Forecasting;

public sealed class SpendForecastTests
{
    private static readonly DateOnly First = SpendShapes.First;
    private static readonly Gen<decimal[]> Histories = Gen.Double[0, 10_000].Select(cost => decimal.Round((decimal)cost, 4)).Array[SpendForecast.MinDays, 40];

    /// <summary>Whatever the history: the interval holds the point, nothing is told below what was spent, and no day costs less than nothing.</summary>
    [Fact]
    public void Of_AnyHistory_TellsAnIntervalAroundThePoint() =>
        Gen.Select(Histories, Gen.Int[0, 20], Gen.Int[1, 40]).Sample((days, passed, ahead) =>
        {
            var next = First.AddDays(days.Length);
            var forecast = SpendForecast.Of(days, First, next.AddDays(-Math.Min(passed, days.Length)), next.AddDays(ahead - 1))!;
            Assert.Equal(days[^Math.Min(passed, days.Length)..].Sum(), forecast.Spent);
            Assert.InRange(forecast.Point, forecast.Low, forecast.High);
            Assert.True(forecast.Low >= forecast.Spent && forecast.Days.All(day => day >= 0));
            Assert.Equal(forecast.Spent + forecast.Days.Sum(), forecast.Point);
            Assert.Equal(ahead, forecast.Days.Count);
        }, iter: 60);

    /// <summary>The further the end, the more it costs and the less is known of it.</summary>
    [Fact]
    public void Of_ALaterEnd_NeverCostsLessNorIsSurer() =>
        Gen.Select(Histories, Gen.Int[1, 60]).Sample((days, ahead) =>
        {
            var next = First.AddDays(days.Length);
            var (near, far) = (SpendForecast.Of(days, First, First, next.AddDays(ahead - 1))!, SpendForecast.Of(days, First, First, next.AddDays(ahead))!);
            Assert.True(far.Point >= near.Point);
            Assert.True(far.High - far.Point >= near.High - near.Point);
            Assert.Equal(near.Days, far.Days.Take(ahead));
        }, iter: 60);

    [Fact]
    public void Of_APeriodThatIsOver_IsExactlyWhatWasSpent()
    {
        var days = SpendShapes.Days(SpendShapes.All[0].Day, 40, seed: 1);

        var forecast = SpendForecast.Of(days, First, First.AddDays(3), First.AddDays(32))!;

        Assert.Equal((days[3..33].Sum(), days[3..33].Sum(), days[3..33].Sum(), days[3..33].Sum()), (forecast.Spent, forecast.Point, forecast.Low, forecast.High));
        Assert.Empty(forecast.Days);
    }

    [Fact]
    public void Of_TheSameDayEveryDay_TellsItForEveryDay()
    {
        var forecast = SpendForecast.Of([.. Enumerable.Repeat(25m, 30)], First, First.AddDays(30), First.AddDays(39))!;
        Assert.All(forecast.Days, day => Assert.Equal(25m, day));
        Assert.Equal((250m, 250m, 250m), (forecast.Low, forecast.Point, forecast.High));
        Assert.Equal((1d, (double?)null), (forecast.BackTest!.Coverage, forecast.BackTest.Mase));
    }

    /// <summary>It was spent, and the days after it are as the days before.</summary>
    [Fact]
    public void Of_ARunawayDay_HardlyMovesTheDaysAfterIt()
    {
        var days = SpendShapes.Days(SpendShapes.All[0].Day, 35, seed: 2);
        var before = SpendForecast.Of(days, First, First.AddDays(35), First.AddDays(41))!;
        days[32] *= 50;
        var after = SpendForecast.Of(days, First, First.AddDays(35), First.AddDays(41))!;
        Assert.InRange(after.Point / before.Point, 0.9m, 2m);
    }

    /// <summary>Calls went to a model at half the price, and one day ran away: three days later the month is foretold at the new level.</summary>
    [Fact]
    public void Of_ANewLevelAndARunawayDay_IsForetoldAtTheNewLevel()
    {
        decimal[] days = [.. SpendShapes.Days(SpendShapes.All[0].Day, 28, seed: 4).Select((day, i) => i < 21 ? day : i == 24 ? day * 3 : day / 2)];
        var week = SpendShapes.Days(SpendShapes.All[0].Day, 28, seed: 4)[14..21].Sum() / 2;

        // Three days after the move, and three after the runaway; on its own day nobody can tell it from a move back.
        foreach (var known in (int[])[24, 28])
        {
            var next = First.AddDays(known);
            Assert.InRange(SpendForecast.Of(days[..known], First, next, next.AddDays(6))!.Point / week, 0.75m, 1.4m);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(SpendForecast.MinDays - 1)]
    public void Of_TooFewDays_IsNone(int days) => Assert.Null(SpendForecast.Of(new decimal[days], First, First, First.AddDays(30)));

    [Fact]
    public void Of_AnImpossiblePeriod_IsRefused()
    {
        var days = new decimal[30];
        Assert.Throws<ArgumentException>(() => SpendForecast.Of(days, First, First.AddDays(10), First.AddDays(9)));
        Assert.Throws<ArgumentException>(() => SpendForecast.Of(days, First, First.AddDays(31), First.AddDays(40)));
        Assert.Throws<ArgumentException>(() => SpendForecast.Of(days, First, First, First.AddDays(30 + SpendForecast.MaxAhead)));
    }

    /// <summary>Better than "as on this weekday last week" on every shape, and about four of five month-ends inside the interval.</summary>
    [Fact]
    public void Of_ShapesOfSpend_BeatsTheNaiveForecastAndCoversWhatItSays()
    {
        var results = SpendShapes.All.Select(shape => ShapeResults.Of(shape.Day, [7])).ToArray();

        Assert.All(results, result => Assert.InRange(result.Mase, 0, 0.99));
        Assert.InRange(results.Average(result => result.Coverage), 0.72, 0.95);
    }
}
