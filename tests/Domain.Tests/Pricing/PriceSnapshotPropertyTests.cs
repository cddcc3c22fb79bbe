using CsCheck;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using FinOps.Testing;
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
        from rare in Gen.UInt[0, 3_000].Array[8]
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
            CacheReadAudio = rare[0],
            CacheReadImage = rare[1],
            AudioMilliseconds = rare[2],
            Images = rare[3],
            FileSearches = rare[4],
            CodeSessions = rare[5],
            SearchUnits = rare[6],
            CacheStorageTokenHours = rare[7],
        };

    private const int Parts = 20;

    private static void Grow(ref UsageVector usage, int part, uint more)
    {
        switch (part)
        {
            case 0: usage.InputFresh += more; break;
            case 1: usage.CacheRead += more; break;
            case 2: usage.CacheWrite5m += more; break;
            case 3: usage.CacheWrite1h += more; break;
            case 4: usage.OutputText += more; break;
            case 5: usage.OutputReasoning += more; break;
            case 6: usage.InputAudio += more; break;
            case 7: usage.OutputAudio += more; break;
            case 8: usage.InputImage += more; break;
            case 9: usage.OutputImage += more; break;
            case 10: usage.WebSearches += more; break;
            case 11: usage.GpuMilliseconds += more; break;
            default: OtherUsage.Set(ref usage, OtherUsage.Names[part - 12], OtherUsage.Get(usage, part - 12) + more); break;
        }
    }

    [Fact]
    public void Explain_AnyCall_SumsToTheCost() =>
        Gen.Select(Pick(Models), Usages, Pick(Tiers), Gen.Bool).Sample((model, usage, tier, batch) =>
        {
            var report = Rated(model.Provider, model.Model, usage, change: r => (r.ServedTier, r.Batch) = (tier, batch));
            var items = Snapshot.Explain(report);
            return items.Sum(i => i.Cost) == report.Cost
                && items.All(i => i.Cost == decimal.Round(i.Quantity / i.UnitSize * i.UnitPrice * i.Multiplier, 12, MidpointRounding.ToEven));
        }, iter: 5000);

    /// <summary>A tenant's prices of fees that the list has not, a price that is no whole number of 10⁻¹² USD, and a discount on everything.</summary>
    private static readonly PriceSnapshot OwnPrices = PriceSnapshot.Create(
        Catalogue.Providers,
        [
            .. Catalogue.Rows,
            .. new (Meter Meter, decimal Price, decimal Size)[]
            {
                (Meter.GpuTime, 3.99m, 3_600_000m), (Meter.CodeSession, 0.03m, 1m), (Meter.CacheStorage, 1.0000007m, 3_000_000m), (Meter.Discount, 0.153m, 1m),
            }.Select(own => new PriceRow
            {
                Provider = "openai",
                Model = "own",
                Match = ModelMatch.Parse("""{"contains":""}"""),
                Meter = own.Meter,
                UnitSize = own.Size,
                Price = own.Price,
                Tenant = new TenantId(Guid.NewGuid()),
            }),
        ],
        "own");

    [Fact]
    public void Explain_AtOwnPricesWithADiscount_SumsToTheCost() =>
        Gen.Select(Pick([.. Models.Where(m => m.Provider == "openai")]), Usages, Gen.UInt[0, 100_000]).Sample((model, usage, milliseconds) =>
        {
            usage.GpuMilliseconds = milliseconds;
            var report = Call(model.Provider, model.Model, usage);
            OwnPrices.Rate(report);
            var items = OwnPrices.Explain(report);
            var list = items.Where(i => i.Meter != Meter.Discount).Sum(i => i.Cost);
            return items.Sum(i => i.Cost) == report.Cost && report.Cost == list - decimal.Round(list * 0.153m, 12, MidpointRounding.ToEven)
                && items.All(i => i.Cost == decimal.Round(i.Quantity * i.UnitPrice * i.Multiplier / i.UnitSize, 12, MidpointRounding.ToEven));
        }, iter: 3000);

    [Fact]
    public void Rate_MoreOfAnyPart_NeverCostsLess() =>
        Gen.Select(Pick(Models), Usages, Gen.UInt[1, 100_000], Gen.Int[0, Parts - 1]).Sample((model, usage, more, part) =>
        {
            var larger = usage;
            Grow(ref larger, part, more);
            if (Rated(model.Provider, model.Model, larger).Cost < Rated(model.Provider, model.Model, usage).Cost) return false;
            CallReport less = Call(model.Provider, model.Model, usage), dearer = Call(model.Provider, model.Model, larger);
            OwnPrices.Rate(less);
            OwnPrices.Rate(dearer);
            return dearer.Cost >= less.Cost;
        }, iter: 5000);

    [Fact]
    public void Rate_CallsInAnyOrder_CostTheSameEach() =>
        Gen.Select(Pick(Models), Usages, Pick(Tiers)).Array[2, 40].Sample(calls =>
        {
            // A snapshot of its own for each direction: what is remembered of one call must not change the next.
            PriceSnapshot forth = PriceSnapshot.Create(Catalogue), back = PriceSnapshot.Create(Catalogue);
            CallReport[] Make() => [.. calls.Select(c => Call(c.Item1.Provider, c.Item1.Model, c.Item2, change: r => r.ServedTier = c.Item3))];
            CallReport[] first = Make(), second = Make();
            foreach (var call in first) forth.Rate(call);
            foreach (var call in second.Reverse()) back.Rate(call);
            return first.Zip(second).All(pair => (pair.First.Cost, pair.First.PriceId, pair.First.Flags) == (pair.Second.Cost, pair.Second.PriceId, pair.Second.Flags));
        }, iter: 20);

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

        Assert.Equal(0, Allocated.LeastBytes(() =>
        {
            foreach (var report in reports) Snapshot.Rate(report);
        }));
    }

    [Fact]
    public void Explain_IntoASum_GivesTheListsLinesAndAllocatesNothing()
    {
        var reports = Models.Take(200).Select(m => Rated(m.Provider, m.Model, new() { InputFresh = 300_000, CacheRead = 7, OutputText = 11, WebSearches = 2 })).ToArray();
        var sum = default(CostOfLines);
        foreach (var report in reports) Snapshot.Explain(report, ref sum);
        Assert.Equal(reports.Sum(r => r.Cost), sum.Cost);

        Assert.Equal(0, Allocated.LeastBytes(() =>
        {
            foreach (var report in reports) Snapshot.Explain(report, ref sum);
        }));
    }

    private struct CostOfLines : ILineReceiver
    {
        public decimal Cost;

        public void Take(in RatedLine line) => Cost += line.Cost;
    }
}
