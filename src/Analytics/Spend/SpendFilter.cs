namespace FinOps.Analytics.Spend;

/// <summary>One of the values, or (excluded) none of them. The empty string stands for "not told".</summary>
public sealed record DimensionFilter(Dimension Dimension, IReadOnlyList<string> Values, bool Excluded = false)
{
    public bool Equals(DimensionFilter? other) =>
        other is not null && Dimension == other.Dimension && Excluded == other.Excluded && Values.SequenceEqual(other.Values);

    public override int GetHashCode() => HashCode.Combine(Dimension, Excluded, Values.Count);
}

/// <summary>Conditions that all hold at once.</summary>
public sealed record SpendFilter(IReadOnlyList<DimensionFilter> Conditions)
{
    public static SpendFilter None { get; } = new([]);

    public static SpendFilter Where(Dimension dimension, params IReadOnlyList<string> values) => None.And(dimension, values);

    public SpendFilter And(Dimension dimension, params IReadOnlyList<string> values) =>
        new([.. Conditions, new DimensionFilter(dimension, values)]);

    public SpendFilter AndNot(Dimension dimension, params IReadOnlyList<string> values) =>
        new([.. Conditions, new DimensionFilter(dimension, values, Excluded: true)]);

    public bool Equals(SpendFilter? other) => other is not null && Conditions.SequenceEqual(other.Conditions);

    public override int GetHashCode() => Conditions.Count;
}
