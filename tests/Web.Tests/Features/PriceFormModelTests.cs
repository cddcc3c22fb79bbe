using FinOps.Analytics.Prices;
using FinOps.Domain.Pricing;
using FinOps.Web.Features.Prices;

namespace FinOps.Web.Tests.Features;

public sealed class PriceFormModelTests
{
    [Fact]
    public void Price_OfAModel_IsARowOfTheListsEntry()
    {
        var (row, problem) = new PriceFormModel { Seller = "openai", Model = " gpt-4o ", Amount = "$1,250.5", Meter = Meter.CacheRead, From = "2026-12-01", ContextStart = "200,000", Tier = "flex" }.ToRow();

        Assert.Null(problem);
        Assert.Equal(("gpt-4o", ModelMatch.OfEntry("gpt-4o"), Meter.CacheRead, 1_000_000m, 1250.5m, 200_000u, "flex"), (row!.Model, row.Match, row.Meter, row.UnitSize, row.Price, row.ContextStart, row.ServiceTier));
        Assert.Equal((new DateTimeOffset(2026, 12, 1, 0, 0, 0, TimeSpan.Zero), null), (row.ValidFrom, row.ValidTo));
    }

    [Fact]
    public void Discount_OfASeller_IsAShareOfAllModelsWithoutConditionsOfPrices()
    {
        var (row, _) = new PriceFormModel { Kind = PriceFormKind.Discount, Seller = "aws", Match = NameMatch.Every, Amount = "12.5%", Tier = "flex", ContextStart = "9" }.ToRow();

        Assert.Equal(("*", ModelMatch.Every, Meter.Discount, 1m, 0.125m, 0u, ""), (row!.Model, row.Match, row.Meter, row.UnitSize, row.Price, row.ContextStart, row.ServiceTier));
        Assert.Null(OwnPriceRules.FindProblem(OwnPriceRules.Normal(row)));
    }

    [Fact]
    public void Price_InAnotherCurrency_IsToldWithItsRate_OrLeavesItToBeLookedUp()
    {
        var form = new PriceFormModel { Seller = "openai", Model = "gpt-4o", Amount = "1.25", Currency = "eur", From = "2026-12-01", Rate = "0.8", Reason = "contract" };
        Assert.Null(form.FindProblem());
        Assert.Equal(new AgreedPrice("EUR", 1.25m, 0.8m, new DateOnly(2026, 12, 1)), form.ToRow().Row!.Agreed);

        (form.Rate, form.From) = ("", "");
        Assert.Null(form.FindProblem());
        Assert.Equal(new AgreedPrice("EUR", 1.25m, 0m, default), form.ToRow().Row!.Agreed);
        form.Currency = "";
        Assert.Null(form.ToRow().Row!.Agreed);
        form.Rate = "0";
        Assert.StartsWith("The rate is what 1 USD is", form.FindProblem(), StringComparison.Ordinal);
        (form.Rate, form.Currency) = ("", "euro");
        Assert.StartsWith("\"EURO\" is not another currency's code", form.FindProblem(), StringComparison.Ordinal);
    }

    [Fact]
    public void Alias_OfAPattern_IsAClause()
    {
        var (alias, _) = new PriceFormModel { Kind = PriceFormKind.Alias, Match = NameMatch.StartsWith, Told = "chat-", Seller = "azure", Model = "gpt-4o" }.ToAlias();

        Assert.Equal("""{"starts_with":"chat-"}""", alias!.Match.ToString());
    }

    [Theory]
    [InlineData("", "1", "", "why", "Name the seller")]
    [InlineData("openai", "", "", "why", "Give the price in USD")]
    [InlineData("openai", "-1", "", "why", "Give the price in USD")]
    [InlineData("openai", "9999999", "", "why", "A price is 0 to")]
    [InlineData("openai", "1", "tomorrow", "why", "Give days as")]
    [InlineData("openai", "1", "", " ", "Say why")]
    public void Problem_OfWhatIsMissing_SaysWhatToDo(string seller, string amount, string from, string reason, string problem) =>
        Assert.StartsWith(problem, new PriceFormModel { Seller = seller, Model = "m", Amount = amount, From = from, Reason = reason }.FindProblem(), StringComparison.Ordinal);

    [Fact]
    public void Problem_OfAPatternThatCannotBeRead_IsTold() => Assert.Contains(
        "pattern", new PriceFormModel { Kind = PriceFormKind.Alias, Match = NameMatch.Regex, Told = "chat(", Seller = "openai", Model = "gpt-4o", Reason = "r" }.FindProblem(), StringComparison.Ordinal);

    [Fact]
    public void Lanes_OfPricesThatFollowEachOther_AreOne_AndFillTheDrawnTime()
    {
        var now = new DateTimeOffset(2026, 11, 25, 0, 0, 0, TimeSpan.Zero);
        RecordedPrice[] rows = [Row(2m, now.AddDays(10), null, ""), Row(1m, null, now.AddDays(10), ""), Row(3m, null, null, "eu")];

        var lanes = PriceLane.Of(rows);
        var shown = PriceLane.Bounds(rows, now);

        Assert.Equal(["", "eu"], lanes.Select(lane => lane.Conditions));
        Assert.Equal([1m, 2m], lanes[0].Prices.Select(row => row.Price));
        Assert.True(shown.From < now && shown.To > now.AddDays(10));
        var (first, second) = (PriceLane.Place(lanes[0].Prices[0], shown)!.Value, PriceLane.Place(lanes[0].Prices[1], shown)!.Value);
        Assert.Equal((0m, first.Width, 100m), (first.Left, second.Left, second.Left + second.Width));
        Assert.Null(PriceLane.Place(Row(1m, null, shown.From.AddDays(-1), ""), shown));
    }

    private static RecordedPrice Row(decimal price, DateTimeOffset? from, DateTimeOffset? to, string region) => RecordedPrice.From(
        new PriceRow { Provider = "openai", Model = "m", Match = ModelMatch.Exactly("m"), Meter = Meter.Input, UnitSize = 1_000_000m, Price = price, Region = region, ValidFrom = from, ValidTo = to },
        DateTimeOffset.UnixEpoch, catalogueId: null);
}
