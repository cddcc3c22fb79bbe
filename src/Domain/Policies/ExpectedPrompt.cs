using FinOps.Domain.Usage;

namespace FinOps.Domain.Policies;

/// <summary>What a call will probably use, as far as it can be told before it goes, from the last call with the same prompt. Tokens.</summary>
/// <param name="Input">The whole prompt.</param>
/// <param name="Kept">As many of these as the caller lets a provider keep: what is not there yet is written there, where that has a price.</param>
/// <param name="Output">The answer.</param>
/// <param name="KeepsLong">It is kept for an hour, which is dearer to write.</param>
public readonly record struct ExpectedPrompt(long Input, long Kept, long Output, bool KeepsLong)
{
    /// <summary>The prompt has grown, or shrunk, by as much as the request that holds it; what is kept of it, too.</summary>
    /// <param name="lastInput">Tokens of the last call's prompt.</param>
    /// <param name="lastKept">Of these, what its provider read from or wrote to its prompt cache.</param>
    /// <param name="lastBytes">Of its request.</param>
    /// <param name="bytes">Of the request that is about to go.</param>
    public static ExpectedPrompt After(long lastInput, long lastKept, int lastBytes, int bytes, long output, bool keepsLong)
    {
        var input = Grown(lastInput, lastBytes, bytes);
        return new ExpectedPrompt(input, Math.Min(input, Grown(lastKept, lastBytes, bytes)), output, keepsLong);
    }

    /// <summary>What is billed where a provider has so much of the prompt: that is read, what is to be kept beside it is written, the rest is input as ever.</summary>
    /// <param name="warm">Tokens; what is beyond the prompt does not count.</param>
    public UsageVector At(long warm)
    {
        var read = Math.Clamp(warm, 0, Input);
        var written = Math.Max(0, Math.Min(Kept, Input) - read);
        return new UsageVector
        {
            CacheRead = Count(read),
            CacheWrite5m = KeepsLong ? 0 : Count(written),
            CacheWrite1h = KeepsLong ? Count(written) : 0,
            InputFresh = Count(Input - read - written),
            OutputText = Count(Output),
        };
    }

    private static long Grown(long tokens, int lastBytes, int bytes) => lastBytes <= 0 ? tokens : (long)Math.Ceiling((decimal)tokens * bytes / lastBytes);

    private static uint Count(long tokens) => (uint)Math.Clamp(tokens, 0, uint.MaxValue);
}

/// <summary>What a call costs where its prompt is warm, and where a policy would send it. USD.</summary>
/// <param name="Staying">Where the prompt is warm.</param>
/// <param name="StayingCold">There, if it were not.</param>
/// <param name="Moving">Where the policy sends it, with what is warm there.</param>
/// <param name="MovingCold">There, if nothing were.</param>
/// <param name="MovingWarm">There, if as much were warm as is where it was: what it costs once the switch is paid.</param>
public readonly record struct SwitchCost(decimal Staying, decimal StayingCold, decimal Moving, decimal MovingCold, decimal MovingWarm)
{
    /// <summary>
    /// Whether the call had better stay. A switch that is not to a cheaper model is for another reason than money, and is made. A call never stays that costs more than it would after the switch; and
    /// what a session pays for staying, call after call, is never more than the switch would cost it once: nobody knows how long it goes on.
    /// </summary>
    /// <param name="paid">What earlier calls with this prompt paid for staying: the sum of their <see cref="Price"/>.</param>
    public bool Stays(decimal paid) => MovingCold < StayingCold && Math.Max(0, paid) + Staying <= Moving;

    /// <summary>What staying costs above what the other model would cost, were it as warm; not below 0.</summary>
    public decimal Price => Math.Max(0, Staying - MovingWarm);
}
