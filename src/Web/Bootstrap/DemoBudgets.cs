using FinOps.Analytics.Audit;
using FinOps.Analytics.Budgets;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Demo;
using FinOps.Domain.Budgets;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Web.Bootstrap;

/// <summary>Three budgets of the demo company, made once its last days are there: one within, one that has passed 80 %, one of each day with a threshold of the forecast.</summary>
internal sealed class DemoBudgets(BudgetBook book, SpendReader spend, DemoProgress progress, TimeProvider time)
{
    /// <summary>Whatever day of a week it is, its Monday is among them.</summary>
    private const int DaysNeeded = 7;

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2);

    /// <summary>Budgets that a person has changed or archived stay as they are.</summary>
    public async Task MakeAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Look, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            if (progress.Current is { Failure: null, DaysWritten: < DaysNeeded }) continue;
            try
            {
                if ((await book.ListAsync(ReadScope.Whole(tenant), cancellationToken)).Count + (await book.ArchivedAsync(ReadScope.Whole(tenant), cancellationToken)).Count > 0) return;
                foreach (var budget in await PlanAsync(tenant, cancellationToken)) await book.AddAsync(tenant, budget, Actor.OfJob("demo"), cancellationToken);
                return;
            }
            catch (Exception away) when (!cancellationToken.IsCancellationRequested && (ClickHouseStore.IsAway(away) || PostgresMigrator.IsAway(away)))
            {
                // The next look tries again.
            }
        }
    }

    private async Task<IReadOnlyList<Budget>> PlanAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var week = BudgetPeriod.Of(now, BudgetCycle.Week, TimeZoneInfo.Utc);
        var all = await SumAsync(new TimeRange(week.Start, now), SpendFilter.None);
        var chat = await SumAsync(new TimeRange(week.Start, now), SpendFilter.Where(Dimension.Feature, "in-app-chat"));
        var research = await SumAsync(TimeRange.Ending(now, TimeSpan.FromDays(7)), SpendFilter.Where(Dimension.Feature, "research-agent"));
        return
        [
            Make("All AI spend", all / 0.55m, "finance@demo.example") with { Cycle = BudgetCycle.Week },
            Make("In-app chat", chat / 0.87m, "product@demo.example") with { Cycle = BudgetCycle.Week, Scope = SpendScope.Of(ScopeDimension.Feature, "in-app-chat") },
            Make("Research agent, each day", research / 7 * 1.2m, "research@demo.example") with
            {
                Cycle = BudgetCycle.Day,
                Scope = SpendScope.Of(ScopeDimension.Feature, "research-agent"),
                Thresholds = [new(80), new(100), new(120, ThresholdBasis.Forecast)],
            },
        ];

        async Task<decimal> SumAsync(TimeRange range, SpendFilter filter) =>
            (await spend.SumAsync(new SpendQuestion(ReadScope.Whole(tenant), range) { Filter = filter }, cancellationToken)).Cost;

        Budget Make(string name, decimal amount, string owner) => new(Guid.CreateVersion7(now), name, Round(amount)) { Owner = owner };
    }

    /// <summary>As people choose amounts: three digits.</summary>
    private static decimal Round(decimal amount)
    {
        if (amount <= 0) return 1;
        var unit = 1m;
        while (amount / unit >= 1_000) unit *= 10;
        while (amount / unit < 100 && unit > 0.0001m) unit /= 10;
        return Math.Round(amount / unit) * unit;
    }
}
