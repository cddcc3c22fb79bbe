using ClickHouse.Driver;
using FinOps.Analytics.Tenancy;

namespace FinOps.Analytics.Stores.ClickHouse;

/// <summary>Puts the walls up after the tables, and makes sure that they stand: no table of tenants' rows may be read around them.</summary>
internal sealed class ClickHouseAccess(ClickHouseStore store)
{
    /// <summary>As the migrating user. Throws where a table would stand open behind the walls.</summary>
    /// <returns>False where the server can be given no users and no policies (<see cref="GoAsAdminIfAloneAsync"/>).</returns>
    public async Task<bool> EnsureAsync(CancellationToken cancellationToken)
    {
        if (await GoAsAdminIfAloneAsync(cancellationToken)) return false;
        await RunViewsAsOwnerAsync(cancellationToken);
        // The embedded engine has its users from its users' file and takes none by SQL.
        if (await MayMakeUsersAsync(cancellationToken))
        {
            foreach (var statement in ClickHouseWalls.Statements(store.Database, store.AdminName, store.Logins)) await store.ExecuteTextAsync(statement, cancellationToken);
            await TellSizesAsync(cancellationToken);
        }

        var holes = await FindHolesAsync(cancellationToken);
        if (holes.Count > 0) throw new TenancyException($"ClickHouse: no row policy separates the tenants in {string.Join(", ", holes)} of {store.Database}.");
        return true;
    }

    /// <summary>
    /// Where the migrating user can make no users (a users' file only, or no right to) and whoever runs the server has made none for this database either, the application
    /// goes as that one user. True when it does.
    /// </summary>
    public async Task<bool> GoAsAdminIfAloneAsync(CancellationToken cancellationToken)
    {
        if (!store.HasWalls) return true;
        if (store.AdminName.Length == 0 || await MayMakeUsersAsync(cancellationToken)) return false;
        if ((await RowsAsync($"SELECT toString(count()) FROM system.row_policies WHERE database = '{store.Database}'", cancellationToken))[0][0] != "0") return false;
        store.GoAsAdmin();
        return true;
    }

    /// <summary>The same after something failed: true when the application went over to the one user just now, so that it is worth another try.</summary>
    public async Task<bool> TryGoAsAdminAsync(CancellationToken cancellationToken)
    {
        if (!store.HasWalls) return false;
        try
        {
            return await GoAsAdminIfAloneAsync(cancellationToken);
        }
        catch (Exception failure) when (ClickHouseStore.IsAway(failure) && !cancellationToken.IsCancellationRequested)
        {
            // The caller already has a failure to tell.
            return false;
        }
    }

    private async Task<bool> MayMakeUsersAsync(CancellationToken cancellationToken) =>
        (await RowsAsync("SELECT toString(count()) FROM system.user_directories WHERE type != 'users_xml'", cancellationToken))[0][0] != "0"
        && (await RowsAsync("CHECK GRANT CREATE USER, CREATE ROW POLICY ON *.*", cancellationToken))[0][0] != "0";

    /// <summary>Tables of tenants' rows that the reader or the jobs could read without a row policy that goes by the tenant, with the user's name.</summary>
    internal async Task<IReadOnlyList<string>> FindHolesAsync(CancellationToken cancellationToken)
    {
        var tables = await RowsAsync($"""
            SELECT DISTINCT table FROM system.columns
            WHERE database = '{store.Database}' AND name = 'tenant_id'
              AND table IN (SELECT name FROM system.tables WHERE database = '{store.Database}' AND engine NOT IN ('MaterializedView', 'View'))
            """, cancellationToken);
        var policies = await RowsAsync($"""
            SELECT table, ifNull(select_filter, ''), if(apply_to_all, 'all', ''), arrayStringConcat(apply_to_list, ','), arrayStringConcat(apply_to_except, ',')
            FROM system.row_policies WHERE database = '{store.Database}'
            """, cancellationToken);
        var holes = new List<string>();
        foreach (var login in store.Logins.Where(login => login.RowFilter is not null))
        {
            foreach (var table in tables.Select(row => row[0]))
            {
                var filters = policies.Where(policy => policy[0] == table && Applies(policy, login.Name)).Select(policy => policy[1]).ToList();
                if (filters.Count == 0 || filters.Exists(filter => !filter.Contains(ClickHouseWalls.Setting, StringComparison.Ordinal))) holes.Add($"{table} for {login.Name}");
            }
        }

        return holes;
    }

    private static bool Applies(string[] policy, string user) =>
        policy[2] == "all" ? !policy[4].Split(',').Contains(user) : policy[3].Split(',').Contains(user);

    private async Task TellSizesAsync(CancellationToken cancellationToken)
    {
        try
        {
            await store.ExecuteTextAsync($"GRANT {ClickHouseWalls.SizesRight} TO `{store.Logins[0].Name}`", cancellationToken);
        }
        catch (ClickHouseServerException refused) when (refused.ErrorCode == ErrorCodes.AccessDenied)
        {
            // Without it the installation's console tells no sizes, and everything else.
        }
    }

    /// <summary>Views that an insert feeds run as their owner, so that whoever inserts needs to read nothing. Servers do so by themselves, the embedded engine does not.</summary>
    private async Task RunViewsAsOwnerAsync(CancellationToken cancellationToken)
    {
        var views = await RowsAsync($"""
            SELECT name FROM system.tables
            WHERE database = '{store.Database}' AND engine = 'MaterializedView' AND NOT match(create_table_query, 'DEFINER = `?{store.AdminName}`? SQL SECURITY DEFINER')
            """, cancellationToken);
        foreach (var view in views)
            await store.ExecuteTextAsync($"ALTER TABLE `{store.Database}`.`{view[0]}` MODIFY SQL SECURITY DEFINER DEFINER = `{store.AdminName}`", cancellationToken);
    }

    private Task<List<string[]>> RowsAsync(string sql, CancellationToken cancellationToken) => store.ReadTextAsync(sql, cancellationToken);
}
