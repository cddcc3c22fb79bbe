using System.Globalization;
using FinOps.Analytics.Budgets;
using FinOps.Domain.Budgets;
using FinOps.Domain.Currencies;
using FinOps.Domain.Forecasting;
using FinOps.Domain.Usage;
using FinOps.Web.Parts;

namespace FinOps.Web.Features.Budgets;

/// <summary>Budgets in words.</summary>
internal static class BudgetTexts
{
    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    /// <summary>As all money, but that another currency than USD stands behind the amount.</summary>
    public static string Money(decimal amount, string currency) =>
        currency == ExchangeRates.Usd ? Figures.Money(amount) : $"{Figures.Money(amount).Replace("$", "", StringComparison.Ordinal)} {currency}";

    public static string MoneyExact(decimal amount, string currency) =>
        currency == ExchangeRates.Usd ? Figures.MoneyExact(amount) : $"{Figures.MoneyExact(amount).Replace("$", "", StringComparison.Ordinal)} {currency}";

    /// <summary>"feature is rag or chat, team is search"; "all calls".</summary>
    public static string Scope(SpendScope scope, IReadOnlyDictionary<string, string>? projects = null) => scope.Parts.Count == 0
        ? "all calls"
        : string.Join(", ", scope.Parts.Select(part => $"{Dimension(part.Dimension)} is {string.Join(" or ", part.Values.Select(value => Value(part.Dimension, value, projects)))}"));

    /// <summary>"feature", "GPU pool".</summary>
    public static string Dimension(ScopeDimension dimension) => dimension switch
    {
        ScopeDimension.GpuPool => "GPU pool",
        ScopeDimension.VectorDatabase => "vector database",
        _ => dimension.ToString().ToLowerInvariant(),
    };

    /// <summary>What a budget of such conditions counts, for the head of their list.</summary>
    public static string Counts(IReadOnlyCollection<ScopeDimension> dimensions) =>
        dimensions.Count == 0 ? "all calls"
        : dimensions.Contains(ScopeDimension.GpuPool) ? "what GPUs cost, used or idle, with"
        : dimensions.Contains(ScopeDimension.VectorDatabase) ? "what vector databases and buckets cost, with"
        : "only calls with";

    public static string ValuesHint(ScopeDimension dimension) => dimension switch
    {
        ScopeDimension.GpuPool => "an accelerator or a host a line, as on GPUs",
        ScopeDimension.VectorDatabase => "a system, host or collection a line, as on Vectors",
        _ => "one value a line",
    };

    public static string Value(ScopeDimension dimension, string value, IReadOnlyDictionary<string, string>? projects) =>
        value.Length == 0 ? BudgetForm.NotTold : dimension == ScopeDimension.Project && projects?.TryGetValue(value, out var name) == true ? name : value;

    /// <summary>"a month", "a day".</summary>
    public static string Cycle(BudgetCycle cycle) => $"a {cycle.ToString().ToLowerInvariant()}";

    /// <summary>"November 2026", "26 Nov 2026", "week of 23 Nov 2026", "Q4 2026", in the budget's own zone.</summary>
    public static string Period(BudgetCycle cycle, DateTimeOffset start, string timeZone)
    {
        var local = TimeZoneInfo.ConvertTime(start, TimeZoneInfo.FindSystemTimeZoneById(timeZone));
        return cycle switch
        {
            BudgetCycle.Month => local.ToString("MMMM yyyy", Culture),
            BudgetCycle.Quarter => string.Create(Culture, $"Q{(local.Month + 2) / 3} {local.Year}"),
            BudgetCycle.Week => "week of " + local.ToString("d MMM yyyy", Culture),
            _ => local.ToString("d MMM yyyy", Culture),
        };
    }

    /// <summary>"80 %", "100 % by forecast".</summary>
    public static string Threshold(BudgetThreshold threshold) => $"{threshold.PercentText} %{(threshold.Basis == ThresholdBasis.Forecast ? " by forecast" : "")}";

    /// <summary>"$80.00 to $120.00, in 4 of 5 cases"; "by the straight line"; empty where nothing is projected.</summary>
    public static string ProjectedBy(BudgetEvaluation evaluation) => evaluation switch
    {
        { Low: { } low, High: { } high } => $"{Money(low, evaluation.Budget.Currency)} to {Money(high, evaluation.Budget.Currency)}, in 4 of 5 cases",
        { Projected: not null } => "by the straight line",
        _ => "",
    };

    /// <summary>Why it is the straight line, or how right such forecasts were; for a hover or a line below.</summary>
    public static string ProjectionNote(BudgetStanding standing) => standing switch
    {
        { Evaluation.ProjectedBy: ForecastMethod.Model, Forecast: { Coverage: { } coverage } known } =>
            string.Create(Culture, $"From the habits of {known.HistoryDays} days. Of earlier forecasts of this history {coverage:P0} held what came."),
        { Evaluation.ProjectedBy: ForecastMethod.Model, Forecast: { } known } => $"From the habits of {known.HistoryDays} days: too few to tell how right such forecasts were.",
        { Evaluation.Projected: null } => $"Told once a tenth of the period is over, or {SpendForecast.MinDays} whole days with spend are known.",
        { Forecast: { Point: null } known } => $"As on average so far: only {known.HistoryDays} of {SpendForecast.MinDays} whole days with spend are known.",
        _ => "As on average so far, until it is forecast.",
    };

    /// <summary>"passed 80 %"; empty where none is passed.</summary>
    public static string Passed(BudgetEvaluation evaluation) =>
        evaluation.Passed.LastOrDefault(threshold => threshold.Basis == ThresholdBasis.Actual) is { Percent: > 0 } actual ? $"passed {actual.PercentText} %"
        : evaluation.Passed.Any() ? "forecast" : "";

    public static string Action(BudgetAction action) => action switch
    {
        BudgetAction.Downgrade => "ask for cheaper models",
        BudgetAction.Throttle => "ask for fewer calls",
        BudgetAction.Block => "ask for no more calls",
        _ => "alert",
    };

    public static string Act(BudgetAct act) => act switch
    {
        BudgetAct.Made => "made it",
        BudgetAct.Changed => "changed it",
        BudgetAct.Undone => "put an earlier version back",
        BudgetAct.Archived => "archived it",
        _ => "restored it",
    };

    /// <summary>What a version says, for a line of the history.</summary>
    public static string Summary(Budget budget, IReadOnlyDictionary<string, string>? projects) => string.Create(Culture,
        $"{budget.Name}: {Money(budget.Amount, budget.Currency)} {Cycle(budget.Cycle)} ({budget.TimeZone}), {Scope(budget.Scope, projects)}; alerts at {string.Join(", ", budget.Thresholds.Select(Threshold))}{(budget.RollOver ? "; rolls over" : "")}{(budget.CeilingPerUnpricedCall is { } ceiling ? $"; {Money(ceiling, budget.Currency)} for a call without a price" : "")}");

    /// <summary>"on the 12th", "on 3 Nov at 14:00" of a day's hours; in the budget's own zone.</summary>
    public static string On(DateTimeOffset at, BudgetCycle cycle)
    {
        if (cycle == BudgetCycle.Day) return "at " + at.ToString("HH:mm", Culture);
        if (cycle is BudgetCycle.Quarter or BudgetCycle.Week) return "on " + at.ToString("d MMM", Culture);
        var suffix = (at.Day % 10, at.Day) switch { (1, not 11) => "st", (2, not 12) => "nd", (3, not 13) => "rd", _ => "th" };
        return string.Create(Culture, $"on the {at.Day}{suffix}");
    }
}
