using System.Data.Common;
using System.Globalization;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Spend;

/// <summary>A cell (or a day) to rebuild: its start in Unix seconds, how often it was written to, the last generation that was published for it, and whether a call of it stands for others.</summary>
internal readonly record struct CellToRebuild(uint Cell, ulong Changes, ulong Generation, bool IsSampled = false);

internal sealed record RebuildCellsPending(TenantId Tenant, uint QuietSeconds, uint Limit) : IClickHouseQuestion<CellToRebuild>, IUnmetered
{
    public void Bind(StatementParameters parameters) =>
        parameters.Add(Tenant).Add("quietSeconds", "UInt32", QuietSeconds).Add("limit", "UInt32", Limit);

    public CellToRebuild Read(DbDataReader row) => RebuildCellsText.Read(row);
}

internal sealed record RebuildDaysPending(TenantId Tenant, uint Limit) : IClickHouseQuestion<CellToRebuild>, IUnmetered
{
    public void Bind(StatementParameters parameters) => parameters.Add(Tenant).Add("limit", "UInt32", Limit);

    public CellToRebuild Read(DbDataReader row) => RebuildCellsText.Read(row);
}

internal sealed record RebuildCellsTenants(uint QuietSeconds, uint RecentSeconds) : IClickHouseQuestion<TenantId>, IInstallationWide
{
    public void Bind(StatementParameters parameters) =>
        parameters.Add("quietSeconds", "UInt32", QuietSeconds).Add("recentSeconds", "UInt32", RecentSeconds);

    public TenantId Read(DbDataReader row) => new((Guid)row.GetValue(0));
}

internal sealed record RebuildAllTenants(uint QuietSeconds) : IClickHouseQuestion<TenantId>, IInstallationWide
{
    public void Bind(StatementParameters parameters) => parameters.Add("quietSeconds", "UInt32", QuietSeconds);

    public TenantId Read(DbDataReader row) => new((Guid)row.GetValue(0));
}

internal sealed record RebuildCellsSpend(TenantId Tenant, uint[] Cells, ulong Generation, bool IsSampled = false) : IClickHouseStatement
{
    public void Bind(StatementParameters parameters) => RebuildCellsText.Bind(parameters, Tenant, Cells, Generation);

    public string Compose(string sql) => RebuildCellsText.Compose(sql, IsSampled);
}

internal sealed record RebuildCellsPeople(TenantId Tenant, uint[] Cells, ulong Generation, bool IsSampled = false) : IClickHouseStatement
{
    public void Bind(StatementParameters parameters) => RebuildCellsText.Bind(parameters, Tenant, Cells, Generation);

    public string Compose(string sql) => RebuildCellsText.Compose(sql, IsSampled);
}

internal sealed record RebuildCellsPublish(TenantId Tenant, uint[] Cells, ulong[] Changes, ulong Generation) : IClickHouseStatement
{
    public void Bind(StatementParameters parameters) =>
        RebuildCellsText.Bind(parameters, Tenant, Cells, Generation).Add("changes", "Array(UInt64)", Changes);
}

internal sealed record RebuildDaysSpend(TenantId Tenant, uint[] Days, ulong Generation, bool IsSampled = false) : IClickHouseStatement
{
    public void Bind(StatementParameters parameters) => RebuildCellsText.Bind(parameters, Tenant, Days, Generation);

    public string Compose(string sql) => RebuildCellsText.Compose(sql, IsSampled);
}

internal sealed record RebuildDaysCustomers(TenantId Tenant, uint[] Days, ulong Generation, bool IsSampled = false) : IClickHouseStatement
{
    public void Bind(StatementParameters parameters) => RebuildCellsText.Bind(parameters, Tenant, Days, Generation);

    public string Compose(string sql) => RebuildCellsText.Compose(sql, IsSampled);
}

internal sealed record RebuildDaysPeople(TenantId Tenant, uint[] Days, ulong Generation, bool IsSampled = false) : IClickHouseStatement
{
    public void Bind(StatementParameters parameters) => RebuildCellsText.Bind(parameters, Tenant, Days, Generation);

    public string Compose(string sql) => RebuildCellsText.Compose(sql, IsSampled);
}

/// <summary>Sums up a day's finer table, which this generation's statement has filled before.</summary>
internal sealed record RebuildDaysWhole(DayTable Table, TenantId Tenant, uint[] Days, ulong Generation, bool IsSampled = false) : IClickHouseStatement
{
    public void Bind(StatementParameters parameters) => RebuildCellsText.Bind(parameters, Tenant, Days, Generation);

