namespace FinOps.Analytics.Budgets;

/// <summary>Budgets and their evaluation. Section <c>FinOps:Budgets</c>.</summary>
public sealed class BudgetOptions
{
    public const string Section = "FinOps:Budgets";

    /// <summary>Budgets of one tenant that are not archived. Default 10,000: so many are evaluated in a few seconds.</summary>
    public int MaxBudgets { get; set; } = 10_000;

    /// <summary>Hours for which a period that is over is still evaluated, for calls that come late and costs that are corrected. Default 48.</summary>
    public int LateHours { get; set; } = 48;

    /// <summary>Minutes after which a stretch is asked about again even though nothing was written. Default 60: what is removed is no write.</summary>
    public int AskAgainMinutes { get; set; } = 60;

    /// <summary>Budgets of one question that names their values; of more it asks for all values at once. Default 200.</summary>
    public int BudgetsPerQuestion { get; set; } = 200;

    /// <summary>Forecasts of one organisation's budgets that one run makes; further ones follow with the next, five minutes later. Default 2,000: some seconds of arithmetic. Counter: finops.budgets.forecasts_left_for_later.</summary>
    public int ForecastsPerRun { get; set; } = 2_000;

    /// <summary>Rows of one answer; of more the budgets are asked about in parts. Default 200,000.</summary>
    public int RowsPerQuestion { get; set; } = 200_000;

    /// <summary>Days for which periods that are over and alerts are kept. Default 800: two years and what is needed to compare them.</summary>
    public int KeepDays { get; set; } = 800;

    internal bool IsValid => MaxBudgets is >= 1 and <= 100_000 && LateHours is >= 0 and <= 24 * 31 && AskAgainMinutes is >= 1 and <= 24 * 60
        && BudgetsPerQuestion is >= 1 and <= 1_000 && ForecastsPerRun is >= 1 and <= 100_000 && RowsPerQuestion is >= 1_000 and <= 2_000_000 && KeepDays is >= 100 and <= 36_500;

    internal const string Problem = $"{Section}: MaxBudgets 1 to 100,000, LateHours 0 to 744, AskAgainMinutes 1 to 1,440, BudgetsPerQuestion 1 to 1,000, ForecastsPerRun 1 to 100,000, RowsPerQuestion 1,000 to 2,000,000, KeepDays 100 to 36,500.";
}
