using System.Globalization;

namespace FinOps.Bench.Ingest;

/// <summary>One process or thread as Linux tells of it (<c>proc_pid_stat</c>).</summary>
internal readonly record struct ProcessTime(string Id, string Name, string Parent, double CpuSeconds)
{
    private const double TicksPerSecond = 100;

    /// <summary>Null for what is no process, or has just ended.</summary>
    public static ProcessTime? Read(string folder)
    {
        var id = Path.GetFileName(folder);
        if (!char.IsAsciiDigit(id[0])) return null;
        try
        {
            var text = File.ReadAllText(Path.Combine(folder, "stat"));
            var (opens, closes) = (text.IndexOf('('), text.LastIndexOf(')'));
            var fields = text[(closes + 2)..].Split(' ');
            return new ProcessTime(id, text[(opens + 1)..closes], fields[1], (Number(fields[11]) + Number(fields[12])) / TicksPerSecond);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static double Number(string field) => double.Parse(field, CultureInfo.InvariantCulture);
}
