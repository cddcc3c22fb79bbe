using FinOps.Analytics.Calls;
using FinOps.Analytics.Spend;
using FinOps.Domain.Samples;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Samples;

/// <summary>Samples of calls that started in a range, the earliest first.</summary>
public sealed record SamplesQuestion(TenantId Tenant, TimeRange Range)
{
    public const int DefaultLimit = 100;
    public const int MaxLimit = 1_000;

    /// <summary>Null: all projects.</summary>
    public ProjectId? Project { get; init; }

    /// <summary>1 to <see cref="MaxLimit"/>.</summary>
    public int Limit { get; init; } = DefaultLimit;

    /// <summary>The last sample of the page before.</summary>
    public CallCursor? After { get; init; }
}

/// <summary>What was sent to a model and what it answered.</summary>
/// <param name="Id">The report that told it, which leads to its call.</param>
/// <param name="KeptBytes">Bytes of the texts; fewer than were told where it was cut.</param>
/// <param name="Parts">Null: it does not open, because its key is gone or it was changed.</param>
public sealed record OpenedSample(CallId Id, ProjectId Project, DateTimeOffset Start, long KeptBytes, long ToldBytes, IReadOnlyList<SamplePart>? Parts)
{
    public CallCursor Cursor => new((Start - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond, Id);
}
