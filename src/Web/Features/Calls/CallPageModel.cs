using System.Globalization;
using FinOps.Analytics.Calls;
using FinOps.Analytics.Policies;
using FinOps.Analytics.Reratings;
using FinOps.Domain.Policies;
using FinOps.Domain.Pricing;
using FinOps.Domain.Usage;
using FinOps.Web.Parts;

namespace FinOps.Web.Features.Calls;

/// <summary>What the page of a call says of its price, and of the policies that touched it.</summary>
internal static class CallPageModel
{
    public static string BookNote(CallDetail detail) => detail.IsExplained
        ? $"by {Book(detail.Report.BookVersion)}; line items sum to the cost"
        : "rated by an older release, with prices that are not kept: these lines do not sum to the cost";

    /// <summary>What stands under the cost.</summary>
    public static string CostNote(CallDetail detail) => detail switch
    {
        { Call.Cost: null } => "unpriced: in no sum",
        { IsFixedAnswer: true } => "answered by a policy, without a model",
        { Cache: ResponseCache.Shared, AvoidedCost: { } avoided } => $"{Figures.MoneyExact(avoided)} avoided by an equal call",
        { Cache: ResponseCache.Shared } => "got the answer of an equal call",
        { Report.TokensAvoided: > 0, AvoidedCost: { } avoided } => $"{Figures.MoneyExact(avoided)} more avoided by kept vectors",
        { AvoidedCost: { } avoided } => $"{Figures.MoneyExact(avoided)} avoided by the cache",
        { Cache: ResponseCache.Hit } => "answered from the cache",
        _ => "USD, list price",
    };

    /// <summary>Why there is no line.</summary>
    public static string NoLines(CallDetail detail) => detail switch
    {
        { IsFixedAnswer: true } => "No line item: a policy answered it with a text of its own.",
        { Cache: ResponseCache.Shared } => "No line item: it got the answer of an equal call and cost nothing. What that avoided is not known: no price matches this model, or no usage was told.",
        { Cache: ResponseCache.Hit } => "No line item: it was answered from the cache and cost nothing. What that avoided is not known: no price matches this model, or no usage was told.",
        { Call.Status: CallStatus.Failed } => "No line item: the attempt failed and told no usage.",
        _ => "No line item: no price matches this model, or no usage was told.",
    };

    /// <summary>Empty where no cache was asked.</summary>
    public static string CacheWords(ResponseCache cache) => cache switch
    {
        ResponseCache.Hit => "answered from it",
        ResponseCache.Miss => "had no answer",
        ResponseCache.Bypassed => "left aside, as the caller asked",
        ResponseCache.Shared => "not asked: it got the answer of an equal call in flight",
        ResponseCache.Partial => "had the vectors of a part of the list",
        _ => "",
    };

    /// <summary>The lines that were paid, then those that a cache avoided; of a whole hit, the latter alone.</summary>
    public static IEnumerable<CostLine> Lines(CallDetail detail)
    {
        var avoided = detail.Avoided.Select(item => new CostLine(item, 0m, item.Cost));
        return detail.Avoided.Count > 0 && detail.Report.Flags.HasFlag(CallFlags.CacheHit) ? avoided : detail.LineItems.Select(item => new CostLine(item, item.Cost, 0m)).Concat(avoided);
    }

    /// <summary>A fixed answer carries the mark of a cache, because it costs nothing either; there was none.</summary>
    public static IEnumerable<(string Word, string Meaning)> Remarks(CallDetail detail) => detail.IsFixedAnswer
        ? [.. CallsPageModel.Remarks(detail.Call.Flags & ~CallFlags.CacheHit), ("fixed answer", "A policy answered it with a text of its own: no model was asked, and it costs nothing.")]
        : CallsPageModel.Remarks(detail.Call.Flags);

    public static string PolicyLink(PolicyTouch policy) => $"/policies?policy={Uri.EscapeDataString(policy.Id)}";

