using System.Data.Common;
using System.Globalization;
using FinOps.Analytics.Calls;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Unpriced;

internal sealed record UnpricedGroups(TenantId Tenant, TimeRange Range, int Limit) : IClickHouseQuestion<UnpricedGroup>
{
    public void Bind(StatementParameters parameters) => parameters.Add(Tenant)
        .Add("noUsage", "UInt32", (uint)CallFlags.NoUsage).Add("unpriced", "UInt32", (uint)CallFlags.Unpriced)
        .AddMicros("from", Range.From).AddMicros("to", Range.To).Add("limit", "UInt32", Limit);

    public UnpricedGroup Read(DbDataReader row) => new(
        row.GetString(0), row.GetString(1), CallRowColumns.Number(row, 2) != 0, CallRowColumns.Number(row, 3),
        CallRowColumns.Instant(CallRowColumns.Number(row, 4)), CallRowColumns.Instant(CallRowColumns.Number(row, 5)), CallRowColumns.Number(row, 6), CallRowColumns.Number(row, 7),
        new UsageVector
        {
            InputFresh = Tokens(row, 8),
            CacheRead = Tokens(row, 9),
            CacheWrite5m = Tokens(row, 10),
            CacheWrite1h = Tokens(row, 11),
            OutputText = Tokens(row, 12),
            OutputReasoning = Tokens(row, 13),
        },
        (string[])row.GetValue(14), CallRowColumns.Number(row, 15));

    private static uint Tokens(DbDataReader row, int column) => Convert.ToUInt32(row.GetValue(column), CultureInfo.InvariantCulture);
}

/// <summary>Calls without a price that a price would be looked up alike for.</summary>
/// <param name="Average">The usage of one of them, on average; without what few calls use.</param>
internal sealed record UnpricedGroup(
    string Provider, string Model, bool ToldNothing, long Calls, DateTimeOffset First, DateTimeOffset Last, long InputTokens, long OutputTokens, UsageVector Average,
    IReadOnlyList<string> Features, long FeatureCount);
