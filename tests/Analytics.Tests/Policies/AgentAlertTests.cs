using FinOps.Analytics.Alerts;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Policies;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Tests.Accounts;
using FinOps.Analytics.Tests.Prices;
using FinOps.Domain.Alerts;
using FinOps.Domain.Policies;
using FinOps.Domain.Policies.Control;
using FinOps.Domain.Tenancy;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using static FinOps.Analytics.Tests.Budgets.BudgetWorld;

namespace FinOps.Analytics.Tests.Policies;

/// <summary>What people hear of an agent that refuses its bundle, or is not heard of: once, of their own agents, and until it is over.</summary>
public sealed class AgentAlertTests(PriceBookFixture postgres)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ARefusedBundle_ToldAgainAndAgain_IsOneAlert_ThatEndsWhenABundleIsApplied()
    {
        await using var services = await postgres.CreateAsync();
        var world = await World.NewAsync(services);
        var errors = Enumerable.Range(1, 5).Select(n => new PolicyError($"$.policies[{n}]", "odd.", "mend it.")).ToArray();
        await world.TellAsync(world.Mine, 5, "none");

        for (var time = 0; time < 3; time++) await world.TellAsync(world.Mine, 6, "invalid", errors);
        var refused = Assert.Single(await world.OpenAsync(world.Mine));
        Assert.Equal((AlertKind.Agent, AlertSeverity.Warning, "edge", "/agents"), (refused.Row.Kind, refused.Row.Severity, refused.Row.Subject, refused.Row.Link));
        Assert.Equal(("6", "5", "$.policies[1]: odd. mend it.", 2m), (refused.Fact(AgentAlerts.Version)!.Value, refused.Fact(AgentAlerts.Held)!.Value, refused.Fact(AgentAlerts.Error)!.Value, refused.Fact(AgentAlerts.MoreErrors)!.Number));
        await world.TellAsync(world.Mine, 0, "bad_signature");
        Assert.Equal("bad_signature", Assert.Single(await world.OpenAsync(world.Mine), alert => alert.Row.Severity == AlertSeverity.Critical).Fact(AgentAlerts.Refusal)!.Value);
        Assert.Empty(await world.OpenAsync(world.Theirs));

        // Another tenant's agent that applies a bundle ends nothing here.
        await world.TellAsync(world.Theirs, 7, "none");
        Assert.Equal(2, (await world.OpenAsync(world.Mine)).Count);
        await world.TellAsync(world.Mine, 7, "none");
        Assert.Empty(await world.OpenAsync(world.Mine));
        Assert.Equal("edge", (await world.Alerts.ListAsync(ReadScope.Whole(world.Mine.Tenant), new AlertsQuestion(AlertState.Resolved, null, 0, 10), Token))[0].Row.ResolvedBy);

        // The same again, of another bundle that is held, is told anew; and the word that it is over may be a heartbeat.
        await world.TellAsync(world.Mine, 0, "bad_signature");
        await world.TellAsync(world.Mine, 8, "expired");
        Assert.Equal(2, (await world.OpenAsync(world.Mine)).Count);
        Assert.True(await world.Book.HearAsync(world.Mine.Tenant, world.Mine.Key, new Heartbeat(9, "gateway 1"), Token));
        Assert.Empty(await world.OpenAsync(world.Mine));
    }

    [Fact]
    public async Task AnAgent_NotHeardOf_IsOneAlert_ThatEndsWithItsNextWord_AndWhenItIsRevoked()
    {
        await using var services = await postgres.CreateAsync();
        var world = await World.NewAsync(services);
        var job = new WatchAgents(world.Database, world.Clock, Options.Create(new PolicyOptions()), NullLogger<WatchAgents>.Instance);

        world.Clock.Now += TimeSpan.FromMinutes(16);
        Assert.True(await world.Book.HearAsync(world.Theirs.Tenant, world.Theirs.Key, new Heartbeat(0, "gateway 1"), Token));
        var restarted = new WatchAgents(world.Database, world.Clock, Options.Create(new PolicyOptions()), NullLogger<WatchAgents>.Instance);
        await restarted.RunAsync(Token);
        Assert.Empty(await world.OpenAsync(world.Mine)); // It was away itself, and waits for their heartbeats first.
        await job.RunAsync(Token);
        await job.RunAsync(Token);
        var away = Assert.Single(await world.OpenAsync(world.Mine));
        Assert.Equal((AlertKind.Agent, AlertSeverity.Warning, "edge", Noon), (away.Row.Kind, away.Row.Severity, away.Row.Subject, away.Fact(AgentAlerts.LastSeen)!.Instant));
        Assert.Empty(await world.OpenAsync(world.Theirs));

        Assert.True(await world.Book.HearAsync(world.Mine.Tenant, world.Mine.Key, new Heartbeat(0, "gateway 1"), Token));
        Assert.Empty(await world.OpenAsync(world.Mine));
        world.Clock.Now += TimeSpan.FromMinutes(16);
        await job.RunAsync(Token);
        Assert.Single(await world.OpenAsync(world.Mine));
        Assert.Single(await world.OpenAsync(world.Theirs));
        Assert.True(await world.Book.RevokeAsync(world.Mine.Tenant, world.Mine.Agent, Actor.Start, Token));
        Assert.Empty(await world.OpenAsync(world.Mine));
        world.Clock.Now += TimeSpan.FromMinutes(16);
        await job.RunAsync(Token);
        Assert.Empty(await world.OpenAsync(world.Mine));
        Assert.Single(await world.OpenAsync(world.Theirs));
    }

    private sealed record Edge(TenantId Tenant, Guid Agent, Guid Key);

    private sealed class World(IServiceProvider services)
    {
        public SetClock Clock { get; } = new() { Now = Noon };

        public FinOpsDatabase Database { get; } = services.GetRequiredService<FinOpsDatabase>();

        public AlertBook Alerts => new(Database, Clock);

        public AgentBook Book => new(Database, services.GetRequiredService<AccessKeys>(), Clock, Options.Create(new PolicyOptions()), NullLogger<AgentBook>.Instance);

        public Edge Mine { get; private set; } = null!;

        public Edge Theirs { get; private set; } = null!;

        public static async Task<World> NewAsync(IServiceProvider services)
        {
            var world = new World(services);
            (world.Mine, world.Theirs) = (await world.EnrolAsync("Mine"), await world.EnrolAsync("Theirs"));
            return world;
        }

        public Task TellAsync(Edge edge, long version, string refusal, params PolicyError[] errors) => Book.AcknowledgeAsync(edge.Tenant, edge.Key, new Acknowledgement(version, refusal, errors), Token);

        public Task<IReadOnlyList<AlertEntry>> OpenAsync(Edge edge) => Alerts.ListAsync(ReadScope.Whole(edge.Tenant), new AlertsQuestion(AlertState.Open, null, 0, 10), Token);

        private async Task<Edge> EnrolAsync(string name)
        {
            var tenant = await services.GetRequiredService<Tenants>().EnsureAsync(name, Token);
            var invited = await Book.InviteAsync(tenant.Id, "edge", tenant.DefaultProject, Actor.Start, Token);
            var agent = (await Book.EnrolAsync(new EnrolRequest(invited.Token, "gateway 1", "host"), null, Token))!;
            return new Edge(tenant.Id, agent.Id, Assert.Single(await Book.ListAsync(tenant.Id, Token)).KeyId);
        }
    }
}
