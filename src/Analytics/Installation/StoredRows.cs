using System.Data.Common;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Installation;

/// <summary>How many rows of the tenant each table holds.</summary>
internal sealed record StoredRows(TenantId Tenant) : IClickHouseQuestion<TableRows>, IUnmetered
{
    public string Compose(string sql) => string.Join("\nUNION ALL\n", ClickHouseWalls.TenantTables.Select(table => sql.Replace("{{table}}", table, StringComparison.Ordinal)));

    public void Bind(StatementParameters parameters) => parameters.Add(Tenant);

    public TableRows Read(DbDataReader row) => new(row.GetString(0), SpendMeasures.ReadCount(row, 1));
}

internal sealed record TableRows(string Table, long Rows);

/// <summary>How large the tables are, as ClickHouse keeps them.</summary>
internal sealed record TableSizes : IClickHouseQuestion<TableSize>
{
    public void Bind(StatementParameters parameters)
    {
        // Sizes are no tenant's.
    }

    public TableSize Read(DbDataReader row) => new(row.GetString(0), SpendMeasures.ReadCount(row, 1), SpendMeasures.ReadCount(row, 2));
}

internal sealed record TableSize(string Table, long Rows, long Bytes);
