using System.Globalization;
using FinOps.Domain.Alerts;

namespace FinOps.Domain.Budgets;

/// <summary>The alerts of budgets, and the words of their facts.</summary>
public static class BudgetAlerts
{
    public const string Percent = "percent";
    public const string Basis = "basis";
    public const string Spent = "spent";
    public const string Allowance = "allowance";
    public const string Carried = "carried";
    public const string Projected = "projected";

    /// <summary>Where the 80 % interval of <see cref="Projected"/> begins, and ends; missing where it is the straight line.</summary>
    public const string ProjectedLow = "projectedLow";
    public const string ProjectedHigh = "projectedHigh";
    public const string PeriodStart = "periodStart";
    public const string PeriodEnd = "periodEnd";
    public const string UnpricedCalls = "unpricedCalls";

    /// <summary>Per unpriced call; missing where they count nothing.</summary>
    public const string Ceiling = "ceiling";

    /// <summary>The estimate of what sampling left out of <see cref="Spent"/>.</summary>
    public const string LeftOut = "leftOut";
    public const string Action = "action";
    public const string Owner = "owner";

    /// <summary>Means one alert of a tenant: a budget's threshold of one period, whoever finds it passed and however often.</summary>
    public static string Key(Budget budget, BudgetPeriod period, BudgetThreshold threshold) => $"{GroupKey(budget, period)}/{KeyOf(threshold)}";

    /// <summary>All alerts of one budget and period are one incident.</summary>
    public static string GroupKey(Budget budget, BudgetPeriod period) =>
        string.Create(CultureInfo.InvariantCulture, $"{KeyOf(budget.Id)}{budget.Cycle.ToString().ToLowerInvariant()}/{period.Start.UtcDateTime:yyyy-MM-dd'T'HH:mm'Z'}");

    /// <summary>What the keys of all incidents of a budget begin with.</summary>
    public static string KeyOf(Guid budget) => $"budget/{budget}/";

    /// <summary>For example <c>actual/80</c>.</summary>
    public static string KeyOf(BudgetThreshold threshold) => $"{(threshold.Basis == ThresholdBasis.Actual ? "actual" : "forecast")}/{threshold.PercentText}";

    public static Alert Of(BudgetEvaluation evaluation, BudgetThreshold threshold, DateTimeOffset now)
    {
        var budget = evaluation.Budget;
        List<AlertFact> facts =
        [
            AlertFact.OfShare(Percent, threshold.Percent / 100), AlertFact.OfText(Basis, threshold.Basis == ThresholdBasis.Actual ? "actual" : "forecast"),
            AlertFact.OfMoney(Spent, evaluation.Spent, budget.Currency), AlertFact.OfMoney(Allowance, evaluation.Allowance, budget.Currency),
            AlertFact.OfInstant(PeriodStart, evaluation.Period.Start), AlertFact.OfInstant(PeriodEnd, evaluation.Period.End),
        ];
        if (evaluation.Carried > 0) facts.Add(AlertFact.OfMoney(Carried, evaluation.Carried, budget.Currency));
        if (evaluation.Projected is { } projected) facts.Add(AlertFact.OfMoney(Projected, projected, budget.Currency));
        if (evaluation is { Low: { } low, High: { } high }) facts.AddRange([AlertFact.OfMoney(ProjectedLow, low, budget.Currency), AlertFact.OfMoney(ProjectedHigh, high, budget.Currency)]);
        if (evaluation.Spend.UnpricedCalls > 0) facts.Add(AlertFact.OfCount(UnpricedCalls, evaluation.Spend.UnpricedCalls, "calls"));
        if (evaluation.Spend.UnpricedCalls > 0 && budget.CeilingPerUnpricedCall is { } ceiling) facts.Add(AlertFact.OfMoney(Ceiling, ceiling, budget.Currency));
        if (evaluation.Spend.LeftOut > 0) facts.Add(AlertFact.OfMoney(LeftOut, evaluation.Spend.LeftOut, budget.Currency));
        if (threshold.Action != BudgetAction.Notify) facts.Add(AlertFact.OfText(Action, threshold.Action.ToString().ToLowerInvariant()));
        if (budget.Owner.Length > 0) facts.Add(AlertFact.OfText(Owner, budget.Owner));
        return new Alert(AlertKind.Budget, SeverityOf(threshold), Key(budget, evaluation.Period, threshold), GroupKey(budget, evaluation.Period), budget.Name, now)
        {
            Scope = budget.Scope,
            Facts = facts,
            Link = $"/budgets/{budget.Id}",
            Channels = budget.Channels,
        };
    }

    /// <summary>What is spent and gone is critical; what is close to it, or foretold, a warning.</summary>
    private static AlertSeverity SeverityOf(BudgetThreshold threshold) => threshold switch
    {
        { Percent: >= 100, Basis: ThresholdBasis.Actual } => AlertSeverity.Critical,
        { Percent: >= 80 } => AlertSeverity.Warning,
        _ => AlertSeverity.Notice,
    };
}
