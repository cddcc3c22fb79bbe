namespace FinOps.Domain.Allocation;

/// <summary>What an inference server told of one model in a quarter hour: rises of its counters.</summary>
/// <param name="PrefillSeconds">Seconds of reading prompts, summed over requests (<c>vllm:request_prefill_time_seconds</c>); 0 where it is not told.</param>
/// <param name="DecodeSeconds">Seconds of writing answers (<c>vllm:request_decode_time_seconds</c>); 0 where it is not told.</param>
public sealed record ServedModel(string Host, string Model, decimal PrefillSeconds, decimal DecodeSeconds, decimal PromptTokens, decimal GeneratedTokens)
{
    /// <summary>Where no server tells its times, a generated token weighs as much as this many of a prompt: the fixed ratio of OpenCost's allocation.</summary>
    public const decimal FallbackDecodeWeight = 2.5m;

    public bool IsMeasured => PrefillSeconds + DecodeSeconds > 0;

    public decimal Seconds => PrefillSeconds + DecodeSeconds;

    public decimal TokenWeight => PromptTokens + GeneratedTokens * FallbackDecodeWeight;

    public bool HasWorked => IsMeasured || TokenWeight > 0;

    /// <summary>What tokens of a call weigh: by this model's own seconds per token where they are measured for both kinds.</summary>
    public decimal WeightOf(decimal input, decimal output) =>
        PrefillSeconds > 0 && DecodeSeconds > 0 && PromptTokens > 0 && GeneratedTokens > 0
            ? input * (PrefillSeconds / PromptTokens) + output * (DecodeSeconds / GeneratedTokens)
            : input + output * FallbackDecodeWeight;
}

/// <summary>Calls of a model of one's own that one feature, team and customer made in a quarter hour.</summary>
/// <param name="CallSeconds">Durations summed up.</param>
/// <param name="FailedSeconds">Of these, of calls that failed or were interrupted: work that nobody got anything from.</param>
public sealed record ModelCalls(string Model, string Feature, string Team, string Customer, decimal InputTokens, decimal OutputTokens, decimal CallSeconds, decimal FailedSeconds);
