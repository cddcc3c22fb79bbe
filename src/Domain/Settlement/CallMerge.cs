using System.Numerics;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Settlement;

/// <summary>
/// Makes one row of a call's reports: the first in rank stands for the call and supplies the vector as a whole; what it lacks
/// comes from the others, in the order of their rank.
/// </summary>
internal sealed class CallMerge(SpanForest forest, TagSources tags)
{
    private readonly List<int> _innermost = [];
    private readonly List<int> _callers = [];

    /// <summary>
    /// Who knows best: usage before none, the gateway's before an SDK's, a call's own span before a wrapper's, counted before estimated, answered before failed,
    /// unambiguous, most parts; then the innermost span, and at last the ids.
    /// </summary>
    public int CompareRank(int a, int b)
    {
        CallReport x = forest.Reports[a], y = forest.Reports[b];
        var order = y.HasUsage.CompareTo(x.HasUsage);
        if (order == 0) order = y.Source.CompareTo(x.Source);
        if (order == 0) order = x.WrapsCalls.CompareTo(y.WrapsCalls);
        if (order == 0) order = y.UsageSource.CompareTo(x.UsageSource);
        if (order == 0) order = x.Status.CompareTo(y.Status);
        if (order == 0) order = (x.Flags & CallFlags.Ambiguous).CompareTo(y.Flags & CallFlags.Ambiguous);
        if (order == 0) order = BitOperations.PopCount((uint)y.Told).CompareTo(BitOperations.PopCount((uint)x.Told));
        if (order == 0) order = forest.Depth[b].CompareTo(forest.Depth[a]);
        return order != 0 ? order : SpanOrder.CompareIdentity(x, y);
    }

    /// <summary>Fills <paramref name="ranked"/>'s first report. The others are only read.</summary>
    public void Fill(List<int> ranked)
    {
        var call = forest.Reports[ranked[0]];
        // Tags first: they look at what the reports themselves told.
        var settled = ResolveTags(ranked);
        for (var i = 1; i < ranked.Count; i++) FillFields(call, forest.Reports[ranked[i]]);
        call.Tags = settled;
    }

    private static void FillFields(CallReport call, CallReport other)
    {
        const CallFlags inferred = CallFlags.InferredProvider;
        var guessed = call.Provider.Length == 0 || (call.Flags & inferred) != 0;
        if (guessed && other.Provider.Length != 0 && (other.Flags & inferred) == 0)
        {
            call.Provider = other.Provider;
            call.Flags &= ~inferred;
        }

        call.Region = Known(call.Region, other.Region);
        call.RequestedModel = Known(call.RequestedModel, other.RequestedModel);
        call.ServedModel = Known(call.ServedModel, other.ServedModel);
        call.RequestedTier = Known(call.RequestedTier, other.RequestedTier);
        call.ServedTier = Known(call.ServedTier, other.ServedTier);
        call.Variant = Known(call.Variant, other.Variant);
        call.ResponseId = Known(call.ResponseId, other.ResponseId);
        call.FinishReason = Known(call.FinishReason, other.FinishReason);
        call.Policies = Known(call.Policies, other.Policies);
        call.GatewayKey = Known(call.GatewayKey, other.GatewayKey);
        call.Cache = Known(call.Cache, other.Cache);
        if (call.TokensAvoided == 0) call.TokensAvoided = other.TokensAvoided;
        call.Batch |= other.Batch;
        if (call.Streamed == Streaming.Unknown) call.Streamed = other.Streamed;
        if (call.Attempt == 0) call.Attempt = other.Attempt;
        if (call.TimeToFirstTokenMicros == 0) call.TimeToFirstTokenMicros = other.TimeToFirstTokenMicros;
        // The call is known if any of its reports was kept: where one instrument reports every call, its reports stand for themselves, whatever another one samples.
        call.SamplingWeight = Math.Min(call.SamplingWeight, other.SamplingWeight);
        call.ReportedCost ??= other.ReportedCost;
        if (call.InputHash == 0) call.InputHash = other.InputHash;
        if (call.PrefixHash == 0) call.PrefixHash = other.PrefixHash;
        if (call.ItemHashes.Length == 0) call.ItemHashes = other.ItemHashes;
        if (call.MessageCount == 0) call.MessageCount = other.MessageCount;
        if (call.ToolCallCount == 0) call.ToolCallCount = other.ToolCallCount;
        if (call.TurnNumber == 0) call.TurnNumber = other.TurnNumber;
        if (call.MaxTokens == 0) call.MaxTokens = other.MaxTokens;
        // Only the cache knows that it answered, and often only the client that a subscription paid.
        call.Flags |= other.Flags & (CallFlags.CacheHit | CallFlags.Capacity);
    }

