using System.Data.Common;
using System.Globalization;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Spend;

/// <summary>A cell (or a day) to rebuild: its start in Unix seconds, how often it was written to, and the last generation that was published for it.</summary>
internal readonly record struct CellToRebuild(uint Cell, ulong Changes, ulong Generation);

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

internal sealed record RebuildCellsSpend(TenantId Tenant, uint[] Cells, ulong Generation) : IClickHouseStatement
{
    public void Bind(StatementParameters parameters) => RebuildCellsText.Bind(parameters, Tenant, Cells, Generation);

    public string Compose(string sql) => RebuildCellsText.Compose(sql);
}

internal sealed record RebuildCellsPeople(TenantId Tenant, uint[] Cells, ulong Generation) : IClickHouseStatement
{
    public void Bind(StatementParameters parameters) => RebuildCellsText.Bind(parameters, Tenant, Cells, Generation);

    public string Compose(string sql) => RebuildCellsText.Compose(sql);
}

internal sealed record RebuildCellsPublish(TenantId Tenant, uint[] Cells, ulong[] Changes, ulong Generation) : IClickHouseStatement
{
    public void Bind(StatementParameters parameters) =>
        RebuildCellsText.Bind(parameters, Tenant, Cells, Generation).Add("changes", "Array(UInt64)", Changes);
}

internal sealed record RebuildDaysSpend(TenantId Tenant, uint[] Days, ulong Generation) : IClickHouseStatement
{
    public void Bind(StatementParameters parameters) => RebuildCellsText.Bind(parameters, Tenant, Days, Generation);

    public string Compose(string sql) => RebuildCellsText.Compose(sql);
}

internal sealed record RebuildDaysCustomers(TenantId Tenant, uint[] Days, ulong Generation) : IClickHouseStatement
{
    public void Bind(StatementParameters parameters) => RebuildCellsText.Bind(parameters, Tenant, Days, Generation);

    public string Compose(string sql) => RebuildCellsText.Compose(sql);
}

internal sealed record RebuildDaysPeople(TenantId Tenant, uint[] Days, ulong Generation) : IClickHouseStatement
{
    public void Bind(StatementParameters parameters) => RebuildCellsText.Bind(parameters, Tenant, Days, Generation);

    public string Compose(string sql) => RebuildCellsText.Compose(sql);
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

internal sealed record RemoveOldSpendDays(uint KeepMinutes, uint Limit) : IClickHouseStatement, IInstallationWide
{
    public void Bind(StatementParameters parameters) => RebuildCellsText.Bind(parameters, KeepMinutes, Limit);
}

internal sealed record RemoveOldCustomersDays(uint KeepMinutes, uint Limit) : IClickHouseStatement, IInstallationWide
{
    public void Bind(StatementParameters parameters) => RebuildCellsText.Bind(parameters, KeepMinutes, Limit);
}

internal sealed record RemoveOldPeopleDays(uint KeepMinutes, uint Limit) : IClickHouseStatement, IInstallationWide
{
    public void Bind(StatementParameters parameters) => RebuildCellsText.Bind(parameters, KeepMinutes, Limit);
}

internal sealed record RemoveOldPublishedDays(uint KeepMinutes, uint Limit) : IClickHouseStatement, IInstallationWide
{
    public void Bind(StatementParameters parameters) => RebuildCellsText.Bind(parameters, KeepMinutes, Limit);
}

/// <summary>What the statements share: a call counts in a roll-up exactly as it counts in a question to the raw rows.</summary>
internal static class RebuildCellsText
{
    public static string Compose(string sql) => sql
        .Replace(SpendMeasures.Marker, SpendMeasures.Sums, StringComparison.Ordinal)
        .Replace("{{measures}}", SpendMeasures.OfOneCall, StringComparison.Ordinal);

    public static CellToRebuild Read(DbDataReader row) => new(
        Convert.ToUInt32(row.GetValue(0), CultureInfo.InvariantCulture),
        Convert.ToUInt64(row.GetValue(1), CultureInfo.InvariantCulture),
        Convert.ToUInt64(row.GetValue(2), CultureInfo.InvariantCulture));

    public static StatementParameters Bind(StatementParameters parameters, TenantId tenant, uint[] cells, ulong generation) =>
        parameters.Add(tenant).Add("cells", "Array(UInt32)", cells).Add("generation", generation);

    public static StatementParameters Bind(StatementParameters parameters, uint keepMinutes, uint limit) =>
        parameters.Add("keepMinutes", "UInt32", keepMinutes).Add("limit", "UInt32", limit);
}
