using System.Data.Common;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Calls;

/// <summary>Where the tenant's calls of a range lie, so that a page reads the latest cells only.</summary>
internal sealed record CellsWithCalls(TenantId Tenant, long FromMicros, long ToMicros) : IClickHouseQuestion<CellWithCalls>
{
    public void Bind(StatementParameters parameters) => parameters.Add(Tenant).Add("from", FromMicros).Add("to", ToMicros);

    public CellWithCalls Read(DbDataReader row) => new(CallRowColumns.Number(row, 0) * 1_000_000, CallRowColumns.Number(row, 1));
}

internal readonly record struct CellWithCalls(long StartMicros, long Most);
