using System.Runtime.InteropServices;

namespace FinOps.Bench.Ingest;

/// <summary>CPU time of the calling thread: what other programs do on the machine does not count.</summary>
internal static partial class ThreadTime
{
    public static double Micros()
    {
        const int ThreadCpuTime = 3;
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
