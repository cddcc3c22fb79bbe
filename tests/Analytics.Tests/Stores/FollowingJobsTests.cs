using FinOps.Analytics.Audit;
using FinOps.Analytics.Budgets;
using FinOps.Analytics.Deletion;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Tests.Accounts;
using FinOps.Analytics.Tests.Budgets;
using FinOps.Analytics.Tests.Prices;
using FinOps.Domain.Budgets;
using FinOps.Domain.Tenancy;
using Hangfire;
using Hangfire.PostgreSql;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;

namespace FinOps.Analytics.Tests.Stores;

/// <summary>Hangfire's storage, as the server opens it, through connections that a test can break.</summary>
public sealed class FollowingJobsTests(PriceBookFixture postgres, ClickHouseFixture clickHouse)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Budget_WhoseJobCannotBeStarted_IsSaved_AndItsAuthorHearsOfNoFailure()
    {
        await using var stores = await postgres.CreateAsync();
        var (connections, storage) = Hangfire(stores);
        await using var services = WithJobs(storage);
        var tenant = (await stores.GetRequiredService<Tenants>().EnsureAsync("Mine", Token)).Id;
        var book = new BudgetBook(stores.GetRequiredService<FinOpsDatabase>(), TimeProvider.System, Options.Create(new BudgetOptions()), services);

        await book.AddAsync(tenant, new Budget(Guid.CreateVersion7(), "before", 10), Actor.Start, Token);
        connections.AreBroken = true;
        await book.AddAsync(tenant, new Budget(Guid.CreateVersion7(), "during", 10), Actor.Start, Token);
        connections.AreBroken = false;

        Assert.Equal(["before", "during"], (await book.ListAsync(ReadScope.Whole(tenant), Token)).Select(standing => standing.Budget.Name).Order());
        Assert.Equal(1, storage.GetMonitoringApi().EnqueuedCount("default"));
    }

    /// <summary>Nobody asks again for an erasure that was told to be under way.</summary>
    [Fact]
    public async Task Erasures_WhoseJobsWereNeverStarted_AreStartedAnHourLater_OfEveryTenant_AndOthersAreNot()
    {
        await using var stores = await postgres.CreateAsync();
        var (connections, storage) = Hangfire(stores);
        await using var services = WithJobs(storage);
        var (mine, theirs) = ((await stores.GetRequiredService<Tenants>().EnsureAsync("Mine", Token)).Id, (await stores.GetRequiredService<Tenants>().EnsureAsync("Theirs", Token)).Id);
        var clock = new BudgetWorld.SetClock { Now = TimeProvider.System.GetUtcNow() };
        using var store = await clickHouse.CreateStoreAsync();
        var erasures = new UserErasures(stores.GetRequiredService<FinOpsDatabase>(), store, clock, services);
        var (late, other, done, recent) = (Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        connections.AreBroken = true;
        await erasures.RequestAsync(mine, late, "ann", deletesCalls: false, Actor.Start, Token);
        await erasures.RequestAsync(theirs, other, "ann", deletesCalls: false, Actor.Start, Token);
        await erasures.RequestAsync(mine, done, "bob", deletesCalls: false, Actor.Start, Token);
        await erasures.FinishAsync(mine, done, Token);
        clock.Now += FinishErasures.Patience;
        await erasures.RequestAsync(mine, recent, "eve", deletesCalls: false, Actor.Start, Token);
        connections.AreBroken = false;
        var jobs = storage.GetMonitoringApi();
        Assert.Equal(0, jobs.EnqueuedCount("default"));

        // Of what is done nothing is seen that way.
        Assert.Equal(3, await stores.GetRequiredService<FinOpsDatabase>().RunAsync(StoreScope.Erasures, context => context.Set<UserErasure>().IgnoreQueryFilters().CountAsync(Token), Token));
        clock.Now += TimeSpan.FromSeconds(1);
        await new FinishErasures(erasures).RunAsync(Token);

        Assert.Equal(
            ((Guid, Guid)[])[(mine.Value, late), (theirs.Value, other)],
            jobs.EnqueuedJobs("default", 0, 10).Select(job => ((Guid)job.Value.Job.Args[0], (Guid)job.Value.Job.Args[1])).OrderBy(job => job.Item1 != mine.Value));
    }

    private static (BreakableConnections Connections, PostgreSqlStorage Storage) Hangfire(ServiceProvider stores)
    {
        var connections = new BreakableConnections(stores.GetRequiredService<PostgresOptions>().ForOwner()!);
        return (connections, new PostgreSqlStorage(connections, new PostgreSqlStorageOptions { SchemaName = "jobs" }));
    }

    private static ServiceProvider WithJobs(PostgreSqlStorage storage) =>
        new ServiceCollection().AddLogging().AddSingleton<IBackgroundJobClient>(new BackgroundJobClient(storage)).BuildServiceProvider();

    private sealed class BreakableConnections(string address) : IConnectionFactory
    {
        /// <summary>Nobody listens there.</summary>
        private readonly string _nowhere = new NpgsqlConnectionStringBuilder(address) { Port = 9 }.ConnectionString;

        public bool AreBroken { get; set; }

        public NpgsqlConnection GetOrCreateConnection() => new(AreBroken ? _nowhere : address);
    }
}