    /// <summary>The list of gateway keys with this one alone, also where it is revoked.</summary>
    public static string KeyLink(GatewayKey key) => $"/gateway-keys?search={Uri.EscapeDataString(key.Id)}&state=all";

    public static string ArmWords(PolicyTouch policy) => policy.Arm switch
    {
        "control" => "control",
        "outside" => "outside",
        PolicyTouch.DryRunArm => "dry run",
        _ => "treatment",
    };

    /// <summary>What the arm means, on hover.</summary>
    public static string ArmMeaning(PolicyTouch policy) => policy.Arm switch
    {
        "control" => "Left as it is, to be compared with.",
        "outside" => "Left as it is: the canary has not reached it, and it is not compared with.",
        PolicyTouch.DryRunArm => "The policy is only tried out: nothing was done to the call.",
        _ => "The policy was applied.",
    };

    /// <summary>What the policy did; in a dry run, what it would have done. A word of a later gateway is told as it is.</summary>
    public static string EffectWords(PolicyTouch policy)
    {
        var would = policy.IsDryRun;
        return policy.Effect switch
        {
            "limited" => would ? "would have limited the output" : "limited the output",
            "unchanged" => would ? "would have changed nothing" : "had nothing to change",
            "hit" => would ? "would have answered from the cache" : "answered from the cache",
            "miss" => would ? "would have had no answer in the cache" : "had no answer in the cache",
            "bypassed" => "the caller asked for no cache",
            "routed" => would ? "would have sent it to another model" : "sent it to another model",
            "kept_warm" => would ? "would have left it where its prompt is warm, which is cheaper" : "left it where its prompt is warm, which is cheaper",
            "answered" => would ? "would have answered without a model" : "answered without a model",
            "fell_back" => would ? "would have fallen back to another model" : "fell back to another model",
            "partial" => would ? "would have answered a part from what is kept" : "answered a part from what is kept",
            "shared" => would ? "would have given it the answer of an equal call" : "gave it the answer of an equal call",
            "refused" => would ? "would have refused it" : "refused it",
            "away" => "let it go while the control plane was away",
            "throttled" => "let it go as one of few",
            "unknown" => "would have asked for a lease; what came of it is not known",
            "none" => policy.Arm is "control" or "outside" ? "left it as it is" : "did nothing",
            var word => word.Replace('_', ' '),
        };
    }

    /// <summary>Both figures, because a stored cost never changes by itself.</summary>
    public static string Changed(decimal? stored, TodaysCost today) =>
        $"The price book of today ({Book(today.BookVersion)}) {(today.Cost is { } cost ? $"gives {Figures.MoneyExact(cost)}" : "has no price for it")}, "
        + $"{(stored is { } was ? $"instead of {Figures.MoneyExact(was)}" : "where none was known")}. A stored cost changes by a re-rating only.";

    /// <summary>One change of a stored cost: "$0.01 instead of no price, by version 12 of the price book".</summary>
    public static string Told(CostChange change, TimeZoneInfo zone) =>
        $"{Cost(change.NewCost)} instead of {Cost(change.OldCost)}, by {Book(change.NewBook)}"
        + (change.RevertedAt is { } back ? $"; taken back on {Figures.Instant(back, zone)}" : "");

    private static string Cost(decimal? cost) => cost is { } known ? Figures.MoneyExact(known) : "no price";

    private static string Book(long version) =>
        version == 0 ? "the price list shipped with the program" : string.Create(CultureInfo.InvariantCulture, $"version {version} of the price book");
}

/// <summary>A line of a call's cost as its page shows it.</summary>
/// <param name="Item">What was counted, at which price.</param>
/// <param name="Cost">USD that were paid for it.</param>
/// <param name="Avoided">USD that were not.</param>
internal sealed record CostLine(LineItem Item, decimal Cost, decimal Avoided);
