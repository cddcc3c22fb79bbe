using System.Collections.Concurrent;
using System.Globalization;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Budgets;
using FinOps.Analytics.Currencies;
using FinOps.Analytics.Policies;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Tests.Accounts;
using FinOps.Analytics.Tests.Prices;
using FinOps.Analytics.Tests.Spend;
using FinOps.Domain.Budgets;
using FinOps.Domain.Currencies;
using FinOps.Domain.Policies;
using FinOps.Domain.Policies.Control;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;

namespace FinOps.Analytics.Tests.Budgets;

/// <summary>Leases over both real stores: whoever asks, and however many at once, together they get no more than is free, and nothing is lost.</summary>
public sealed class LeaseLedgerTests(PriceBookFixture postgres, ClickHouseFixture clickHouse)
{
    private const string Policy = "block-all";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>200 loops of several agents at two servers, with aborts, expiry and calls above what was expected.</summary>
    [Fact]
    public async Task ManyAtOnce_NeverHoldMoreThanIsLeft_AndNothingLeaks()
    {
        await using var world = await BudgetWorld.NewAsync(postgres, clickHouse);
        const decimal end = 10;
        var budget = await world.AddAsync("all", end);
        await world.SpendAsync(world.Mine, 2, at: BudgetWorld.Noon.AddDays(-3));
        await ActivateAsync(world, world.Mine, Policy, budget.Id);
        var keys = new List<Guid>();
        for (var i = 0; i < 4; i++) keys.Add(await EnrolAsync(world, world.Mine, $"edge-{i}"));
        LeaseLedger[] servers = [LedgerOf(world), LedgerOf(world)];
        var (spent, above, refused, aborted) = (new ConcurrentBag<decimal>(), new ConcurrentBag<decimal>(), 0, 0);
        using var done = new CancellationTokenSource();
        var watching = WatchAsync(world, budget.Id, end - 2, above, done.Token);

        await Task.WhenAll(Enumerable.Range(0, 200).Select(async loop =>
        {
            var random = new Random(loop);
            for (var turn = 0; turn < 2; turn++)
            {
                var (server, key) = (servers[random.Next(2)], keys[random.Next(4)]);
                if (random.Next(10) == 0)
                {
                    // Gone in the middle: what was granted unseen is told to whoever asks for it again, at any server, or comes back with its time.
                    using var abort = new CancellationTokenSource(TimeSpan.FromMilliseconds(random.Next(1, 20)));
                    var wish = Wish(budget.Id, 0.05m) with { RequestId = Guid.NewGuid() };
                    try
                    {
                        await server.ReserveAsync(world.Mine, key, wish, abort.Token);
                    }
                    catch (Exception left) when (left is OperationCanceledException or NpgsqlException or InvalidOperationException)
                    {
                        Interlocked.Increment(ref aborted);
                    }

                    if (random.Next(2) == 0) continue;
                    var again = await Task.WhenAll(servers.Select(one => one.ReserveAsync(world.Mine, key, wish, Token)));
                    if (again[0].Grant!.Usd == 0 || again[1].Grant!.Usd == 0) continue;
                    Assert.Equal(again[0].Grant!.LeaseId, again[1].Grant!.LeaseId);
                    Assert.Equal(LeaseOutcome.Done, await server.SettleAsync(world.Mine, key, new LeaseSettlement(again[0].Grant!.LeaseId, 0, 0), isLast: true, Token));
                    continue;
                }

                var answer = await server.ReserveAsync(world.Mine, key, Wish(budget.Id, random.Next(1, 20) / 100m), Token);
                Assert.Equal(LeaseOutcome.Done, answer.Outcome);
                if (answer.Grant!.Usd == 0)
                {
                    // No false refusal: nothing was free.
                    Assert.Equal(0, answer.Grant.LeftUsd);
                    Interlocked.Increment(ref refused);
                    continue;
                }

                var cost = decimal.Round(answer.Grant.Usd * random.Next(0, 101) / 100, 6, MidpointRounding.ToZero);
                if (random.Next(8) == 0)
                {
                    above.Add(0.01m);
                    cost = answer.Grant.Usd + 0.01m;
                }

                spent.Add(cost);
                var told = new LeaseSettlement(answer.Grant.LeaseId, cost, 1);
                // In two words, one of them twice and one of them late; some never say their last.
                Assert.Equal(LeaseOutcome.Done, await servers[random.Next(2)].SettleAsync(world.Mine, key, told with { SpentUsd = cost / 2 }, isLast: false, Token));
                Assert.Equal(LeaseOutcome.Done, await servers[random.Next(2)].SettleAsync(world.Mine, key, told, isLast: random.Next(3) > 0, Token));
                Assert.Equal(LeaseOutcome.Done, await servers[random.Next(2)].SettleAsync(world.Mine, key, told with { SpentUsd = cost / 3 }, isLast: false, Token));
            }
        }));
        await done.CancelAsync();
        Assert.True(await watching > 3, "Nobody watched.");
        // Contention there was, or the test proves nothing.
        Assert.True(refused > 0 && aborted > 0, $"{refused} refused, {aborted} aborted");
        var total = spent.Sum();
        Assert.True(2 + total <= end + above.Sum(), $"{2 + total} of {end}, {above.Sum()} above what was expected");

        // All are over: everything that was not spent is free again, to the last part.
        world.Clock.Now += TimeSpan.FromSeconds(61);
        Assert.Equal(end - 2 - total, await DrainAsync(world, servers, keys, budget.Id));

        // The calls arrive, late: they were settled, and count once.
        world.Clock.Now += TimeSpan.FromSeconds(61);
        await StoredCalls.InsertAsync(world.Store, spent.Select((cost, i) => new StoredCall(world.Mine, BudgetWorld.Noon.AddSeconds(1)) { Trace = new TraceId(8, 1), Span = (ulong)i + 1, Cost = cost, Policies = $"other@1:control:none,{Policy}@1:treatment:{(i % 2 == 0 ? "unchanged" : "routed")}" }));
        Assert.Equal(end - 2 - total, await DrainAsync(world, servers, keys, budget.Id));
    }

