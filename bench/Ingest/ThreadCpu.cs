using System.Runtime.InteropServices;

namespace FinOps.Bench.Ingest;

/// <summary>CPU time of the calling thread: what other programs do on the machine does not count, but for the caches and cores that they share.</summary>
internal static partial class ThreadCpu
{
    private const int ThreadCpuTime = 3;

    public static double Micros()
    {
        if (ClockGetTime(ThreadCpuTime, out var time) != 0) throw new InvalidOperationException("The system tells no CPU time of a thread.");
        return time.Seconds * 1e6 + time.Nanoseconds / 1e3;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockGetTime(int clock, out TimeSpec time);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct TimeSpec
    {
        public readonly long Seconds;
        public readonly long Nanoseconds;
    }
}
