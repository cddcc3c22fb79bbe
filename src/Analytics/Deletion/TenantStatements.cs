using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Deletion;

/// <summary>Removes every row of the tenant from one table, from disk too. Returns at once; ClickHouse goes on in the background.</summary>
internal sealed record DeleteTenantRows(TenantId Tenant, string Table) : IClickHouseStatement
{
    public void Bind(StatementParameters parameters) => parameters.Add(Tenant);

    public string Compose(string sql) => sql.Replace(
        "{{table}}", ClickHouseWalls.TenantTables.Contains(Table) ? Table : throw new InvalidOperationException($"{Table} holds no tenants' rows."), StringComparison.Ordinal);
}