    [Fact]
    public async Task Lease_IsTheAgentsAlone_AndEndsWithItsPeriod()
    {
        await using var world = await BudgetWorld.NewAsync(postgres, clickHouse);
        world.Clock.Now = BudgetWorld.Noon.AddDays(1).AddSeconds(-20);
        var budget = await world.AddAsync("day", 1, one => one with { Cycle = BudgetCycle.Day, Thresholds = [new(50, Action: BudgetAction.Block)] });
        await ActivateAsync(world, world.Mine, Policy, budget.Id);
        var (ledger, mine, other, theirs) = (LedgerOf(world), await EnrolAsync(world, world.Mine, "a"), await EnrolAsync(world, world.Mine, "b"), await EnrolAsync(world, world.Theirs, "a"));

        // Half of what is free up to half the amount; until midnight, not for a minute.
        var grant = (await ledger.ReserveAsync(world.Mine, mine, Wish(budget.Id, 1), Token)).Grant!;
        Assert.Equal((0.25m, 20, 0.25m), (grant.Usd, grant.Seconds, grant.LeftUsd));
        var told = new LeaseSettlement(grant.LeaseId, 0.1m, 3);
        Assert.Equal(LeaseOutcome.NotFound, await ledger.SettleAsync(world.Mine, other, told, true, Token));
        Assert.Equal(LeaseOutcome.NotFound, await ledger.SettleAsync(world.Theirs, theirs, told, true, Token));
        Assert.Equal(LeaseOutcome.NoAgent, await ledger.SettleAsync(world.Theirs, mine, told, true, Token));
        Assert.Equal(LeaseOutcome.NotFound, (await ledger.ReserveAsync(world.Theirs, theirs, Wish(budget.Id, 1), Token)).Outcome);
        Assert.Equal(LeaseOutcome.NotFound, (await ledger.ReserveAsync(world.Mine, mine, Wish(Guid.NewGuid(), 1), Token)).Outcome);
        Assert.Equal(LeaseOutcome.NotFound, (await ledger.ReserveAsync(world.Mine, mine, Wish(budget.Id, 1) with { PolicyId = "other" }, Token)).Outcome);
        Assert.Equal(LeaseOutcome.NoAgent, (await ledger.ReserveAsync(world.Mine, Guid.NewGuid(), Wish(budget.Id, 1), Token)).Outcome);
        Assert.Null(await ledger.FindAsync(ReadScope.Whole(world.Theirs), budget.Id, Token));

        var shown = (await ledger.FindAsync(ReadScope.Whole(world.Mine), budget.Id, Token))!;
        Assert.Equal(("a", 0.25m, 0.25m, 50m), (Assert.Single(shown.Leases).Agent, shown.Policies[0].LeasedUsd, shown.Policies[0].Books!.Value.Free, shown.Policies[0].Percent));

        // The next day has a budget of its own, whatever comes late of this one.
        world.Clock.Now = BudgetWorld.Noon.AddDays(1).AddSeconds(1);
        Assert.Equal(LeaseOutcome.Done, await ledger.SettleAsync(world.Mine, mine, told, true, Token));
        Assert.Equal((0.25m, 0.25m), (await ledger.ReserveAsync(world.Mine, other, Wish(budget.Id, 1), Token)).Grant is { } next ? (next.Usd, next.LeftUsd) : default);
        shown = (await ledger.FindAsync(ReadScope.Whole(world.Mine), budget.Id, Token))!;
        Assert.Equal((1, 0m), (shown.Open, shown.Policies[0].SettledUsd));

        // Archived: nothing is leased any more. Kept for three days, for who was away.
        await world.Book.ArchiveAsync(world.Mine, budget.Id, Actor.Start, Token);
        Assert.Equal(LeaseOutcome.NotFound, (await ledger.ReserveAsync(world.Mine, mine, Wish(budget.Id, 1), Token)).Outcome);
        await world.Cleaner.RunAsync(Token);
        Assert.Equal(LeaseOutcome.Done, await ledger.SettleAsync(world.Mine, mine, told, true, Token));
        world.Clock.Now += TimeSpan.FromDays(4);
        await world.Cleaner.RunAsync(Token);
        Assert.Equal(LeaseOutcome.NotFound, await ledger.SettleAsync(world.Mine, mine, told, true, Token));
    }

