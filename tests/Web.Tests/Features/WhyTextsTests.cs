using FinOps.Analytics.Changes;
using FinOps.Domain.Changes;
using FinOps.Domain.Pricing;
using FinOps.Web.Features.Why;

namespace FinOps.Web.Tests.Features;

public sealed class WhyTextsTests
{
    private static readonly TokenPrices Prices = new(0.000002m, 0.0000002m, 0.0000025m, 0.000008m);

    [Fact]
    public void Sentence_OfALostCache_NamesTheFeatureAndTheMoney() =>
        Assert.Equal(
            "The bill rose by $3.60 (+35%), mostly because of less use of prompt caches in search (+$3.60).",
            WhyTexts.Sentence(Answer([Row("search", 1_000, 1_000_000, 2_000_000)], [Row("search", 1_000, 3_000_000, 0)])));

    [Fact]
    public void Sentence_OfFewerCallsAndANewFeature_TellsWhatHeldAgainstIt() =>
        Assert.Equal(
            "The bill fell by $7.00 (−32%), mostly because of fewer calls of search (−$11.00); new features (chat) (+$4.00) held against it.",
            WhyTexts.Sentence(Answer([Row("search", 2_000, 3_000_000, 0)], [Row("search", 1_000, 1_500_000, 0), Row("chat", 10, 2_000_000, 0) with { Tokens = new(2_000_000, 0, 0, 0), Cost = 4m }])));

    [Fact]
    public void Sentence_OfSeveralFeaturesAndGpus_CountsTheOthers()
    {
        var answer = Answer([Row("a", 1, 0, 0), Row("b", 1, 0, 0), Row("c", 1, 0, 0)], [Row("a", 3, 0, 0), Row("b", 2, 0, 0), Row("c", 2, 0, 0)]) with { Gpus = new GpuDifference(10, 10, 5, 25) };
        Assert.Equal("The bill rose by $52.00 (+133%), mostly because of more calls of a and 2 others (+$32.00) and more idle GPU time (+$20.00).", WhyTexts.Sentence(answer));
    }

    [Fact]
    public void Sentence_WithoutADifference_SaysSo() =>
        Assert.Equal("The bill did not change.", WhyTexts.Sentence(Answer([Row("a", 1, 1000, 0)], [Row("a", 1, 1000, 0)])));

    [Fact]
    public void EveryCause_HasANameAndAMeaning() =>
        Assert.All(Enum.GetValues<ChangeCause>(), cause => Assert.True(WhyTexts.Name(cause).Length > 0 && WhyTexts.Meaning(cause).Length > 20));

    private static ChangeAnswer Answer(PeriodUsage[] before, PeriodUsage[] after) => new(ExplainDifference.Between(before, after), null, IsSampled: false, IsTooWide: false);

    private static PeriodUsage Row(string feature, long calls, long fresh, long cached)
    {
        var tokens = new TokenCounts(fresh, cached, 0, calls * 1_000_000 / (calls < 100 ? 1 : 1_000));
        return new PeriodUsage(feature, "openai", "m", "", calls, tokens.Fresh * Prices.Input + tokens.CacheRead * Prices.CacheRead + tokens.Output * Prices.Output, tokens, Prices);
    }
}
