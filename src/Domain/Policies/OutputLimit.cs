namespace FinOps.Domain.Policies;

/// <summary>When a limit of output is written into a request.</summary>
public enum OutputLimitMode : byte
{
    /// <summary>Where the request tells more, or nothing.</summary>
    Set,

    /// <summary>Only where the request tells more.</summary>
    Lower,

    /// <summary>Only where the request tells nothing.</summary>
    Default,
}

/// <summary>The most tokens that an answer may have. What a request allows is never raised.</summary>
/// <param name="MaxTokens">1 to <see cref="MostTokens"/>; reasoning counts, as it does at the providers.</param>
public sealed record OutputLimit(int MaxTokens, OutputLimitMode Mode = OutputLimitMode.Set) : PolicyBody
{
    /// <summary>Default 10 million.</summary>
    public const int MostTokens = 10_000_000;

    public override PolicyKind Kind => PolicyKind.OutputLimit;

    /// <param name="requested">What the request tells; null: nothing.</param>
    /// <returns>What is to be written into it; null: it stays as it is.</returns>
    public long? Apply(long? requested) => requested switch
    {
        null => Mode == OutputLimitMode.Lower ? null : MaxTokens,
        { } told when told > MaxTokens && Mode != OutputLimitMode.Default => MaxTokens,
        _ => null,
    };
}
