using CsCheck;
using FinOps.Domain.Pricing;
using FinOps.Domain.Usage;
using static FinOps.Domain.Tests.Pricing.RatedCalls;

namespace FinOps.Domain.Tests.Pricing;

public sealed class PriceSnapshotPropertyTests
{
    private static readonly string[] Tiers = ["", "default", "flex", "priority", "scale"];

    // Only names that really reach the entry, so that each sample is a priced call.
    private static readonly (string Provider, string Model)[] Models = [.. Catalogue.Rows
        .Where(r => r.Provider is "openai" or "anthropic" or "google" or "aws" or "groq" or "openrouter" or "deepseek" or "perplexity")
        .Select(r => (r.Provider, r.Model)).Distinct()
        .Where(m => (Rated(m.Provider, m.Model, new() { InputFresh = 1 }).Flags & CallFlags.Unpriced) == 0)];

    private static Gen<T> Pick<T>(T[] choices) => Gen.Int[0, choices.Length - 1].Select(i => choices[i]);

    private static readonly Gen<UsageVector> Usages =
        from input in Gen.UInt[0, 400_000]
        from cache in Gen.UInt[0, 100_000].Array[3]
        from output in Gen.UInt[0, 50_000].Array[2]
        from media in Gen.UInt[0, 5_000].Array[4]
        from searches in Gen.UInt[0, 5]
        select new UsageVector
        {
            InputFresh = input,
            CacheRead = cache[0],
            CacheWrite5m = cache[1],
            CacheWrite1h = cache[2],
            OutputText = output[0],
            OutputReasoning = output[1],
            InputAudio = media[0],
            OutputAudio = media[1],
            InputImage = media[2],
            OutputImage = media[3],
            WebSearches = searches,
        };

    [Fact]
    public void Explain_AnyCall_SumsToTheCost() =>
        Gen.Select(Pick(Models), Usages, Pick(Tiers), Gen.Bool).Sample((model, usage, tier, batch) =>
        {
            var report = Rated(model.Provider, model.Model, usage, change: r => (r.ServedTier, r.Batch) = (tier, batch));
            var items = Snapshot.Explain(report);
            return items.Sum(i => i.Cost) == report.Cost
                && items.All(i => i.Cost == decimal.Round(i.Quantity / i.UnitSize * i.UnitPrice * i.Multiplier, 12, MidpointRounding.ToEven));
        }, iter: 5000);

    [Fact]
    public void Rate_MoreOfOnePart_NeverCostsLess() =>
        Gen.Select(Pick(Models), Usages, Gen.UInt[1, 100_000], Gen.Int[0, 5]).Sample((model, usage, more, part) =>
        {
            var larger = usage;
            switch (part)
            {
                case 0: larger.InputFresh += more; break;
                case 1: larger.CacheRead += more; break;
                case 2: larger.CacheWrite5m += more; break;
                case 3: larger.OutputText += more; break;
                case 4: larger.OutputReasoning += more; break;
                default: larger.WebSearches += more; break;
            }

            return Rated(model.Provider, model.Model, larger).Cost >= Rated(model.Provider, model.Model, usage).Cost;
        }, iter: 5000);

    [Fact]
    public void Rate_SteadyState_AllocatesNothing()
    {
        var reports = Models.Take(200)
            .SelectMany(m => Tiers.Select(t => Call(m.Provider, m.Model, new() { InputFresh = 300_000, CacheRead = 7, OutputText = 11, OutputReasoning = 3 }, change: r => r.ServedTier = t)))
            .Append(Call("", "gpt-4o-mini", new() { InputFresh = 1 }))
            .Append(Call("openai", "gpt-99", new() { InputFresh = 1 }))
            .ToArray();
        foreach (var report in reports) Snapshot.Rate(report);
        foreach (var report in reports) Snapshot.Rate(report);

        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var report in reports) Snapshot.Rate(report);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
