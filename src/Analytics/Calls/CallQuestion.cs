using FinOps.Domain.Policies;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Calls;

/// <summary>One call with everything that is known of it. The id of a duplicate report leads to the call that it tells of.</summary>
public sealed record CallQuestion(ReadScope Scope, CallId Id);

/// <param name="Call">The call, as listed.</param>
/// <param name="Report">The report that stands for it, with the usage vector and the evidence.</param>
/// <param name="LineItems">What its cost consists of; by the version of the price book that it was rated with.</param>
/// <param name="IsExplained">The line items sum to the cost. Not where that book is no longer known: a call from before versions were kept, that an older release rated.</param>
/// <param name="Avoided">Of an answer from a response cache, or of a list's texts that had kept vectors: the lines as the provider would have billed them, by the same book; their sum is what was avoided. Empty for any other call, and where no price is known.</param>
/// <param name="Today">What the price book of today gives for it; null where that is the same.</param>
/// <param name="Reports">All reports that were merged into it, itself first.</param>
/// <param name="Trace">The spans of its trace as a tree; spans that are not calls are kept for three days only.</param>
public sealed record CallDetail(
    CallRow Call, CallReport Report, IReadOnlyList<LineItem> LineItems, bool IsExplained, IReadOnlyList<LineItem> Avoided, TodaysCost? Today, IReadOnlyList<CallReportRow> Reports,
    IReadOnlyList<TraceNode> Trace)
{
    /// <summary>The policies that touched it at the edge, in order of precedence.</summary>
    public IReadOnlyList<PolicyTouch> Policies { get; } = PolicyTouch.ReadAll(Report.Policies);

    /// <summary>USD; null where no cache answered anything, or where nothing prices what it answered.</summary>
    public decimal? AvoidedCost => Avoided.Count == 0 ? null : Avoided.Sum(line => line.Cost);

    /// <summary>A policy answered it with a text of its own: no model was asked, and nothing was kept from an earlier call.</summary>
    public bool IsFixedAnswer => Did("answered");

    /// <summary>As the gateway told it; of rows from before that was kept, and of other senders, as far as the mark of a hit and the policies tell it.</summary>
    public ResponseCache Cache => (Report.Cache, IsHit: Report.Flags.HasFlag(CallFlags.CacheHit) && !IsFixedAnswer) switch
    {
        ("shared", true) => ResponseCache.Shared,
        (_, true) => ResponseCache.Hit,
        ("partial", _) => ResponseCache.Partial,
        ("miss", _) => ResponseCache.Miss,
        ("bypass", _) => ResponseCache.Bypassed,
        _ => Did("bypassed") ? ResponseCache.Bypassed : Did("miss") ? ResponseCache.Miss : ResponseCache.None,
    };

    private bool Did(string effect) => Policies.Any(policy => !policy.IsDryRun && policy.Effect == effect);
}

/// <summary>What a response cache had to do with a call.</summary>
public enum ResponseCache : byte
{
    /// <summary>No cache was asked, or none was told of.</summary>
    None,

    /// <summary>It answered.</summary>
    Hit,

    /// <summary>It was asked and had no answer.</summary>
    Miss,

    /// <summary>It was left aside, as the caller asked.</summary>
    Bypassed,

    /// <summary>The answer of an equal call that was in flight was given.</summary>
    Shared,

    /// <summary>It had the vectors of some texts of the list; the others were asked for.</summary>
    Partial,
}

/// <summary>What another book than the one that a call was rated with gives for it.</summary>
/// <param name="BookVersion">The version of the price book.</param>
/// <param name="Cost">USD; null = it would be unpriced.</param>
public sealed record TodaysCost(long BookVersion, decimal? Cost);

/// <param name="Id">Its span.</param>
/// <param name="Role">Whether it stands for the call, tells of it again, or sums several.</param>
/// <param name="Scope">The instrumentation that told.</param>
/// <param name="Source">An SDK or the gateway.</param>
/// <param name="SpanName">The span's name.</param>
/// <param name="Told">Which parts of the usage it told.</param>
/// <param name="InputTokens">Including cached ones.</param>
/// <param name="OutputTokens">Including reasoning.</param>
/// <param name="ReportedCost">What the instrumentation claims, USD; never used.</param>
/// <param name="ReceivedAt">When this state of the row became visible.</param>
public sealed record CallReportRow(
    CallId Id, CallRole Role, string Scope, ReportSource Source, string SpanName, UsageParts Told, long InputTokens, long OutputTokens,
    decimal? ReportedCost, DateTimeOffset ReceivedAt);

/// <summary>One span of a trace, in the order of a drawn tree.</summary>
/// <param name="Span">Its id.</param>
/// <param name="Parent">Its parent's id; empty at the root, or where the parent is not known any more.</param>
/// <param name="Depth">0 at a root.</param>
/// <param name="Name">The span's name.</param>
/// <param name="Service">Its service.</param>
/// <param name="Start">When it started.</param>
/// <param name="Duration">How long it took.</param>
/// <param name="Failed">It ended with an error.</param>
/// <param name="Role">Null for spans that are not model calls.</param>
/// <param name="Cost">USD; null for spans that are not billed calls, and for unpriced ones.</param>
public sealed record TraceNode(
    SpanId Span, SpanId Parent, int Depth, string Name, string Service, DateTimeOffset Start, TimeSpan Duration, bool Failed, CallRole? Role, decimal? Cost);
