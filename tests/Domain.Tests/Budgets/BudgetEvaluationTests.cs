using FinOps.Domain.Alerts;
using FinOps.Domain.Budgets;
using FinOps.Domain.Forecasting;
using FinOps.Domain.Usage;
using FinOps.Testing;

namespace FinOps.Domain.Tests.Budgets;

public sealed class BudgetEvaluationTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly BudgetPeriod November = BudgetPeriod.Of(Start, BudgetCycle.Month, TimeZoneInfo.Utc);

    private static Budget Of(decimal amount) => new(Guid.Parse("0193a000-0000-7000-8000-000000000001"), "rag", amount);

    private static BudgetEvaluation At(Budget budget, decimal cost, double days, decimal carried = 0, long unpriced = 0) =>
        BudgetEvaluation.Of(budget, November, new BudgetSpend(cost, UnpricedCalls: unpriced), carried, Start.AddDays(days));

    [Theory]
    [InlineData("49.999999999999", "")]
    [InlineData("50", "50")]
    [InlineData("80", "50 80")]
    [InlineData("250", "50 80 100")]
    public void Passed_Spend_AreTheThresholdsUpToIt(string cost, string passed) =>
        Assert.Equal(passed, string.Join(' ', At(Of(100), decimal.Parse(cost, System.Globalization.CultureInfo.InvariantCulture), 15).Passed.Select(threshold => threshold.PercentText)));

    [Fact]
    public void Passed_BudgetOfZero_IsPassedByAnySpendAndByNoneOtherwise()
    {
        var nothing = At(Of(0), 0, 15);
        Assert.Empty(nothing.Passed);
        Assert.All(nothing.Budget.Thresholds, threshold => Assert.True(nothing.IsBelow(threshold)));
        var little = At(Of(0), 0.000000000001m, 15);
        Assert.Equal(3, little.Passed.Count());
        Assert.Null(little.Share);
    }

    [Fact]
    public void Projected_IsTheStraightLine_AndIsUnknownBeforeATenth()
    {
        Assert.Null(At(Of(100), 90, 2.9).Projected);
        Assert.Equal(300, At(Of(100), 30, 3).Projected);
        Assert.Equal(60, At(Of(100), 30, 15).Projected);
        Assert.Equal(30, At(Of(100), 30, 31).Projected);
    }

    /// <summary>Made on the 16th: 100 spent so far, 10 more on that day, 10 on the next one, 210 in all.</summary>
    private static readonly BudgetForecast Foretold = new(Start.AddDays(16), Start.AddDays(17), 110, 120, 210, 190, 240);

    [Theory]
    [InlineData(100, 15.5, 210, 190, 240)]
    [InlineData(110, 15.9, 210, 190, 240)]
    // More than its day was to cost is not undone by the evening; the day after it was to cost as much again.
    [InlineData(130, 15.9, 230, 210, 260)]
    [InlineData(115, 16.1, 210, 190, 240)]
    [InlineData(125, 16.1, 215, 195, 245)]
    [InlineData(400, 15.9, 500, 480, 530)]
    public void Projected_WithAForecast_IsItsPointWithWhatCameBeyond(double spent, double days, double point, double low, double high)
    {
        var evaluation = BudgetEvaluation.Of(Of(100), November, new BudgetSpend((decimal)spent), 0, Start.AddDays(days), Foretold);

        Assert.Equal(((decimal)point, (decimal)low, (decimal)high, ForecastMethod.Model), (evaluation.Projected, evaluation.Low, evaluation.High, evaluation.ProjectedBy));
    }

    [Theory]
    [InlineData(4, 12, 10, 8, 13)]
    [InlineData(5, 12, 10, 8, 13)]
    [InlineData(8, 12, 13, 11, 16)]
    [InlineData(11, 18, 13.5, 11.5, 16.5)]
    public void Projected_OfADayThatRunsAheadOfItsForecast_IsWhatTheRestOfTheDayAddsToIt(double spent, double hours, double point, double low, double high)
    {
        var day = BudgetPeriod.Of(Start, BudgetCycle.Day, TimeZoneInfo.Utc);
        var foretold = new BudgetForecast(Start.AddDays(1), Start.AddDays(2), 10, 10, 10, 8, 13);

        var evaluation = BudgetEvaluation.Of(Of(100) with { Cycle = BudgetCycle.Day }, day, new BudgetSpend((decimal)spent), 0, Start.AddHours(hours), foretold);

        Assert.Equal(((decimal)point, (decimal)low, (decimal)high), (evaluation.Projected, evaluation.Low, evaluation.High));
    }

    [Fact]
    public void Projected_WithAForecastThatIsTooOld_IsTheStraightLine()
    {
        var line = BudgetEvaluation.Of(Of(100), November, new BudgetSpend(170), 0, Start.AddDays(17), Foretold);
        Assert.Equal((300m, null, ForecastMethod.StraightLine), (line.Projected, line.Low, line.ProjectedBy));
        // And of a period that is over it is what was spent.
        var over = BudgetEvaluation.Of(Of(100), November, new BudgetSpend(170), 0, Start.AddDays(30), Foretold with { Until = Start.AddDays(40) });
        Assert.Equal((170m, null), (over.Projected, over.High));
    }

    [Fact]
    public void Alert_OfAForecast_TellsItsInterval()
    {
        var threshold = new BudgetThreshold(100, ThresholdBasis.Forecast);
        var told = BudgetAlerts.Of(BudgetEvaluation.Of(Of(200) with { Thresholds = [threshold] }, November, new BudgetSpend(100), 0, Start.AddDays(15.5), Foretold), threshold, Start.AddDays(15.5));
        Assert.Equal(["210", "190", "240"], ((string[])[BudgetAlerts.Projected, BudgetAlerts.ProjectedLow, BudgetAlerts.ProjectedHigh]).Select(name => told.Facts.Single(fact => fact.Name == name).Value));
        var line = BudgetAlerts.Of(At(Of(200), 100, 15), threshold, Start.AddDays(15));
        Assert.DoesNotContain(line.Facts, fact => fact.Name == BudgetAlerts.ProjectedLow);
    }

    [Fact]
    public void Forecast_CloseBelow_NeitherPassesNorHasFallen()
    {
        var threshold = new BudgetThreshold(100, ThresholdBasis.Forecast);
        var budget = Of(100) with { Thresholds = [threshold] };
        Assert.True(At(budget, 50, 15).Passes(threshold));
        var close = At(budget, 49, 15);
        Assert.False(close.Passes(threshold));
        Assert.False(close.IsBelow(threshold));
        Assert.True(At(budget, 47, 15).IsBelow(threshold));
        // Nothing is known of it yet.
        Assert.False(At(budget, 1, 1).IsBelow(threshold));
    }

    [Fact]
    [CostPitfall(29, "litellm#21023, #10598; Arbr: an unknown model counts nothing")]
    public void Spent_UnpricedCalls_CountAtTheCeilingThatTheOwnerSet()
    {
        Assert.Equal(10, At(Of(100), 10, 15, unpriced: 40).Spent);
        var budget = Of(100) with { CeilingPerUnpricedCall = 2m };
        var evaluation = At(budget, 10, 15, unpriced: 40);
        Assert.Equal(90, evaluation.Spent);
        var facts = BudgetAlerts.Of(evaluation, new BudgetThreshold(80), Start).Facts;
        Assert.Equal(40, facts.Single(fact => fact.Name == BudgetAlerts.UnpricedCalls).Number);
        Assert.Equal(2, facts.Single(fact => fact.Name == BudgetAlerts.Ceiling).Number);
    }

    [Fact]
    public void RollOver_Anything_IsWhatWasLeftUpToOneAmount()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var budget = Of(random.Next(0, 1_000)) with { RollOver = true };
            var (allowance, carried) = (budget.Amount, 0m);
            for (var period = 0; period < 12; period++)
            {
                var spent = random.Next(0, 1_500) / 2m;
                carried = BudgetRollOver.Carried(budget, allowance, spent);
                Assert.InRange(carried, 0, budget.Amount);
                // Never more than was left, and all of it unless that is more than one amount.
                Assert.True(carried == Math.Max(0, allowance - spent) || (carried == budget.Amount && allowance - spent > budget.Amount), $"seed {seed}");
                allowance = budget.Amount + carried;
            }
        }

        Assert.Equal(0, BudgetRollOver.Carried(Of(100), 100, 10));
    }

    [Fact]
    public void Passed_MoreSpend_NeverPassesFewerThresholds()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var budget = Of(random.Next(0, 50)) with
            {
                Thresholds = [.. Enumerable.Range(1, 6).Select(i => new BudgetThreshold(random.Next(1, 300) + i / 100m, (ThresholdBasis)random.Next(2)))],
            };
            var (cost, day) = (random.Next(0, 100) / 3m, random.NextDouble() * 30);
            var (less, more) = (At(budget, cost, day), At(budget, cost + random.Next(0, 100) / 7m, day));
            Assert.Subset(more.Passed.ToHashSet(), less.Passed.ToHashSet());
            Assert.All(less.Passed, threshold => Assert.False(less.IsBelow(threshold)));
        }
    }

    [Fact]
    public void Action_SeveralPassed_IsTheMostOfThem()
    {
        var budget = Of(100) with { Thresholds = [new(50, Action: BudgetAction.Throttle), new(80), new(100, Action: BudgetAction.Block)] };
        Assert.Null(At(budget, 10, 15).Action);
        Assert.Equal(BudgetAction.Throttle, At(budget, 85, 15).Action);
        Assert.Equal(BudgetAction.Block, At(budget, 100, 15).Action);
    }

    [Fact]
    public void Preview_OfAMonth_SaysOnWhichDayEachThresholdWasPassed()
    {
        var budget = Of(100) with { Thresholds = [.. BudgetThreshold.Usual, new(200, ThresholdBasis.Forecast)] };
        var days = Enumerable.Range(0, 30).Select(day => new BudgetStretch(Start.AddDays(day), Start.AddDays(day + 1), new BudgetSpend(day is 11 ? 60 : 1))).ToList();
        var preview = BudgetPreview.Of(budget, November, days);
        Assert.Equal(89, preview.Spent);
        Assert.Equal([12, 21, null, null], preview.Alerts.Select(alert => alert.At?.Day));
    }

    [Theory]
    [InlineData("", 10, "name")]
    [InlineData("rag", -1, "amount")]
    public void FindProblem_OfAWrongBudget_SaysWhatIsWrong(string name, int amount, string word) =>
        Assert.Contains(word, new Budget(Guid.NewGuid(), name, amount).FindProblem(), StringComparison.Ordinal);

    [Fact]
    public void FindProblem_OfWrongParts_SaysWhatIsWrong()
    {
        Assert.Null(Of(0).FindProblem());
        Assert.Contains("IANA", (Of(1) with { TimeZone = "Mars/Olympus" }).FindProblem(), StringComparison.Ordinal);
        Assert.Contains("twice", (Of(1) with { Thresholds = [new(50), new(50m)] }).FindProblem(), StringComparison.Ordinal);
        Assert.Contains("two decimals", (Of(1) with { Thresholds = [new(50.001m)] }).FindProblem(), StringComparison.Ordinal);
        Assert.Contains("project's id", (Of(1) with { Scope = SpendScope.Of(ScopeDimension.Project, "main") }).FindProblem(), StringComparison.Ordinal);
        Assert.Contains("Session", (Of(1) with { Scope = SpendScope.Of(ScopeDimension.Session, "s") }).FindProblem(), StringComparison.Ordinal);
        Assert.Contains("by Environment", (Of(1) with { Scope = SpendScope.Of(ScopeDimension.GpuPool, "h100").And(ScopeDimension.Environment, "production") }).FindProblem(), StringComparison.Ordinal);
        Assert.Contains("by Model", (Of(1) with { Scope = SpendScope.Of(ScopeDimension.VectorDatabase, "qdrant").And(ScopeDimension.Model, "m") }).FindProblem(), StringComparison.Ordinal);
        Assert.Null((Of(1) with { Scope = SpendScope.Of(ScopeDimension.GpuPool, "h100").And(ScopeDimension.Model, "m").And(ScopeDimension.Team, "") }).FindProblem());
    }

    [Fact]
    public void Alert_OfAThreshold_HasAKeyOfBudgetPeriodBasisAndPercent()
    {
        var alert = BudgetAlerts.Of(At(Of(100), 100, 15), new BudgetThreshold(99.50m), Start.AddDays(15));
        Assert.Equal("budget/0193a000-0000-7000-8000-000000000001/month/2026-11-01T00:00Z/actual/99.5", alert.Key);
        Assert.Null(alert.FindProblem());
        Assert.Equal(AlertSeverity.Warning, alert.Severity);
        Assert.Equal(AlertSeverity.Critical, BudgetAlerts.Of(At(Of(100), 100, 15), new BudgetThreshold(100), Start).Severity);
    }
}
