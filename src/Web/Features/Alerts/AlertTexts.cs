using System.Globalization;
using FinOps.Analytics.Alerts;
using FinOps.Domain.Alerts;
using FinOps.Domain.Budgets;
using FinOps.Web.Features.Budgets;
using FinOps.Web.Parts;

namespace FinOps.Web.Features.Alerts;

/// <summary>Alerts, which are data, in words.</summary>
internal static class AlertTexts
{
    public static string Title(AlertEntry alert) => alert.Row.Kind switch
    {
        AlertKind.Budget => alert.Fact(BudgetAlerts.Basis)?.Value == "forecast"
            ? $"{alert.Row.Subject}: on course for {Percent(alert)} of the budget"
            : $"{alert.Row.Subject}: {Percent(alert)} of the budget spent",
        AlertKind.Runaway => RunawayTexts.Title(alert),
        AlertKind.Agent => AgentAlertTexts.Title(alert),
        _ => AnomalyTexts.Title(alert),
    };

    /// <summary>What was seen when it was raised, in one line.</summary>
    public static string Facts(AlertEntry alert, TimeZoneInfo zone) => string.Join(" · ", alert.Row.Kind switch
    {
        AlertKind.Budget => OfBudget(alert, zone).Where(text => text.Length > 0),
        AlertKind.Runaway => RunawayTexts.Facts(alert, zone),
        AlertKind.Agent => AgentAlertTexts.Facts(alert, zone),
        _ => AnomalyTexts.Facts(alert, zone),
    });

    /// <summary>Whose calls it is about; of a gateway, that it is one.</summary>
    public static string Scope(AlertEntry alert, IReadOnlyDictionary<string, string>? projects = null) => alert.Row.Kind == AlertKind.Agent ? "a gateway" : BudgetTexts.Scope(alert.Scope, projects);

    public static string Value(AlertFact fact, TimeZoneInfo zone) => fact switch
    {
        { Kind: AlertFactKind.Money, Number: { } amount } => BudgetTexts.Money(amount, fact.Unit),
        { Kind: AlertFactKind.Share, Number: { } share } => (share * 100).ToString("0.##", CultureInfo.InvariantCulture) + " %",
        { Kind: AlertFactKind.Count, Number: { } count } => $"{count.ToString("#,##0.##", CultureInfo.InvariantCulture)} {(count == 1 && fact.Unit.EndsWith('s') ? fact.Unit[..^1] : fact.Unit)}".TrimEnd(),
        { Instant: { } instant } => Figures.Instant(instant, zone),
        _ => fact.Value,
    };

    public static string State(AlertState state) => state.ToString().ToLowerInvariant();

    public static string Act(AlertAct act) => act switch
    {
        AlertAct.Opened => "raised it",
        AlertAct.Acknowledged => "acknowledged it",
        AlertAct.Resolved => "resolved it",
        AlertAct.Reopened => "opened it again",
        AlertAct.FellBelow => "saw a correction bring the figure below the threshold",
        AlertAct.RoseAgain => "saw the figure pass the threshold again",
        AlertAct.Snoozed => "put it off",
        AlertAct.JudgedUseful => "said that it was useful",
        _ => "said that it was not useful",
    };

    private static IEnumerable<string> OfBudget(AlertEntry alert, TimeZoneInfo zone)
    {
        var (spent, allowance) = (alert.Fact(BudgetAlerts.Spent), alert.Fact(BudgetAlerts.Allowance));
        if (spent is not null && allowance is not null) yield return $"{Value(spent, zone)} of {Value(allowance, zone)}";
        if (alert.Fact(BudgetAlerts.Projected) is { } end)
        {
            yield return alert.Fact(BudgetAlerts.ProjectedLow) is { } low && alert.Fact(BudgetAlerts.ProjectedHigh) is { } high
                ? $"{Value(end, zone)} projected ({Value(low, zone)} to {Value(high, zone)} in 4 of 5 cases)"
                : $"{Value(end, zone)} projected by the straight line";
        }

        if (alert.Fact(BudgetAlerts.UnpricedCalls) is { } unpriced)
            yield return $"{Value(unpriced, zone)} without a price, {(alert.Fact(BudgetAlerts.Ceiling) is { } ceiling ? $"counted at {Value(ceiling, zone)} each" : "not counted")}";
        if (alert.Fact(BudgetAlerts.LeftOut) is { } leftOut) yield return $"about {Value(leftOut, zone)} more was not sampled";
        if (alert.Fact(BudgetAlerts.Action)?.Value is { } word && Enum.TryParse<BudgetAction>(word, ignoreCase: true, out var action)) yield return BudgetTexts.Action(action);
        if (alert.Fact(BudgetAlerts.Owner) is { } owner) yield return owner.Value;
    }

    private static string Percent(AlertEntry alert) => alert.Fact(BudgetAlerts.Percent) is { } percent ? Value(percent, TimeZoneInfo.Utc) : "a share";
}
