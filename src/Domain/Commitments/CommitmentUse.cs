namespace FinOps.Domain.Commitments;

/// <summary>What calls of a commitment's scope were in a UTC day, or (of provisioned throughput) in an hour.</summary>
/// <param name="From">Start of the day or hour.</param>
/// <param name="Cost">USD, as the calls were rated.</param>
/// <param name="Calls">Calls that were answered.</param>
public readonly record struct CoveredUsage(DateTimeOffset From, decimal Cost, long Calls);

/// <summary>One UTC day of a period.</summary>
/// <param name="Day">The day.</param>
/// <param name="Eligible">What the calls cost as they were rated.</param>
/// <param name="Used">Of the promise.</param>
/// <param name="Unused">What lapsed on this day: the rest of a period on its last one, hours without calls of provisioned throughput.</param>
public readonly record struct CommitmentDay(DateOnly Day, decimal Eligible, decimal Used, decimal Unused);

/// <summary>One period of a commitment. Money is USD; <see cref="Used"/>, <see cref="Unused"/> and <see cref="Open"/> sum to <see cref="Promised"/>.</summary>
public sealed record CommitmentUse
{
    public required CommitmentKind Kind { get; init; }
    public required DateTimeOffset From { get; init; }
    public required DateTimeOffset To { get; init; }
    public required bool IsOver { get; init; }
    public required decimal Promised { get; init; }

    /// <summary>What the calls of its scope cost, as they were rated.</summary>
    public required decimal Eligible { get; init; }

    /// <summary>The part of the promise that was drawn: of spend what calls cost, of provisioned throughput the hours in which calls came.</summary>
    public required decimal Used { get; init; }

    /// <summary>Paid for nothing: it lapsed. Of spend only when the period is over.</summary>
    public required decimal Unused { get; init; }

    /// <summary>Not used and not lapsed yet.</summary>
    public decimal Open => Promised - Used - Unused;

    /// <summary>Of spend: what calls cost beyond the promise. It is paid as the calls were rated.</summary>
    public decimal Beyond => Kind == CommitmentKind.Spend ? Eligible - Used : 0m;

    /// <summary>What is paid and stands in no call's cost: what lapsed, and of provisioned throughput every hour so far.</summary>
    public decimal BesideCalls => Kind == CommitmentKind.Spend ? Unused : Used + Unused;

    /// <summary>Of spend in a period that runs: how far its use is behind the time that has passed. Else what lapsed.</summary>
    public required decimal UnusedSoFar { get; init; }

    /// <summary>An estimate of what will have lapsed at the end, at the pace of the last seven whole days; null before the first of them is over.</summary>
    public required decimal? ProjectedUnused { get; init; }

    /// <summary>0 to 1: of spend of the whole promise, of provisioned throughput of the hours so far; null before the first hour.</summary>
    public decimal? Utilisation => Kind == CommitmentKind.Spend ? Used / Promised : Used + Unused is > 0 and var paid ? Used / paid : null;

    /// <summary>Days with calls or with something that lapsed, the earliest first.</summary>
    public required IReadOnlyList<CommitmentDay> Days { get; init; }
}
