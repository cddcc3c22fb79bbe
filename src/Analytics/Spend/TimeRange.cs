namespace FinOps.Analytics.Spend;

/// <summary>Half-open: <paramref name="From"/> belongs to it, <paramref name="To"/> does not.</summary>
public readonly record struct TimeRange(DateTimeOffset From, DateTimeOffset To)
{
    public TimeSpan Length => To - From;

    /// <summary>The range of the same length that ends where this one starts: "compare with the previous period".</summary>
    public TimeRange Previous => new(From - Length, From);

    public static TimeRange Ending(DateTimeOffset to, TimeSpan length) => new(to - length, to);
}
