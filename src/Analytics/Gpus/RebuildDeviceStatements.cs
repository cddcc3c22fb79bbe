using System.Data.Common;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Allocation;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Gpus;

/// <param name="Cell">Unix seconds.</param>
internal readonly record struct DeviceCellToRebuild(uint Cell, ulong Samples, ulong Calls, ulong Generation);

internal sealed record RebuildDeviceTenants : IClickHouseQuestion<TenantId>, IInstallationWide
{
    public void Bind(StatementParameters parameters)
    {
    }

    public TenantId Read(DbDataReader row) => new((Guid)row.GetValue(0));
}

internal sealed record RebuildDeviceCellsPending(TenantId Tenant, DateTimeOffset From, DateTimeOffset Until, uint QuietSeconds, long PriceVersion, uint Limit)
    : IClickHouseQuestion<DeviceCellToRebuild>, IUnmetered
{
    public void Bind(StatementParameters parameters) => parameters.Add(Tenant)
        .Add("from", "UInt32", (uint)From.ToUnixTimeSeconds()).Add("until", "UInt32", (uint)Until.ToUnixTimeSeconds())
        .Add("quietSeconds", "UInt32", QuietSeconds).Add("priceVersion", PriceVersion).Add("limit", "UInt32", Limit);

    public DeviceCellToRebuild Read(DbDataReader row) =>
        new((uint)SpendMeasures.ReadCount(row, 0), (ulong)SpendMeasures.ReadCount(row, 1), (ulong)SpendMeasures.ReadCount(row, 2), (ulong)SpendMeasures.ReadCount(row, 3));
}

/// <summary>Levels of devices in some quarter hours and the ones before them, each reading once.</summary>
internal sealed record RebuildDeviceReadings(TenantId Tenant, uint[] Cells) : IClickHouseQuestion<DeviceReadingRow>, IUnmetered
{
    public void Bind(StatementParameters parameters) => parameters.Add(Tenant).Add("cells", "Array(UInt32)", DeviceRows.WithBefore(Cells));

    public DeviceReadingRow Read(DbDataReader row) => new(
        row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4), DeviceRows.SignalOf(row.GetString(5)),
        DateTimeOffset.FromUnixTimeMilliseconds(SpendMeasures.ReadCount(row, 6)), row.GetDouble(7));
}

/// <summary>Counters of inference servers in some quarter hours and the ones before them.</summary>
internal sealed record RebuildDeviceCounters(TenantId Tenant, uint[] Cells) : IClickHouseQuestion<ServedCounterRow>, IUnmetered
{
    public void Bind(StatementParameters parameters) => parameters.Add(Tenant).Add("cells", "Array(UInt32)", DeviceRows.WithBefore(Cells));

    public ServedCounterRow Read(DbDataReader row) => new(
        row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3),
        new CounterPoint(DateTimeOffset.FromUnixTimeMilliseconds(SpendMeasures.ReadCount(row, 4)), DateTimeOffset.FromUnixTimeMilliseconds(SpendMeasures.ReadCount(row, 5)), row.GetDouble(6), SpendMeasures.ReadCount(row, 7) != 0));
}

/// <summary>Calls of models of one's own: what no price of an API has taken, by whom.</summary>
internal sealed record RebuildDeviceCalls(TenantId Tenant, uint[] Cells, string[] Models) : IClickHouseQuestion<(uint Cell, ModelCalls Calls)>, IUnmetered
{
    public void Bind(StatementParameters parameters) => parameters.Add(Tenant).Add("cells", "Array(UInt32)", Cells).Add("models", "Array(String)", Models);

    public (uint Cell, ModelCalls Calls) Read(DbDataReader row) => ((uint)SpendMeasures.ReadCount(row, 0), new ModelCalls(
        row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4), SpendMeasures.ReadCount(row, 5), SpendMeasures.ReadCount(row, 6),
        SpendMeasures.ReadCount(row, 7) / 1_000_000m, SpendMeasures.ReadCount(row, 8) / 1_000_000m));
}

internal sealed record RemoveOldDeviceRows(string Table, uint KeepMinutes, uint Limit) : IClickHouseStatement, IInstallationWide
{
    public void Bind(StatementParameters parameters) => parameters.Add("keepMinutes", "UInt32", KeepMinutes).Add("limit", "UInt32", Limit);

    public string Compose(string sql) => sql.Replace("{{table}}", Table, StringComparison.Ordinal);
}
