using FinOps.Domain.Budgets;

namespace FinOps.Analytics.Budgets;

/// <summary>One period of one budget that is looked at.</summary>
/// <param name="Id">The budget's.</param>
/// <param name="Version">Of the budget as it is now.</param>
/// <param name="State">What the last evaluation found; null where there was none.</param>
/// <param name="Previous">The same of the period before, for what it hands on.</param>
/// <param name="Forecast">Of this period and version; null: the straight line.</param>
internal sealed record BudgetWork(Guid Id, int Version, Budget Budget, BudgetPeriod Period, BudgetPeriodState? State, BudgetPeriodState? Previous, BudgetForecast? Forecast = null)
{
    /// <summary>Of which thresholds it is known that they have an alert.</summary>
    public IReadOnlyList<string> Alerted => State?.Alerted ?? [];
}

/// <summary>What follows from a period's spend: the state to be stored, and what is told. Pure.</summary>
/// <param name="State">As it is from now on.</param>
/// <param name="IsChanged">It differs from what is stored.</param>
/// <param name="Raised">Thresholds that get an alert.</param>
/// <param name="Fallen">Keys of alerts whose figure is below again.</param>
/// <param name="Risen">Keys of alerts whose figure passed again.</param>
internal sealed record BudgetDecision(
    BudgetPeriodState State, bool IsChanged, BudgetEvaluation Evaluation, IReadOnlyList<BudgetThreshold> Raised, IReadOnlyList<string> Fallen, IReadOnlyList<string> Risen)
{
    /// <param name="tenant">Whose.</param>
    /// <param name="work">What is looked at.</param>
    /// <param name="found">What it spent. With a problem nothing is decided, and the figures of before stay.</param>
    /// <param name="carried">From the period before.</param>
    /// <param name="now">For the projection.</param>
    /// <param name="askedAt">When the spend was asked, by the clock of PostgreSQL.</param>
    public static BudgetDecision Of(Guid tenant, BudgetWork work, FoundSpend found, decimal carried, DateTimeOffset now, DateTimeOffset askedAt)
    {
        var before = work.State;
        var isKnown = found.Problem.Length == 0;
        var spend = isKnown ? found.Spend : before is null ? default : new BudgetSpend(before.Cost, before.LeftOut, before.UnpricedCalls);
        var evaluation = BudgetEvaluation.Of(work.Budget, work.Period, spend, carried, now, work.Forecast);
        var alerted = work.Alerted.ToHashSet(StringComparer.Ordinal);
        var fallen = (before?.Fallen ?? []).ToHashSet(StringComparer.Ordinal);
        var (raised, fell, rose) = (new List<BudgetThreshold>(), new List<string>(), new List<string>());
        foreach (var threshold in isKnown ? work.Budget.Thresholds : [])
        {
            var key = BudgetAlerts.KeyOf(threshold);
            if (evaluation.Passes(threshold))
            {
                if (alerted.Add(key)) raised.Add(threshold);
                if (fallen.Remove(key)) rose.Add(BudgetAlerts.Key(work.Budget, work.Period, threshold));
            }
            else if (alerted.Contains(key) && evaluation.IsBelow(threshold) && fallen.Add(key))
            {
                fell.Add(BudgetAlerts.Key(work.Budget, work.Period, threshold));
            }
        }

        var state = new BudgetPeriodState
        {
            TenantId = tenant,
            BudgetId = work.Id,
            StartsAt = work.Period.Start.ToUniversalTime(),
            EndsAt = work.Period.End.ToUniversalTime(),
            Version = work.Version,
            Cost = spend.Cost,
            LeftOut = spend.LeftOut,
            UnpricedCalls = spend.UnpricedCalls,
            Spent = evaluation.Spent,
            Carried = carried,
            Allowance = evaluation.Allowance,
            Alerted = [.. alerted.Order(StringComparer.Ordinal)],
            Fallen = [.. fallen.Order(StringComparer.Ordinal)],
            Problem = found.Problem,
            AskedAt = askedAt,
        };
        return new BudgetDecision(state, before is null || !IsSame(before, state), evaluation, raised, fell, rose);
    }

    private static bool IsSame(BudgetPeriodState a, BudgetPeriodState b) =>
        (a.Version, a.Cost, a.LeftOut, a.UnpricedCalls, a.Spent, a.Carried, a.Allowance, a.Problem) == (b.Version, b.Cost, b.LeftOut, b.UnpricedCalls, b.Spent, b.Carried, b.Allowance, b.Problem)
        && a.Alerted.SequenceEqual(b.Alerted, StringComparer.Ordinal) && a.Fallen.SequenceEqual(b.Fallen, StringComparer.Ordinal);
}
