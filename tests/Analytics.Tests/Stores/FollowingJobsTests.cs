using FinOps.Analytics.Audit;
using FinOps.Analytics.Budgets;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Tests.Accounts;
using FinOps.Analytics.Tests.Prices;
using FinOps.Domain.Budgets;
using FinOps.Domain.Tenancy;
using Hangfire;
using Hangfire.PostgreSql;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;

namespace FinOps.Analytics.Tests.Stores;

/// <summary>Hangfire's storage, as the server opens it, through connections that a test can break.</summary>
public sealed class FollowingJobsTests(PriceBookFixture postgres)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Budget_WhoseJobCannotBeStarted_IsSaved_AndItsAuthorHearsOfNoFailure()
    {
        await using var stores = await postgres.CreateAsync();
        var connections = new BreakableConnections(stores.GetRequiredService<PostgresOptions>().ForOwner()!);
        var storage = new PostgreSqlStorage(connections, new PostgreSqlStorageOptions { SchemaName = "jobs" });
        await using var services = new ServiceCollection().AddLogging().AddSingleton<IBackgroundJobClient>(new BackgroundJobClient(storage)).BuildServiceProvider();
        var tenant = (await stores.GetRequiredService<Tenants>().EnsureAsync("Mine", Token)).Id;
        var book = new BudgetBook(stores.GetRequiredService<FinOpsDatabase>(), TimeProvider.System, Options.Create(new BudgetOptions()), services);

        await book.AddAsync(tenant, new Budget(Guid.CreateVersion7(), "before", 10), Actor.Start, Token);
        connections.AreBroken = true;
        await book.AddAsync(tenant, new Budget(Guid.CreateVersion7(), "during", 10), Actor.Start, Token);
        connections.AreBroken = false;

        Assert.Equal(["before", "during"], (await book.ListAsync(ReadScope.Whole(tenant), Token)).Select(standing => standing.Budget.Name).Order());
        Assert.Equal(1, storage.GetMonitoringApi().EnqueuedCount("default"));
    }

    private sealed class BreakableConnections(string address) : IConnectionFactory
    {
        /// <summary>Nobody listens there.</summary>
        private readonly string _nowhere = new NpgsqlConnectionStringBuilder(address) { Port = 9 }.ConnectionString;

        public bool AreBroken { get; set; }

        public NpgsqlConnection GetOrCreateConnection() => new(AreBroken ? _nowhere : address);
    }
}
