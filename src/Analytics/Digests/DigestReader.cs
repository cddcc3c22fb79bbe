using FinOps.Analytics.Alerts;
using FinOps.Analytics.Budgets;
using FinOps.Analytics.Changes;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Alerts;
using FinOps.Domain.Digests;

namespace FinOps.Analytics.Digests;

/// <summary>Reads what a digest tells, within the member's own reach. A job asks, so it takes nothing of what the tenant's people may ask.</summary>
public sealed class DigestReader(SpendReader spend, ChangeReader changes, BudgetBook budgets, AlertBook alerts, TimeProvider clock)
{
    /// <summary>Open alerts that a digest names; further ones are counted. Default 10.</summary>
    public const int MaxAlerts = 10;

    public async Task<Digest> ReadAsync(MemberPlace place, Guid userId, string recipient, DigestPeriod period, TimeZoneInfo zone, CancellationToken cancellationToken)
    {
        var (scope, together, now) = (place.Scope, spend.TogetherForJob(), clock.GetUtcNow());
        var (before, after) = (new TimeRange(period.Before, period.Start), new TimeRange(period.Start, period.End));
        var days = Periods.Of(after, Granularity.Day, zone);
        var byDay = together.AskAsync(new SpendQuestion(scope, after) { Granularity = Granularity.Day, TimeZone = zone }, cancellationToken);
        var earlier = together.SumAsync(new SpendQuestion(scope, before), cancellationToken);
        var change = changes.TogetherForJob().AskAsync(new ChangeQuestion(scope, before, after), cancellationToken);
        await Task.WhenAll(byDay, earlier, change);
        var costs = (await byDay).Rows.ToDictionary(row => row.Period.UtcTicks, row => row.Figures.Cost);
        var open = await alerts.ListAsync(scope, new AlertsQuestion(AlertState.Open, null, 0, MaxAlerts), cancellationToken);
        return new Digest(place, userId, recipient, period, zone, now)
        {
            Spent = (await byDay).Sum(),
            Before = await earlier,
            Days = [.. days.Select(day => costs.GetValueOrDefault(day.UtcTicks))],
            Change = await change,
            Budgets = await budgets.ListAsync(scope, cancellationToken),
            Alerts = [.. open.Take(MaxAlerts)],
            OpenAlerts = await alerts.CountOpenAsync(scope, cancellationToken),
        };
    }
}
