using System.Data.Common;
using FinOps.Analytics.Settlement;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Runaways;

/// <summary>Microseconds since 1970-01-01 UTC by the clock that stamps arrivals, one for all servers.</summary>
internal sealed record EngineClock : IClickHouseQuestion<long>, IInstallationWide
{
    public void Bind(StatementParameters parameters)
    {
    }

    public long Read(DbDataReader row) => TraceTouch.Number(row, 0);
}

/// <summary>A tenant whose calls arrived, and the oldest quarter hour that they fall into, Unix seconds.</summary>
internal readonly record struct Arrival(TenantId Tenant, long OldestCell);

internal sealed record ArrivedTenants(long From) : IClickHouseQuestion<Arrival>, IInstallationWide
{
    public void Bind(StatementParameters parameters) => parameters.Add("from", From);

    public Arrival Read(DbDataReader row) => new(new TenantId((Guid)row.GetValue(0)), TraceTouch.Number(row, 1));
}
