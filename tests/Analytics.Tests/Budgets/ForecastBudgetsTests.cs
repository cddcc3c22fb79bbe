using FinOps.Analytics.Alerts;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Tests.Accounts;
using FinOps.Analytics.Tests.Prices;
using FinOps.Analytics.Tests.Spend;
using FinOps.Domain.Budgets;
using FinOps.Domain.Forecasting;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Tests.Budgets;

/// <summary>What budgets end with, foretold from the days of their own calls in both real stores.</summary>
public sealed class ForecastBudgetsTests(PriceBookFixture postgres, ClickHouseFixture clickHouse)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static Func<Budget, Budget> Of(string feature, params BudgetThreshold[] thresholds) => budget => budget with { Scope = SpendScope.Of(ScopeDimension.Feature, feature), Thresholds = thresholds.Length > 0 ? thresholds : budget.Thresholds };

    [Fact]
    public async Task Budget_OfCallsWithHabits_IsForecastByThem_OnceADay()
    {
        await using var world = await BudgetWorld.NewAsync(postgres, clickHouse);
        // $10 on each weekday of six weeks, half of November among them: the straight line is 200, and knows no weekends.
        decimal[] days = [.. Enumerable.Range(0, 42).Select(day => BudgetWorld.Noon.AddDays(day - 42).DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday ? 0m : 10m)];
        for (var day = 0; day < days.Length; day++)
            if (days[day] > 0) await world.SpendAsync(world.Mine, days[day], (ulong)day + 1, "habit", at: BudgetWorld.Noon.AddDays(day - 42).AddHours(9));
        var expected = SpendForecast.Of(days, new DateOnly(2026, 10, 5), new DateOnly(2026, 11, 1), new DateOnly(2026, 11, 30))!;
        Assert.InRange(expected.Point, 182, 189);
        for (var day = 3; day > 0; day--) await world.SpendAsync(world.Mine, 10, (ulong)(100 + day), "new", at: BudgetWorld.Noon.AddDays(-day));
        await world.SpendAsync(world.Theirs, 5_000, 200, "habit");
        var habit = await world.AddAsync("habit", 190, Of("habit", new(95, ThresholdBasis.Forecast), new(100, ThresholdBasis.Forecast)));
        var young = await world.AddAsync("new", 100, Of("new"));
        await world.AddAsync("theirs", 100, Of("habit"), world.Theirs);

        Assert.Equal(2, await world.Forecasts.RunTenantAsync(world.Mine, null, Token));
        Assert.Equal(0, await world.Forecasts.RunTenantAsync(world.Mine, null, Token));
        await world.RunAsync();

        var standing = (await world.Book.FindAsync(ReadScope.Whole(world.Mine), habit.Id, Token))!;
        Assert.Equal((ForecastMethod.Model, 42), (standing.Evaluation!.ProjectedBy, standing.Forecast!.HistoryDays));
        Assert.Equal((expected.Point, expected.Low, expected.High), (standing.Evaluation.Projected, standing.Evaluation.Low, standing.Evaluation.High));
        var other = (await world.Book.FindAsync(ReadScope.Whole(world.Mine), young.Id, Token))!;
        Assert.Equal((ForecastMethod.StraightLine, 60m, 3, null), (other.Evaluation!.ProjectedBy, other.Evaluation.Projected, other.Forecast!.HistoryDays, other.Forecast.Point));
        Assert.Equal(["habit forecast/95"], await world.RaisedAsync());
        var alert = Assert.Single(await world.Alerts.ListAsync(ReadScope.Whole(world.Mine), new AlertsQuestion(null, null, 0, 10), Token));
        Assert.Equal(standing.Evaluation.Low, alert.Fact(BudgetAlerts.ProjectedLow)?.Number);
        Assert.Equal(standing.Evaluation.High, alert.Fact(BudgetAlerts.ProjectedHigh)?.Number);

        // A night until it is made anew, in which it still holds; another definition is foretold anew, and until then not at all.
        world.Clock.Now = BudgetWorld.Noon.AddDays(1).AddMinutes(3);
        Assert.Equal(ForecastMethod.Model, (await world.Book.FindAsync(ReadScope.Whole(world.Mine), habit.Id, Token))!.Evaluation!.ProjectedBy);
        Assert.Equal(2, await world.Forecasts.RunTenantAsync(world.Mine, null, Token));
        await world.Book.ChangeAsync(world.Mine, habit.ToBudget() with { Amount = 300 }, 1, Actor.Start, Token);
        Assert.Equal(ForecastMethod.StraightLine, (await world.Book.FindAsync(ReadScope.Whole(world.Mine), habit.Id, Token))!.Evaluation!.ProjectedBy);
        await world.Job.RunOneAsync(world.Mine.Value, habit.Id, Token);
        Assert.Equal(ForecastMethod.Model, (await world.Book.FindAsync(ReadScope.Whole(world.Mine), habit.Id, Token))!.Evaluation!.ProjectedBy);
    }

    [Fact]
    public async Task Forecasts_OfMoreBudgetsThanARunMakes_FollowWithTheNext_NewOnesFirst()
    {
        await using var world = await BudgetWorld.NewAsync(postgres, clickHouse);
        for (var day = 10; day > 0; day--) await world.SpendAsync(world.Mine, day, (ulong)day, at: BudgetWorld.Noon.AddDays(-day));
        var old = await world.AddAsync("old", 10);
        await world.Forecasts.RunAsync(Token);
        world.Clock.Now = BudgetWorld.Noon.AddDays(1);
        var berlin = await world.AddAsync("berlin", 10, budget => budget with { TimeZone = "Europe/Berlin", Cycle = BudgetCycle.Day, CeilingPerUnpricedCall = 2 });
        world.Limits.ForecastsPerRun = 1;

        Assert.Equal(1, await world.Forecasts.RunTenantAsync(world.Mine, null, Token));
        Assert.NotNull((await world.Book.FindAsync(ReadScope.Whole(world.Mine), berlin.Id, Token))!.Forecast!.Point);
        Assert.Equal(BudgetWorld.Noon, (await world.Book.FindAsync(ReadScope.Whole(world.Mine), old.Id, Token))!.Forecast!.MadeAt);
        Assert.Equal(1, await world.Forecasts.RunTenantAsync(world.Mine, null, Token));
        Assert.Equal(world.Clock.Now, (await world.Book.FindAsync(ReadScope.Whole(world.Mine), old.Id, Token))!.Forecast!.MadeAt);
        Assert.Equal(0, await world.Forecasts.RunTenantAsync(world.Mine, null, Token));
    }
}
