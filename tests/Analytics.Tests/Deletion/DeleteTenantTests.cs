using System.Globalization;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Deletion;
using FinOps.Analytics.Retention;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Tests.Accounts;
using FinOps.Analytics.Tests.Isolation;
using FinOps.Analytics.Tests.Prices;
using FinOps.Analytics.Tests.Spend;
using FinOps.Domain.Tenancy;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;

namespace FinOps.Analytics.Tests.Deletion;

/// <summary>A tenant goes from every table of both real stores; another stays as it was.</summary>
public sealed class DeleteTenantTests(PriceBookFixture postgres, ClickHouseFixture clickHouse)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_ForOneOfTwoTenants_EmptiesEveryTableOfBothStores_AndLeavesTheOther()
    {
        await using var walls = await PostgresWallsTests.Walls.OpenAsync(postgres);
        using var store = await clickHouse.CreateStoreAsync();
        foreach (var table in ClickHouseWalls.TenantTables)
        {
            // Of now, or the tables' own TTL takes them at once.
            var time = RetainedTable.All.FirstOrDefault(retained => retained.Name == table)?.Time ?? (table == "closed_cells" ? "closed_until" : table == "closed_lines" ? "written_at" : "touched_at");
            await StoredCalls.RunAsync(store, $"INSERT INTO {table} (tenant_id, {time}) SETTINGS optimize_on_insert = 0 VALUES ('{walls.Mine}', now()), ('{walls.Theirs}', now())");
        }

        await using (var context = walls.Database.OpenWithoutTenant())
        {
            foreach (var person in (TenantId[])[walls.Mine, walls.Theirs])
                context.UserTokens.Add(new IdentityUserToken<Guid> { UserId = person.Value, LoginProvider = "[AspNetUserStore]", Name = "AuthenticatorKey", Value = "secret" });
            await context.SaveChangesAsync(Token);
        }

        var (deletions, job) = Open(walls, store);
        var row = (await walls.Services.GetRequiredService<Installations>().ListAsync("mine", 0, Token)).Single();

        // Nothing goes by a slip, and nothing that nobody asked for.
        await Assert.ThrowsAsync<TenancyException>(() => deletions.RequestAsync(row, "theirs", Actor.Start, Token));
        await job.RunAsync(row.Id.Value, Token);
        await Assert.ThrowsAsync<PostgresException>(() => deletions.DeleteRowsAsync(walls.Mine, Token));
        Assert.Equal(await CountsAsync(walls, store, walls.Theirs), await CountsAsync(walls, store, walls.Mine));

        await deletions.RequestAsync(row, row.Slug, Actor.Start, Token);
        var (before, theirs) = (await CountsAsync(walls, store, walls.Mine), await CountsAsync(walls, store, walls.Theirs));
        await job.RunAsync(row.Id.Value, Token);

        Assert.All(await CountsAsync(walls, store, walls.Mine), table => Assert.Equal(0, table.Value));
        Assert.Equal(theirs, await CountsAsync(walls, store, walls.Theirs));
        var told = Assert.Single(await deletions.ListAsync(Token));
        Assert.NotNull(told.FinishedAt);
        // It says how many by table, every table among them.
        Assert.All(before, table => Assert.True(table.Value > 0 && told.Rows[table.Key] == table.Value, $"{table.Key}: {table.Value} rows, told {told.Rows.GetValueOrDefault(table.Key)}"));
        // The account belonged to no other organisation: it goes with all that deleting it alone takes.
        Assert.Equal((1, 1, 1), (told.Rows["postgres.users"], told.Rows["postgres.user_tokens"], await UsersAsync(walls)));

        var audit = walls.Services.GetRequiredService<AuditReader>();
        Assert.Equal(
            [AuditActs.DataDeleted, AuditActs.OrganisationDeletionRequested, AuditActs.OrganisationSuspended],
            (await audit.AskAsync(new AuditQuestion(AuditTrail.Installation), Token)).Entries.Select(entry => entry.Act).Take(3));
        Assert.Null((await audit.VerifyAsync(AuditTrail.Installation, Token)).Broken);

        // What lay in a spool meanwhile comes in, and goes within the hour.
        await StoredCalls.RunAsync(store, $"INSERT INTO calls (tenant_id) VALUES ('{walls.Mine}')");
        await new FinishDeletions(deletions, job, TimeProvider.System, Options.Create(new DeletionOptions())).RunAsync(Token);
        Assert.All(await CountsAsync(walls, store, walls.Mine), table => Assert.Equal(0, table.Value));
        Assert.Equal("done", Assert.Single(await deletions.ListAsync(Token)).Step);
    }

    [Fact]
    public async Task Columns_ThatNameATenant_AreThoseThatDeletionKnows()
    {
        await using var walls = await PostgresWallsTests.Walls.OpenAsync(postgres);
        await using var connection = await walls.Owner.OpenConnectionAsync(Token);
        await using var command = new NpgsqlCommand(
            """
            SELECT string_agg(DISTINCT a.attname::text, ' ' ORDER BY a.attname::text) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
            WHERE c.relnamespace = 'finops'::regnamespace AND c.relkind IN ('r', 'p') AND a.attname LIKE '%tenant%' AND NOT a.attisdropped
            """, connection);

        // finops.delete_tenant empties every table with a tenant_id, and forgets the tenant that somebody chose last.
        Assert.Equal("last_tenant_id tenant_id", await command.ExecuteScalarAsync(Token));
    }

    private static (TenantDeletions Deletions, DeleteTenant Job) Open(PostgresWallsTests.Walls walls, ClickHouseStore store)
    {
        // Without Hangfire: the test runs the job itself.
        var deletions = new TenantDeletions(walls.Database, walls.Services.GetRequiredService<Installations>(), TimeProvider.System, walls.Services);
        return (deletions, new DeleteTenant(deletions, store, TimeProvider.System, Options.Create(new DeletionOptions())));
    }

    private static async Task<SortedDictionary<string, long>> CountsAsync(PostgresWallsTests.Walls walls, ClickHouseStore store, TenantId tenant)
    {
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var table in await walls.TenantTablesAsync()) counts["postgres." + table.Name] = await walls.CountAsync(table, tenant);
        foreach (var table in ClickHouseWalls.TenantTables)
        {
            using var connection = store.CreateConnection();
            using var command = connection.CreateCommand($"SELECT count() FROM {table} WHERE tenant_id = '{tenant}'");
            counts["clickhouse." + table] = Convert.ToInt64(await command.ExecuteScalarAsync(Token), CultureInfo.InvariantCulture);
        }

        return counts;
    }

    private static async Task<long> UsersAsync(PostgresWallsTests.Walls walls)
    {
        await using var connection = await walls.Owner.OpenConnectionAsync(Token);
        await using var command = new NpgsqlCommand("SELECT count(*) FROM finops.users", connection);
        return (long)(await command.ExecuteScalarAsync(Token))!;
    }
}
