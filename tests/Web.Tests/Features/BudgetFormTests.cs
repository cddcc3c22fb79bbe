using FinOps.Domain.Budgets;
using FinOps.Domain.Usage;
using FinOps.Web.Features.Budgets;

namespace FinOps.Web.Tests.Features;

public sealed class BudgetFormTests
{
    private const string Project = "0193a000-0000-7000-8000-00000000000a";

    private static readonly Dictionary<string, string> Projects = new() { [Project] = "Main" };

    [Fact]
    public void Form_OfABudget_GivesTheSameBudget()
    {
        var budget = new Budget(Guid.NewGuid(), "b", 12.5m)
        {
            Scope = SpendScope.Of(ScopeDimension.Project, Project).And(ScopeDimension.Feature, "a, with a comma", "b", "").Normalised(),
            Currency = "EUR",
            Cycle = BudgetCycle.Week,
            TimeZone = "Europe/Berlin",
            RollOver = true,
            Owner = "ann@example.test",
            Thresholds = [new(99.5m), new(100, ThresholdBasis.Forecast, BudgetAction.Block)],
            CeilingPerUnpricedCall = 0.05m,
            Channels = [Guid.NewGuid(), Guid.NewGuid()],
        };

        var (read, problem) = BudgetForm.Of(budget, Projects).ToBudget(budget.Id, Projects);

        Assert.Null(problem);
        Assert.Equal(budget.Thresholds, read!.Thresholds);
        Assert.Equal(budget.Channels.Order(), read.Channels.Order());
        Assert.Equal(budget with { Thresholds = [], Channels = [] }, read with { Thresholds = [], Channels = [] });
    }

    [Theory]
    [InlineData("12,50", "a number")]
    [InlineData("", "a number")]
    [InlineData("-1", "a number")]
    public void Form_WithAWrongAmount_SaysSo(string amount, string word)
    {
        var form = BudgetForm.New("ann@example.test", "UTC", "USD");
        (form.Name, form.Amount) = ("b", amount);
        Assert.Contains(word, form.ToBudget(Guid.NewGuid(), Projects).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Form_WithAnUnknownProject_SaysSo()
    {
        var form = BudgetForm.New("ann@example.test", "UTC", "USD");
        (form.Name, form.Amount) = ("b", "1");
        form.Scope.Add(new BudgetForm.ScopeRow { Dimension = ScopeDimension.Project, Values = "Main\nOther" });
        Assert.Contains("\"Other\"", form.ToBudget(Guid.NewGuid(), Projects).Problem, StringComparison.Ordinal);
        form.Scope[0].Values = "Main";
        Assert.Equal([Project], form.ToBudget(Guid.NewGuid(), Projects).Budget!.Scope.Find(ScopeDimension.Project));
    }

    [Fact]
    public void Texts_OfABudget_ReadAsPeopleSpeak()
    {
        Assert.Equal("feature is a or b, team is (not told)", BudgetTexts.Scope(SpendScope.Of(ScopeDimension.Feature, "a", "b").And(ScopeDimension.Team, "")));
        Assert.Equal("Q4 2026", BudgetTexts.Period(BudgetCycle.Quarter, new DateTimeOffset(2026, 10, 1, 0, 0, 0, TimeSpan.Zero), "UTC"));
        Assert.Equal("12.40 EUR", BudgetTexts.Money(12.4m, "EUR"));
        Assert.Equal(["on the 1st", "on the 12th", "on the 22nd"], new[] { 1, 12, 22 }.Select(day => BudgetTexts.On(new DateTimeOffset(2026, 10, day, 0, 0, 0, TimeSpan.Zero), BudgetCycle.Month)));
    }
}
