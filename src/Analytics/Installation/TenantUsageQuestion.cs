using FinOps.Analytics.Spend;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Installation;

/// <summary>
/// How much one organisation uses of the installation, for whoever runs it. One organisation at a time, under its own row policies: no question of a page passes the walls of
/// several tenants at once.
/// </summary>
public sealed record TenantUsageQuestion(TenantId Tenant, DateTimeOffset Now)
{
    /// <summary>Over which calls, spend and telemetry are summed.</summary>
    public static readonly TimeSpan Month = TimeSpan.FromDays(30);

    /// <summary>Over which refusals are counted.</summary>
    public static readonly TimeSpan Day = TimeSpan.FromDays(1);
}

/// <param name="LastThirtyDays">Calls and what they cost.</param>
/// <param name="LastReceivedAt">When the latest call became visible; null = no call ever.</param>
/// <param name="TelemetryBytes">Of the request bodies of the last thirty days.</param>
/// <param name="RefusedLastDay">Requests and items that were refused in the last 24 hours.</param>
/// <param name="StoredRows">Rows of all tables, versions that will be merged away included.</param>
/// <param name="StoredBytes">The organisation's share of each table's compressed size, by rows: an estimate. Null where the server does not tell sizes.</param>
public sealed record TenantUsageAnswer(
    SpendFigures LastThirtyDays, DateTimeOffset? LastReceivedAt, long TelemetryBytes, long RefusedLastDay, long StoredRows, long? StoredBytes);
