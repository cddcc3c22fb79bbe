using System.Data.Common;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Budgets;

/// <summary>How often the calls of a stretch were written to. While it is the same, so are their sums.</summary>
internal sealed record PeriodChanges(TenantId Tenant, TimeRange Range) : IClickHouseQuestion<long>, IUnmetered
{
    public void Bind(StatementParameters parameters) => parameters.Add(Tenant).AddMicros("from", Range.From).AddMicros("to", Range.To);

    public long Read(DbDataReader row) => SpendMeasures.ReadCount(row, 0);
}
