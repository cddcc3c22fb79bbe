using System.Globalization;
using FinOps.Domain.Anomalies;

namespace FinOps.Bench.Anomalies;

/// <summary>
/// The detector on the Numenta Anomaly Benchmark beside EWMA and Holt-Winters, each at the threshold that is best for it on all series together, as that benchmark does it, and each with and without the rule that a detector which has
/// just spoken is silent for a while; of the rivals the best of several settings. No engine needed. The data is not part of this repository: https://github.com/numenta/NAB.
/// </summary>
internal static class AnomalyBench
{
    private const string DefaultFolder = "../shared/data/anomaly";
    private const int Thresholds = 400;
    private static readonly int[] Silences = [0, 50, AnomalyOptions.Default.IncidentPoints];

    private sealed record Detector(string Name, Func<NabSeries, double[]> Score);

    private sealed record Result(string Name, int Silence, double Threshold, double Score, IReadOnlyDictionary<string, double> Groups, int Found, int Windows, int FalseAlarms);

    public static int Run(string? folder)
    {
        folder ??= Environment.GetEnvironmentVariable("FINOPS_NAB") is { Length: > 0 } named ? named : DefaultFolder;
        if (NabSeries.Read(folder) is not { } series)
        {
            Console.WriteLine($"anomalies: not measured, {Path.GetFullPath(folder)} holds no NAB data. Clone https://github.com/numenta/NAB and name its folder as an argument or in FINOPS_NAB.");
            return 0;
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"anomalies: {series.Count} series of NAB, {series.Sum(one => one.Values.Length)} points, {series.Sum(one => one.Windows.Length)} windows; standard profile"));
        var ours = Best(series, [new Detector("this detector", Score)]);
        var rivals = new[]
        {
            Best(series, [.. new[] { 0.005, 0.01, 0.03, 0.1 }.Select(step => new Detector("EWMA", one => Rivals.Ewma(one, step)))]),
            Best(series, [.. new[] { (0.3, 0.01, 0.1), (0.1, 0.01, 0.1), (0.05, 0.001, 0.2) }.Select(steps =>
                new Detector("Holt-Winters", one => Rivals.HoltWinters(one, steps.Item1, steps.Item2, steps.Item3)))]),
        };
        Console.WriteLine("| detector | silence | score | " + string.Join(" | ", ours[0].Groups.Keys) + " | windows found | false alarms |");
        foreach (var result in rivals.Append(ours).SelectMany(results => results)) Print(result);
        PrintShipped(series);
        return ours.Max(result => result.Score) > rivals.SelectMany(results => results).Max(result => result.Score) ? 0 : 1;
    }

    private static double[] Score(NabSeries series)
    {
        var detector = new AnomalyDetector();
        var last = DateTimeOffset.MinValue;
        // Where clocks were set back some points tell the same hour again; the detector wants each later than the last.
        return [.. series.Times.Zip(series.Values, (time, value) => detector.Observe(last = time > last ? time : last.AddSeconds(1), value).Score)];
    }

    /// <summary>For each silence the best setting at its best threshold.</summary>
    private static Result[] Best(IReadOnlyList<NabSeries> series, Detector[] settings)
    {
        var scored = Array.ConvertAll(settings, setting => (setting.Name, Scores: series.Select(setting.Score).ToArray()));
        return [.. Silences.Select(silence => scored.SelectMany(setting => Candidates(setting.Scores).Select(threshold => Judge(setting.Name, series, setting.Scores, threshold, silence))).MaxBy(result => result.Score)!)];
    }

    // Few points are candidates for an alarm, so thresholds lie close where scores are high.
    private static IEnumerable<double> Candidates(double[][] scores)
    {
        var all = scores.SelectMany(some => some).Where(score => score > 0).OrderDescending().ToArray();
        return Enumerable.Range(0, Thresholds).Select(i => all[(int)(all.Length * Math.Pow((double)i / Thresholds, 3))]).Distinct();
    }

    private static Result Judge(string name, IReadOnlyList<NabSeries> series, double[][] scores, double threshold, int silence)
    {
        var (found, falseAlarms) = (0, 0);
        var groups = new SortedDictionary<string, (double Score, int Windows)>(StringComparer.Ordinal);
        for (var i = 0; i < series.Count; i++)
        {
            var one = series[i];
            var detections = Detections(scores[i], threshold, silence).Where(place => place >= NabScore.Probation(one.Values.Length)).ToList();
            var (score, windows) = groups.GetValueOrDefault(one.Group);
            groups[one.Group] = (score + NabScore.Of(one.Values.Length, one.Windows, detections), windows + one.Windows.Length);
            found += one.Windows.Count(window => detections.Exists(place => window.First <= place && place <= window.Last));
            falseAlarms += detections.Count(place => !one.Windows.Any(window => window.First <= place && place <= window.Last));
        }

        return new Result(name, silence, threshold, NabScore.Normalise(groups.Values.Sum(group => group.Score), groups.Values.Sum(group => group.Windows)),
            groups.ToDictionary(group => group.Key, group => NabScore.Normalise(group.Value.Score, group.Value.Windows)), found, groups.Values.Sum(group => group.Windows), falseAlarms);
    }

    private static IEnumerable<int> Detections(double[] scores, double threshold, int silence)
    {
        var last = -silence - 1;
        for (var i = 0; i < scores.Length; i++)
        {
            if (scores[i] < threshold || i - last <= silence) continue;
            last = i;
            yield return i;
        }
    }

    /// <summary>What the product does: the threshold as shipped, and, so that nobody takes a threshold found on the same data for granted, each group at the threshold that is best on the others.</summary>
    private static void PrintShipped(IReadOnlyList<NabSeries> series)
    {
        var silence = AnomalyOptions.Default.IncidentPoints;
        var scores = series.Select(Score).ToArray();
        Print(Judge("as shipped", series, scores, AnomalyOptions.Default.Threshold, silence));
        foreach (var group in series.Select(one => one.Group).Distinct())
        {
            var others = Enumerable.Range(0, series.Count).Where(i => series[i].Group != group).ToArray();
            if (others.Length == 0) continue;
            NabSeries[] rest = [.. others.Select(i => series[i])];
            double[][] restScores = [.. others.Select(i => scores[i])];
            var threshold = Candidates(restScores).MaxBy(candidate => Judge("", rest, restScores, candidate, silence).Score);
            var held = Judge("", series, scores, threshold, silence);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{group} at the threshold found on the other groups ({threshold:F2}): {held.Groups[group]:F1}"));
        }
    }

    private static void Print(Result result) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"| {result.Name} | {result.Silence} | {result.Score:F1} | {string.Join(" | ", result.Groups.Values.Select(score => score.ToString("F1", CultureInfo.InvariantCulture)))} | {result.Found} of {result.Windows} | {result.FalseAlarms} |"));
}