    public string Compose(string sql) => RebuildCellsText.Compose(sql, IsSampled)
        .Replace("{{days}}", Table.Name, StringComparison.Ordinal).Replace("{{of}}", Table.Of, StringComparison.Ordinal).Replace("{{keys}}", Table.Keys, StringComparison.Ordinal);
}

internal sealed record RebuildDaysPublish(TenantId Tenant, uint[] Days, ulong[] Changes, ulong Generation) : IClickHouseStatement
{
    public void Bind(StatementParameters parameters) =>
        RebuildCellsText.Bind(parameters, Tenant, Days, Generation).Add("changes", "Array(UInt64)", Changes);
}

internal sealed record RemoveOldSpend(uint KeepMinutes, uint Limit) : IClickHouseStatement, IInstallationWide
{
    public void Bind(StatementParameters parameters) => RebuildCellsText.Bind(parameters, KeepMinutes, Limit);
}

internal sealed record RemoveOldPeople(uint KeepMinutes, uint Limit) : IClickHouseStatement, IInstallationWide
{
    public void Bind(StatementParameters parameters) => RebuildCellsText.Bind(parameters, KeepMinutes, Limit);
}

internal sealed record RemoveOldPublished(uint KeepMinutes, uint Limit) : IClickHouseStatement, IInstallationWide
{
    public void Bind(StatementParameters parameters) => RebuildCellsText.Bind(parameters, KeepMinutes, Limit);
}

/// <param name="Table">One of <see cref="DayTable.Names"/>.</param>
/// <param name="KeepMinutes">How long a generation stays after a newer one is in force.</param>
/// <param name="Limit">Most days at once.</param>
internal sealed record RemoveOldDays(string Table, uint KeepMinutes, uint Limit) : IClickHouseStatement, IInstallationWide
{
    public void Bind(StatementParameters parameters) => RebuildCellsText.Bind(parameters, KeepMinutes, Limit);

    public string Compose(string sql) => sql.Replace("{{table}}", Table, StringComparison.Ordinal);
}

internal sealed record RemoveOldPublishedDays(uint KeepMinutes, uint Limit) : IClickHouseStatement, IInstallationWide
{
    public void Bind(StatementParameters parameters) => RebuildCellsText.Bind(parameters, KeepMinutes, Limit);
}

/// <summary>What the statements share: a call counts in a roll-up exactly as it counts in a question to the raw rows.</summary>
internal static class RebuildCellsText
{
    /// <param name="sql">The statement.</param>
    /// <param name="isSampled">A call of the cells stands for others. Otherwise what sampling left out is not looked for: the roll-ups' columns are zero by themselves.</param>
    public static string Compose(string sql, bool isSampled) => sql
        .Replace(SpendMeasures.TierMarker, SpendMeasures.Tier, StringComparison.Ordinal)
        .Replace("{{left_out}}", isSampled ? ", " + SpendMeasures.LeftOutColumns : "", StringComparison.Ordinal)
        .Replace(SpendMeasures.Marker, isSampled ? SpendMeasures.Sums + SpendMeasures.LeftOutSums : SpendMeasures.Sums, StringComparison.Ordinal)
        .Replace("{{measures}}", isSampled ? SpendMeasures.OfOneCall + ",\n    " + SpendMeasures.LeftOutOfOneCall + ",\n    " + SpendMeasures.TraceCost : SpendMeasures.OfOneCall, StringComparison.Ordinal);

    public static CellToRebuild Read(DbDataReader row) => new(
        Convert.ToUInt32(row.GetValue(0), CultureInfo.InvariantCulture),
        Convert.ToUInt64(row.GetValue(1), CultureInfo.InvariantCulture),
        Convert.ToUInt64(row.GetValue(2), CultureInfo.InvariantCulture),
        Convert.ToByte(row.GetValue(3), CultureInfo.InvariantCulture) != 0);

    public static StatementParameters Bind(StatementParameters parameters, TenantId tenant, uint[] cells, ulong generation) =>
        parameters.Add(tenant).Add("cells", "Array(UInt32)", cells).Add("generation", generation);

    public static StatementParameters Bind(StatementParameters parameters, uint keepMinutes, uint limit) =>
        parameters.Add("keepMinutes", "UInt32", keepMinutes).Add("limit", "UInt32", limit);
}
