using System.Globalization;
using FinOps.Analytics.Prices;
using FinOps.Bench.Ingest;
using FinOps.Demo;
using FinOps.Domain.Forecasting;
using FinOps.Domain.Pricing;
using FinOps.Domain.Settlement;
using FinOps.Domain.Usage;
using FinOps.Ingest.Health;
using FinOps.Ingest.Mapping;
using FinOps.Ingest.Pipeline;

namespace FinOps.Bench.Forecasting;

/// <summary>Forecasts of the month's end against what came: on shapes of spend, and on the demo's thirty days, mapped, settled and priced as the product does it. No engine needed.</summary>
internal static class ForecastBench
{
    private const double MostMase = 1;
    private const int Seeds = 10;

    public static int Run()
    {
        Console.WriteLine($"forecast: month-ends told on every third day of the last four months of half a year, {Seeds} times each; 80 % intervals");
        Console.WriteLine("| shape | forecasts | coverage | MASE | error of the month |");
        var worst = 0.0;
        var (held, all) = (0.0, 0);
        foreach (var (name, day) in SpendShapes.All)
        {
            var results = ShapeResults.Of(day, Enumerable.Range(0, Seeds));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {results.Forecasts} | {results.Coverage:P1} | {results.Mase:F2} | {results.Error:P1} |"));
            worst = Math.Max(worst, results.Mase);
            held += results.Coverage * results.Forecasts;
            all += results.Forecasts;
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"forecast: all shapes: coverage {held / all:P1} of {SpendForecast.Confidence:P0}, worst MASE {worst:F2} (asked for: below {MostMase:F0})"));
        var demo = DemoForecast();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"forecast: the demo's {DemoCompany.Days} days: MASE {demo.Mase:F2} (asked for: below {MostMase:F0}), {demo.Coverage:P0} of {demo.Forecasts} sums told on {demo.Origins} days inside their interval"));
        return worst < MostMase && demo.Mase < MostMase ? 0 : 1;
    }

    private static BackTest DemoForecast()
    {
        var anchor = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).AddDays(-1);
        var first = anchor.AddDays(1 - DemoCompany.Days);
        var prices = PriceSnapshot.Create(PublicCatalogue.Shipped.Catalogue);
        decimal[] days = [.. Enumerable.Range(0, DemoCompany.Days).Select(day => Spend(first.AddDays(day), anchor, prices))];
        var next = first.AddDays(days.Length);
        return SpendForecast.Of(days, first, next, next)?.BackTest ?? throw new InvalidOperationException("The demo's days are too few for a back-test.");
    }

    private static decimal Spend(DateOnly day, DateOnly anchor, PriceSnapshot prices)
    {
        var (rows, mapper) = (new RowBatch(), new TelemetryMapper());
        foreach (var traces in DemoDay.Traces(1, day, anchor).Chunk(250)) mapper.MapTraces(OtlpWriter.Traces(traces), BenchContext.New(), rows, new IngestTally());
        CallSettlement.Settle(rows.Calls, rows.Links, prices.Rate);
        return rows.Calls.Where(call => call.Role == CallRole.Call).Sum(call => call.Cost);
    }
}
