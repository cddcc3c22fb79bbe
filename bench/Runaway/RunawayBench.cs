using System.Globalization;

namespace FinOps.Bench.Runaway;

/// <summary>Precision and recall of runaway detection over the labelled scenarios, each beside ten different offices. No engine needed.</summary>
internal static class RunawayBench
{
    private const int Offices = 10;
    private const double LeastPrecision = 0.95;
    private const double LeastRecall = 0.9;

    public static int Run()
    {
        ScenarioResult[] all = [.. Scenarios.All.SelectMany(scenario => Enumerable.Range(1, Offices).Select(scenario.Run))];
        Console.WriteLine("| scenario | runs away | found within two minutes | seconds until told | false alarms |");
        foreach (var results in all.GroupBy(result => result.Scenario))
        {
            var delays = results.Where(result => result.Found).Select(result => result.Delay!.Value.TotalSeconds).Order().ToArray();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {results.Key.Name} | {results.Key.Kind?.ToString() ?? "no"} | {(results.Key.Kind is null ? "" : $"{delays.Length} of {Offices}")} | {(delays.Length == 0 ? "" : $"{delays[delays.Length / 2]:F0}")} | {results.Count(result => result.FalseAlarm)} |"));
        }

        var (precision, recall) = ScenarioResult.Of(all);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"runaway: {Scenarios.All.Length} scenarios, {Scenarios.All.Count(scenario => scenario.Kind is null)} of them harmless: precision {precision:F3} (asked for: {LeastPrecision}), recall {recall:F3} (asked for: {LeastRecall})"));
        return precision >= LeastPrecision && recall >= LeastRecall ? 0 : 1;
    }
}
