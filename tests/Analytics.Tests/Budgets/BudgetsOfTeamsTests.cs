using FinOps.Analytics.Alerts;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tests.Accounts;
using FinOps.Analytics.Tests.Prices;
using FinOps.Domain.Alerts;
using FinOps.Domain.Budgets;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Tests.Budgets;

/// <summary>What a member who is limited to teams sees of budgets and alerts: those of nothing but their teams' calls.</summary>
public sealed class BudgetsOfTeamsTests(PriceBookFixture postgres, ClickHouseFixture clickHouse)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static readonly AlertsQuestion All = new(null, null, 0, AlertBook.MaxListed);

    private static Func<Budget, Budget> For(ScopeDimension dimension, params string[] values) => budget => budget with { Scope = budget.Scope.And(dimension, values), Thresholds = [new(50)] };

    [Fact]
    public async Task Member_LimitedToTeams_SeesBudgetsAndAlertsOfTheseAlone()
    {
        await using var world = await BudgetWorld.NewAsync(postgres, clickHouse);
        await world.SpendAsync(world.Mine, 70, 1, team: "red");
        await world.SpendAsync(world.Mine, 70, 2, team: "green");
        await world.AddAsync("red", 100, For(ScopeDimension.Team, "red"));
        await world.AddAsync("red's f", 100, budget => For(ScopeDimension.Feature, "f")(For(ScopeDimension.Team, "red")(budget)));
        await world.AddAsync("red and blue", 100, For(ScopeDimension.Team, "red", "blue"));
        await world.AddAsync("red and green", 100, For(ScopeDimension.Team, "red", "green"));
        await world.AddAsync("green", 100, For(ScopeDimension.Team, "green"));
        await world.AddAsync("all", 100, budget => budget with { Thresholds = [new(50)] });
        await world.AddAsync("feature", 100, For(ScopeDimension.Feature, "f"));
        await world.AddAsync("red's GPUs", 0, budget => For(ScopeDimension.GpuPool, "NVIDIA H100")(For(ScopeDimension.Team, "red")(budget)));
        await world.AddAsync("red", 100, For(ScopeDimension.Team, "red"), world.Theirs);
        await world.RunAsync();
        var anomaly = new Alert(AlertKind.Anomaly, AlertSeverity.Warning, "anomaly/red", "anomaly/red", "red", BudgetWorld.Noon) { Scope = SpendScope.Of(ScopeDimension.Team, "red") };
        await world.Database.RunAsync(world.Mine, context => RaiseAlerts.RaiseAsync(context, [anomaly], "test", Token), Token);
        var reader = ReadScope.OfTeams(world.Mine, ["red", "blue"]);

        Assert.Equal(["red", "red and blue", "red's f"], (await world.Book.ListAsync(reader, Token)).Select(one => one.Budget.Name).Order(StringComparer.Ordinal));
        Assert.Equal(["red", "red and blue", "red's f"], (await world.Alerts.ListAsync(reader, All, Token)).Select(one => one.Row.Subject).Order(StringComparer.Ordinal));
        Assert.Equal((3, 3), ((await world.Alerts.CountAsync(reader, Token)).Open, await world.Alerts.CountOpenAsync(reader, Token)));
        // One by one, too; and whoever sees the whole organisation sees all of them.
        var whole = ReadScope.Whole(world.Mine);
        foreach (var one in await world.Book.ListAsync(whole, Token)) Assert.Equal(reader.Covers(one.Budget.Scope), await world.Book.FindAsync(reader, one.Row.Id, Token) is not null);
        var alerts = await world.Alerts.ListAsync(whole, All, Token);
        foreach (var one in alerts) Assert.Equal(one.Row.Kind == AlertKind.Budget && reader.Covers(one.Scope), await world.Alerts.FindAsync(reader, one.Row.Id, Token) is not null);
        Assert.Equal((8, 8), ((await world.Book.ListAsync(whole, Token)).Count, alerts.Count));
        // By name, as the palette asks.
        Assert.Equal(["red", "red and blue"], (await world.Book.SearchAsync(reader, "RED", 2, Token)).Select(row => row.Name));
        Assert.Equal(["green", "red and green"], (await world.Book.SearchAsync(whole, "green", 5, Token)).Select(row => row.Name));
        Assert.Empty(await world.Book.SearchAsync(reader, "green", 5, Token));
        Assert.Empty(await world.Book.SearchAsync(whole, "r%d", 5, Token));
        Assert.Equal(70, (await world.Book.ListAsync(reader, Token)).Single(one => one.Budget.Name == "red").Evaluation!.Spent);
    }

    [Fact]
    public async Task Budget_ThatWasOnceOfMore_ShowsNothingOfThatTime()
    {
        await using var world = await BudgetWorld.NewAsync(postgres, clickHouse);
        await world.SpendAsync(world.Mine, 70, 1, team: "red");
        await world.SpendAsync(world.Mine, 70, 2, team: "green");
        var made = await world.AddAsync("b", 100, budget => budget with { Thresholds = [new(50)] });
        await world.RunAsync();
        var reader = ReadScope.OfTeams(world.Mine, ["red"]);
        Assert.Null(await world.Book.FindAsync(reader, made.Id, Token));

        var changed = made.ToBudget() with { Scope = SpendScope.Of(ScopeDimension.Team, "red") };
        await world.Book.ChangeAsync(world.Mine, changed, 1, Actor.Start, Token);

        // Its figure is still that of all calls.
        Assert.Null((await world.Book.FindAsync(reader, made.Id, Token))!.Evaluation);
        Assert.Equal(140, (await world.Book.FindAsync(ReadScope.Whole(world.Mine), made.Id, Token))!.Evaluation!.Spent);
        Assert.Empty(await world.Book.PeriodsAsync(reader, made.Id, Token));
        Assert.Empty(await world.Alerts.ListAsync(reader, All, Token));
        Assert.Equal([2], (await world.Book.VersionsAsync(reader, made.Id, Token)).Select(version => version.Version));

        world.Clock.Now = world.Clock.Now.AddMinutes(1);
        await world.RunAsync();
        Assert.Equal(70, (await world.Book.FindAsync(reader, made.Id, Token))!.Evaluation!.Spent);
        Assert.Equal([70m], (await world.Book.PeriodsAsync(reader, made.Id, Token)).Select(period => period.Spent));

        // And back: what was theirs is not for them any more.
        await world.Book.ArchiveAsync(world.Mine, made.Id, Actor.Start, Token);
        Assert.Single(await world.Book.ArchivedAsync(reader, Token));
        Assert.Empty(await world.Book.ArchivedAsync(ReadScope.OfTeams(world.Mine, ["green"]), Token));
    }
}
