using FinOps.Analytics.Spend;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.IngestHealth;

/// <summary>What the front door did, by reason and period.</summary>
public sealed record IngestEventsQuestion(TenantId Tenant, TimeRange Range)
{
    /// <summary>Most periods of an answer; a period is the smallest whole number of minutes that keeps to it.</summary>
    public const int MaxPeriods = 200;
}

/// <param name="Period">Start of the period, UTC.</param>
/// <param name="Transport">grpc or http.</param>
/// <param name="Signal">traces, metrics or logs.</param>
/// <param name="Reason">accepted, or why it was refused.</param>
/// <param name="Requests">How many requests.</param>
/// <param name="Items">How many spans or points.</param>
/// <param name="Bytes">Of their bodies.</param>
public sealed record IngestEventRow(DateTimeOffset Period, string Transport, string Signal, string Reason, long Requests, long Items, long Bytes);

/// <param name="PeriodLength">Of each period.</param>
/// <param name="Rows">By period.</param>
public sealed record IngestEventsAnswer(TimeSpan PeriodLength, IReadOnlyList<IngestEventRow> Rows);

/// <summary>Spans that were set aside because their counts cannot be true, the latest first.</summary>
public sealed record QuarantinedSpansQuestion(TenantId Tenant, TimeRange Range)
{
    /// <summary>Default 100.</summary>
    public int Limit { get; init; } = 100;
}

public sealed record QuarantinedSpanRow(
    string TraceId, string SpanId, Guid Project, DateTimeOffset Start, DateTimeOffset ReceivedAt, string Scope, string Service, string Model, string Reason, string Detail);

/// <param name="Rows">The latest first.</param>
/// <param name="Count">How many there are in the range.</param>
public sealed record QuarantinedSpansAnswer(IReadOnlyList<QuarantinedSpanRow> Rows, long Count);
