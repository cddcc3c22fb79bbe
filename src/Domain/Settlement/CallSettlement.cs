using FinOps.Domain.Pricing;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Settlement;

/// <summary>
/// Step 4 of the path from token to money: which report stands for its call, what the others add to it, which tags it
/// inherits. A pure function of the set of spans: their order, split over requests and repetition make no difference,
/// because it starts from what the reports themselves told, whatever an earlier settling made of them.
/// </summary>
public static class CallSettlement
{
    /// <summary>
    /// A response id that more traces than this carry within the window identifies nothing (a local server that numbers its answers from a small
    /// range): then it counts only inside each trace.
    /// </summary>
    public const int MaxTwinTraces = 8;

    /// <summary>Reports of one response id are one call if they start within this of each other.</summary>
    public static readonly TimeSpan TwinWindow = TimeSpan.FromHours(1);

    internal const long TwinWindowMicros = 60L * 60 * 1_000_000;

    /// <summary>
    /// Settles the rows of one tenant in place. Give all reports and links of every trace concerned, as they are stored.
    /// </summary>
    /// <param name="reports">Rows as ingested or as settled before; changed in place.</param>
    /// <param name="links">The other spans of the traces.</param>
    /// <param name="rate">Prices a call again; asked only where the merge changed what a price depends on.</param>
    /// <returns>The rows whose outcome differs from what was given; the caller gives them a higher version and stores them.</returns>
    public static List<CallReport> Settle(IReadOnlyList<CallReport> reports, IReadOnlyList<SpanLink> links, Action<CallReport> rate)
    {
        var forest = new SpanForest(reports, links);
        var stored = RestoreAll(forest.Reports);
        var identity = CallIdentity.Decide(forest);
        var batches = BatchItems.Find(forest, identity);
        var merge = new CallMerge(forest, new TagSources(forest));

        var changed = new List<CallReport>();
        var ranked = new List<int>();
        var (first, next) = GroupByCall(forest, identity);
        for (var key = 0; key < first.Length; key++)
        {
            if (first[key] < 0) continue;
            ranked.Clear();
            for (var report = first[key]; report >= 0; report = next[report]) ranked.Add(report);
            if (ranked.Count > 1) ranked.Sort(merge.CompareRank);
            SettleCall(forest, merge, ranked, batches.ShareOf(key), stored, rate);
        }

        for (var i = 0; i < forest.Reports.Length; i++)
        {
            var report = forest.Reports[i];
            if (identity.IsAggregate[i]) report.Role = CallRole.Aggregate;
            var before = stored[i];
            // A report that stands for no call goes back to what it told, also in its price.
            if (before.Row is { } row && report.Origin.Length == 0) TakePrice(report, row, rate);
            if (before.Differs(report)) changed.Add(report);
        }

        return changed;
    }

    /// <summary>Undoes settling: role and every overwritten field, except the price, which only rating can find again.</summary>
    public static void RestoreOriginal(CallReport report)
    {
        OriginalFields.Restore(report);
        report.Role = CallRole.Call;
        report.CallTraceId = default;
        report.CallSpanId = default;
    }

    private static Stored[] RestoreAll(CallReport[] reports)
    {
        var stored = new Stored[reports.Length];
        for (var i = 0; i < reports.Length; i++)
        {
            var report = reports[i];
            stored[i] = new Stored(report.Role, report.CallTraceId, report.CallSpanId, report.Origin.Length == 0 ? null : report.Clone());
            RestoreOriginal(report);
        }

        return stored;
    }

    private static (int[] First, int[] Next) GroupByCall(SpanForest forest, CallIdentity identity)
    {
        var first = new int[identity.Keys];
        Array.Fill(first, -1);
        var next = new int[forest.Reports.Length];
        for (var i = forest.Reports.Length - 1; i >= 0; i--)
        {
            if (identity.IsAggregate[i]) continue;
            var key = identity.CallOf(i);
            next[i] = first[key];
            first[key] = i;
        }

        return (first, next);
    }

    private static void SettleCall(
        SpanForest forest, CallMerge merge, List<int> ranked, (CallReport Job, UsageVector Usage)? share, Stored[] stored, Action<CallReport> rate)
    {
        var call = forest.Reports[ranked[0]];
        var told = call.Clone();
        merge.Fill(ranked);
        if (share is { } part) BatchItems.Give(call, part.Job, part.Usage);
        var fieldsChanged = ranked.Count > 1 || share is not null || !OriginalFields.Same(told.Tags, call.Tags);
        if (fieldsChanged)
        {
            TakePrice(call, stored[ranked[0]].Row ?? told, rate);
            call.Origin = OriginalFields.Describe(told, call);
        }

        for (var i = 1; i < ranked.Count; i++)
        {
            var other = forest.Reports[ranked[i]];
            other.Role = CallRole.Duplicate;
            other.CallTraceId = call.TraceId;
            other.CallSpanId = call.SpanId;
        }
    }

    /// <summary>
    /// Keeps the stored price, with the version of the book that gave it, if it was found for the same facts: settling never re-prices in silence, and a price that was set right
    /// later survives it. What is priced by other facts than before is rated with the book of today (docs/adr/0015).
    /// </summary>
    private static void TakePrice(CallReport call, CallReport stored, Action<CallReport> rate)
    {
        if (SamePriceFacts(call, stored))
        {
            call.Cost = stored.Cost;
            call.PriceId = stored.PriceId;
            call.BookVersion = stored.BookVersion;
            call.Flags = (call.Flags & ~PriceSnapshot.RatingFlags) | (stored.Flags & PriceSnapshot.RatingFlags);
            return;
        }

        call.Cost = 0;
        call.PriceId = 0;
        call.Flags &= ~PriceSnapshot.RatingFlags;
        rate(call);
    }

    private static bool SamePriceFacts(CallReport a, CallReport b) =>
        a.Provider == b.Provider && a.Region == b.Region && a.RequestedModel == b.RequestedModel && a.ServedModel == b.ServedModel
        && a.RequestedTier == b.RequestedTier && a.ServedTier == b.ServedTier && a.Variant == b.Variant && a.Batch == b.Batch
        && a.UsageSource == b.UsageSource && a.Usage.Equals(b.Usage)
        && (a.Flags & (CallFlags.CacheHit | CallFlags.Capacity)) == (b.Flags & (CallFlags.CacheHit | CallFlags.Capacity));

    /// <summary>What was stored of a report; the whole row only if an earlier settling overwrote fields of it.</summary>
    private readonly record struct Stored(CallRole Role, TraceId CallTraceId, SpanId CallSpanId, CallReport? Row)
    {
        public bool Differs(CallReport settled)
        {
            if (settled.Role != Role || settled.CallTraceId != CallTraceId || settled.CallSpanId != CallSpanId) return true;
            if (Row is null) return settled.Origin.Length != 0;
            return settled.Origin != Row.Origin || !OriginalFields.SameValues(settled, Row);
        }
    }
}
