using FinOps.Domain.Changes;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tests.Pricing;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Tests.Changes;

/// <summary>Differences with one reason each, whose amount can be reckoned by hand.</summary>
public sealed class ExplainDifferenceTests
{
    // USD for a million tokens: 2 in, 0.2 from a cache, 2.5 into one, 8 out.
    private static readonly TokenPrices Prices = new(0.000002m, 0.0000002m, 0.0000025m, 0.000008m);

    [Fact]
    public void Between_TwiceTheCalls_IsVolume() =>
        AssertOnly(ChangeCause.Volume, 14m, [Row(1_000, new(3_000_000, 0, 0, 1_000_000))], [Row(2_000, new(6_000_000, 0, 0, 2_000_000))]);

    [Fact]
    public void Between_LongerPromptsAndAnswers_IsTokensPerCall() =>
        AssertOnly(ChangeCause.TokensPerCall, 10m, [Row(1_000, new(3_000_000, 0, 0, 1_000_000))], [Row(1_000, new(4_000_000, 0, 0, 2_000_000))]);

    [Fact]
    public void Between_LostCache_IsCacheRate() =>
        AssertOnly(ChangeCause.CacheRate, 3.6m, [Row(1_000, new(1_000_000, 2_000_000, 0, 1_000_000))], [Row(1_000, new(3_000_000, 0, 0, 1_000_000))]);

    [Fact]
    public void Between_HalfServedAsABatch_IsServiceTier()
    {
        var half = new TokenPrices(Prices.Input / 2, Prices.CacheRead / 2, Prices.CacheWrite / 2, Prices.Output / 2);
        AssertOnly(
            ChangeCause.ServiceTier, -3.5m, [Row(1_000, new(3_000_000, 0, 0, 1_000_000))],
            [Row(500, new(1_500_000, 0, 0, 500_000)), Row(500, new(1_500_000, 0, 0, 500_000), tier: "batch", prices: half)]);
    }

    [Fact]
    public void Between_PriceThatFellWithinAPeriod_IsUnitPrice()
    {
        var cheaper = Prices with { Output = 0.000004m };
        AssertOnly(
            ChangeCause.UnitPrice, -2m, [Row(1_000, new(3_000_000, 0, 0, 1_000_000))],
            [Row(500, new(1_500_000, 0, 0, 500_000)), Row(500, new(1_500_000, 0, 0, 500_000), prices: cheaper)]);
    }

    [Fact]
    public void Between_CallsThatMoveToAnotherModel_IsMix()
    {
        var small = new TokenPrices(Prices.Input / 10, Prices.CacheRead / 10, Prices.CacheWrite / 10, Prices.Output / 10);
        AssertOnly(
            ChangeCause.Mix, -5.04m, [Row(1_000, new(3_000_000, 0, 0, 1_000_000)), Row(1, new(0, 0, 0, 0), model: "small") with { Calls = 0 }],
            [Row(600, new(1_800_000, 0, 0, 600_000)), Row(400, new(1_200_000, 0, 0, 400_000), model: "small", prices: small)]);
    }

    [Fact]
    public void Between_FeatureThatCameAndOneThatWent_IsEachByItself()
    {
        var difference = ExplainDifference.Between([Row(10, new(1_000_000, 0, 0, 0)) with { Feature = "old" }], [Row(10, new(2_000_000, 0, 0, 0)) with { Feature = "new" }]);
        Assert.Equal((4m, -2m, 2m), (difference[ChangeCause.NewFeatures], difference[ChangeCause.GoneFeatures], difference.Change));
    }

    [Fact]
    public void Between_LongContextThatNoListPriceTells_IsOther() =>
        AssertOnly(ChangeCause.Other, 7m, [Row(1_000, new(3_000_000, 0, 0, 1_000_000))], [Row(1_000, new(3_000_000, 0, 0, 1_000_000)) with { Cost = 21m }], 14m);

    [Fact]
    public void Between_ModelWithoutAnyPrice_IsVolumeAndOther()
    {
        var difference = ExplainDifference.Between([Row(100, default, prices: default(TokenPrices)) with { Cost = 10m }], [Row(200, default, prices: default(TokenPrices)) with { Cost = 40m }]);
        Assert.Equal((15m, 15m, 30m), (difference[ChangeCause.Volume], difference[ChangeCause.Other], difference.Change));
    }

    [Fact]
    public void Between_FailedCallsThatWereBilledAlone_IsOther() =>
        AssertOnly(ChangeCause.Other, 3m, [Row(0, default) with { Cost = 1m }], [Row(0, default) with { Cost = 4m }]);

    [Fact]
    public void Between_NothingAndNothing_IsNothing()
    {
        var difference = ExplainDifference.Between([], []);
        Assert.Empty(difference.Pairs);
        Assert.Equal(0m, difference.Change);
    }

    [Fact]
    public void TokenPrices_OfTheList_AreThoseThatACallIsRatedBy()
    {
        var book = PriceSnapshot.Create(RatedCalls.Catalogue);
        CallReport Call(string tier) => new() { Provider = "openai", ServedModel = "gpt-4o", ServedTier = tier, StartUnixMicros = 1_760_000_000_000_000 };

        Assert.Equal(new TokenPrices(0.0000025m, 0.00000125m, 0.0000025m, 0.00001m), TokenPrices.Of(book, Call("")));
        Assert.Equal(new TokenPrices(0.00000125m, 0.000000625m, 0.00000125m, 0.000005m), TokenPrices.Of(book, Call("batch")));
        Assert.Equal(default, TokenPrices.Of(book, new CallReport { Provider = "openai", ServedModel = "nobody-knows-it" }));
    }

    private static PeriodUsage Row(long calls, TokenCounts tokens, string model = "large", string tier = "", TokenPrices? prices = null)
    {
        var each = prices ?? Prices;
        var cost = tokens.Fresh * each.Input + tokens.CacheRead * each.CacheRead + tokens.CacheWrite * each.CacheWrite + tokens.Output * each.Output;
        return new PeriodUsage("search", "openai", model, tier, calls, cost, tokens, each);
    }

    private static void AssertOnly(ChangeCause cause, decimal amount, PeriodUsage[] before, PeriodUsage[] after, decimal? costBefore = null)
    {
        if (costBefore is { } cost) before[0] = before[0] with { Cost = cost };
        var difference = ExplainDifference.Between(before, after);
        foreach (var one in Enum.GetValues<ChangeCause>()) Assert.Equal(one == cause ? amount : 0m, difference[one]);
        Assert.Equal(amount, difference.Change);
    }
}
