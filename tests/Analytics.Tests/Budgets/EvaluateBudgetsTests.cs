using FinOps.Analytics.Alerts;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Budgets;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Tests.Accounts;
using FinOps.Analytics.Tests.Prices;
using FinOps.Domain.Alerts;
using FinOps.Domain.Budgets;
using FinOps.Domain.Currencies;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Npgsql;

namespace FinOps.Analytics.Tests.Budgets;

/// <summary>Budgets over calls in both real stores: each threshold of a period has exactly one alert, whoever evaluates, and however often, late or half.</summary>
public sealed class EvaluateBudgetsTests(PriceBookFixture postgres, ClickHouseFixture clickHouse)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static Func<Budget, Budget> For(ScopeDimension dimension, params string[] values) => budget => budget with { Scope = budget.Scope.And(dimension, values) };

    [Fact]
    public async Task Budgets_OfManyScopes_AreSummedFromTheirOwnCallsAndRaisedOnce()
    {
        await using var world = await BudgetWorld.NewAsync(postgres, clickHouse);
        // Two users of one feature, one of another; the same names at the other tenant.
        await world.SpendAsync(world.Mine, 30, 1, "rag", "ann");
        await world.SpendAsync(world.Mine, 30, 2, "rag", "bob");
        await world.SpendAsync(world.Mine, 25, 3, "chat", "ann");
        await world.SpendAsync(world.Mine, 0, 4, "rag", "bob", flags: CallFlags.Unpriced);
        await world.SpendAsync(world.Mine, 500, 5, "rag", "ann", at: BudgetWorld.Noon.AddMonths(-1));
        await world.SpendAsync(world.Theirs, 1000, 6, "rag", "ann");
        await world.AddAsync("all", 100);
        await world.AddAsync("rag", 75, For(ScopeDimension.Feature, "rag"));
        await world.AddAsync("rag or chat", 100, For(ScopeDimension.Feature, "chat", "rag"));
        await world.AddAsync("none", 0, For(ScopeDimension.Feature, "nothing of it"));
        await world.AddAsync("zero", 0, For(ScopeDimension.Feature, "chat"));
        await world.AddAsync("ann", 100, For(ScopeDimension.User, "ann"));
        await world.AddAsync("ann's rag", 30, budget => For(ScopeDimension.User, "ann")(For(ScopeDimension.Feature, "rag")(budget)));
        await world.AddAsync("ceiling", 75, budget => For(ScopeDimension.Feature, "rag")(budget) with { CeilingPerUnpricedCall = 15 });
        await world.AddAsync("today", 1, budget => budget with { Cycle = BudgetCycle.Day });
        await world.AddAsync("forecast", 170, budget => budget with { Thresholds = [new(100, ThresholdBasis.Forecast), new(101, ThresholdBasis.Forecast)] });
        string[] expected =
        [
            "all actual/50", "all actual/80", "rag actual/50", "rag actual/80", "rag or chat actual/50", "rag or chat actual/80", "zero actual/50", "zero actual/80", "zero actual/100",
            "ann actual/50", "ann's rag actual/50", "ann's rag actual/80", "ann's rag actual/100", "ceiling actual/50", "ceiling actual/80", "ceiling actual/100", "forecast forecast/100",
        ];

        await world.RunAsync();
        await world.RunAsync();
        Assert.Equal(expected.Order(StringComparer.Ordinal), await world.RaisedAsync());
        Assert.Empty(await world.RaisedAsync(world.Theirs));

        // In parts, as of answers that are too long: the same figures.
        (world.Limits.BudgetsPerQuestion, world.Limits.AskAgainMinutes) = (1, 1);
        var before = await world.Book.ListAsync(ReadScope.Whole(world.Mine), Token);
        foreach (var standing in before) await world.Job.RunOneAsync(world.Mine.Value, standing.Row.Id, Token);
        Assert.Equal(before.Select(standing => standing.Evaluation!.Spent), (await world.Book.ListAsync(ReadScope.Whole(world.Mine), Token)).Select(standing => standing.Evaluation!.Spent));
        Assert.Equal(expected.Length, (await world.RaisedAsync()).Length);
        Assert.Equal(85, before.Single(standing => standing.Budget.Name == "all").Evaluation!.Spent);
        var told = (await world.Alerts.ListAsync(ReadScope.Whole(world.Mine), new AlertsQuestion(null, null, 0, 200), Token)).Single(alert => alert.Row.Key.EndsWith("actual/100", StringComparison.Ordinal) && alert.Row.Subject == "ceiling");
        Assert.Equal((1m, 15m, 75m), (told.Fact(BudgetAlerts.UnpricedCalls)!.Number, told.Fact(BudgetAlerts.Ceiling)!.Number, told.Fact(BudgetAlerts.Spent)!.Number));
        Assert.Equal(SpendScope.Of(ScopeDimension.Feature, "rag"), told.Scope);
    }

    [Fact]
    public async Task Budgets_OfGpusAndVectorDatabases_CountWhatTheseCostInPlaceOfCalls()
    {
        await using var world = await BudgetWorld.NewAsync(postgres, clickHouse);
        await world.SpendAsync(world.Mine, 1000, feature: "rag");
        await world.SpendOnResourcesAsync(world.Mine, 1, ("rag", 500, 500));
        await world.SpendOnResourcesAsync(world.Mine, 2, ("rag", 30, 3), ("chat", 20, 2), ("", 10, 1));
        await world.SpendOnResourcesAsync(world.Theirs, 3, ("rag", 900, 900));
        await world.AddAsync("h100", 100, For(ScopeDimension.GpuPool, "NVIDIA H100"));
        await world.AddAsync("host", 100, budget => For(ScopeDimension.GpuPool, "gpu-a", "gpu-b")(budget) with { Cycle = BudgetCycle.Quarter, TimeZone = "Asia/Kolkata" });
        await world.AddAsync("rag's", 100, budget => For(ScopeDimension.GpuPool, "gpu-a")(For(ScopeDimension.Feature, "rag")(budget)));
        await world.AddAsync("other model", 100, budget => For(ScopeDimension.GpuPool, "gpu-a")(For(ScopeDimension.Model, "mistral")(budget)));
        await world.AddAsync("qdrant", 100, For(ScopeDimension.VectorDatabase, "qdrant"));
        await world.AddAsync("documents", 10, budget => For(ScopeDimension.VectorDatabase, "documents")(For(ScopeDimension.Feature, "chat", "")(budget)));
        await world.AddAsync("weaviate", 100, For(ScopeDimension.VectorDatabase, "weaviate"));

        await world.RunAsync();
        var spent = (await world.Book.ListAsync(ReadScope.Whole(world.Mine), Token)).ToDictionary(standing => standing.Budget.Name, standing => standing.Evaluation!.Spent);
        Assert.Equal(
            new SortedDictionary<string, decimal>(StringComparer.Ordinal) { ["h100"] = 60, ["host"] = 60, ["rag's"] = 30, ["other model"] = 0, ["qdrant"] = 6, ["documents"] = 3, ["weaviate"] = 0 },
            new SortedDictionary<string, decimal>(spent, StringComparer.Ordinal));
        Assert.Equal(["h100 actual/50", "host actual/50"], await world.RaisedAsync());
        // The chart of a mail draws calls.
        foreach (var alert in await world.Alerts.ListAsync(ReadScope.Whole(world.Mine), new AlertsQuestion(null, null, 0, 10), Token)) Assert.Null(await world.Courses.FindAsync(world.Mine, alert, Token));

        // A rebuilt quarter hour is no write to calls, and is seen all the same.
        await world.SpendOnResourcesAsync(world.Mine, 4, ("rag", 90, 1));
        world.Clock.Now = world.Clock.Now.AddMinutes(1);
        await world.RunAsync();
        Assert.Equal(["h100 actual/50", "h100 actual/80", "host actual/50", "host actual/80", "rag's actual/50", "rag's actual/80"], await world.RaisedAsync());
        var preview = await world.Spends.PreviewAsync(world.Mine, new Budget(Guid.NewGuid(), "p", 100) { Scope = SpendScope.Of(ScopeDimension.GpuPool, "gpu-a"), Cycle = BudgetCycle.Week }, BudgetWorld.Noon, Token);
        Assert.Equal(90, preview.Spent);
    }

    /// <summary>One is killed after it has written and before it has told; two others meet at the same instant.</summary>
    [Fact]
    public async Task Evaluators_SeveralAtOnceAndOneKilled_RaiseEachAlertOnce()
    {
        await using var world = await BudgetWorld.NewAsync(postgres, clickHouse);
        await world.SpendAsync(world.Mine, 90);
        for (var i = 0; i < 20; i++) await world.AddAsync($"budget {i}", 100);
        await using var owner = world.OpenOwner();
        await using var connection = await owner.OpenConnectionAsync(Token);
        // What a transaction sees of other sessions stands still in it.
        await using var watching = await owner.OpenConnectionAsync(Token);
        await using (var holding = await connection.BeginTransactionAsync(Token))
        {
            // Nobody can raise an alert while this is held.
            await new NpgsqlCommand("LOCK TABLE finops.alerts IN EXCLUSIVE MODE", connection, holding).ExecuteNonQueryAsync(Token);
            using var killed = CancellationTokenSource.CreateLinkedTokenSource(Token);
            var first = world.Job.RunAsync(killed.Token);
            await WaitAsync(watching, waiting: 1);
            await killed.CancelAsync();
            await Assert.ThrowsAnyAsync<Exception>(() => first);
            Task[] others = [world.RunAsync(), world.RunAsync()];
            await WaitAsync(watching, waiting: 2);
            await holding.CommitAsync(Token);
            await Task.WhenAll(others);
        }

        Assert.Equal(40, (await world.RaisedAsync()).Length);
        Assert.Equal(40, (await world.RaisedAsync()).Distinct().Count());
        var alert = (await world.Alerts.ListAsync(ReadScope.Whole(world.Mine), new AlertsQuestion(AlertState.Open, AlertKind.Budget, 0, 1), Token))[0];
        Assert.Equal([AlertAct.Opened], (await world.Alerts.FindAsync(ReadScope.Whole(world.Mine), alert.Row.Id, Token))!.Events.Select(one => one.Act));
    }

    [Fact]
    public async Task Figure_CorrectedBelowAndAboveAgain_IsNotedOnTheOneAlert()
    {
        await using var world = await BudgetWorld.NewAsync(postgres, clickHouse);
        await world.SpendAsync(world.Mine, 60);
        await world.AddAsync("b", 100);
        await world.RunAsync();
        var id = Assert.Single(await world.Alerts.ListAsync(ReadScope.Whole(world.Mine), new AlertsQuestion(null, null, 0, 10), Token)).Row.Id;
        world.Clock.Now += TimeSpan.FromMinutes(1);
        Assert.Equal(AlertState.Resolved, (await world.Alerts.ResolveAsync(world.Mine, id, Actor.Start, Token))!.Row.State);

        world.Clock.Now += TimeSpan.FromMinutes(1);
        await world.SpendAsync(world.Mine, 40);
        await world.RunAsync();
        await world.RunAsync();
        var fallen = await world.Alerts.FindAsync(ReadScope.Whole(world.Mine), id, Token);
        Assert.NotNull(fallen!.Row.FellBelowAt);
        Assert.Equal(AlertState.Resolved, fallen.Row.State);

        world.Clock.Now += TimeSpan.FromMinutes(1);
        await world.SpendAsync(world.Mine, 70);
        await world.RunAsync();
        var risen = await world.Alerts.FindAsync(ReadScope.Whole(world.Mine), id, Token);
        Assert.Equal((null, AlertState.Open), (risen!.Row.FellBelowAt, risen.Row.State));
        Assert.Equal([AlertAct.Opened, AlertAct.Resolved, AlertAct.FellBelow, AlertAct.RoseAgain], risen.Events.Select(one => one.Act));
        Assert.Equal(["b actual/50"], await world.RaisedAsync());
        Assert.Null(await world.Alerts.FindAsync(ReadScope.Whole(world.Theirs), id, Token));
        Assert.Null(await world.Alerts.AcknowledgeAsync(world.Theirs, id, Actor.Start, Token));

        Assert.Equal(true, (await world.Alerts.JudgeAsync(world.Mine, id, true, Actor.Start, Token))!.Row.IsUseful);
        Assert.Equal((1, 1m), ((await world.Alerts.CountAsync(ReadScope.Whole(world.Mine), Token)).Open, (await world.Alerts.CountAsync(ReadScope.Whole(world.Mine), Token)).Precision));
    }

    [Fact]
    public async Task Period_ThatIsOver_TakesLateCallsAndHandsOnWhatItLeft()
    {
        await using var world = await BudgetWorld.NewAsync(postgres, clickHouse);
        world.Clock.Now = new DateTimeOffset(2026, 10, 20, 0, 0, 0, TimeSpan.Zero);
        await world.SpendAsync(world.Mine, 40, 1, at: world.Clock.Now.AddDays(-1));
        var budget = await world.AddAsync("b", 100, one => one with { RollOver = true });
        await world.RunAsync();
        Assert.Empty(await world.RaisedAsync());

        world.Clock.Now = new DateTimeOffset(2026, 11, 1, 6, 0, 0, TimeSpan.Zero);
        await world.SpendAsync(world.Mine, 15, 2, at: world.Clock.Now.AddHours(-7));
        await world.RunAsync();
        Assert.Equal(["b actual/50"], await world.RaisedAsync());
        Assert.Equal((45m, 145m), await CarriedAsync());

        // What others decide of the new month changes nothing of the old one.
        await world.Book.ChangeAsync(world.Mine, budget.ToBudget() with { Amount = 50 }, 1, Actor.Start, Token);
        await world.RunAsync();
        Assert.Equal((45m, 95m), await CarriedAsync());
        Assert.Equal([50m, 100m], (await world.Book.PeriodsAsync(ReadScope.Whole(world.Mine), budget.Id, Token)).Select(period => period.Allowance - period.Carried));
        Assert.Equal(["b actual/50"], await world.RaisedAsync());

        async Task<(decimal, decimal)> CarriedAsync()
        {
            var evaluation = (await world.Book.FindAsync(ReadScope.Whole(world.Mine), budget.Id, Token))!.Evaluation!;
            return (evaluation.Carried, evaluation.Allowance);
        }
    }

    [Fact]
    public async Task Currency_WithoutARateOfADay_StandsStillAndSaysSo()
    {
        await using var world = await BudgetWorld.NewAsync(postgres, clickHouse);
        await world.SpendAsync(world.Mine, 100);
        var budget = await world.AddAsync("euros", 100, one => one with { Currency = "EUR" });
        await world.RunAsync();
        Assert.Contains("There is no rate of EUR for 2026-11-13", (await world.Book.FindAsync(ReadScope.Whole(world.Mine), budget.Id, Token))!.State!.Problem, StringComparison.Ordinal);
        Assert.Empty(await world.RaisedAsync());

        await world.Currencies.ImportAsync(world.Mine, "EUR", [new DailyRate(new DateOnly(2026, 11, 12), 0.8m)], "test", Actor.Start, Token);
        await world.RunAsync();
        Assert.Equal(80m, (await world.Book.FindAsync(ReadScope.Whole(world.Mine), budget.Id, Token))!.Evaluation!.Spent);
        Assert.Equal(["euros actual/50", "euros actual/80"], await world.RaisedAsync());
        // The chart of its mail is in the same money, and goes up to the same sum.
        var alert = (await world.Alerts.ListAsync(ReadScope.Whole(world.Mine), new AlertsQuestion(null, null, 0, 1), Token))[0];
        var course = (await world.Courses.FindAsync(world.Mine, alert, Token))!;
        Assert.Equal((80m, 100m, "EUR", 30, 16), (course.Sums[^1], course.Allowance, course.Currency, course.Places, course.Sums.Count));
    }

    [Fact]
    public async Task Changes_OfTwoPeople_AreAConflictAndNoLostUpdate()
    {
        await using var world = await BudgetWorld.NewAsync(postgres, clickHouse);
        var made = await world.AddAsync("b", 100);
        var budget = made.ToBudget();
        await world.Book.ChangeAsync(world.Mine, budget with { Amount = 200 }, 1, Actor.Start, Token);
        var conflict = await Assert.ThrowsAsync<BudgetConflictException>(() => world.Book.ChangeAsync(world.Mine, budget with { Amount = 300 }, 1, Actor.Start, Token));
        Assert.Contains("nothing was saved", conflict.Message, StringComparison.Ordinal);
        await world.Book.UndoAsync(world.Mine, made.Id, version: 1, seen: 2, Actor.Start, Token);
        Assert.Equal(100, (await world.Book.FindAsync(ReadScope.Whole(world.Mine), made.Id, Token))!.Budget.Amount);

        await Assert.ThrowsAsync<TenancyException>(() => world.AddAsync("b", 1));
        Assert.Null(await world.Book.ArchiveAsync(world.Theirs, made.Id, Actor.Start, Token));
        await world.Book.ArchiveAsync(world.Mine, made.Id, Actor.Start, Token);
        Assert.Empty(await world.Book.ListAsync(ReadScope.Whole(world.Mine), Token));
        await world.AddAsync("b", 1);
        await Assert.ThrowsAsync<TenancyException>(() => world.Book.RestoreAsync(world.Mine, made.Id, Actor.Start, Token));
        Assert.Equal([BudgetAct.Archived, BudgetAct.Undone, BudgetAct.Changed, BudgetAct.Made], (await world.Book.VersionsAsync(ReadScope.Whole(world.Mine), made.Id, Token)).Select(version => version.Act));
        Assert.Empty(await world.Book.VersionsAsync(ReadScope.Whole(world.Theirs), made.Id, Token));
    }

    [Fact]
    public async Task OldAlertsAndPeriods_AreRemovedAndBudgetsStay()
    {
        await using var world = await BudgetWorld.NewAsync(postgres, clickHouse);
        await world.SpendAsync(world.Mine, 60);
        var budget = await world.AddAsync("b", 100);
        await world.RunAsync();
        world.Clock.Now = BudgetWorld.Noon.AddDays(790);
        await world.Cleaner.RunAsync(Token);
        Assert.Equal(["b actual/50"], await world.RaisedAsync());
        world.Clock.Now = BudgetWorld.Noon.AddDays(830);
        await world.Cleaner.RunAsync(Token);
        Assert.Empty(await world.RaisedAsync());
        Assert.Empty(await world.Book.PeriodsAsync(ReadScope.Whole(world.Mine), budget.Id, Token));
        Assert.Single(await world.Book.VersionsAsync(ReadScope.Whole(world.Mine), budget.Id, Token));
    }

    [Fact]
    public async Task Preview_OfLastMonth_SaysOnWhichDayItWouldHaveAlerted()
    {
        await using var world = await BudgetWorld.NewAsync(postgres, clickHouse);
        await world.SpendAsync(world.Mine, 60, 1, at: new DateTimeOffset(2026, 10, 12, 9, 0, 0, TimeSpan.Zero));
        await world.SpendAsync(world.Mine, 25, 2, at: new DateTimeOffset(2026, 10, 20, 9, 0, 0, TimeSpan.Zero));
        var preview = await world.Spends.PreviewAsync(world.Mine, new Budget(Guid.Empty, "b", 100), world.Clock.Now, Token);
        Assert.Equal(85, preview.Spent);
        Assert.Equal([12, 20, null], preview.Alerts.Select(alert => alert.At?.Day));
    }

    /// <summary>Until so many sessions wait for a lock.</summary>
    private static async Task WaitAsync(NpgsqlConnection connection, int waiting)
    {
        for (var look = 0; look < 600; look++)
        {
            await using var command = new NpgsqlCommand("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()", connection);
            if ((long)(await command.ExecuteScalarAsync(Token))! >= waiting) return;
            await Task.Delay(50, Token);
        }

        Assert.Fail($"Fewer than {waiting} evaluators came to raise their alerts.");
    }
}
