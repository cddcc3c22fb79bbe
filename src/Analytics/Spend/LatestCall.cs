using System.Data.Common;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Spend;

internal sealed record LatestCall(TenantId Tenant) : IClickHouseQuestion<LatestCallRow>
{
    public void Bind(StatementParameters parameters) => parameters.Add(Tenant);

    public LatestCallRow Read(DbDataReader row) =>
        new(ClickHouseInstant.Read(row, 0), ClickHouseInstant.Read(row, 1), SpendMeasures.ReadCount(row, 2));
}

/// <summary>The same for a reader limited to teams: says nothing about when others call.</summary>
internal sealed record LatestCallOfTeams(ReadScope Scope) : IClickHouseQuestion<LatestCallRow>
{
    public void Bind(StatementParameters parameters) => parameters.Add(Scope);

    public LatestCallRow Read(DbDataReader row) =>
        new(ClickHouseInstant.Read(row, 0), ClickHouseInstant.Read(row, 1), SpendMeasures.ReadCount(row, 2));
}

internal sealed record LatestCallRow(DateTimeOffset Received, DateTimeOffset Started, long Rows);
