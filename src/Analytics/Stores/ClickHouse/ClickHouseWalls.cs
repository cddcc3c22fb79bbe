using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Stores.ClickHouse;

/// <summary>A user of ClickHouse that the application signs in as: what it may do, and which rows of tenants' tables it sees (null: it reads none).</summary>
public sealed record ClickHouseLogin(string Name, string Password, IReadOnlyList<string> Rights, string? RowFilter)
{
    public string PasswordHash => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Password)));

    /// <summary>No passwords in logs.</summary>
    public override string ToString() => Name;
}

/// <summary>
/// The walls between tenants inside ClickHouse: three users with few rights, and row policies that go by a setting of each query. The setting is
/// <c>log_comment</c>: a plain text that any server knows without configuration, the embedded engine included, and that leaves whose query it was in
/// the server's query log (docs/adr/0008). A server gets them as SQL from whoever migrates, the embedded engine as its users' file.
/// </summary>
public static partial class ClickHouseWalls
{
    /// <summary>The users' names begin with it where <c>FINOPS_CLICKHOUSE_APP</c> names no other.</summary>
    public const string DefaultPrefix = "finops";

    /// <summary>The setting that row policies go by.</summary>
    internal const string Setting = "log_comment";

    /// <summary>The value that lets a job see all tenants' rows; the other users have no use for it.</summary>
    internal const string Installation = "installation";

    /// <summary>How large the tables are altogether, for whoever runs the installation; says nothing of a tenant. A server whose migrating user may not give it goes without.</summary>
    internal const string SizesRight = "SELECT ON system.parts";

    /// <summary>NULL, and so no row, where no tenant is set.</summary>
    private const string TenantFilter = "tenant_id = toUUIDOrNull(getSetting('log_comment'))";

    private const string JobsFilter = "getSetting('log_comment') = 'installation' OR " + TenantFilter;

    /// <summary>Tables that hold rows of tenants, as this build's migrations leave them.</summary>
    public static IReadOnlyList<string> TenantTables { get; } = FindTenantTables();

    /// <summary>Asks for one tenant: pages and the REST API. Sees that tenant's rows, whatever the text of the question says.</summary>
    internal static ClickHouseLogin Reader(string database, string prefix, string secret) => Login(
        $"{prefix}_reader", secret, [.. TenantTables.Append("schema_migrations").Select(table => $"SELECT ON {database}.{table}")], TenantFilter);

    /// <summary>Stores what arrives, and settled rows. Reads nothing.</summary>
    internal static ClickHouseLogin Writer(string database, string prefix, string secret) => Login(
        $"{prefix}_writer", secret, [.. TenantTables.Where(table => !IsRollUp(table) && table != "closed_cells").Select(table => $"INSERT ON {database}.{table}")], null);

    /// <summary>Settling, roll-ups, re-rating, retention and deletion: one tenant's rows at a time, or all where a statement says that it is for the whole installation.</summary>
    internal static ClickHouseLogin Jobs(string database, string prefix, string secret) => Login(
        $"{prefix}_jobs", secret,
        [
            .. TenantTables.Append("settle_progress").Select(table => $"SELECT ON {database}.{table}"),
            .. TenantTables.Where(IsRollUp).Append("calls").Append("closed_cells").Append("cell_changes").Append("settle_progress").Select(table => $"INSERT ON {database}.{table}"),
            .. TenantTables.Select(table => $"ALTER DELETE ON {database}.{table}"),
            .. ((string[])["calls", "links", "vector_operations"]).Select(table => $"ALTER UPDATE(user, session) ON {database}.{table}"),
            $"ALTER UPDATE(user) ON {database}.roll_up_people",
        ], JobsFilter);

    internal static IReadOnlyList<ClickHouseLogin> Logins(string database, string prefix, string secret) =>
        [Reader(database, prefix, secret), Writer(database, prefix, secret), Jobs(database, prefix, secret)];

    /// <summary>What a query's setting says: whose rows it is about.</summary>
    internal static string SettingOf(TenantId? tenant, bool isInstallationWide) => isInstallationWide ? Installation : tenant?.ToString() ?? "";

