using FinOps.Analytics.Unpriced;
using FinOps.Domain.Pricing;
using FinOps.Web.Features.Reratings;

namespace FinOps.Web.Tests.Features;

/// <summary>The form that gives a name without a price one of its own.</summary>
public sealed class UnpricedPriceModelTests
{
    private static readonly DateTimeOffset Seen = new(2026, 11, 20, 13, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Form_OfANameWithASuggestion_IsFilledWithTheToldNamesAndItsPrices()
    {
        var form = UnpricedPriceModel.For(Model("azure.ai.openai", "prod-4o", UnpricedReason.NoPriceOfModel, Suggestion("gpt-4o", isFree: false)));

        Assert.Null(form.FindProblem());
        var (rows, _) = form.ToRows();
        Assert.Equal([(Meter.Input, 2.5m), (Meter.Output, 10m)], rows!.Select(row => (row.Meter, row.Price)));
        Assert.All(rows!, row => Assert.Equal(("prod-4o", ModelMatch.Exactly("prod-4o"), "azure"), (row.Model, row.Match, OwnPriceRules.Normal(row).Provider)));
        Assert.Equal(("", ""), (form.From, form.To));
    }

    [Fact]
    public void Form_WhereOnlyAFreeModelIsNear_IsNotFilledWithZeros()
    {
        var form = UnpricedPriceModel.For(Model("", "my-model", UnpricedReason.NoPriceOfModel, Suggestion("my-model", isFree: true)));

        Assert.Null(form.Example);
        Assert.Equal(["", ""], form.Lines.Select(line => line.Amount));
        Assert.Equal("Give at least one price.", form.FindProblem());
    }

    [Fact]
    public void Form_OfCallsBeforeTheListsPrices_EndsWithTheLastOfThem()
    {
        var form = UnpricedPriceModel.For(Model("p", "m", UnpricedReason.NoPriceThen));
        form.Lines[0].Amount = "1.25";

        var row = Assert.Single(form.ToRows().Rows!);
        Assert.Equal((null, new DateTimeOffset(2026, 11, 21, 0, 0, 0, TimeSpan.Zero)), (row.ValidFrom, row.ValidTo));
    }

    [Theory]
    [InlineData("", "1", "why", "Name the seller.")]
    [InlineData("p", "one", "why", "Give the price of Input in USD, for example 1.25.")]
    [InlineData("p", "-1", "why", "Give the price of Input in USD, for example 1.25.")]
    [InlineData("p", "1", " ", "Say why: it stands in the price's history.")]
    public void Form_WithSomethingMissing_SaysWhat(string seller, string amount, string reason, string problem)
    {
        var form = UnpricedPriceModel.For(Model("p", "m", UnpricedReason.NoPriceOfModel));
        (form.Seller, form.Lines[0].Amount, form.Reason) = (seller, amount, reason);

        Assert.Equal(problem, form.FindProblem());
    }

    [Fact]
    public void Form_WithOneMeterTwice_IsRefused_AndAddsOnlyMetersThatAreNotThere()
    {
        var form = UnpricedPriceModel.For(Model("p", "m", UnpricedReason.NoPriceOfModel));
        for (var i = 0; i < 20; i++) form.Add();
        Assert.Equal(UnpricedPriceModel.MaxLines, form.Lines.Select(line => line.Meter).Distinct().Count());
        Assert.Equal(UnpricedPriceModel.MaxLines, form.Lines.Count);

        (form.Lines[0].Amount, form.Lines[1].Amount, form.Lines[1].Meter) = ("1", "2", Meter.Input);
        Assert.Equal("Input stands there twice.", form.FindProblem());
    }

    private static UnpricedModel Model(string provider, string model, UnpricedReason reason, params UnpricedSuggestion[] suggestions) =>
        new(provider, model, reason, 3, Seen.AddDays(-2), Seen, 100, 10, [], 0, suggestions);

    private static UnpricedSuggestion Suggestion(string model, bool isFree) => new(
        new ModelSuggestion("openai", model, 0.9, SuggestionReason.Contains) { IsFree = isFree }, 1m,
        isFree ? [new MeterPrice(Meter.Input, 0m), new MeterPrice(Meter.Output, 0m)] : [new MeterPrice(Meter.Input, 2.5m), new MeterPrice(Meter.Output, 10m)]);
}
