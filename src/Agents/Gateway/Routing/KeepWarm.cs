using System.Diagnostics;
using FinOps.Domain.Policies;
using FinOps.Domain.Usage;
using FinOps.Gateway.Forwarding;
using FinOps.Gateway.Metering;
using FinOps.Gateway.Providers;
using FinOps.Gateway.Reporting;

namespace FinOps.Gateway.Routing;

/// <summary>
/// Prices in what a switch to a cheaper model throws away: the prompt that the provider of the last call still has. Asked only where a policy sends a call somewhere else than its last one went; nothing is done, and nothing
/// allocated, while no answer told of a prompt cache.
/// </summary>
internal sealed class KeepWarm(WarmPrompts prompts, EdgePrices prices, GatewayCounters counters, TimeProvider time)
{
    private readonly ContentHash _hash = ContentHash.Random();

    /// <summary>Where the call had better stay; null: it goes where the policy sends it. Of models without a known price nothing is known.</summary>
    /// <param name="to">Where the policy sends it.</param>
    /// <param name="isTrial">It only tells what would be done.</param>
    public (Provider Provider, string Model)? StaysAt(GatewayCall call, (Provider Provider, string Model) to, bool isTrial = false)
    {
        if (prompts.IsEmpty || call.Body is null) return null;
        var key = KeyOf(call);
        if (!prompts.TryFind(in key, to.Provider, to.Model, out var last, out var there, out var paid) || !call.MayReach(last.Provider)) return null;
        var prompt = ExpectedPrompt.After(last.Input, last.Warm, last.Bytes, call.Body.Length, Math.Min(last.Output, call.Facts.MaxTokens ?? last.Output), last.KeepsLong);
        var from = (last.Provider, last.Model);
        if (Cost(call, from, prompt.At(last.Warm)) is not { } staying || Cost(call, from, prompt.At(0)) is not { } stayingCold || Cost(call, to, prompt.At(there)) is not { } moving
            || Cost(call, to, prompt.At(0)) is not { } movingCold || Cost(call, to, prompt.At(last.Warm)) is not { } movingWarm) return null;
        var cost = new SwitchCost(staying, stayingCold, moving, movingCold, movingWarm);
        var stays = cost.Stays(paid);
        if (!isTrial)
        {
            counters.CountWarmPrompt(stays ? "kept" : "left");
            if (stays) prompts.Pay(in key, cost.Price);
        }

        return stays ? from : null;
    }

    /// <summary>What an attempt tells of its prompt: how much of it is warm there now.</summary>
    public void Learn(GatewayCall call, Attempt attempt)
    {
        if (call.Body is null) return;
        var usage = attempt.Usage;
        var warm = (long)(usage.CacheReadTotal + usage.CacheWriteTotal);
        var hasLeft = attempt.Error == AskProviders.CallerLeft;
        if (warm > 0 && (attempt.Error.Length == 0 || hasLeft))
        {
            var place = new WarmPlace(attempt.Provider, attempt.AskedModel, warm, (long)usage.InputTotal, (long)usage.OutputTotal, call.Body.Length, usage.CacheWrite1h > 0);
            prompts.Keep(KeyOf(call), place, Stopwatch.GetElapsedTime(attempt.Started));
        }
        else if (call.PromptHead != 0 && !hasLeft)
        {
            prompts.Forget(KeyOf(call), attempt.Provider, attempt.AskedModel);
        }
    }

    private PromptKey KeyOf(GatewayCall call)
    {
        if (call.PromptHead == 0) call.PromptHead = PromptHead.Of(call, _hash);
        return new PromptKey(call.Tenant, call.Key?.Key.Id ?? "", call.RequestOperation, call.PromptHead);
    }

    private decimal? Cost(GatewayCall call, (Provider Provider, string Model) at, UsageVector usage) => prices.Cost(new PricedCall(
        at.Provider.TelemetryName, at.Model, "", call.Facts.ServiceTier, "", "", time.GetUtcNow().ToUnixTimeMilliseconds() * 1000, usage, UsageSource.Estimated, false));
}
