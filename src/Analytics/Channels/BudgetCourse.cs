using FinOps.Analytics.Alerts;
using FinOps.Analytics.Budgets;
using FinOps.Analytics.Spend;
using FinOps.Domain.Alerts;
using FinOps.Domain.Budgets;
using FinOps.Domain.Currencies;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Channels;

/// <summary>How a budget's period went up to now, for the chart of a mail.</summary>
/// <param name="Sums">What was spent up to the end of each day or hour, in USD; those to come are missing.</param>
/// <param name="Places">How many days or hours the period has.</param>
public sealed record BudgetCourse(DateTimeOffset Start, Granularity Granularity, IReadOnlyList<decimal> Sums, int Places, decimal Allowance);

/// <summary>Asks how the period of a budget's alert went. Jobs ask, so it takes nothing of what the tenant's people may ask.</summary>
public sealed class BudgetCourseReader(SpendReader spend, TimeProvider clock)
{
    /// <summary>Null of other alerts, and of budgets of GPUs and vector databases or in other currencies than USD.</summary>
    public async Task<BudgetCourse?> FindAsync(TenantId tenant, AlertEntry alert, CancellationToken cancellationToken)
    {
        if (alert.Row.Kind != AlertKind.Budget || alert.Scope.Resource is not null || alert.Fact(BudgetAlerts.PeriodStart)?.Instant is not { } start || alert.Fact(BudgetAlerts.PeriodEnd)?.Instant is not { } end
            || alert.Fact(BudgetAlerts.Allowance) is not { Number: { } allowance, Unit: ExchangeRates.Usd }) return null;
        var granularity = end - start > TimeSpan.FromDays(2) ? Granularity.Day : Granularity.Hour;
        var (range, now, sum) = (new TimeRange(start, end), clock.GetUtcNow(), 0m);
        var answer = await spend.TogetherForJob().AskAsync(new SpendQuestion(ReadScope.Whole(tenant), range) { Granularity = granularity, Filter = alert.Scope.ToFilter() }, cancellationToken);
        var costs = answer.Rows.GroupBy(row => row.Period.UtcTicks).ToDictionary(few => few.Key, few => few.Sum(row => row.Figures.Cost));
        var periods = Periods.Of(range, granularity, TimeZoneInfo.Utc);
        return new BudgetCourse(start, granularity, [.. periods.Where(period => period <= now).Select(period => sum += costs.GetValueOrDefault(period.UtcTicks))], periods.Count, allowance);
    }
}
