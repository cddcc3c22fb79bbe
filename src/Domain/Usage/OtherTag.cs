namespace FinOps.Domain.Usage;

/// <summary>What stands for the values of a tag beyond its quota.</summary>
public static class OtherTag
{
    /// <summary>As it is stored, and told by the API.</summary>
    public const string Value = "__other__";

    /// <summary>What telemetry that tells <see cref="Value"/> itself is stored as, so that the two are never summed.</summary>
    public const string ToldValue = "__other__ (told)";

    /// <summary>For people.</summary>
    public const string Label = "other (over the limit)";
}
