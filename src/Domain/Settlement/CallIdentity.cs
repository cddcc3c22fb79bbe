using FinOps.Domain.Usage;

namespace FinOps.Domain.Settlement;

/// <summary>
/// Step 4 of the path: which reports tell of one call, and which parents only sum calls. One pass from the leaves to the
/// roots; each span sees the nearest distinct calls below it and decides for itself.
/// </summary>
internal sealed class CallIdentity
{
    private readonly SpanForest _forest;
    private readonly ResponseTwins _twins;

    // Reports first, then one entry for each response id.
    private readonly int[] _same;

    /// <summary>True for parents that are never billed; they belong to no call.</summary>
    public readonly bool[] IsAggregate;

    private CallIdentity(SpanForest forest)
    {
        _forest = forest;
        _twins = new ResponseTwins(forest.Reports);
        _same = new int[forest.Reports.Length + _twins.Groups.Count];
        for (var i = 0; i < _same.Length; i++) _same[i] = i;
        IsAggregate = new bool[forest.Reports.Length];
    }

    public int Keys => _same.Length;

    /// <summary>Equal for all reports of one call.</summary>
    public int CallOf(int report) => Find(report);

    public static CallIdentity Decide(SpanForest forest)
    {
        var identity = new CallIdentity(forest);
        var below = new Frontier?[forest.Count];
        foreach (var node in forest.BottomUp)
        {
            var frontier = below[node];
            below[node] = null;
            if (forest.IsReport(node)) frontier = identity.Decide(node, frontier);
            var parent = forest.Parent[node];
            if (frontier is null || parent < 0) continue;
            below[parent] = below[parent] is { } other ? Frontier.Join(other, frontier) : frontier;
        }

        return identity;
    }

    private Frontier? Decide(int node, Frontier? below)
    {
        var report = _forest.Reports[node];
        var family = Operations.FamilyOf(report.Operation);
        if (below is null && !report.WrapsCalls) return AsCall(node, report, family, null);
        return report.WrapsCalls ? DecideWrapper(node, report, family, below) : DecideCall(node, report, family, below!);
    }

    /// <summary>Agents, workflows and outer spans: billed only if nothing below them is priced.</summary>
    private Frontier? DecideWrapper(int node, CallReport report, OperationFamily family, Frontier? below)
    {
        if (below?.Priced is { } priced)
        {
            var only = priced.First;
            var tellsOnlyOne = priced.Count == 1
                && (report.HasUsage ? only.Tells(Totals.Of(report.Usage)) || IsTwin(node, only.Key) : family == only.Family);
            return tellsOnlyOne ? SameAs(node, only.Key, below) : Aggregate(node, below);
        }

        var missing = below?.Missing?.Count ?? 0;
        var failed = below?.Failed?.Count ?? 0;
        if (report.HasUsage)
        {
            // The only call below could not tell its usage: this report tells it.
            if (missing == 1) Union(node, below!.Missing!.First.Key);
            return AsCall(node, report, family, below);
        }

        if (missing + failed == 1)
        {
            var only = (below!.Missing ?? below.Failed)!.First;
            if (only.Family == family) return SameAs(node, only.Key, below);
        }

        if (missing + failed > 0) return Aggregate(node, below);
        // Nothing below and nothing told: the outer span of a call counts as one, an agent's does not.
        return family != OperationFamily.Other || _twins.GroupOf[node] >= 0
            ? AsCall(node, report, family, below)
            : Aggregate(node, below);
    }

    /// <summary>A model call that has other calls below it.</summary>
    private Frontier? DecideCall(int node, CallReport report, OperationFamily family, Frontier below)
    {
        var priced = below.Priced?.Count ?? 0;
        var missing = below.Missing?.Count ?? 0;
        var failed = below.Failed?.Count ?? 0;
        if (report.HasUsage)
        {
            var totals = Totals.Of(report.Usage);
            if (priced == 1 && below.Priced!.First is var only && only.Family == family && (only.Tells(totals) || IsTwin(node, only.Key)))
                return AsSameCall(node, report, family, below, only.Key, only.CacheHit);
            if (priced == 0 && missing == 1 && below.Missing!.First.Family == family)
                return AsSameCall(node, report, family, below, below.Missing!.First.Key, below.Missing!.First.CacheHit);
            return SumsSeveral(node, report, family, totals, below.Priced) ? Aggregate(node, below) : AsCall(node, report, family, below);
        }

        var answered = priced + missing;
        if (answered == 1)
        {
            var only = (below.Priced ?? below.Missing)!.First;
            return only.Family == family
                ? AsSameCall(node, report, family, below, only.Key, only.CacheHit)
                : AsCall(node, report, family, below);
        }

        var alike = (below.Priced?.Of(family).Count ?? 0) + (below.Missing?.Of(family).Count ?? 0);
        if (alike > 1) return Aggregate(node, below);
        if (answered == 0 && report.Status == CallStatus.Failed)
        {
            // The attempts that an outer span made are told one by one: it is none itself.
            if (failed == 1 && below.Failed!.First.Family == family)
                return AsSameCall(node, report, family, below, below.Failed!.First.Key, below.Failed!.First.CacheHit);
            if ((below.Failed?.Of(family).Count ?? 0) > 1) return Aggregate(node, below);
        }

        return AsCall(node, report, family, below);
    }

