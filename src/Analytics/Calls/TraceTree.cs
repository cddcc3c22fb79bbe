using FinOps.Domain.Usage;

namespace FinOps.Analytics.Calls;

/// <summary>Orders the spans of a trace as a drawn tree. Pure.</summary>
internal static class TraceTree
{
    /// <summary>Each span below its parent, by start; a span whose parent is not known is a root. Spans that are each other's ancestors are shown flat.</summary>
    public static IReadOnlyList<TraceNode> Draw(IEnumerable<TraceNode> spans)
    {
        // A span that is both a link and a report is shown as the report.
        var nodes = new Dictionary<SpanId, TraceNode>();
        foreach (var span in spans)
        {
            if (!nodes.TryGetValue(span.Span, out var present) || present.Role is null) nodes[span.Span] = span;
        }

        var children = nodes.Values
            .Where(node => node.Parent != node.Span && nodes.ContainsKey(node.Parent))
            .GroupBy(node => node.Parent)
            .ToDictionary(group => group.Key, group => group.OrderByDescending(node => node.Start).ThenByDescending(node => node.Span.Value).ToList());
        var roots = nodes.Values.Where(node => node.Parent == node.Span || !nodes.ContainsKey(node.Parent)).OrderByDescending(node => node.Start);
        var drawn = new List<TraceNode>(nodes.Count);
        var open = new Stack<TraceNode>(roots.Select(root => root with { Depth = 0, Parent = default }));
        while (open.TryPop(out var node))
        {
            drawn.Add(node);
            if (!children.TryGetValue(node.Span, out var below)) continue;
            foreach (var child in below) open.Push(child with { Depth = node.Depth + 1 });
        }

        if (drawn.Count == nodes.Count) return drawn;
        var shown = drawn.Select(node => node.Span).ToHashSet();
        drawn.AddRange(nodes.Values.Where(node => !shown.Contains(node.Span)).OrderBy(node => node.Start));
        return drawn;
    }

    /// <summary>The reports, and the spans above them: what a reader limited to teams sees of a trace that several teams share.</summary>
    public static IEnumerable<TraceNode> Above(IReadOnlyList<TraceNode> spans)
    {
        var parents = spans.GroupBy(span => span.Span).ToDictionary(group => group.Key, group => group.Last().Parent);
        var kept = new HashSet<SpanId>();
        foreach (var report in spans.Where(span => span.Role is not null))
        {
            // Ends at a span that is not known, and at one that was met already: spans may be each other's ancestors.
            for (var at = report.Span; parents.TryGetValue(at, out var above) && kept.Add(at); at = above)
            {
            }
        }

        return spans.Where(span => kept.Contains(span.Span));
    }
}
