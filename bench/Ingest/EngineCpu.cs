using System.Globalization;

namespace FinOps.Bench.Ingest;

/// <summary>What the processes below this one have taken of the machine: the engines, and the server where one runs.</summary>
internal static class EngineCpu
{
    /// <summary>CPU time so far of every process below this one that still runs.</summary>
    public static double Seconds()
    {
        var processes = Directory.EnumerateDirectories("/proc").Select(ProcessTime.Read).OfType<ProcessTime>().ToList();
        var own = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        var below = new HashSet<string> { own };
        while (processes.Where(process => below.Contains(process.Parent)).Count(process => below.Add(process.Id)) > 0)
        {
        }

        return processes.Where(process => process.Id != own && below.Contains(process.Id)).Sum(process => process.CpuSeconds);
    }
}
