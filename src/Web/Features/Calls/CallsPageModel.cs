using System.Globalization;
using FinOps.Analytics.Calls;
using FinOps.Analytics.Spend;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using FinOps.Web.Parts;

namespace FinOps.Web.Features.Calls;

/// <summary>One page of the list of calls, as the address asks for it. Knows nothing of rendering.</summary>
public sealed class CallsPageModel(CallsReader calls, SpendReader spend, TimeProvider time)
{
    /// <summary>Conditions that only raw calls know; the sum of all calls comes from roll-ups, which do not.</summary>
    private static readonly string[] RawConditions = ["status", "unpriced", "minCost", "policy", "search"];

    public Loaded<CallsAnswer> Page { get; } = new();

    public Loaded<SpendAnswer> Sum { get; } = new();

    /// <summary>The sum of all calls of the view, not only of this page; null where there is none for its conditions.</summary>
    public SpendFigures? SumOf(ViewAddress address) => HasSum(address) ? Sum.Value?.Sum() : null;

    public static bool HasSum(ViewAddress address) => RawConditions.All(condition => address.Get(condition) is null);

    public static CallsQuestion Question(ReadScope scope, ViewAddress address, DateTimeOffset now, TimeZoneInfo zone) =>
        new(scope, address.Range(now, zone))
        {
            Filter = address.ToFilter(),
            Status = address.Get("status") switch
            {
                "failed" => CallStatus.Failed,
                "answered" => CallStatus.Answered,
                _ => null,
            },
            Unpriced = address.Get("unpriced") switch
            {
                "yes" => true,
                "no" => false,
                _ => null,
            },
            MinCost = decimal.TryParse(address.Get("minCost"), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var cost) ? cost : null,
            Policy = address.Get("policy"),
            Search = address.Get("search"),
            After = CallCursor.TryParse(address.Get("after"), out var cursor) ? cursor : null,
        };

    public Task LoadAsync(ReadScope scope, ViewAddress address, TimeZoneInfo zone, Asking asking)
    {
        var question = Question(scope, address, time.GetUtcNow(), zone);
        var page = Page.LoadAsync(token => calls.AskAsync(question, token), asking);
        if (!HasSum(address)) return page;
        var sum = new SpendQuestion(scope, question.Range) { Filter = question.Filter };
        return Task.WhenAll(page, Sum.LoadAsync(token => spend.AskAsync(sum, token), asking));
    }

    /// <summary>What is said of a call whose trace was sampled.</summary>
    public static string StandsFor(double weight) => string.Create(CultureInfo.InvariantCulture, $"stands for {weight:0.#} calls; its cost is its own");

    /// <summary>What a reader must know about a call's figures, as short words with their explanation.</summary>
    public static IEnumerable<(string Word, string Meaning)> Remarks(CallFlags flags)
    {
        if (flags.HasFlag(CallFlags.NoUsage)) yield return ("no usage", "The instrumentation told no token counts, so the cost is unknown.");
        else if (flags.HasFlag(CallFlags.Unpriced)) yield return ("unpriced", "No price matches this model. The cost is unknown, and in no sum.");
        if (flags.HasFlag(CallFlags.InferredProvider)) yield return ("inferred", "No provider was told: the vendor that owns the exact model name was taken.");
        if (flags.HasFlag(CallFlags.EstimatedUsage)) yield return ("estimated", "The instrumentation guesses the tokens.");
        if (flags.HasFlag(CallFlags.UpperBound)) yield return ("upper bound", "The price of a part is not known; a higher one was used.");
        if (flags.HasFlag(CallFlags.CacheWriteLowerBound)) yield return ("lower bound", "The life of a cache write was not told: priced as five minutes.");
        if (flags.HasFlag(CallFlags.Ambiguous)) yield return ("ambiguous", "Counts or tiers contradict each other.");
        if (flags.HasFlag(CallFlags.Multiplied)) yield return ("multiplier", "Priced by our table of multipliers for tiers, batches and regions.");
        if (flags.HasFlag(CallFlags.AboveContextWindow)) yield return ("above window", "More input than the model's published window.");
        if (flags.HasFlag(CallFlags.CacheHit)) yield return ("cache hit", "Answered from a response cache: costs nothing.");
        if (flags.HasFlag(CallFlags.Capacity)) yield return ("capacity", "Drawn from a subscription or from provisioned throughput, which is paid for as such: no money of its own.");
    }
}
