using FinOps.Analytics.Alerts;
using FinOps.Analytics.Anomalies;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Detection;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Tests.Accounts;
using FinOps.Analytics.Tests.Budgets;
using FinOps.Analytics.Tests.Prices;
using FinOps.Analytics.Tests.Spend;
using FinOps.Domain.Alerts;
using FinOps.Domain.Anomalies;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Tests.Anomalies;

/// <summary>Weeks of calls in ClickHouse, one bad morning, and the one alert of it in PostgreSQL.</summary>
public sealed class JudgeSpendTests(PriceBookFixture postgres, ClickHouseFixture clickHouse)
{
    /// <summary>Friday, ten past twelve: the hours from ten on were bad.</summary>
    private static readonly DateTimeOffset Now = new(2026, 11, 20, 12, 10, 0, TimeSpan.Zero);

    private static readonly DateTimeOffset Bad = new(2026, 11, 20, 10, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Spend_OfAFeatureThatTriples_RaisesOneAlertThatNamesIt_AndARhythmRaisesNone()
    {
        await using var services = await postgres.CreateAsync();
        using var store = await clickHouse.CreateStoreAsync();
        var tenants = services.GetRequiredService<Tenants>();
        var (mine, theirs, muted) = ((await tenants.EnsureAsync("Mine", Token)).Id, (await tenants.EnsureAsync("Theirs", Token)).Id, (await tenants.EnsureAsync("Muted", Token)).Id);
        foreach (var tenant in (TenantId[])[mine, muted]) await StoredCalls.InsertAsync(store, Weeks(tenant, isBad: true));
        await StoredCalls.InsertAsync(store, Weeks(theirs, isBad: false));
        var clock = new BudgetWorld.SetClock { Now = Now };
        var (database, alerts) = (services.GetRequiredService<FinOpsDatabase>(), new AlertBook(services.GetRequiredService<FinOpsDatabase>(), clock));
        await new DetectionBook(database, clock).ChangeAsync(muted, settings => settings with { Mutes = [new DetectionMute(ScopeDimension.Feature, "rag")] }, Actor.Start, Token);

        // Two servers at once, then an hour later, and again when a call of the bad hours came late.
        await Task.WhenAll(JudgeAsync(), JudgeAsync());
        clock.Now = Now.AddHours(1);
        await JudgeAsync();
        await StoredCalls.InsertAsync(store, [Call(mine, Bad.AddHours(-1).AddMinutes(30), 1_000_000, "rag", 200)]);
        await JudgeAsync();

        var alert = Assert.Single(await ListAsync(mine));
        Assert.Equal((AlertKind.Anomaly, "rag", Bad), (alert.Row.Kind, alert.Row.Subject, alert.Fact(AnomalyAlerts.From)!.Instant!.Value));
        Assert.Equal(SpendScope.Of(ScopeDimension.Feature, "rag"), alert.Scope);
        Assert.Equal("feature rag", alert.Fact(AnomalyAlerts.Moved)!.Value);
        Assert.InRange(alert.Fact(AnomalyAlerts.Explained)!.Number!.Value, 0.8m, 1m);
        Assert.Contains(alert.Facts, fact => fact is { Name: AnomalyAlerts.Moved, Value: "team search" });
        Assert.StartsWith("/why?range=custom&from=2026-11-20T10:00:00Z&to=2026-11-20T12:00:00Z&", alert.Row.Link, StringComparison.Ordinal);
        Assert.Empty(await ListAsync(theirs));
        Assert.Empty(await ListAsync(muted));

        async Task<IReadOnlyList<AlertEntry>> ListAsync(TenantId tenant) => await alerts.ListAsync(ReadScope.Whole(tenant), new AlertsQuestion(null, null, 0, 10), Token);

        async Task JudgeAsync()
        {
            var job = new JudgeSpend(store, database, new SpendReader(store), clock, Options.Create(new AnomalyWatchOptions()), NullLogger<JudgeSpend>.Instance);
            foreach (var tenant in (TenantId[])[mine, theirs, muted]) await job.RunTenantAsync(tenant, Token);
        }
    }

    /// <summary>A call an hour of each of three features: busy by day, quiet by night and on weekends, with noise.</summary>
    private static IEnumerable<StoredCall> Weeks(TenantId tenant, bool isBad)
    {
        var (random, number) = (new Random(7), 0ul);
        for (var hour = Bad.AddDays(-41); hour < Bad.AddHours(2); hour = hour.AddHours(1))
        {
            foreach (var (feature, team, busy) in ((string, string, double)[])[("rag", "search", 20), ("titles", "search", 12), ("chat", "support", 30)])
            {
                var isBusy = hour.Hour is >= 8 and < 18 && hour.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday);
                var cost = busy * (isBusy ? 1 : 0.1) * (0.85 + (0.3 * random.NextDouble())) * (isBad && feature == "rag" && hour >= Bad ? 3 : 1);
                yield return Call(tenant, hour.AddMinutes(20), ++number, feature, decimal.Round((decimal)cost, 6)) with { Team = team };
            }
        }
    }

    private static StoredCall Call(TenantId tenant, DateTimeOffset at, ulong number, string feature, decimal cost) =>
        new(tenant, at) { Trace = new TraceId(3, number), Span = number, Feature = feature, Team = feature == "chat" ? "support" : "search", Cost = cost };
}