    /// <summary>The users as elements of ClickHouse's users file, for the embedded engine, which takes no users by SQL.</summary>
    /// <param name="databases">Where the application's tables lie.</param>
    /// <param name="adminPassword">Of the user who migrates: the others' follow from it.</param>
    public static IEnumerable<XElement> UsersFile(IReadOnlyCollection<string> databases, string adminPassword)
    {
        for (var user = 0; user < 3; user++)
        {
            var logins = databases.ToDictionary(database => database, database => Logins(database, DefaultPrefix, adminPassword)[user]);
            var first = logins.Values.First();
            var filters = new XElement("databases", first.RowFilter is null ? [] : databases.Select(database => new XElement(
                database, TenantTables.Select(table => new XElement(table, new XElement("filter", first.RowFilter))))));
            yield return new XElement(first.Name,
                new XElement("password_sha256_hex", first.PasswordHash),
                new XElement("networks", new XElement("ip", "127.0.0.1"), new XElement("ip", "::1")),
                new XElement("profile", "default"),
                new XElement("quota", "default"),
                new XElement("grants", logins.Values.SelectMany(login => login.Rights).Concat(user == 0 ? [SizesRight] : []).Select(right => new XElement("query", "GRANT " + right))),
                filters);
        }
    }

    /// <summary>The same for a server, as statements for whoever migrates; repeated at each migration, so that what was changed by hand does not stay.</summary>
    internal static IEnumerable<string> Statements(string database, string admin, IReadOnlyList<ClickHouseLogin> logins)
    {
        foreach (var login in logins)
        {
            yield return $"CREATE USER IF NOT EXISTS `{login.Name}` IDENTIFIED WITH sha256_hash BY '{login.PasswordHash}'";
            yield return $"ALTER USER `{login.Name}` IDENTIFIED WITH sha256_hash BY '{login.PasswordHash}'";
            yield return $"REVOKE ALL ON {database}.* FROM `{login.Name}`";
            foreach (var right in login.Rights) yield return $"GRANT {right} TO `{login.Name}`";
        }

        string On(string name) => string.Join(", ", TenantTables.Select(table => $"`{name}` ON {database}.{table}"));
        var apart = string.Join(", ", logins.Where(login => login.RowFilter != TenantFilter).Select(login => $"`{login.Name}`").Prepend($"`{admin}`"));
        // Whoever is not named here, a new user of a dashboard for example, sees no rows without a tenant either.
        yield return $"CREATE ROW POLICY OR REPLACE {On("finops_tenant")} FOR SELECT USING {TenantFilter} TO ALL EXCEPT {apart}";
        yield return $"CREATE ROW POLICY OR REPLACE {On("finops_jobs")} FOR SELECT USING {JobsFilter} TO {logins.Where(login => login.RowFilter == JobsFilter).Select(login => $"`{login.Name}`").Single()}";
        yield return $"CREATE ROW POLICY OR REPLACE {On("finops_owner")} FOR SELECT USING 1 TO `{admin}`";
    }

    /// <summary>Whose password follows from the secret: the same in every process that has it, and kept by none.</summary>
    private static ClickHouseLogin Login(string name, string secret, IReadOnlyList<string> rights, string? rowFilter)
    {
        var password = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes("FinOps login " + name));
        return new ClickHouseLogin(name, Convert.ToHexStringLower(password), rights, rowFilter);
    }

    private static List<string> FindTenantTables()
    {
        var tables = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var statement in ClickHouseMigrator.Files.SelectMany(file => file.Statements))
        {
            if (TenantTable().Match(statement) is { Success: true } made) tables.Add(made.Groups[1].Value);
            if (DroppedTable().Match(statement) is { Success: true } dropped) tables.Remove(dropped.Groups[1].Value);
        }

        return [.. tables];
    }

    private static bool IsRollUp(string table) => table.StartsWith("roll_up_", StringComparison.Ordinal);

    [GeneratedRegex(@"CREATE TABLE IF NOT EXISTS (\w+)\s*\([^;]*?\btenant_id UUID")]
    private static partial Regex TenantTable();

    [GeneratedRegex(@"^DROP TABLE IF EXISTS (\w+)", RegexOptions.Multiline)]
    private static partial Regex DroppedTable();
}
