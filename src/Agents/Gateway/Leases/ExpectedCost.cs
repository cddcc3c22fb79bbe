using FinOps.Domain.Policies;
using FinOps.Domain.Usage;
using FinOps.Gateway.Forwarding;
using FinOps.Gateway.Metering;
using FinOps.Gateway.Providers;
using FinOps.Gateway.Reporting;

namespace FinOps.Gateway.Leases;

/// <summary>What a call will probably cost: what is held back for it. What it costs above that is the only money that can be spent beyond a lease while the control plane is there.</summary>
/// <param name="unpricedUsdPerMillionTokens">What tokens of a model without a known price count.</param>
/// <param name="unmeteredCallUsd">What a call counts whose cost no tokens tell before.</param>
internal sealed class ExpectedCost(EdgePrices prices, decimal unpricedUsdPerMillionTokens, decimal unmeteredCallUsd, LeaseCounters counters, TimeProvider time)
{
    /// <summary>Of an answer whose request names no limit, of a model that has not answered yet. Default 1,000.</summary>
    public const long DefaultOutputTokens = 1_000;

    /// <summary>Answers to one question that are held back for. Default 128, the most that OpenAI takes.</summary>
    public const uint MaxChoices = 128;

    /// <summary>OpenAI's rule of thumb for English text, over the whole body.</summary>
    private const int BytesPerToken = 4;

    /// <summary>USD at the call's target.</summary>
    public decimal Of(GatewayCall call, OutputHistory outputs)
    {
        // What brings or ends something costs nothing; should its answer tell usage, that is charged.
        if (call.Operation == Operation.Other) return call.IsUnmetered ? unmeteredCallUsd : 0;
        var usage = new UsageVector { InputFresh = Tokens(((long)call.Body!.Length + BytesPerToken - 1) / BytesPerToken), OutputText = Tokens(Output(call, outputs) * Choices(call)) };
        var cost = prices.Cost(new PricedCall(
            call.Target!.TelemetryName, call.Model, "", call.Facts.ServiceTier, "", "", time.GetUtcNow().ToUnixTimeMilliseconds() * 1000, usage, UsageSource.Estimated, false));
        return cost ?? ByCeiling(usage.InputTotal + usage.OutputTotal);
    }

    /// <summary>What a call of unknown price counts: it is not free.</summary>
    public decimal Unpriced(ulong tokens)
    {
        counters.CountUnpriced();
        return ByCeiling(tokens);
    }

    /// <summary>What a call counts whose cost neither tokens nor its answer tell: as much as was held back for it.</summary>
    public decimal Untold()
    {
        counters.CountUnmetered(UnmeteredCall.Charged);
        return unmeteredCallUsd;
    }

    private decimal ByCeiling(ulong tokens) => tokens * unpricedUsdPerMillionTokens / 1_000_000;

    /// <summary>How many answers it asks for: a limit holds for each of them.</summary>
    public static uint Choices(GatewayCall call) => call.Operation is Operation.Chat or Operation.Completions ? Math.Clamp(call.Facts.Choices, 1, MaxChoices) : 1;

    /// <summary>Of one answer: the call's own limit (after the policies), or what answers of the model were long lately, whichever is less.</summary>
    private static long Output(GatewayCall call, OutputHistory outputs)
    {
        if (call.RequestOperation == RequestOperation.Embeddings) return 0;
        var limit = call.MaxTokens ?? call.Facts.MaxTokens;
        var usual = outputs.Expected(call.Model);
        return limit is { } most and < uint.MaxValue ? Math.Min(most, usual ?? most) : usual ?? DefaultOutputTokens;
    }

    private static uint Tokens(long count) => (uint)Math.Min(uint.MaxValue, count);
}
