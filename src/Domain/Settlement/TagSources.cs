using FinOps.Domain.Usage;

namespace FinOps.Domain.Settlement;

/// <summary>For each span and tag, the nearest span at or above it that carries the tag itself. One pass from the roots down; spans that add nothing share their parent's answer.</summary>
internal sealed class TagSources
{
    private readonly SpanForest _forest;
    private readonly int[] _frameOf;
    private readonly List<int[]> _frames = [];

    public TagSources(SpanForest forest)
    {
        _forest = forest;
        _frameOf = new int[forest.Count];
        for (var i = forest.BottomUp.Length - 1; i >= 0; i--)
        {
            var node = forest.BottomUp[i];
            var frame = forest.Parent[node] >= 0 ? _frameOf[forest.Parent[node]] : -1;
            int[]? own = null;
            for (var tag = 0; tag < TagSet.Count; tag++)
            {
                if (OwnValue(node, (Tag)tag).Length == 0) continue;
                if (own is null)
                {
                    own = new int[TagSet.Count];
                    if (frame >= 0) _frames[frame].CopyTo(own, 0);
                    else Array.Fill(own, -1);
                }

                own[tag] = node;
            }

            if (own is not null)
            {
                _frames.Add(own);
                frame = _frames.Count - 1;
            }

            _frameOf[node] = frame;
        }
    }

    /// <summary>What the span itself says, or its key fixes; empty if nothing. Only SERVER spans name an endpoint.</summary>
    public string OwnValue(int node, Tag tag)
    {
        if (_forest.IsReport(node))
        {
            var report = _forest.Reports[node];
            return report.Tags.Level(tag) is TagLevel.Span or TagLevel.Bound ? report.Tags[tag] : "";
        }

        var link = _forest.Link(node);
        if (tag != Tag.Endpoint) return link.Tags.Level(tag) is TagLevel.Span or TagLevel.Bound ? link.Tags[tag] : "";
        if (link.Kind != SpanKind.Server) return "";
        return link.Tags[Tag.Endpoint] is { Length: > 0 } route ? route : link.Name;
    }

    /// <summary>The value of the nearest span above that carries the tag; empty if none does.</summary>
    public string Inherited(int node, Tag tag)
    {
        var parent = _forest.Parent[node];
        if (parent < 0 || _frameOf[parent] < 0) return "";
        var source = _frames[_frameOf[parent]][(int)tag];
        return source < 0 ? "" : OwnValue(source, tag);
    }
}
