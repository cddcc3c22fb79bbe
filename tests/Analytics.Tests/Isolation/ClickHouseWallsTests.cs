using System.Globalization;
using ClickHouse.Driver.ADO;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Tests.Spend;
using FinOps.Domain.Tenancy;
using FinOps.Embedded;
using Microsoft.Extensions.Logging.Abstractions;

namespace FinOps.Analytics.Tests.Isolation;

/// <summary>Row policies and users on the real engine: what each of the application's users sees with a tenant set, with another, and with none.</summary>
public sealed class ClickHouseWallsTests(ClickHouseFixture clickHouse)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EveryTenantTable_ShowsTheReaderItsTenantAlone_AndNothingWithoutOne()
    {
        using var walls = await Walls.OpenAsync(clickHouse);

        foreach (var table in ClickHouseWalls.TenantTables)
        {
            foreach (var login in walls.Store.Logins.Where(login => login.RowFilter is not null))
            {
                var count = $"SELECT arraySort(groupUniqArray(toString(tenant_id))) FROM {table}";
                Assert.Equal(["[]"], await walls.AskAsync(login, count, tenant: ""));
                Assert.Equal([$"['{walls.Mine}']"], await walls.AskAsync(login, count, walls.Mine.ToString()));
                Assert.Equal([$"['{walls.Theirs}']"], await walls.AskAsync(login, count, walls.Theirs.ToString()));
                Assert.Equal(["[]"], await walls.AskAsync(login, count, "no tenant at all"));
                Assert.Equal(["[]"], await walls.AskAsync(login, count, Guid.NewGuid().ToString()));
            }

            // The rows are there: whoever migrates sees both. And a job sees them where its statement says that it is for the whole installation; the reader never.
            var all = $"SELECT toString(uniqExact(tenant_id)) FROM {table} WHERE tenant_id IN ('{walls.Mine}', '{walls.Theirs}')";
            Assert.Equal(["2"], await walls.AskAsync(null, all, ""));
            Assert.Equal(["0"], await walls.AskAsync(walls.Store.Logins[0], all, ClickHouseWalls.Installation));
            Assert.Equal(["2"], await walls.AskAsync(walls.Store.Logins[2], all, ClickHouseWalls.Installation));
        }
    }

    [Fact]
    public async Task Server_WhoseUsersFileKnowsAnotherDatabase_IsUsedAsItsOneUser()
    {
        var address = await clickHouse.CreateDatabaseAsync();
        address.Database = "elsewhere";

        await IsUsedAsItsOneUserAsync(address);
    }

    [Fact]
    public async Task Server_ThatKnowsNoneOfTheUsers_IsUsedAsItsOneUser()
    {
        var folder = Directory.CreateTempSubdirectory("finops-analytics-tests-").FullName;
        try
        {
            await using var engines = await EmbeddedEngines.StartAsync(
                new EmbeddedEnginesOptions(folder, EnginesFolder.Find()) { Postgres = false }, new Progress<string>(), NullLoggerFactory.Instance, Token);

            await IsUsedAsItsOneUserAsync(new ClickHouseConnectionStringBuilder(engines.Addresses.ClickHouseConnectionString) { Database = "elsewhere" });
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>By the process that migrates, and by one that does not; the questions still tell tenants apart.</summary>
    private static async Task IsUsedAsItsOneUserAsync(ClickHouseConnectionStringBuilder address)
    {
        var (mine, theirs) = (new TenantId(Guid.NewGuid()), new TenantId(Guid.NewGuid()));
        using var migrating = ClickHouseFixture.Open(address);
        await new ClickHouseMigrator(migrating, NullLogger<ClickHouseMigrator>.Instance).MigrateAsync(null, Token);
        var start = TimeProvider.System.GetUtcNow().AddHours(-2);
        await StoredCalls.InsertAsync(migrating, [new StoredCall(mine, start) { Cost = 1m }, new StoredCall(theirs, start) { Span = 2, Cost = 7m }]);
        using var other = ClickHouseFixture.Open(address);
        var question = new SpendQuestion(ReadScope.Whole(mine), TimeRange.Ending(start.AddHours(2), TimeSpan.FromDays(1)));

        Assert.Null(await new ClickHouseMigrator(other, NullLogger<ClickHouseMigrator>.Instance).FindProblemAsync(Token));
        Assert.False(migrating.HasWalls || other.HasWalls);
        Assert.Equal(1m, (await new SpendReader(other).SumAsync(question, Token)).Cost);
    }

    [Fact]
    public async Task Tables_WithATenant_AllStandBehindAPolicy_AndOneWithoutIsFoundAndClosed()
    {
        using var walls = await Walls.OpenAsync(clickHouse);
        var access = new ClickHouseAccess(walls.Store);
        var found = await walls.AskAsync(null, """
            SELECT DISTINCT table FROM system.columns WHERE database = currentDatabase() AND name = 'tenant_id'
              AND table IN (SELECT name FROM system.tables WHERE database = currentDatabase() AND engine != 'MaterializedView') ORDER BY table
            """, "");

        Assert.Equal(found, ClickHouseWalls.TenantTables);
        Assert.Empty(await access.FindHolesAsync(Token));

        // The proof that this test can fail: a table that no wall knows is found, the migration refuses it, and until then nobody may read it.
        await StoredCalls.RunAsync(walls.Store, "CREATE TABLE forgotten (tenant_id UUID) ENGINE = MergeTree ORDER BY tenant_id");
        Assert.Equal(["forgotten for finops_reader", "forgotten for finops_jobs"], await access.FindHolesAsync(Token));
        await Assert.ThrowsAsync<FinOps.Analytics.Tenancy.TenancyException>(() => access.EnsureAsync(Token));
        foreach (var login in walls.Store.Logins) Assert.True(await walls.IsDeniedAsync(login, "SELECT count() FROM forgotten"));
    }

    [Fact]
    public async Task Connection_UsedAgain_HasForgottenTheTenant()
    {
        using var walls = await Walls.OpenAsync(clickHouse, options => options.MaxConnections = 4);
        var range = new TimeRange(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(1));

        for (var round = 0; round < 20; round++)
        {
            Assert.Single(await walls.Store.QueryAsync(new ForgottenTenant(walls.Mine), Token));
            Assert.Empty(await walls.Store.QueryAsync(new ForgottenTenant(null), Token));
            Assert.Equal(walls.Theirs.ToString(), Assert.Single(await walls.Store.QueryAsync(new ForgottenTenant(walls.Theirs), Token)));
        }

        Assert.NotNull(await new SpendReader(walls.Store).AskAsync(new SpendQuestion(ReadScope.Whole(walls.Mine), range), Token));
    }

    [Fact]
    public async Task Users_MayDoNoMoreThanTheirPart()
    {
        using var walls = await Walls.OpenAsync(clickHouse);
        var (reader, writer, jobs) = (walls.Store.Logins[0], walls.Store.Logins[1], walls.Store.Logins[2]);

        foreach (var login in walls.Store.Logins)
        {
            foreach (var statement in (string[])["DROP TABLE calls", "CREATE TABLE mine (a UInt8) ENGINE = Memory", "TRUNCATE TABLE calls", "ALTER TABLE calls UPDATE cost = 0 WHERE span_id = 1", "SELECT * FROM file('/etc/passwd', 'LineAsString')", "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')", "DROP ROW POLICY finops_tenant ON calls", "CREATE USER mine"])
                Assert.True(await walls.IsDeniedAsync(login, statement), $"{login}: {statement}");
        }

        // Retention and deletions are jobs.
        foreach (var login in (ClickHouseLogin[])[reader, writer]) Assert.True(await walls.IsDeniedAsync(login, "ALTER TABLE calls DELETE WHERE span_id = 1"));
        Assert.True(await walls.IsDeniedAsync(reader, "INSERT INTO calls (tenant_id) VALUES ('" + walls.Theirs + "')"));
        Assert.True(await walls.IsDeniedAsync(writer, "SELECT count() FROM calls"));
        Assert.True(await walls.IsDeniedAsync(writer, "INSERT INTO roll_up_spend (tenant_id) VALUES ('" + walls.Theirs + "')"));
        // Re-rating writes calls from calls that it may see; what else arrives is the writer's.
        foreach (var table in (string[])["links", "call_samples", "call_reratings", "ingest_events"])
            Assert.True(await walls.IsDeniedAsync(jobs, $"INSERT INTO {table} (tenant_id) VALUES ('{walls.Theirs}')"), table);
        // A view that inserts feed is no way around the policy of the table behind it.
        foreach (var view in await walls.AskAsync(null, "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine = 'MaterializedView'", ""))
            Assert.True(await walls.IsDeniedAsync(reader, $"SELECT count() FROM {view}"), view);
    }

    /// <summary>The policy costs nothing: the same granules are read with it as without, and it alone already leads to the tenant's part of the table.</summary>
    [Fact]
    public async Task Policy_OnCalls_UsesThePrimaryKey()
    {
        using var walls = await Walls.OpenAsync(clickHouse);
        await StoredCalls.RunAsync(walls.Store, "INSERT INTO calls (tenant_id, start_time, span_id) SELECT generateUUIDv4(number), now64(6, 'UTC'), number FROM numbers(200000)");
        var reader = walls.Store.Logins[0];
        var tenant = walls.Mine.ToString();

        var asked = $"EXPLAIN indexes = 1 SELECT sum(cost) FROM calls FINAL WHERE tenant_id = '{tenant}' AND start_time >= now() - 3600";
        Assert.Equal(Granules(await walls.AskAsync(null, asked, "")), Granules(await walls.AskAsync(reader, asked, tenant)));
        var forgotten = Granules(await walls.AskAsync(reader, "EXPLAIN indexes = 1 SELECT sum(cost) FROM calls FINAL", tenant));
        Assert.True(forgotten.Selected < forgotten.All / 2, $"{forgotten.Selected} of {forgotten.All} granules");
    }

    [Fact]
    public async Task Statements_ForAServer_AreUnderstood()
    {
        using var walls = await Walls.OpenAsync(clickHouse);

        var statements = ClickHouseWalls.Statements("db", "admin", walls.Store.Logins).ToList();

        // The embedded engine takes no users by SQL, but it reads it.
        foreach (var statement in statements)
            Assert.NotEmpty(await walls.AskAsync(null, $"SELECT formatQuery('{statement.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}')", ""));
        Assert.Equal(3, statements.Count(statement => statement.StartsWith("CREATE ROW POLICY", StringComparison.Ordinal)));
        Assert.All(ClickHouseWalls.TenantTables, table => Assert.Contains($"`finops_tenant` ON db.{table}", string.Join('\n', statements), StringComparison.Ordinal));
    }

    private static (long Selected, long All) Granules(List<string> plan)
    {
        var key = plan.SkipWhile(line => !line.Contains("PrimaryKey", StringComparison.Ordinal)).First(line => line.Contains("Granules:", StringComparison.Ordinal));
        var parts = key.Split(':')[1].Split('/');
        var all = plan.First(line => line.Contains("Granules:", StringComparison.Ordinal) && line.Contains('/', StringComparison.Ordinal)).Split('/')[1];
        return (long.Parse(parts[0], CultureInfo.InvariantCulture), long.Parse(all, CultureInfo.InvariantCulture));
    }

    /// <summary>A migrated database with two tenants that have a row in every table.</summary>
    private sealed class Walls(ClickHouseStore store, string address) : IDisposable
    {
        public ClickHouseStore Store => store;

        public TenantId Mine { get; } = SpendReaderTests.NewTenant();

        public TenantId Theirs { get; } = SpendReaderTests.NewTenant();

        public static async Task<Walls> OpenAsync(ClickHouseFixture clickHouse, Action<ClickHouseOptions>? configure = null)
        {
            var address = await clickHouse.CreateDatabaseAsync();
            var walls = new Walls(ClickHouseFixture.Open(address, configure), address.ConnectionString);
            foreach (var table in ClickHouseWalls.TenantTables)
            {
                // Rows of 1970 would be past their time to live, and sums of nothing would not stay.
                await StoredCalls.RunAsync(walls.Store, $"SYSTEM STOP MERGES {table}");
                await StoredCalls.RunAsync(walls.Store, $"INSERT INTO {table} (tenant_id) SETTINGS optimize_on_insert = 0 VALUES ('{walls.Mine}'), ('{walls.Theirs}')");
            }

            return walls;
        }

        /// <summary>The first column of the answer, asked as one of the application's users or (null) as the one who migrates.</summary>
        public async Task<List<string>> AskAsync(ClickHouseLogin? login, string sql, string tenant)
        {
            var settings = new ClickHouseConnectionStringBuilder(address).ToSettings();
            if (login is not null) settings = new ClickHouseClientSettings(settings) { Username = login.Name, Password = login.Password };
            settings.CustomSettings[ClickHouseWalls.Setting] = tenant;
            using var connection = new ClickHouseConnection(settings);
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            using var reader = await command.ExecuteReaderAsync(Token);
            List<string> rows = [];
            while (await reader.ReadAsync(Token))
                rows.Add(reader.GetValue(0) is string[] values ? $"[{string.Join(", ", values.Select(value => $"'{value}'"))}]" : Convert.ToString(reader.GetValue(0), CultureInfo.InvariantCulture)!);
            return rows;
        }

        public async Task<bool> IsDeniedAsync(ClickHouseLogin login, string sql)
        {
            try
            {
                await AskAsync(login, sql, Theirs.ToString());
                return false;
            }
            catch (ClickHouse.Driver.ClickHouseServerException refused)
            {
                return refused.Message.Contains("ACCESS_DENIED", StringComparison.Ordinal);
            }
        }

        public void Dispose() => store.Dispose();
    }
}

/// <summary>A question whose text forgets its tenant.</summary>
internal sealed record ForgottenTenant(TenantId? Tenant) : IClickHouseQuestion<string>
{
    public void Bind(StatementParameters parameters)
    {
        if (Tenant is { } tenant) parameters.Add(tenant);
    }

    public string Read(System.Data.Common.DbDataReader row) => row.GetString(0);
}
