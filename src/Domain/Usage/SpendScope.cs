namespace FinOps.Domain.Usage;

/// <summary>What the calls of a budget or an alert have in common. The names are stored and part of the API, in camelCase.</summary>
public enum ScopeDimension
{
    /// <summary>A project's id, in its canonical form with hyphens.</summary>
    Project,
    Feature,
    Team,
    Customer,
    User,

    /// <summary>The served model exactly as reported, else the requested one.</summary>
    Model,
    Provider,
    Service,
    Environment,
    Session,

    /// <summary>The id of the key that sent them.</summary>
    Key,

    /// <summary>GPUs instead of calls: an accelerator's kind or a host, as their telemetry tells them.</summary>
    GpuPool,

    /// <summary>Vector databases and buckets instead of calls: a system, a host or a collection.</summary>
    VectorDatabase,
}

/// <summary>One of the values; the empty string stands for "not told".</summary>
public sealed record ScopePart(ScopeDimension Dimension, IReadOnlyList<string> Values)
{
    public bool Equals(ScopePart? other) => other is not null && Dimension == other.Dimension && Values.SequenceEqual(other.Values, StringComparer.Ordinal);

    public override int GetHashCode() => HashCode.Combine(Dimension, Values.Count);
}

/// <summary>Calls that all parts hold for; none: the whole organisation's.</summary>
public sealed record SpendScope(IReadOnlyList<ScopePart> Parts)
{
    /// <summary>Values of one part. Default 20.</summary>
    public const int MaxValues = 20;

    /// <summary>Characters of a value. Default 1,000, as of the tags of calls.</summary>
    public const int MaxValueLength = 1_000;

    /// <summary>Characters of all values together. Default 4,000: one question names them all.</summary>
    public const int MaxTotalLength = 4_000;

    public static SpendScope Everything { get; } = new([]);

    public static SpendScope Of(ScopeDimension dimension, params IReadOnlyList<string> values) => Everything.And(dimension, values);

    public SpendScope And(ScopeDimension dimension, params IReadOnlyList<string> values) => new([.. Parts, new ScopePart(dimension, values)]);

    /// <summary>What it means in place of calls: <see cref="ScopeDimension.GpuPool"/> or <see cref="ScopeDimension.VectorDatabase"/>; null: calls.</summary>
    public ScopeDimension? Resource =>
        Find(ScopeDimension.GpuPool) is not null ? ScopeDimension.GpuPool : Find(ScopeDimension.VectorDatabase) is not null ? ScopeDimension.VectorDatabase : null;

    /// <summary>Null where the dimension is not limited.</summary>
    public IReadOnlyList<string>? Find(ScopeDimension dimension) => Parts.FirstOrDefault(part => part.Dimension == dimension)?.Values;

    /// <summary>Whether all calls of the other are calls of this one, by their words alone.</summary>
    public bool Covers(SpendScope other) => Parts.All(part => other.Find(part.Dimension) is { } values && values.All(value => part.Values.Contains(value, StringComparer.Ordinal)));

    /// <summary>The same calls always in the same form: parts by dimension, values in order and once.</summary>
    public SpendScope Normalised() => new([.. Parts
        .OrderBy(part => part.Dimension)
        .Select(part => part with { Values = [.. part.Values.Select(value => Written(part.Dimension, value)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)] })]);

    /// <summary>What is wrong with it, for people; null when it can be used.</summary>
    public string? FindProblem()
    {
        if (Parts.GroupBy(part => part.Dimension).FirstOrDefault(group => group.Count() > 1) is { } twice) return $"{twice.Key} stands twice: give all its values together.";
        foreach (var part in Parts)
        {
            if (part.Values.Count is 0 or > MaxValues) return $"{part.Dimension} has 1 to {MaxValues} values, or is left out for all.";
            if (part.Values.Any(value => value.Length > MaxValueLength)) return $"A value of {part.Dimension} has at most {MaxValueLength} characters.";
            if (part.Dimension == ScopeDimension.Project && part.Values.FirstOrDefault(value => !Guid.TryParseExact(value, "D", out _)) is { } wrong)
                return $"\"{wrong}\" is not a project's id.";
        }

        return Parts.Sum(part => part.Values.Sum(value => value.Length)) > MaxTotalLength ? $"The values of a scope have at most {MaxTotalLength} characters together." : null;
    }

    public bool Equals(SpendScope? other) => other is not null && Parts.SequenceEqual(other.Parts);

    public override int GetHashCode() => Parts.Count;

    private static string Written(ScopeDimension dimension, string value) =>
        dimension == ScopeDimension.Project && Guid.TryParseExact(value, "D", out var id) ? id.ToString() : value;
}
