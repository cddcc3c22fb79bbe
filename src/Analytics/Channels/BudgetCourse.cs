using FinOps.Analytics.Alerts;
using FinOps.Analytics.Budgets;
using FinOps.Analytics.Currencies;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Alerts;
using FinOps.Domain.Budgets;
using FinOps.Domain.Currencies;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace FinOps.Analytics.Channels;

/// <summary>How a budget's period went up to now, for the chart of a mail.</summary>
/// <param name="Sums">What was spent up to the end of each day or hour, in <paramref name="Currency"/>; those to come are missing.</param>
/// <param name="Places">How many days or hours the period has.</param>
public sealed record BudgetCourse(DateTimeOffset Start, Granularity Granularity, IReadOnlyList<decimal> Sums, int Places, decimal Allowance, string Currency);

/// <summary>Asks how the period of a budget's alert went. Jobs ask, so it takes nothing of what the tenant's people may ask.</summary>
public sealed class BudgetCourseReader(SpendReader spend, BillingCurrencies currencies, FinOpsDatabase database, TimeProvider clock)
{
    /// <summary>Null of other alerts, of budgets of GPUs and vector databases, and where a day has no rate of the budget's currency.</summary>
    public async Task<BudgetCourse?> FindAsync(TenantId tenant, AlertEntry alert, CancellationToken cancellationToken)
    {
        if (alert.Row.Kind != AlertKind.Budget || alert.Scope.Resource is not null || alert.Fact(BudgetAlerts.PeriodStart)?.Instant is not { } start || alert.Fact(BudgetAlerts.PeriodEnd)?.Instant is not { } end
            || alert.Fact(BudgetAlerts.Allowance) is not { Number: { } allowance, Unit: { Length: > 0 } currency }) return null;
        var granularity = end - start > TimeSpan.FromDays(2) ? Granularity.Day : Granularity.Hour;
        var (range, now, sum, zone) = (new TimeRange(start, end), clock.GetUtcNow(), 0m, await ZoneOfAsync(tenant, alert, cancellationToken));
        var answer = await spend.TogetherForJob().AskAsync(new SpendQuestion(ReadScope.Whole(tenant), range) { Granularity = granularity, TimeZone = zone, Filter = alert.Scope.ToFilter() }, cancellationToken);
        // Each day at its own rate, as the budget itself counts.
        var rates = await currencies.RatesAsync(tenant, currency, range, cancellationToken);
        var costs = new Dictionary<long, decimal>();
        foreach (var row in answer.Rows.Where(row => row.Figures.Cost != 0))
        {
            if (rates.Find(DateOnly.FromDateTime(row.Period.DateTime)) is not { } rate) return null;
            costs[row.Period.UtcTicks] = currency == ExchangeRates.Usd ? row.Figures.Cost : decimal.Round(row.Figures.Cost * rate.Value, 12, MidpointRounding.ToEven);
        }

        var periods = Periods.Of(range, granularity, zone);
        return new BudgetCourse(start, granularity, [.. periods.Where(period => period <= now).Select(period => sum += costs.GetValueOrDefault(period.UtcTicks))], periods.Count, allowance, currency);
    }

    /// <summary>The budget's, as it is now; UTC where it is gone.</summary>
    private Task<TimeZoneInfo> ZoneOfAsync(TenantId tenant, AlertEntry alert, CancellationToken cancellationToken) => database.RunAsync(tenant, async context =>
        alert.Row.GroupKey.Split('/') is [_, var id, ..] && Guid.TryParse(id, out var budget)
        && await context.Set<RecordedBudget>().AsNoTracking().SingleOrDefaultAsync(row => row.TenantId == tenant.Value && row.Id == budget, cancellationToken) is { } found
            ? TimeZoneInfo.FindSystemTimeZoneById(found.ToBudget().TimeZone) : TimeZoneInfo.Utc, cancellationToken);
}
