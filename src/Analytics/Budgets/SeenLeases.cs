using System.Data.Common;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Budgets;

/// <summary>What the calls cost that drew on leases of some policies, by the server's prices.</summary>
internal sealed record SeenLeases(TenantId Tenant, TimeRange Range, IReadOnlyList<string> Policies) : IClickHouseQuestion<(string Policy, decimal Cost)>, IUnmetered
{
    public void Bind(StatementParameters parameters) =>
        parameters.Add(Tenant).AddMicros("from", Range.From).AddMicros("to", Range.To).Add("policies", "Array(String)", Policies.ToArray());

    public (string Policy, decimal Cost) Read(DbDataReader row) => (row.GetString(0), SpendMeasures.ReadMoney(row, 1));
}
