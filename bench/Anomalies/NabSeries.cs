using System.Globalization;
using System.Text.Json;

namespace FinOps.Bench.Anomalies;

/// <summary>One series of the benchmark's data with its labels.</summary>
internal sealed record NabSeries(string Name, DateTimeOffset[] Times, double[] Values, NabWindow[] Windows)
{
    /// <summary>The folder that it is in: NAB groups its series by where they come from.</summary>
    public string Group => Name[..Name.IndexOf('/', StringComparison.Ordinal)];

    /// <summary>Reads a checkout of numenta/NAB (data/ and labels/combined_windows.json), or a folder with some of its data and their windows.json.</summary>
    /// <returns>Null when there is none.</returns>
    public static IReadOnlyList<NabSeries>? Read(string folder)
    {
        var (windows, data) = (Path.Combine(folder, "windows.json"), folder);
        if (!File.Exists(windows)) (windows, data) = (Path.Combine(folder, "labels", "combined_windows.json"), Path.Combine(folder, "data"));
        if (!File.Exists(windows)) return null;
        var labels = JsonSerializer.Deserialize<SortedDictionary<string, string[][]>>(File.ReadAllText(windows))
            ?? throw new InvalidDataException($"{windows} holds no labels.");
        return [.. labels.Select(label => ReadOne(Path.Combine(data, label.Key), label.Key, label.Value))];
    }

    private static NabSeries ReadOne(string path, string name, string[][] labels)
    {
        var rows = File.ReadLines(path).Skip(1).Select(line => line.Split(',')).ToList();
        var times = rows.ConvertAll(row => Time(row[0])).ToArray();
        var values = rows.ConvertAll(row => double.Parse(row[1], CultureInfo.InvariantCulture)).ToArray();
        return new NabSeries(name, times, values, [.. labels.Select(label => Window(times, label, path))]);
    }

    private static NabWindow Window(DateTimeOffset[] times, string[] label, string path)
    {
        var (first, last) = (Array.IndexOf(times, Time(label[0])), Array.IndexOf(times, Time(label[1])));
        return first >= 0 && last >= first ? new NabWindow(first, last) : throw new InvalidDataException($"{path} has no points at {label[0]} and {label[1]}: the labels are of other data.");
    }

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}
