using CsCheck;
using FinOps.Domain.Changes;
using FinOps.Domain.Pricing;

namespace FinOps.Domain.Tests.Changes;

public sealed class ExplainDifferenceProperties
{
    private static readonly ChangeCause[] Causes = [.. Enum.GetValues<ChangeCause>().Where(cause => cause <= ChangeCause.GoneFeatures)];

    [Fact]
    public void Between_AnyTwoPeriods_PartsSumToTheDifferenceToTheLastDigit() =>
        Gen.Int.Sample(seed =>
        {
            var random = new Random(seed);
            var (before, after) = (Rows(random), Rows(random));
            var difference = ExplainDifference.Between(before, after);
            var change = after.Sum(row => row.Cost) - before.Sum(row => row.Cost);
            return difference.Change == change && Causes.Sum(cause => difference[cause]) == change
                && difference.Pairs.All(pair => pair.Causes.Sum() == pair.Change && pair.Causes.All(part => Math.Round(part, 12) == part));
        }, iter: 2000);

    [Fact]
    public void Between_PeriodsTheOtherWayRound_GivesTheSamePartsWithTheOtherSign() =>
        Gen.Int.Sample(seed =>
        {
            var random = new Random(seed);
            var (before, after) = (Rows(random), Rows(random));
            var (forth, back) = (ExplainDifference.Between(before, after), ExplainDifference.Between(after, before));
            var returned = back.Pairs.ToDictionary(Key);
            return forth.Pairs.All(pair => Causes.All(cause => pair[cause] == -returned[Key(pair)][Mirrored(cause)]));
        }, iter: 2000);

    [Fact]
    public void Between_FeaturesTogether_IsWhatEachIsByItself() =>
        Gen.Int.Sample(seed =>
        {
            var random = new Random(seed);
            var (before, after) = (Rows(random), Rows(random));
            var together = ExplainDifference.Between(before, after);
            return before.Concat(after).Select(row => row.Feature).Distinct().All(feature =>
            {
                var alone = ExplainDifference.Between(before.Where(row => row.Feature == feature), after.Where(row => row.Feature == feature));
                return Causes.All(cause => alone[cause] == together.Pairs.Where(pair => pair.Feature == feature).Sum(pair => pair[cause]));
            });
        }, iter: 1000);

    [Fact]
    public void Between_RowsInAnyOrderAndCut_IsTheSame() =>
        Gen.Int.Sample(seed =>
        {
            var random = new Random(seed);
            var (before, after) = (Rows(random), Rows(random));
            var first = ExplainDifference.Between(before, after);
            random.Shuffle(before);
            random.Shuffle(after);
            var again = ExplainDifference.Between(before, after);
            return first.Pairs.Select(Key).SequenceEqual(again.Pairs.Select(Key)) && first.Pairs.Zip(again.Pairs).All(two => two.First.Causes.SequenceEqual(two.Second.Causes));
        }, iter: 1000);

    private static (string, string, string) Key(PairChange pair) => (pair.Feature, pair.Provider, pair.Model);

    private static ChangeCause Mirrored(ChangeCause cause) => cause switch
    {
        ChangeCause.NewFeatures => ChangeCause.GoneFeatures,
        ChangeCause.GoneFeatures => ChangeCause.NewFeatures,
        _ => cause,
    };

    /// <summary>A period's rows: features, models and tiers that come and go, days without tokens, failed calls that were billed, costs that no price explains.</summary>
    private static PeriodUsage[] Rows(Random random) => [.. Enumerable.Range(0, random.Next(7)).Select(_ =>
    {
        var calls = random.Next(5) == 0 ? 0 : random.Next(1, 50_000);
        var tokens = calls == 0 ? default : new TokenCounts(random.Next(0, 40_000_000), random.Next(3) == 0 ? 0 : random.Next(0, 20_000_000), random.Next(2) * random.Next(0, 900_000), random.Next(0, 9_000_000));
        var prices = random.Next(6) == 0 ? default : new TokenPrices(Price(random), Price(random) / 10, Price(random), Price(random) * 4);
        var cost = random.Next(4) switch
        {
            0 => Math.Round((decimal)random.NextDouble() * 300m, 12),
            1 when calls != 0 => 0m,
            _ => Math.Round((tokens.Fresh * prices.Input + tokens.CacheRead * prices.CacheRead + tokens.CacheWrite * prices.CacheWrite + tokens.Output * prices.Output) * (decimal)(0.9 + random.NextDouble() / 5), 12),
        };
        return new PeriodUsage("f" + random.Next(3), "openai", "m" + random.Next(3), random.Next(3) switch { 0 => "batch", 1 => "flex", _ => "" }, calls, cost, tokens, prices);
    })];

    private static decimal Price(Random random) => random.Next(1, 2000) / 100_000_000m;
}
