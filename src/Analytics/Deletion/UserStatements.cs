using System.Data.Common;
using System.Globalization;
using FinOps.Analytics.Installation;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Deletion;

/// <summary>The tables that name users.</summary>
internal static class UserTables
{
    /// <summary>Rows as they arrived. A session is one person's, so it goes with the name.</summary>
    public static readonly IReadOnlyList<string> Raw = ["calls", "links", "vector_operations", "outcomes"];

    /// <summary>Names nobody; its rows go with those that do, by their traces.</summary>
    public const string Samples = "call_samples";

    public const string Cells = "roll_up_people";

    public static readonly IReadOnlyList<string> Days = ["roll_up_people_days", "roll_up_user_days"];

    public static readonly IReadOnlyList<string> All = [.. Raw, Cells, .. Days];

    public static string Checked(string table) => All.Contains(table) ? table : throw new InvalidOperationException($"{table} names no users.");
}

/// <summary>Which cells of <see cref="UserTables.Cells"/> a statement is about.</summary>
/// <param name="Closed">Where closed cells end; Unix seconds.</param>
/// <param name="Before">Those before it, otherwise those from it on.</param>
internal readonly record struct CellPart(uint Closed, bool Before);

/// <summary>Their rows stay, without the name.</summary>
internal sealed record ForgetUser(TenantId Tenant, string User, string Table, CellPart? Part = null) : IClickHouseStatement
{
    public void Bind(StatementParameters parameters) => UserText.Bind(parameters.Add(Tenant), User, Part).Add("erased", EraseUser.Erased);

    public string Compose(string sql) => UserText.Compose(sql, Table, Part)
        .Replace("{{assignments}}", UserTables.Raw.Contains(Table) ? "user = {erased:String}, session = ''" : "user = {erased:String}", StringComparison.Ordinal);
}

/// <summary>Their rows go.</summary>
internal sealed record DeleteUserRows(TenantId Tenant, string User, string Table, CellPart? Part = null) : IClickHouseStatement
{
    public void Bind(StatementParameters parameters) => UserText.Bind(parameters.Add(Tenant), User, Part);

    public string Compose(string sql) => UserText.Compose(sql, Table, Part);
}

internal sealed record RowsOfUser(TenantId Tenant, string User) : IClickHouseQuestion<TableRows>, IUnmetered
{
    public string Compose(string sql) => string.Join("\nUNION ALL\n", UserTables.All.Select(table => UserText.Compose(sql, table, null)));

    public void Bind(StatementParameters parameters) => parameters.Add(Tenant).Add("user", User);

    public TableRows Read(DbDataReader row) => new(row.GetString(0), SpendMeasures.ReadCount(row, 1));
}

/// <summary>Traces whose samples go with the user, with the rows of each. A prompt holds what its user wrote, whoever of the trace it is told with.</summary>
internal sealed record SampleTracesOfUser(TenantId Tenant, string User, int Limit) : IClickHouseQuestion<SampledTrace>, IUnmetered
{
    public void Bind(StatementParameters parameters) => parameters.Add(Tenant).Add("user", User).Add("limit", "UInt32", Limit);

    public SampledTrace Read(DbDataReader row) => new(row.GetString(0), SpendMeasures.ReadCount(row, 1));
}

/// <param name="Trace">In hexadecimal.</param>
internal readonly record struct SampledTrace(string Trace, long Rows);

internal sealed record DeleteSamples(TenantId Tenant, string[] Traces) : IClickHouseStatement
{
    public void Bind(StatementParameters parameters) => parameters.Add(Tenant).Add("traces", "Array(String)", Traces);
}

internal sealed record DaysOfUser(TenantId Tenant, string User) : IClickHouseQuestion<uint>, IUnmetered
{
    public void Bind(StatementParameters parameters) => parameters.Add(Tenant).Add("user", User);

    public uint Read(DbDataReader row) => Convert.ToUInt32(row.GetValue(0), CultureInfo.InvariantCulture);
}

internal sealed record UnpublishDays(TenantId Tenant, uint[] Days) : IClickHouseStatement
{
    public void Bind(StatementParameters parameters) => parameters.Add(Tenant).Add("days", "Array(UInt32)", Days);
}

internal sealed record TouchCellsOfUser(TenantId Tenant, string User, uint Closed) : IClickHouseStatement
{
    public void Bind(StatementParameters parameters) => parameters.Add(Tenant).Add("user", User).Add("closed", "UInt32", Closed);
}

internal static class UserText
{
    public static string Compose(string sql, string table, CellPart? part) => sql
        .Replace("{{table}}", UserTables.Checked(table), StringComparison.Ordinal)
        .Replace("{{condition}}", part is { } cells ? $" AND cell {(cells.Before ? "<" : ">=")} toDateTime({{closed:UInt32}}, 'UTC')" : "", StringComparison.Ordinal);

    public static StatementParameters Bind(StatementParameters parameters, string user, CellPart? part)
    {
        parameters.Add("user", user);
        return part is { } cells ? parameters.Add("closed", "UInt32", cells.Closed) : parameters;
    }
}
