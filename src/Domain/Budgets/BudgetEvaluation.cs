using FinOps.Domain.Forecasting;

namespace FinOps.Domain.Budgets;

/// <summary>How a budget stands at an instant of one of its periods. Pure.</summary>
public sealed record BudgetEvaluation
{
    /// <summary>How much of a period must be over before a straight line is drawn. Default a tenth: before that one busy hour would foretell anything.</summary>
    public const decimal LeastElapsed = 0.1m;

    /// <summary>How far below a threshold a projection must come before it is said to have fallen below. Default to 95 % of it: projections move with every hour.</summary>
    public const decimal ForecastEases = 0.95m;

    private BudgetEvaluation(Budget budget, BudgetPeriod period, BudgetSpend spend, decimal carried, DateTimeOffset now, BudgetForecast? forecast)
    {
        (Budget, Period, Spend, Carried) = (budget, period, spend, carried);
        Spent = spend.Counted(budget);
        var elapsed = period.Elapsed(now);
        if (elapsed < 1 && forecast?.At(Spent, now, budget.Cycle == BudgetCycle.Day ? elapsed : null) is { } told)
        {
            (Projected, Low, High, ProjectedBy) = (told.Point, told.Low, told.High, ForecastMethod.Model);
            return;
        }

        Projected = elapsed < LeastElapsed ? null : elapsed >= 1 ? Spent : decimal.Round(Spent / elapsed, 12);
        ProjectedBy = Projected is null ? ForecastMethod.None : ForecastMethod.StraightLine;
    }

    public Budget Budget { get; }

    public BudgetPeriod Period { get; }

    public BudgetSpend Spend { get; }

    /// <summary>From the previous period.</summary>
    public decimal Carried { get; }

    /// <summary>The amount with what was carried.</summary>
    public decimal Allowance => Budget.Amount + Carried;

    /// <summary>What counts against the allowance: cost, and unpriced calls at their ceiling.</summary>
    public decimal Spent { get; }

    /// <summary>Of the allowance, 1 = all of it; null where that is 0.</summary>
    public decimal? Share => Allowance == 0 ? null : Spent / Allowance;

    /// <summary>What the period ends with: by its forecast, or if it goes on as on average so far (<see cref="ProjectedBy"/>); null while neither can be told.</summary>
    public decimal? Projected { get; }

    /// <summary>Where the 80 % interval of <see cref="Projected"/> begins; null where it is no forecast's.</summary>
    public decimal? Low { get; }

    /// <summary>Where it ends.</summary>
    public decimal? High { get; }

    public ForecastMethod ProjectedBy { get; }

    /// <summary>What is asked for: the most of what the passed thresholds ask for; null where none is passed.</summary>
    public BudgetAction? Action => Passed.Select(threshold => (BudgetAction?)threshold.Action).Max();

    /// <summary>By percent, actual before forecast.</summary>
    public IEnumerable<BudgetThreshold> Passed => Budget.Thresholds.Where(Passes).OrderBy(threshold => threshold.Basis).ThenBy(threshold => threshold.Percent);

    /// <param name="budget">As it is defined.</param>
    /// <param name="period">One of its periods.</param>
    /// <param name="spend">Of it, until now.</param>
    /// <param name="carried">From the period before.</param>
    /// <param name="now">The present.</param>
    /// <param name="forecast">Of this period and definition; null: the straight line.</param>
    public static BudgetEvaluation Of(Budget budget, BudgetPeriod period, BudgetSpend spend, decimal carried, DateTimeOffset now, BudgetForecast? forecast = null) => new(budget, period, spend, carried, now, forecast);

    /// <summary>Of an allowance of zero any spend passes every threshold.</summary>
    public bool Passes(BudgetThreshold threshold) =>
        Figure(threshold) is { } figure && (Allowance == 0 ? figure > 0 : figure * 100 >= threshold.Percent * Allowance);

    /// <summary>Whether what once passed is clearly below again. Neither this nor <see cref="Passes"/> holds of a projection that is close below.</summary>
    public bool IsBelow(BudgetThreshold threshold)
    {
        if (Figure(threshold) is not { } figure) return false;
        if (threshold.Basis == ThresholdBasis.Actual) return !Passes(threshold);
        return Allowance == 0 ? figure == 0 : figure * 100 < threshold.Percent * Allowance * ForecastEases;
    }

    private decimal? Figure(BudgetThreshold threshold) => threshold.Basis == ThresholdBasis.Actual ? Spent : Projected;
}
