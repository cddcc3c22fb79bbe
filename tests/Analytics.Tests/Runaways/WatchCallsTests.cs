using FinOps.Analytics.Alerts;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Detection;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Tests.Accounts;
using FinOps.Analytics.Tests.Prices;
using FinOps.Analytics.Tests.Spend;
using FinOps.Domain.Alerts;
using FinOps.Domain.Runaway;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.Extensions.DependencyInjection;

namespace FinOps.Analytics.Tests.Runaways;

/// <summary>Calls in ClickHouse become alerts in PostgreSQL: one for each incident, whoever watches and however often it is begun anew.</summary>
public sealed class WatchCallsTests(PriceBookFixture postgres, ClickHouseFixture clickHouse)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Calls_ThatLoopStormFloodOrRace_AreToldOnce_AndABusyBatchIsNot()
    {
        await using var world = await WatchWorld.NewAsync(postgres, clickHouse);
        var keys = world.Services.GetRequiredService<AccessKeys>();
        var project = (await world.Services.GetRequiredService<Tenants>().EnsureAsync("Mine", Token)).DefaultProject;
        var key = await keys.CreateAsync(world.Mine, new NewAccessKey(project, KeyKind.Ingest, "nightly import"), Actor.Start, Token);
        foreach (var (feature, calls, cost, tokens) in ((string, int, decimal, uint)[])[("answers", 30, 0.05m, 1_000), ("docs", 60, 0.01m, 2_000), ("vision", 60, 0.01m, 500), ("batch", 300, 0.02m, 1_000)])
            await world.RememberAsync(world.Mine, feature, calls, cost, tokens);
        await world.SendAsync(world.Mine, 8, (_, call) => call with { Session = "agent-7", InputHash = 5 });
        await world.SendAsync(world.Mine, 30, (_, call) => call with { Feature = "", Key = key.Id, Project = project.Value, Status = CallStatus.Failed, Cost = 0 });
        await world.SendAsync(world.Mine, 10, (_, call) => call with { Feature = "docs", Usage = new UsageVector { InputFresh = 90_000 }, Cost = 0.02m });
        await world.SendAsync(world.Mine, 12, (_, call) => call with { Feature = "vision", Cost = 0.5m });
        await world.SendAsync(world.Mine, 400, (_, call) => call with { Feature = "batch", Cost = 0.02m }, everySeconds: 0.2);
        // Too cheap to be worth anybody's time, and too old to be now.
        await world.SendAsync(world.Mine, 8, (_, call) => call with { Session = "cheap", InputHash = 6, Cost = 0.001m });
        await world.SendAsync(world.Mine, 8, (_, call) => call with { Session = "yesterday", InputHash = 7, Start = call.Start.AddDays(-1) });
        // Half of a loop each: seen together they would be one.
        foreach (var tenant in (TenantId[])[world.Mine, world.Theirs]) await world.SendAsync(tenant, 3, (_, call) => call with { Feature = "shared", Session = "shared", InputHash = 8 });

        await world.TurnAsync();
        await world.TurnAsync();

        var alerts = (await world.RaisedAsync()).ToDictionary(alert => alert.Row.Subject);
        Assert.Equal(["agent-7", "docs", "nightly import", "vision"], alerts.Keys.Order(StringComparer.Ordinal));
        Assert.Empty(await world.RaisedAsync(world.Theirs));
        Assert.Equal(["loop", "retryStorm", "tokenFlood", "velocity"], alerts.Values.Select(alert => alert.Fact(RunawayAlerts.Kind)!.Value).Order(StringComparer.Ordinal));
        var loop = alerts["agent-7"];
        Assert.Equal((AlertKind.Runaway, AlertSeverity.Warning, SpendScope.Of(ScopeDimension.Session, "agent-7")), (loop.Row.Kind, loop.Row.Severity, loop.Scope));
        Assert.Equal((5m, 0.25m, 7.5m, 1.5m), (loop.Fact(RunawayAlerts.Calls)!.Number, loop.Fact(RunawayAlerts.Cost)!.Number, loop.Fact(RunawayAlerts.PerHour)!.Number, loop.Fact(RunawayAlerts.UsualPerHour)!.Number));
        Assert.Equal(world.Begin.UtcDateTime, loop.Fact(RunawayAlerts.Since)!.Instant!.Value.UtcDateTime, TimeSpan.FromMilliseconds(1));
        Assert.Equal(5, loop.Facts.Count(fact => fact.Name == RunawayAlerts.Call));
        Assert.StartsWith("/calls?range=custom&from=", loop.Row.Link, StringComparison.Ordinal);
        Assert.EndsWith("&session=agent-7", loop.Row.Link, StringComparison.Ordinal);
        Assert.EndsWith($"&project={project.Value}", alerts["nightly import"].Row.Link, StringComparison.Ordinal);
        Assert.Equal(AlertSeverity.Critical, alerts["vision"].Row.Severity);
    }

    /// <summary>Once between the bad calls, before it is told; once while it goes on.</summary>
    [Fact]
    public async Task Worker_RestartedInTheMiddle_TellsTheIncidentOnce()
    {
        await using var world = await WatchWorld.NewAsync(postgres, clickHouse);
        StoredCall Loop(int i, StoredCall call) => call with { Session = "s", InputHash = 5 };
        await world.SendAsync(world.Mine, 3, Loop);
        await world.TurnAsync();
        Assert.Empty(await world.RaisedAsync());

        await world.SendAsync(world.Mine, 3, Loop, fromSecond: 10);
        await world.TurnAsync();
        var first = Assert.Single(await world.RaisedAsync());

        await world.SendAsync(world.Mine, 20, Loop, fromSecond: 20);
        await world.TurnAsync();
        await world.SendAsync(world.Mine, 5, Loop, fromSecond: 70);
        var second = world.NewWorker();
        await second.RunTurnAsync(Token);
        Assert.Equal(first.Row.Id, Assert.Single(await world.RaisedAsync()).Row.Id);

        // The same rows settled anew are no further calls.
        await world.SendAsync(world.Mine, 2, (_, call) => call with { Session = "new", InputHash = 9 }, fromSecond: 60);
        await second.RunTurnAsync(Token);
        for (var again = 0; again < 3; again++)
        {
            await world.SettleAnewAsync("new");
            await second.RunTurnAsync(Token);
        }

        Assert.Equal(["s"], (await world.RaisedAsync()).Select(alert => alert.Row.Subject));
    }

    [Fact]
    public async Task Workers_TwoAtOnce_TellEachIncidentOnce()
    {
        await using var world = await WatchWorld.NewAsync(postgres, clickHouse);
        for (var session = 1u; session <= 5; session++) await world.SendAsync(world.Mine, 6, (_, call) => call with { Session = $"s{session}", InputHash = session });
        var (one, other) = (world.NewWorker(), world.NewWorker());

        for (var turn = 0; turn < 2; turn++) await Task.WhenAll(one.RunTurnAsync(Token), other.RunTurnAsync(Token));

        Assert.Equal(5, (await world.RaisedAsync()).Count);
        // Sessions of one feature: told together.
        Assert.Single((await world.RaisedAsync()).Select(alert => alert.Row.GroupKey).Distinct());
    }

    [Fact]
    public async Task ClickHouse_FailingInTheMiddleOfATurn_LosesNothing_AndHoldsUpNobodyElse()
    {
        await using var world = await WatchWorld.NewAsync(postgres, clickHouse);
        var worker = world.NewWorker();
        await worker.RunTurnAsync(Token);
        await world.SendAsync(world.Mine, 6, (_, call) => call with { Session = "s", InputHash = 5, Cost = 0.1m });
        // Calls can be read, what is usual cannot.
        await world.RunAsync("RENAME TABLE closed_cells TO closed_cells_away");
        await worker.RunTurnAsync(Token);
        await worker.RunTurnAsync(Token);
        Assert.Empty(await world.RaisedAsync());

        await world.RunAsync("RENAME TABLE closed_cells_away TO closed_cells");
        await worker.RunTurnAsync(Token);
        Assert.Single(await world.RaisedAsync());

        // Nobody reads at all, and the server is restarted: it goes on where it was.
        await world.SendAsync(world.Theirs, 6, (_, call) => call with { Session = "s", InputHash = 5, Cost = 0.1m });
        await world.TurnAsync();
        Assert.Single(await world.RaisedAsync(world.Theirs));
        Assert.Single(await world.RaisedAsync());
    }

    [Fact]
    public async Task Settings_OfATenant_MuteScopesAndKinds()
    {
        await using var world = await WatchWorld.NewAsync(postgres, clickHouse);
        // Made an hour ago; one of the mutes has ended since.
        var made = TimeProvider.System.GetUtcNow().AddHours(-1);
        await new DetectionBook(world.Database, new SetClock(made)).ChangeAsync(world.Mine, _ => new DetectionSettings(
            ["retryStorm"], [new DetectionMute(ScopeDimension.Feature, "load test"), new DetectionMute(ScopeDimension.Session, "over", made.AddMinutes(30))]), Actor.Start, Token);
        await Assert.ThrowsAsync<TenancyException>(() => world.Settings.ChangeAsync(world.Mine, settings => settings with { Off = ["noise"] }, Actor.Start, Token));
        foreach (var tenant in (TenantId[])[world.Mine, world.Theirs])
        {
            await world.SendAsync(tenant, 6, (_, call) => call with { Feature = "load test", Session = "s", InputHash = 5, Cost = 0.1m });
            await world.SendAsync(tenant, 6, (_, call) => call with { Session = "over", InputHash = 6, Cost = 0.1m });
            await world.SendAsync(tenant, 30, (_, call) => call with { Session = "storm", Status = CallStatus.Failed, Cost = 0 });
        }

        await world.TurnAsync();

        Assert.Equal(["over"], (await world.RaisedAsync()).Select(alert => alert.Row.Subject));
        Assert.Equal(["over", "s", "storm"], (await world.RaisedAsync(world.Theirs)).Select(alert => alert.Row.Subject).Order(StringComparer.Ordinal));
        Assert.Equal(["load test", "over"], (await world.Settings.ReadAsync(world.Mine, Token)).Mutes.Select(mute => mute.Value));
    }

    private sealed class SetClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
