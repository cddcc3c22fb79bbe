using FinOps.Analytics.Spend;
using FinOps.Analytics.Tests.Spend;
using FinOps.Analytics.Unpriced;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Tests.Unpriced;

/// <summary>Which calls have no price, and why: on the real engine, by a book of a few rows.</summary>
public sealed class UnpricedReaderTests(ClickHouseFixture clickHouse)
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    private static readonly TimeRange Day = new(Noon.AddHours(-12), Noon.AddHours(12));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task UnpricedCalls_OfEachKind_AreToldWithWhyAndWhatHelps()
    {
        using var store = await clickHouse.CreateStoreAsync();
        var (mine, theirs) = (SpendReaderTests.NewTenant(), SpendReaderTests.NewTenant());
        StoredCall[] calls =
        [
            .. Enumerable.Range(1, 3).Select(i => Call("team-good-model", (ulong)i) with { Feature = i == 1 ? "chat" : "search" }),
            Call("good-model", 10), Call("good-model", 11),
            Call("later-model", 20),
            Call("in-only", 30) with { Usage = new UsageVector { Images = 0, InputFresh = 10, OutputAudio = 5, OutputText = 7 } },
            Call("good-model", 40) with { Flags = CallFlags.Unpriced | CallFlags.NoUsage, Usage = default },
            Call("failed", 50) with { Status = CallStatus.Failed },
            Call("priced", 60) with { Flags = CallFlags.None },
        ];
        await StoredCalls.InsertAsync(store, calls.Select(call => call with { Tenant = mine }));
        await StoredCalls.InsertAsync(store, [Call("theirs", 1) with { Tenant = theirs }]);
        var reader = new UnpricedReader(store, new Book(), new Clock());

        var answer = await reader.AskAsync(new UnpricedQuestion(mine, Day), Token);

        Assert.Equal(
            [
                ("team-good-model", UnpricedReason.NoPriceOfModel, 3), ("good-model", UnpricedReason.PricedSince, 2), ("good-model", UnpricedReason.NoUsage, 1),
                ("in-only", UnpricedReason.PartWithoutPrice, 1), ("later-model", UnpricedReason.NoPriceThen, 1),
            ],
            answer.Models.OrderByDescending(model => model.Calls).ThenBy(model => model.Model, StringComparer.Ordinal).Select(model => (model.Model, model.Reason, (int)model.Calls)));
        var named = answer.Models[0];
        Assert.Equal((3_000L, 600L, 2L), (named.InputTokens, named.OutputTokens, named.FeatureCount));
        Assert.Equal(["search", "chat"], named.Features);
        var suggestion = Assert.Single(named.Suggestions);
        // 3 calls of 1,000 tokens in at 2 USD and 200 out at 10 USD a million.
        Assert.Equal(("good-model", SuggestionReason.Contains, 0.012m), (suggestion.Model.Model, suggestion.Model.Reason, suggestion.EstimatedCost));
        // For who makes an own price by its example: what only stands in for a missing price (cached tokens) is none.
        Assert.Equal([new MeterPrice(Meter.Input, 2m), new MeterPrice(Meter.Output, 10m)], suggestion.Prices);
        Assert.Equal(["theirs"], (await reader.AskAsync(new UnpricedQuestion(theirs, Day), Token)).Models.Select(model => model.Model));
        Assert.True((await reader.AskAsync(new UnpricedQuestion(mine, Day) { Limit = 2 }, Token)).Truncated);
    }

    private static StoredCall Call(string model, ulong span) => new(default, Noon)
    {
        Provider = "p",
        RequestedModel = model,
        Span = span,
        Flags = CallFlags.Unpriced,
        Usage = new UsageVector { InputFresh = 1000, OutputText = 200 },
    };

    private static PriceRow Row(string model, Meter meter, decimal price) => new()
    {
        Provider = "p",
        Model = model,
        Match = ModelMatch.Exactly(model),
        Meter = meter,
        UnitSize = 1_000_000m,
        Price = price,
    };

    private sealed class Book : IPriceSource
    {
        private readonly PriceSnapshot _snapshot = PriceSnapshot.Create(
            [new PriceProvider("p", "P", null, null, [])],
            [
                Row("good-model", Meter.Input, 2), Row("good-model", Meter.Output, 10),
                Row("later-model", Meter.Input, 2) with { ValidFrom = Noon.AddDays(1) }, Row("later-model", Meter.Output, 2) with { ValidFrom = Noon.AddDays(1) },
                Row("in-only", Meter.OutputAudio, 4),
                // As near, and never suggested beside one that costs something.
                Row("good-mode", Meter.Input, 0), Row("good-mode", Meter.Output, 0),
            ],
            "test");

        public PriceSnapshot Current(TenantId tenant) => _snapshot;
    }

    private sealed class Clock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Noon.AddDays(5);
    }
}
