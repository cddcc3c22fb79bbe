namespace FinOps.Domain.Changes;

/// <summary>Why the cost of two periods differs. Every cause has an amount; together they are the difference, to the last of twelve decimals.</summary>
public enum ChangeCause
{
    /// <summary>More or fewer calls of a feature, each as before.</summary>
    Volume,

    /// <summary>Other models answer the feature's calls.</summary>
    Mix,

    /// <summary>More or fewer tokens a call, read and written.</summary>
    TokensPerCall,

    /// <summary>Another part of the input comes from a prompt cache, or is written to one.</summary>
    CacheRate,

    /// <summary>Another part was served as a batch, as flex, priority or fast.</summary>
    ServiceTier,

    /// <summary>The price book asks another price for the same tokens: a new price, an own one, a discount.</summary>
    UnitPrice,

    /// <summary>What those leave: long context, regions, fees, pictures and sound, hour-long cache writes, calls without a price, answers from a response cache.</summary>
    Other,

    /// <summary>Features without calls in the period before.</summary>
    NewFeatures,

    /// <summary>Features without calls in the period after.</summary>
    GoneFeatures,

    /// <summary>GPU time that somebody used, or that nothing tells of.</summary>
    GpuUse,

    /// <summary>GPU time that nobody used.</summary>
    GpuIdle,
}