    private static string Known(string own, string other) => own.Length != 0 ? own : other;

    private TagSet ResolveTags(List<int> ranked)
    {
        FindInnermost(ranked);
        var bound = AnyBound(ranked);
        TagSet settled = default;
        for (var i = 0; i < TagSet.Count; i++)
        {
            var tag = (Tag)i;
            var (value, level) = ResolveTag(ranked, tag, bound);
            if (value.Length != 0) settled.Set(tag, value, level);
        }

        return settled;
    }

    private (string Value, TagLevel Level) ResolveTag(List<int> ranked, Tag tag, bool anyBound)
    {
        // What a key fixes stands before all that telemetry tells, whichever report of the call was sent with it.
        if (anyBound && FromLevel(ranked, tag, TagLevel.Bound) is { Value.Length: > 0 } bound) return bound;
        var call = forest.Reports[ranked[0]];
        var alone = ranked.Count == 1;
        // A gateway's own SERVER span and its resource describe the gateway; the caller's describe the feature that spends.
        var callersFirst = tag == Tag.Endpoint && !alone;
        if (!(callersFirst && call.Source == ReportSource.Gateway) && tags.OwnValue(ranked[0], tag) is { Length: > 0 } own)
            return (own, TagLevel.Span);

        return callersFirst && FirstTold(_callers, tag, ranked[0]) is { Value.Length: > 0 } callers ? callers
            : FirstTold(_innermost, tag, ranked[0]) is { Value.Length: > 0 } told ? told
            : FromResourceOrKey(ranked, tag);
    }

    private bool AnyBound(List<int> ranked)
    {
        foreach (var report in ranked)
            if (forest.Reports[report].Tags.HasBound) return true;
        return false;
    }

    private (string Value, TagLevel Level) FirstTold(List<int> reports, Tag tag, int call)
    {
        foreach (var report in reports)
            if (tags.OwnValue(report, tag) is { Length: > 0 } told) return (told, report == call ? TagLevel.Span : TagLevel.Inherited);
        foreach (var report in reports)
            if (tags.Inherited(report, tag) is { Length: > 0 } inherited) return (inherited, TagLevel.Inherited);
        return ("", TagLevel.None);
    }

    private (string Value, TagLevel Level) FromResourceOrKey(List<int> ranked, Tag tag) =>
        FromLevel(ranked, tag, TagLevel.Resource) is { Value.Length: > 0 } resource ? resource : FromLevel(ranked, tag, TagLevel.Key);

    /// <summary>The first report that has the tag at this level; a gateway's only where no other has one.</summary>
    private (string Value, TagLevel Level) FromLevel(List<int> ranked, Tag tag, TagLevel level)
    {
        for (var pass = 0; pass < 2; pass++)
        {
            foreach (var report in ranked)
            {
                var candidate = forest.Reports[report];
                if (candidate.Tags.Level(tag) == level && (pass == 1 || candidate.Source != ReportSource.Gateway))
                    return (candidate.Tags[tag], report == ranked[0] ? level : TagLevel.Inherited);
            }
        }

        return ("", TagLevel.None);
    }

    // The reports that have no other report of the call below them: from there, "the nearest ancestor" is well defined.
    private void FindInnermost(List<int> ranked)
    {
        _innermost.Clear();
        _callers.Clear();
        _innermost.AddRange(ranked);
        if (ranked.Count == 1) return;
        foreach (var report in ranked)
            if (forest.Reports[report].Source != ReportSource.Gateway) _callers.Add(report);
        KeepInnermost(_innermost);
        KeepInnermost(_callers);
    }

    private void KeepInnermost(List<int> reports)
    {
        reports.Sort((a, b) => forest.EntryOf(a).CompareTo(forest.EntryOf(b)));
        var kept = 0;
        for (var i = 0; i < reports.Count; i++)
            if (i + 1 == reports.Count || !forest.IsAncestor(reports[i], reports[i + 1])) reports[kept++] = reports[i];
        reports.RemoveRange(kept, reports.Count - kept);
        reports.Sort(CompareRank);
    }
}
