using System.Data.Common;
using System.Globalization;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Retention;

/// <summary>Removes rows of one table that are older than their tenants' cut-offs. Returns at once; ClickHouse goes on in the background.</summary>
internal sealed record DeleteExpired(RetainedTable Table, IReadOnlyList<CutOff> CutOffs) : IClickHouseStatement, IInstallationWide
{
    public void Bind(StatementParameters parameters) => RetentionText.Bind(parameters, CutOffs);

    public string Compose(string sql) => RetentionText.Compose(sql, Table);
}

internal sealed record ExpiredRows(RetainedTable Table, IReadOnlyList<CutOff> CutOffs) : IClickHouseQuestion<TenantRows>, IInstallationWide
{
    // The latest of all cut-offs lets whole partitions be skipped.
    public void Bind(StatementParameters parameters) => RetentionText.Bind(parameters, CutOffs).Add("latest", "UInt32", CutOffs.Max(cutOff => cutOff.Before));

    public string Compose(string sql) => RetentionText.Compose(sql, Table);

    public TenantRows Read(DbDataReader row) => new(new TenantId((Guid)row.GetValue(0)), SpendMeasures.ReadCount(row, 1));
}

internal sealed record ClosedUntil(TenantId Tenant, uint ClosedMinutes) : IClickHouseQuestion<ClosedCells>, IUnmetered
{
    public void Bind(StatementParameters parameters) => parameters.Add(Tenant).Add("closedMinutes", "UInt32", ClosedMinutes);

    public ClosedCells Read(DbDataReader row) =>
        new(Convert.ToUInt32(row.GetValue(0), CultureInfo.InvariantCulture), Convert.ToUInt32(row.GetValue(1), CultureInfo.InvariantCulture));
}

internal sealed record CloseCells(TenantId Tenant, uint Until) : IClickHouseStatement
{
    public void Bind(StatementParameters parameters) => parameters.Add(Tenant).Add("closedUntil", "UInt32", Until);
}

/// <summary>How many rows of each class lie before its cut-off.</summary>
internal sealed record RowsBefore(TenantId Tenant, IReadOnlyDictionary<RetentionClass, uint> Before) : IClickHouseQuestion<ClassRows>
{
    public void Bind(StatementParameters parameters)
    {
        parameters.Add(Tenant);
        foreach (var (kept, before) in Before) parameters.Add(kept.ToString(), "UInt32", before);
    }

    public string Compose(string sql) => string.Join("\nUNION ALL\n", Before.Keys.Select(kept =>
        RetentionText.Compose(sql.Replace("{{class}}", kept.ToString(), StringComparison.Ordinal), RetainedTable.Of(kept))));

    public ClassRows Read(DbDataReader row) => new(Enum.Parse<RetentionClass>(row.GetString(0)), SpendMeasures.ReadCount(row, 1));
}

/// <param name="Before">Unix seconds.</param>
internal readonly record struct CutOff(TenantId Tenant, uint Before);

internal readonly record struct TenantRows(TenantId Tenant, long Rows);

internal readonly record struct ClassRows(RetentionClass Class, long Rows);

/// <param name="Closed">Cells before it are closed; Unix seconds, 0 for none.</param>
/// <param name="Settled">The same for long enough.</param>
internal readonly record struct ClosedCells(uint Closed, uint Settled);

internal static class RetentionText
{
    public static string Compose(string sql, RetainedTable table) =>
        sql.Replace("{{table}}", table.Name, StringComparison.Ordinal).Replace("{{time}}", table.Time, StringComparison.Ordinal);

    public static StatementParameters Bind(StatementParameters parameters, IReadOnlyList<CutOff> cutOffs) => parameters
        .Add("tenants", "Array(UUID)", cutOffs.Select(cutOff => cutOff.Tenant.Value).ToArray())
        .Add("cutOffs", "Array(UInt32)", cutOffs.Select(cutOff => cutOff.Before).ToArray());
}
