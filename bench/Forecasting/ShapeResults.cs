using FinOps.Domain.Forecasting;

namespace FinOps.Bench.Forecasting;

/// <summary>How forecasts of one shape turned out: month-ends told on every third day of the last four months of half a year, each from the days before it.</summary>
/// <param name="Coverage">The share of month-ends inside their 80 % interval.</param>
/// <param name="Mase">Error of single days ÷ that of the same weekday of the last week, as <see cref="BackTest.Mase"/>.</param>
/// <param name="Error">The mean absolute error of a month's sum, of the sum.</param>
internal sealed record ShapeResults(int Forecasts, double Coverage, double Mase, double Error)
{
    private const int HistoryDays = 60;
    private const int EveryDays = 3;

    public static ShapeResults Of(Func<int, Random, double> shape, IEnumerable<int> seeds)
    {
        var (forecasts, held, error, mase, tests) = (0, 0, 0.0, 0.0, 0);
        foreach (var seed in seeds)
        {
            var days = SpendShapes.Days(shape, 182, seed);
            for (var known = HistoryDays; known < days.Length; known += EveryDays)
            {
                var today = SpendShapes.First.AddDays(known);
                var (begin, end) = (new DateOnly(today.Year, today.Month, 1), new DateOnly(today.Year, today.Month, DateTime.DaysInMonth(today.Year, today.Month)));
                if (end.DayNumber - SpendShapes.First.DayNumber >= days.Length || begin < SpendShapes.First) continue;
                var forecast = SpendForecast.Of(days[..known], SpendShapes.First, begin, end)!;
                var came = days[(begin.DayNumber - SpendShapes.First.DayNumber)..(end.DayNumber - SpendShapes.First.DayNumber + 1)].Sum();
                forecasts++;
                if (forecast.Low <= came && came <= forecast.High) held++;
                error += (double)(Math.Abs(came - forecast.Point) / came);
            }

            if (SpendForecast.Of(days, SpendShapes.First, SpendShapes.First.AddDays(days.Length), SpendShapes.First.AddDays(days.Length))!.BackTest?.Mase is not { } one) continue;
            mase += one;
            tests++;
        }

        return new ShapeResults(forecasts, (double)held / forecasts, mase / tests, error / forecasts);
    }
}
