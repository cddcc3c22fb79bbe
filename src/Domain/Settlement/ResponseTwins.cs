using FinOps.Domain.Usage;

namespace FinOps.Domain.Settlement;

/// <summary>
/// Reports that carry one response id. Ids are the provider's and normally unique, but some local servers number their answers from
/// a small range, so only reports that start within <see cref="CallSettlement.TwinWindow"/> of each other are twins. An answer from a response cache
/// carries the id of the call that filled the cache: it is another call, and has no twins.
/// </summary>
internal sealed class ResponseTwins
{
    /// <summary>The group of each report, or -1.</summary>
    public readonly int[] GroupOf;
    public readonly List<Group> Groups = [];

    public ResponseTwins(CallReport[] reports)
    {
        GroupOf = new int[reports.Length];
        Array.Fill(GroupOf, -1);
        var byId = new Dictionary<string, int>(StringComparer.Ordinal);
        var next = new int[reports.Length];
        var split = new List<int>();
        for (var i = 0; i < reports.Length; i++)
        {
            if (reports[i].ResponseId.Length == 0 || (reports[i].Flags & CallFlags.CacheHit) != 0) continue;
            next[i] = byId.TryGetValue(reports[i].ResponseId, out var last) ? last : -1;
            byId[reports[i].ResponseId] = i;
        }

        foreach (var last in byId.Values)
        {
            split.Clear();
            for (var i = last; i >= 0; i = next[i]) split.Add(i);
            if (split.Count > 1) split.Sort((a, b) => CompareStart(reports, a, b));
            var first = 0;
            for (var i = 1; i <= split.Count; i++)
            {
                if (i < split.Count
                    && reports[split[i]].StartUnixMicros - reports[split[i - 1]].StartUnixMicros <= CallSettlement.TwinWindowMicros) continue;
                Unite(reports, split, first, i);
                first = i;
            }
        }
    }

    private void Unite(CallReport[] reports, List<int> members, int first, int end)
    {
        if (end - first > CallSettlement.MaxTwinTraces && CountTraces(reports, members, first, end) > CallSettlement.MaxTwinTraces)
        {
            var groups = new Dictionary<TraceId, int>();
            for (var i = first; i < end; i++)
            {
                var trace = reports[members[i]].TraceId;
                if (!groups.TryGetValue(trace, out var group)) groups[trace] = group = NewGroup();
                Put(reports, members[i], group);
            }

            return;
        }

        var together = NewGroup();
        for (var i = first; i < end; i++) Put(reports, members[i], together);
    }

    private static int CountTraces(CallReport[] reports, List<int> members, int first, int end)
    {
        var traces = new HashSet<TraceId>();
        for (var i = first; i < end; i++) traces.Add(reports[members[i]].TraceId);
        return traces.Count;
    }

    private int NewGroup()
    {
        Groups.Add(new Group());
        return Groups.Count - 1;
    }

    private void Put(CallReport[] reports, int report, int group)
    {
        GroupOf[report] = group;
        Groups[group].Take(reports[report]);
    }

    private static int CompareStart(CallReport[] reports, int a, int b)
    {
        var order = reports[a].StartUnixMicros.CompareTo(reports[b].StartUnixMicros);
        return order != 0 ? order : a.CompareTo(b);
    }

    /// <summary>What is known of a response id from all its reports.</summary>
    internal sealed class Group
    {
        public bool HasUsage { get; private set; }
        public bool Answered { get; private set; }
        public Totals Largest { get; private set; }
        public Totals Smallest { get; private set; }

        public void Take(CallReport report)
        {
            Answered |= report.Status == CallStatus.Answered;
            // A wrapper's totals may be the sum of several calls, of which it repeats the last one's id.
            if (!report.HasUsage || report.WrapsCalls) return;
            var totals = Totals.Of(report.Usage);
            if (!HasUsage || totals.CompareTo(Largest) > 0) Largest = totals;
            if (!HasUsage || totals.CompareTo(Smallest) < 0) Smallest = totals;
            HasUsage = true;
        }
    }
}
