using System.Globalization;

namespace FinOps.Bench.Ingest;

/// <summary>What the processes below this one have taken of the machine: the engines, and the server where one runs.</summary>
internal static class EngineCpu
{
    private const double TicksPerSecond = 100;

    /// <summary>CPU time so far of every process below this one that still runs.</summary>
    public static double Seconds()
    {
        var stats = Directory.EnumerateDirectories("/proc").Select(Read).OfType<string[]>().ToDictionary(fields => fields[0]);
        var below = new HashSet<string> { Environment.ProcessId.ToString(CultureInfo.InvariantCulture) };
        while (stats.Values.Where(fields => below.Contains(fields[2])).Count(fields => below.Add(fields[0])) > 0)
        {
        }

        below.Remove(Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        return below.Sum(id => stats.TryGetValue(id, out var fields)
            ? (long.Parse(fields[12], CultureInfo.InvariantCulture) + long.Parse(fields[13], CultureInfo.InvariantCulture)) / TicksPerSecond
            : 0);
    }

    /// <summary>The process's id, state, parent and so on (<c>proc_pid_stat</c>), without its name; null for what is no process or has just ended.</summary>
    private static string[]? Read(string folder)
    {
        try
        {
            if (!char.IsAsciiDigit(Path.GetFileName(folder)[0])) return null;
            var text = File.ReadAllText(Path.Combine(folder, "stat"));
            return [Path.GetFileName(folder), .. text[(text.LastIndexOf(')') + 2)..].Split(' ')];
        }
        catch (IOException)
        {
            return null;
        }
    }
}