    /// <summary>
    /// Equal to the sum of the calls below it; or at least as much, when nothing says that this span is a call of its own
    /// (a response id that none of them has).
    /// </summary>
    private bool SumsSeveral(int node, CallReport report, OperationFamily family, Totals totals, CallSet? priced)
    {
        if (priced is null || priced.DeepCount < 2) return false;
        if (totals == priced.DeepSum) return true;
        if (priced.Count < 2) return false;
        if (totals == priced.LargestSum || totals == priced.SmallestSum) return true;
        var alike = priced.Of(family);
        if (alike.Count < 2) return false;
        if (totals == alike.Largest || totals == alike.Smallest) return true;
        return totals.Covers(alike.Smallest) && (report.ResponseId.Length == 0 || priced.TryGet(KeyOf(node), out _));
    }

    /// <summary>Never billed, and transparent: spans above see the calls below it.</summary>
    private Frontier? Aggregate(int node, Frontier? below)
    {
        IsAggregate[node] = true;
        return below;
    }

    /// <summary>A wrapper that repeats the one call below it. Its own response id may be another step's and proves nothing.</summary>
    private Frontier? SameAs(int node, int key, Frontier below)
    {
        Union(node, key);
        return below;
    }

    /// <summary>A report of the same call as the one below it; seen from above the two are one.</summary>
    private Frontier AsSameCall(int node, CallReport report, OperationFamily family, Frontier below, int key, bool cacheHit)
    {
        Union(node, key);
        // A cached answer has the id of the call that filled the cache; through it the two calls would become one.
        if (!cacheHit) JoinTwins(node);
        return See(node, report, family, below);
    }

    private Frontier AsCall(int node, CallReport report, OperationFamily family, Frontier? below)
    {
        JoinTwins(node);
        return See(node, report, family, below);
    }

    private Frontier See(int node, CallReport report, OperationFamily family, Frontier? below)
    {
        var key = Find(node);
        var group = _twins.GroupOf[node] is >= 0 and var found ? _twins.Groups[found] : null;
        CallBelow twin = default;
        var same = (below?.Priced?.TryGet(key, out twin) ?? false)
            || (below?.Priced is { Count: 1 } one && Find((twin = one.First).Key) == key);
        var seen = new CallBelow { Key = key, Family = family, CacheHit = (report.Flags & CallFlags.CacheHit) != 0, DeepCount = 1 };
        var frontier = new Frontier();
        if (report.HasUsage)
        {
            seen.Largest = seen.Smallest = Totals.Of(report.Usage);
            if (same)
            {
                if (twin.Largest.CompareTo(seen.Largest) > 0) seen.Largest = twin.Largest;
                if (twin.Smallest.CompareTo(seen.Smallest) < 0) seen.Smallest = twin.Smallest;
            }
        }
        else if (same)
        {
            (seen.Largest, seen.Smallest) = (twin.Largest, twin.Smallest);
        }
        else if (group is { HasUsage: true })
        {
            (seen.Largest, seen.Smallest) = (group.Largest, group.Smallest);
        }
        else
        {
            var answered = report.Status == CallStatus.Answered || group is { Answered: true } || below?.Missing is { Count: 1 } missing && Find(missing.First.Key) == key;
            frontier.Missing = answered ? SetOf(seen) : null;
            frontier.Failed = answered ? null : SetOf(seen);
            return frontier;
        }

        seen.CacheHit |= same && twin.CacheHit;
        seen.DeepSum = seen.Largest;
        if (below?.Priced is { } priced)
        {
            seen.DeepCount += priced.DeepCount - (same ? 1 : 0);
            seen.DeepSum += priced.DeepSum - (same ? twin.Largest : default);
        }

        frontier.Priced = SetOf(seen);
        return frontier;
    }

    private static CallSet SetOf(in CallBelow call)
    {
        var set = new CallSet();
        set.Add(call);
        return set;
    }

    private int KeyOf(int node) => Find(_twins.GroupOf[node] is >= 0 and var group ? _forest.Reports.Length + group : node);

    private bool IsTwin(int node, int key) => _twins.GroupOf[node] >= 0 && KeyOf(node) == Find(key);

    private void JoinTwins(int node)
    {
        if (_twins.GroupOf[node] is >= 0 and var group) Union(node, _forest.Reports.Length + group);
    }

    private void Union(int a, int b)
    {
        a = Find(a);
        b = Find(b);
        // The larger index leads: response ids come after reports, so a call's key does not change when a twin joins it.
        if (a < b) _same[a] = b;
        else if (b < a) _same[b] = a;
    }

    private int Find(int key)
    {
        while (_same[key] != key)
        {
            _same[key] = _same[_same[key]];
            key = _same[key];
        }

        return key;
    }
}
