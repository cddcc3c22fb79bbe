using System.Net;
using ClickHouse.Driver.ADO;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Integration.Tests.Wire;
using FinOps.Testing;
using FinOps.Web.Features.Audit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace FinOps.Integration.Tests.Upgrades;

/// <summary>
/// Today's server starts on the data of an older state: its tables as the migrations of then made them, its rows as SQL of then (Fixtures/upgrades). Each release adds
/// a line here and a folder there (CONTRIBUTING.md).
/// </summary>
public sealed class UpgradeTests(Installation installation)
{
    private const string ApiKey = "older-API-key-0123456789abc";
    private static readonly Spend Before = new(480, 240, 0, 0, 24_000, 0, 0, 2_400, 0);

    [Theory]
    [InlineData("2026-11-22", "20261122214831_PriceBook", 5)]
    public async Task Start_OnOlderData_KeepsEverySumAndGoesOn(string state, string postgresMigration, int clickHouseMigration)
    {
        await using var server = await installation.NewEmptyServerAsync();
        await FillAsync(server, state, postgresMigration, clickHouseMigration);

        await server.Process.StartReadyAsync();

        using var api = new SpendApi(server.Process, ApiKey);
        await api.TotalBecomesAsync(Before);
        Assert.Equal(new Dictionary<string, long> { ["feature-0"] = 80, ["feature-1"] = 80, ["feature-2"] = 80 }, await CallsByAsync(api, "feature"));
        Assert.Equal([.. Enumerable.Repeat(48L, 5)], (await CallsByAsync(api, "customer")).Values);
        Assert.Equal([.. Enumerable.Repeat(6L, 40)], (await CallsByAsync(api, "user")).Values);
        Assert.Equal(240, (await api.CallsAsync()).Count);
        using (var neighbour = new SpendApi(server.Process, "neighbour-API-key-0123456789")) Assert.Equal(new Spend(15, 3, 0, 0, 21, 0, 0, 3, 0), await neighbour.TotalAsync());

        var (browser, status) = await server.Process.SignInAsync("older@example.test", TenantMaker.Password);
        browser.Dispose();
        Assert.Equal(HttpStatusCode.Redirect, status);
        using var sender = new OtlpSender(server.Process, "older-INGEST-key-0123456789");
        await sender.AcceptAsync(new TraceBuilder().Call(new Tokens(100, 10)));
        await api.TotalBecomesAsync(Before + Spend.Of(new Tokens(100, 10)));
        Assert.Equal(0, await VerifyCommand.VerifyAsync(new PostgresOptions { ConnectionString = server.Postgres }, TextWriter.Null, CancellationToken.None));
    }

    private static async Task<Dictionary<string, long>> CallsByAsync(SpendApi api, string dimension) =>
        (await api.RowsAsync(dimension)).ToDictionary(row => row.Key, row => row.Value.Calls);

    private static async Task FillAsync(ServerUnderTest server, string state, string postgresMigration, int clickHouseMigration)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "Fixtures", "upgrades", state);
        await using (var owner = NpgsqlDataSource.Create(server.Postgres))
        {
            var builder = new DbContextOptionsBuilder<FinOpsDbContext>();
            PostgresExtensions.Use(builder, owner);
            await using (var context = new FinOpsDbContext(builder.Options)) await context.GetService<IMigrator>().MigrateAsync(postgresMigration);
            await using var command = owner.CreateCommand(await File.ReadAllTextAsync(Path.Combine(folder, "postgres.sql")));
            await command.ExecuteNonQueryAsync();
        }

        using var store = new ClickHouseStore(new ClickHouseOptions { ConnectionString = server.ClickHouse });
        var migrator = new ClickHouseMigrator(store, NullLogger<ClickHouseMigrator>.Instance);
        await migrator.ApplyAsync(clickHouseMigration, CancellationToken.None);
        await using var connection = new ClickHouseConnection(server.ClickHouse);
        foreach (var statement in ClickHouseMigrator.Split(await File.ReadAllTextAsync(Path.Combine(folder, "clickhouse.sql"))))
        {
            await using var command = connection.CreateCommand();
            command.CommandText = statement;
            await command.ExecuteNonQueryAsync();
        }
    }
}
