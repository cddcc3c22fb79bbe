using FinOps.Domain.Usage;

namespace FinOps.Domain.Settlement;

/// <summary>Sorts spans by identity and keeps one of each, so that no later step can depend on the order in which they came.</summary>
internal static class SpanOrder
{
    public static CallReport[] Distinct(IReadOnlyList<CallReport> reports)
    {
        var sorted = new CallReport[reports.Count];
        for (var i = 0; i < sorted.Length; i++) sorted[i] = reports[i];
        Array.Sort(sorted, CompareCopies);
        return Unique(sorted, static (a, b) => a.TraceId == b.TraceId && a.SpanId == b.SpanId);
    }

    public static SpanLink[] Distinct(IReadOnlyList<SpanLink> links)
    {
        var sorted = new SpanLink[links.Count];
        for (var i = 0; i < sorted.Length; i++) sorted[i] = links[i];
        Array.Sort(sorted, CompareCopies);
        return Unique(sorted, static (a, b) => a.TraceId == b.TraceId && a.SpanId == b.SpanId);
    }

    public static int CompareIdentity(CallReport a, CallReport b) =>
        CompareIdentity(a.TraceId, a.SpanId, b.TraceId, b.SpanId);

    private static int CompareIdentity(TraceId traceA, SpanId spanA, TraceId traceB, SpanId spanB)
    {
        var order = traceA.High.CompareTo(traceB.High);
        if (order == 0) order = traceA.Low.CompareTo(traceB.Low);
        return order != 0 ? order : spanA.Value.CompareTo(spanB.Value);
    }

    // Copies of one span normally are equal. Where they are not, the settled row comes first, then the copy that tells more;
    // the rest only makes the choice certain.
    private static int CompareCopies(CallReport a, CallReport b)
    {
        var order = CompareIdentity(a, b);
        if (order == 0) order = b.Version.CompareTo(a.Version);
        if (order == 0) order = b.UsageSource.CompareTo(a.UsageSource);
        if (order == 0) order = ((ushort)b.Told).CompareTo((ushort)a.Told);
        if (order == 0) order = b.Usage.InputTotal.CompareTo(a.Usage.InputTotal);
        if (order == 0) order = b.Usage.OutputTotal.CompareTo(a.Usage.OutputTotal);
        if (order == 0) order = b.StartUnixMicros.CompareTo(a.StartUnixMicros);
        if (order == 0) order = b.DurationMicros.CompareTo(a.DurationMicros);
        if (order == 0) order = a.ParentSpanId.Value.CompareTo(b.ParentSpanId.Value);
        if (order == 0) order = string.CompareOrdinal(b.ResponseId, a.ResponseId);
        if (order == 0) order = string.CompareOrdinal(b.ServedModel, a.ServedModel);
        if (order == 0) order = string.CompareOrdinal(b.RequestedModel, a.RequestedModel);
        if (order == 0) order = string.CompareOrdinal(b.Operation, a.Operation);
        if (order == 0) order = string.CompareOrdinal(b.Provider, a.Provider);
        return order != 0 ? order : CompareTags(a.Tags, b.Tags);
    }

    private static int CompareCopies(SpanLink a, SpanLink b)
    {
        var order = CompareIdentity(a.TraceId, a.SpanId, b.TraceId, b.SpanId);
        if (order == 0) order = a.ParentSpanId.Value.CompareTo(b.ParentSpanId.Value);
        if (order == 0) order = b.Kind.CompareTo(a.Kind);
        if (order == 0) order = string.CompareOrdinal(b.Name, a.Name);
        return order != 0 ? order : CompareTags(a.Tags, b.Tags);
    }

    private static int CompareTags(in TagSet a, in TagSet b)
    {
        for (var tag = 0; tag < TagSet.Count; tag++)
        {
            var order = string.CompareOrdinal(b[(Tag)tag], a[(Tag)tag]);
            if (order != 0) return order;
        }

        return a.PackedLevels.CompareTo(b.PackedLevels);
    }

    private static T[] Unique<T>(T[] sorted, Func<T, T, bool> same)
    {
        if (sorted.Length == 0) return sorted;
        var kept = 1;
        for (var i = 1; i < sorted.Length; i++)
            if (!same(sorted[kept - 1], sorted[i])) sorted[kept++] = sorted[i];
        return kept == sorted.Length ? sorted : sorted[..kept];
    }
}
