namespace FinOps.Testing;

/// <summary>What work allocates on its thread.</summary>
internal static class Allocated
{
    private const int MaxRounds = 5;

    /// <summary>The bytes of the best of a few rounds, the first with none being the last. A collection of garbage that another test causes may add what was left of this thread's piece of memory, up to 8 KB; work that allocates does so in each round.</summary>
    public static long LeastBytes(Action work)
    {
        var least = long.MaxValue;
        for (var round = 0; round < MaxRounds && least > 0; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            work();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
