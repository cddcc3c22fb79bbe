using FinOps.Domain.Usage;

namespace FinOps.Domain.Settlement;

/// <summary>
/// The spans of one or more traces as trees, in an order that depends on their ids alone. Reports are the nodes
/// 0 … <c>Reports.Length - 1</c>, links follow. Every pass is a loop over an array: depth costs no stack, and a ring of
/// parents (a broken client) is cut at its smallest id instead of being walked for ever.
/// </summary>
internal sealed class SpanForest
{
    public readonly CallReport[] Reports;
    public readonly SpanLink[] Links;

    /// <summary>The node above, or -1 where the span is a root or its parent has not arrived.</summary>
    public readonly int[] Parent;

    /// <summary>Every node, children before their parents.</summary>
    public readonly int[] BottomUp;
    public readonly int[] Depth;

    // A node's descendants are exactly the nodes whose entry number lies in [entry, entry + size).
    private readonly int[] _entry;
    private readonly int[] _size;

    public SpanForest(IReadOnlyList<CallReport> reports, IReadOnlyList<SpanLink> links)
    {
        Reports = SpanOrder.Distinct(reports);
        Links = SpanOrder.Distinct(links);
        var count = Reports.Length + Links.Length;
        Parent = FindParents(count);
        BottomUp = OrderAndCutRings(count);
        Depth = new int[count];
        _entry = new int[count];
        _size = new int[count];
        NumberNodes();
    }

    public int Count => Parent.Length;

    public bool IsReport(int node) => node < Reports.Length;

    public SpanLink Link(int node) => Links[node - Reports.Length];

    public bool IsAncestor(int ancestor, int descendant) =>
        _entry[descendant] > _entry[ancestor] && _entry[descendant] < _entry[ancestor] + _size[ancestor];

    public int EntryOf(int node) => _entry[node];

    private int[] FindParents(int count)
    {
        var nodes = new Dictionary<SpanKey, int>(count);
        // A span told both as a report and as a link is the report.
        for (var i = 0; i < Links.Length; i++) nodes[new SpanKey(Links[i].TraceId, Links[i].SpanId)] = Reports.Length + i;
        for (var i = 0; i < Reports.Length; i++) nodes[new SpanKey(Reports[i].TraceId, Reports[i].SpanId)] = i;

        var parent = new int[count];
        for (var i = 0; i < count; i++)
        {
            var (trace, above) = i < Reports.Length
                ? (Reports[i].TraceId, Reports[i].ParentSpanId)
                : (Link(i).TraceId, Link(i).ParentSpanId);
            parent[i] = !above.IsEmpty && nodes.TryGetValue(new SpanKey(trace, above), out var node) && node != i ? node : -1;
        }

        return parent;
    }

    private int[] OrderAndCutRings(int count)
    {
        var children = new int[count];
        foreach (var parent in Parent)
            if (parent >= 0) children[parent]++;

        var order = new int[count];
        var filled = 0;
        for (var i = 0; i < count; i++)
            if (children[i] == 0) order[filled++] = i;

        var done = 0;
        Climb(order, ref done, ref filled, children);
        if (filled == count) return order;

        // What is left over are rings: each of their nodes still has a child on the ring.
        for (var i = 0; i < count; i++)
        {
            if (children[i] == 0) continue;
            var smallest = i;
            for (var node = Parent[i]; node != i; node = Parent[node])
                if (SpanOf(node) < SpanOf(smallest)) smallest = node;
            var above = Parent[smallest];
            Parent[smallest] = -1;
            if (--children[above] == 0) order[filled++] = above;
            Climb(order, ref done, ref filled, children);
        }

        return order;
    }

    private void Climb(int[] order, ref int done, ref int filled, int[] children)
    {
        for (; done < filled; done++)
        {
            var parent = Parent[order[done]];
            if (parent >= 0 && --children[parent] == 0) order[filled++] = parent;
        }
    }

    private ulong SpanOf(int node) => IsReport(node) ? Reports[node].SpanId.Value : Link(node).SpanId.Value;

    private void NumberNodes()
    {
        foreach (var node in BottomUp)
        {
            _size[node]++;
            if (Parent[node] >= 0) _size[Parent[node]] += _size[node];
        }

        var nextRoot = 0;
        var next = new int[Count];
        for (var i = BottomUp.Length - 1; i >= 0; i--)
        {
            var node = BottomUp[i];
            var parent = Parent[node];
            if (parent < 0)
            {
                _entry[node] = nextRoot;
                nextRoot += _size[node];
            }
            else
            {
                Depth[node] = Depth[parent] + 1;
                _entry[node] = next[parent];
                next[parent] += _size[node];
            }

            next[node] = _entry[node] + 1;
        }
    }
}

/// <summary>A span's identity as a dictionary key; hashed with the process's seed, so that chosen ids cannot collide on purpose.</summary>
internal readonly record struct SpanKey(TraceId Trace, SpanId Span)
{
    public override int GetHashCode() => HashCode.Combine(Trace.High, Trace.Low, Span.Value);
}