    [Fact]
    public async Task Request_ThatIsRepeated_GetsTheLeaseItHas_AtEveryServer_AndNobodyElseDoes()
    {
        await using var world = await BudgetWorld.NewAsync(postgres, clickHouse);
        var (budget, theirs) = (await world.AddAsync("all", 10), await world.AddAsync("all", 10, tenant: world.Theirs));
        await ActivateAsync(world, world.Mine, Policy, budget.Id);
        await ActivateAsync(world, world.Theirs, Policy, theirs.Id);
        var (agent, second, other) = (await EnrolAsync(world, world.Mine, "a"), await EnrolAsync(world, world.Mine, "b"), await EnrolAsync(world, world.Theirs, "a"));
        LeaseLedger[] servers = [LedgerOf(world), LedgerOf(world)];
        var wish = Wish(budget.Id, 1) with { RequestId = Guid.NewGuid() };

        // Forty at once at two servers are one lease.
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => servers[i % 2].ReserveAsync(world.Mine, agent, wish, Token)));
        var grant = answers[0].Grant!;
        Assert.All(answers, answer => Assert.Equal((LeaseOutcome.Done, new LeaseGrant(grant.LeaseId, 1, 60, 9)), (answer.Outcome, answer.Grant)));
        Assert.Equal((1, 1m), await OpenAsync());

        // The rest of its time, in whole seconds, whatever is asked for this time, and whatever became of the policy.
        world.Clock.Now += TimeSpan.FromSeconds(20.5);
        Assert.Equal(grant with { Seconds = 39 }, (await servers[1].ReserveAsync(world.Mine, agent, wish with { Usd = 5 }, Token)).Grant);
        await world.Book.ArchiveAsync(world.Mine, budget.Id, Actor.Start, Token);
        Assert.Equal(grant with { Seconds = 39 }, (await LedgerOf(world).ReserveAsync(world.Mine, agent, wish, Token)).Grant);
        Assert.Equal(LeaseOutcome.NotFound, (await servers[0].ReserveAsync(world.Mine, agent, wish with { RequestId = Guid.NewGuid() }, Token)).Outcome);
        await world.Book.RestoreAsync(world.Mine, budget.Id, Actor.Start, Token);

        // The same name is another request of another agent and of another tenant, and none at all is always another.
        var seconds = (await servers[0].ReserveAsync(world.Mine, second, wish, Token)).Grant!;
        var tenants = (await servers[0].ReserveAsync(world.Theirs, other, wish with { BudgetId = theirs.Id.ToString() }, Token)).Grant!;
        var (one, two) = ((await servers[0].ReserveAsync(world.Mine, agent, Wish(budget.Id, 1), Token)).Grant!, (await servers[1].ReserveAsync(world.Mine, agent, Wish(budget.Id, 1), Token)).Grant!);
        Assert.Equal(5, new[] { grant, seconds, tenants, one, two }.Select(lease => lease.LeaseId).Distinct().Count());
        Assert.Equal((1m, 9m), (tenants.Usd, tenants.LeftUsd));
        Assert.Equal((4, 4m), await OpenAsync());
        Assert.Equal(LeaseOutcome.NotFound, (await servers[0].ReserveAsync(world.Theirs, other, wish, Token)).Outcome);

        // What was given back is not given again; what was over is another lease, once.
        Assert.Equal(LeaseOutcome.Done, await servers[0].SettleAsync(world.Mine, second, new LeaseSettlement(seconds.LeaseId, 0, 0), isLast: true, Token));
        Assert.Equal(new LeaseGrant(Guid.Empty, 0, 1, 0), (await servers[1].ReserveAsync(world.Mine, second, wish, Token)).Grant);
        world.Clock.Now += TimeSpan.FromSeconds(61);
        var next = (await servers[0].ReserveAsync(world.Mine, agent, wish, Token)).Grant!;
        Assert.NotEqual(grant.LeaseId, next.LeaseId);
        Assert.Equal(next, (await servers[1].ReserveAsync(world.Mine, agent, wish, Token)).Grant);
        Assert.Equal((1, 1m), await OpenAsync());
        Assert.Equal(LeaseOutcome.Done, await servers[0].SettleAsync(world.Mine, agent, new LeaseSettlement(grant.LeaseId, 0.5m, 1), isLast: true, Token));

        async Task<(int Count, decimal Usd)> OpenAsync()
        {
            var open = (await servers[0].FindAsync(ReadScope.Whole(world.Mine), budget.Id, Token))!;
            return (open.Open, open.Leases.Sum(lease => lease.Lease.GrantedUsd));
        }
    }

    [Fact]
    public async Task Lease_OfAnotherCurrency_IsAtTodaysRate_AndRefusedWithoutOne()
    {
        await using var world = await BudgetWorld.NewAsync(postgres, clickHouse);
        var budget = await world.AddAsync("euros", 8, one => one with { Currency = "EUR" });
        await ActivateAsync(world, world.Mine, Policy, budget.Id);
        var (ledger, agent) = (LedgerOf(world), await EnrolAsync(world, world.Mine, "a"));

        var refused = await ledger.ReserveAsync(world.Mine, agent, Wish(budget.Id, 100), Token);
        Assert.Equal(LeaseOutcome.NotTold, refused.Outcome);
        Assert.Contains("no rate of EUR", refused.Problem, StringComparison.Ordinal);
        await world.Currencies.ImportAsync(world.Mine, "EUR", [new DailyRate(DateOnly.FromDateTime(BudgetWorld.Noon.UtcDateTime), 0.8m)], "test", Actor.Start, Token);
        world.Clock.Now += TimeSpan.FromSeconds(11);
        Assert.Equal(5, (await ledger.ReserveAsync(world.Mine, agent, Wish(budget.Id, 100), Token)).Grant!.Usd);

        // Of an agent's leases not more than so many at once; nothing where the budget counts what passes no gateway.
        await world.Book.ChangeAsync(world.Mine, budget.ToBudget() with { Scope = SpendScope.Of(ScopeDimension.GpuPool, "h100") }, 1, Actor.Start, Token);
        Assert.Contains("GPUs", (await ledger.ReserveAsync(world.Mine, agent, Wish(budget.Id, 1), Token)).Problem, StringComparison.Ordinal);
        var zero = await world.AddAsync("zero", 0);
        await ActivateAsync(world, world.Mine, "zero", zero.Id);
        var none = (await ledger.ReserveAsync(world.Mine, agent, Wish(zero.Id, 1) with { PolicyId = "zero" }, Token)).Grant!;
        Assert.Equal((0m, 60, 0m), (none.Usd, none.Seconds, none.LeftUsd));
        Assert.Equal(LeaseOutcome.TooMany, (await LedgerOf(world, new LeaseOptions { MaxOpenOfAgent = 1 }).ReserveAsync(world.Mine, agent, Wish(zero.Id, 1) with { PolicyId = "zero" }, Token)).Outcome);
    }

    [Fact]
    public async Task Spend_WhileTheStoreIsAway_IsWhatWasKnownLast_ForItsTime()
    {
        await using var world = await BudgetWorld.NewAsync(postgres, clickHouse);
        var budget = await world.AddAsync("all", 10);
        await world.SpendAsync(world.Mine, 6);
        await ActivateAsync(world, world.Mine, Policy, budget.Id);
        var (ledger, agent) = (LedgerOf(world), await EnrolAsync(world, world.Mine, "a"));
        Assert.Equal(2, (await ledger.ReserveAsync(world.Mine, agent, Wish(budget.Id, 5), Token)).Grant!.Usd);

        await StoredCalls.RunAsync(world.Store, "RENAME TABLE calls TO calls_away");
        world.Clock.Now += TimeSpan.FromMinutes(30);
        // The first lease is over, and was never settled.
        Assert.Equal(2, (await ledger.ReserveAsync(world.Mine, agent, Wish(budget.Id, 5), Token)).Grant!.Usd);
        Assert.Equal(LeaseOutcome.Away, (await LedgerOf(world).ReserveAsync(world.Mine, agent, Wish(budget.Id, 5), Token)).Outcome);
        world.Clock.Now += TimeSpan.FromMinutes(31);
        Assert.Equal(LeaseOutcome.Away, (await ledger.ReserveAsync(world.Mine, agent, Wish(budget.Id, 5), Token)).Outcome);

        await StoredCalls.RunAsync(world.Store, "RENAME TABLE calls_away TO calls");
        world.Clock.Now += TimeSpan.FromSeconds(11);
        Assert.Equal(2, (await ledger.ReserveAsync(world.Mine, agent, Wish(budget.Id, 5), Token)).Grant!.Usd);
    }

    private static LeaseRequest Wish(Guid budget, decimal usd) => new(Policy, budget.ToString(), usd, 60);

    /// <summary>A server's: with a memory of its own.</summary>
    private static LeaseLedger LedgerOf(BudgetWorld world, LeaseOptions? options = null)
    {
        var limits = Options.Create(options ?? new LeaseOptions());
        return new LeaseLedger(world.Database, new LeaseSpends(world.Store, world.Spends, world.Currencies, world.Clock, limits, NullLogger<LeaseSpends>.Instance), world.Clock, limits);
    }

    /// <summary>What all can get together, one after another.</summary>
    private static async Task<decimal> DrainAsync(BudgetWorld world, LeaseLedger[] servers, List<Guid> keys, Guid budget)
    {
        var got = 0m;
        for (var i = 0; ; i++)
        {
            var grant = (await servers[i % 2].ReserveAsync(world.Mine, keys[i % keys.Count], Wish(budget, 100), Token)).Grant!;
            if (grant.Usd == 0) return got;
            got += grant.Usd;
        }
    }

    /// <summary>Looks at the rows themselves, each time in one statement, as long as the others work. How often it looked.</summary>
    private static async Task<int> WatchAsync(BudgetWorld world, Guid budget, decimal most, ConcurrentBag<decimal> above, CancellationToken done)
    {
        await using var owner = world.OpenOwner();
        for (var looks = 0; ; looks++)
        {
            if (done.IsCancellationRequested) return looks;
            await using var command = owner.CreateCommand(string.Create(CultureInfo.InvariantCulture, $"""
                SELECT COALESCE(sum(settled_usd), 0) + COALESCE(sum(GREATEST(granted_usd - settled_usd, 0)) FILTER (WHERE returned_at IS NULL), 0) FROM finops.budget_leases WHERE budget_id = '{budget}'
                """));
            var held = (decimal)(await command.ExecuteScalarAsync(Token))!;
            Assert.True(held <= most + above.Sum(), $"{held} of {most} is held or spent");
        }
    }

    private static async Task<Guid> EnrolAsync(BudgetWorld world, TenantId tenant, string name)
    {
        var project = await world.Database.RunAsync(tenant, context => context.Projects.Select(row => row.Id).FirstAsync(Token), Token);
        var key = await world.Keys.CreateAsync(tenant, new NewAccessKey(new ProjectId(project), KeyKind.Agent, name), Actor.Start, Token);
        await world.Database.RunAsync(tenant, context =>
        {
            context.Add(new RecordedAgent
            {
                TenantId = tenant.Value,
                Id = Guid.NewGuid(),
                Name = name,
                KeyId = key.Id,
                EnrolledAt = world.Clock.Now,
                EnrolledBy = "test",
                Software = "",
                Host = "",
                LastSeenAt = world.Clock.Now,
                HeldVersion = 0,
                Calls = 0,
                WaitingSpans = 0,
                LostSpans = 0,
            });
            return context.SaveChangesAsync(Token);
        }, Token);
        return key.Id;
    }

    private static Task ActivateAsync(BudgetWorld world, TenantId tenant, string id, Guid budget) => world.Database.RunAsync(tenant, context =>
    {
        context.Add(new PolicyVersion
        {
            TenantId = tenant.Value,
            PolicyId = id,
            Version = 1,
            Name = id,
            Kind = PolicyKind.Budget,
            State = PolicyState.Active,
            Definition = $$$"""{"id":"{{{id}}}","version":1,"name":"{{{id}}}","kind":"budget","match":{"all":true},"body":{"action":"block","lease":{"budget":"{{{budget}}}","usd":1} } }""",
            Reason = "",
            DraftedAt = world.Clock.Now,
            DraftedBy = "test",
            Authors = [],
        });
        return context.SaveChangesAsync(Token);
    }, Token);
}
