using FinOps.Domain.Usage;

namespace FinOps.Domain.Settlement;

/// <summary>
/// Pitfall 11: a batch whose usage is told for the job as a whole. Its items that tell none get what the others leave of it, so that each is rated by itself, at batch prices and by its own length of
/// context, and that all of them together are the job to the last token. Then the job itself is billed no more. Only spans that say they are of a batch (<see cref="CallReport.Batch"/>) take part.
/// </summary>
internal sealed class BatchItems
{
    private static readonly BatchItems None = new();

    private readonly Dictionary<int, (CallReport Job, UsageVector Usage)> _shares = [];

    /// <summary>The share of a call that told no usage itself; null where it is no such item.</summary>
    public (CallReport Job, UsageVector Usage)? ShareOf(int call) => _shares.TryGetValue(call, out var share) ? share : null;

    /// <summary>Finds the jobs and marks their reports as aggregates.</summary>
    public static BatchItems Find(SpanForest forest, CallIdentity identity)
    {
        if (!Array.Exists(forest.Reports, report => report is { Batch: true, HasUsage: true }) || !Array.Exists(forest.Reports, report => report is { Batch: true, HasUsage: false })) return None;
        var items = new BatchItems();
        foreach (var (job, calls) in CallsByJob(forest, identity).OrderBy(pair => pair.Key)) items.Divide(forest, identity, job, calls);
        return items;
    }

    /// <summary>Under each report of a batch that tells usage: the calls of a batch that are nearest to it, with what each told.</summary>
    private static Dictionary<int, SortedDictionary<int, UsageVector?>> CallsByJob(SpanForest forest, CallIdentity identity)
    {
        var above = new int[forest.Count];
        for (var i = forest.BottomUp.Length - 1; i >= 0; i--)
        {
            var node = forest.BottomUp[i];
            var parent = forest.Parent[node];
            above[node] = parent < 0 ? -1 : forest.IsReport(parent) && forest.Reports[parent] is { Batch: true, HasUsage: true } ? parent : above[parent];
        }

        var jobs = new Dictionary<int, SortedDictionary<int, UsageVector?>>();
        for (var i = 0; i < forest.Reports.Length; i++)
        {
            var report = forest.Reports[i];
            if (above[i] < 0 || !report.Batch || report.WrapsCalls || identity.IsAggregate[i] || identity.CallOf(i) == identity.CallOf(above[i])) continue;
            // A failed item used nothing.
            if (!report.HasUsage && report.Status == CallStatus.Failed) continue;
            if (!jobs.TryGetValue(above[i], out var calls)) jobs.Add(above[i], calls = []);
            var call = identity.CallOf(i);
            if (!calls.TryGetValue(call, out var told) || told is null) calls[call] = report.HasUsage ? report.Usage : null;
        }

        return jobs;
    }

    private void Divide(SpanForest forest, CallIdentity identity, int job, SortedDictionary<int, UsageVector?> calls)
    {
        var silent = calls.Where(call => call.Value is null).Select(call => call.Key).ToList();
        if (silent.Count == 0) return;
        var left = forest.Reports[job].Usage;
        // More than the whole was told: the parts contradict it, and nothing is made up.
        foreach (var told in calls.Values)
            if (told is { } usage && !UsageShares.TrySubtract(ref left, usage)) return;
        if (left.Equals(default)) return;

        var shares = UsageShares.Divide(left, silent.Count);
        for (var i = 0; i < shares.Length; i++) _shares[silent[i]] = (forest.Reports[job], shares[i]);
        for (var i = 0; i < forest.Reports.Length; i++)
            if (identity.CallOf(i) == identity.CallOf(job)) identity.IsAggregate[i] = true;
    }

    /// <summary>Writes the share into the report that stands for the item's call.</summary>
    public static void Give(CallReport call, CallReport job, in UsageVector share)
    {
        call.Usage = share;
        call.Told = job.Told;
        call.UsageSource = UsageSource.Estimated;
        call.Flags = (call.Flags & ~CallFlags.NoUsage) | CallFlags.EstimatedUsage;
        if (call.Model.Length == 0) (call.RequestedModel, call.ServedModel) = (job.RequestedModel, job.ServedModel);
        if (call.Provider.Length == 0) (call.Provider, call.Flags) = (job.Provider, call.Flags | (job.Flags & CallFlags.InferredProvider));
    }
}
