using System.Data.Common;
using FinOps.Analytics.Gpus;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Allocation;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Vectors;

/// <param name="Cell">Unix seconds.</param>
internal readonly record struct DataStoreCellToRebuild(uint Cell, ulong Changes, ulong Calls, ulong Generation);

internal sealed record RebuildDataStoreTenants : IClickHouseQuestion<TenantId>, IInstallationWide
{
    public void Bind(StatementParameters parameters)
    {
    }

    public TenantId Read(DbDataReader row) => new((Guid)row.GetValue(0));
}

internal sealed record RebuildDataStoreCellsPending(TenantId Tenant, DateTimeOffset From, DateTimeOffset Until, uint QuietSeconds, long PriceVersion, uint Limit)
    : IClickHouseQuestion<DataStoreCellToRebuild>, IUnmetered
{
    public void Bind(StatementParameters parameters) => parameters.Add(Tenant)
        .Add("from", "UInt32", (uint)From.ToUnixTimeSeconds()).Add("until", "UInt32", (uint)Until.ToUnixTimeSeconds())
        .Add("quietSeconds", "UInt32", QuietSeconds).Add("priceVersion", PriceVersion).Add("limit", "UInt32", Limit);

    public DataStoreCellToRebuild Read(DbDataReader row) =>
        new((uint)SpendMeasures.ReadCount(row, 0), (ulong)SpendMeasures.ReadCount(row, 1), (ulong)SpendMeasures.ReadCount(row, 2), (ulong)SpendMeasures.ReadCount(row, 3));
}

/// <summary>Levels and counters of vector databases and buckets in some quarter hours and the ones before them, each reading once.</summary>
internal sealed record RebuildDataStoreReadings(TenantId Tenant, uint[] Cells) : IClickHouseQuestion<DataStoreReadingRow>, IUnmetered
{
    public void Bind(StatementParameters parameters) => parameters.Add(Tenant).Add("cells", "Array(UInt32)", DeviceRows.WithBefore(Cells));

    public DataStoreReadingRow Read(DbDataReader row) => new(
        SpendMeasures.ReadCount(row, 0) != 0 ? DataStoreKind.Bucket : DataStoreKind.VectorDatabase, row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetString(5), row.GetString(6),
        new DataOwner(row.GetString(7), row.GetString(8), row.GetString(9)),
        new CounterPoint(
            DateTimeOffset.FromUnixTimeMilliseconds(SpendMeasures.ReadCount(row, 10)), DateTimeOffset.FromUnixTimeMilliseconds(SpendMeasures.ReadCount(row, 11)), row.GetDouble(12),
            SpendMeasures.ReadCount(row, 13) != 0));
}

/// <summary>Operations on vector databases by collection, by whom and what they are called. Who asked is told by the operation, else by the calls of its trace.</summary>
internal sealed record RebuildDataStoreOperations(TenantId Tenant, uint[] Cells) : IClickHouseQuestion<DataStoreOperationRow>, IUnmetered
{
    /// <summary>Calls of a trace lie this close to its operations, or do not count.</summary>
    private const uint CallsWithinSeconds = 3600;

    public void Bind(StatementParameters parameters) => parameters.Add(Tenant).Add("cells", "Array(UInt32)", Cells)
        .Add("from", "UInt32", Cells.Min() - CallsWithinSeconds).Add("until", "UInt32", Cells.Max() + DeviceTime.CellMinutes * 60 + CallsWithinSeconds);

    public DataStoreOperationRow Read(DbDataReader row) => new(
        (uint)SpendMeasures.ReadCount(row, 0), row.GetString(1), row.GetString(2), row.GetString(3), new DataOwner(row.GetString(4), row.GetString(5), row.GetString(6)),
        SpendMeasures.ReadCount(row, 7), (decimal)Math.Clamp(row.GetDouble(8), 0, 1e15), SpendMeasures.ReadCount(row, 9));
}

internal sealed record RemoveOldDataStoreRows(string Table, uint KeepMinutes, uint Limit) : IClickHouseStatement, IInstallationWide
{
    public void Bind(StatementParameters parameters) => parameters.Add("keepMinutes", "UInt32", KeepMinutes).Add("limit", "UInt32", Limit);

    public string Compose(string sql) => sql.Replace("{{table}}", Table, StringComparison.Ordinal);
}
