using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using FinOps.Testing;
using static FinOps.Domain.Tests.Pricing.RatedCalls;

namespace FinOps.Domain.Tests.Pricing;

/// <summary>What a tenant says itself: aliases (pitfalls 17 and 18), prices of one account (pitfall 20), discounts (pitfall 32).</summary>
public sealed class OwnPriceTests
{
    private static readonly TenantId Tenant = new(Guid.Parse("0199a000-0000-7000-8000-000000000001"));
    private static readonly ProjectId Account = new(Guid.Parse("0199a000-0000-7000-8000-0000000000a1"));
    private static readonly UsageVector Million = new() { InputFresh = 1_000_000, OutputText = 1_000_000 };

    [Theory]
    [InlineData("azure.ai.openai", "chat-prod", """{"equals":"chat-prod"}""")]
    [InlineData("azure.ai.openai", "chat-prod-eu", """{"starts_with":"chat-prod"}""")]
    [InlineData("", "team-chat", """{"ends_with":"-chat"}""")]
    [InlineData("openai", "CHAT-Prod", """{"regex":"^chat-.rod$"}""")]
    public void Rate_NameWithAnAlias_CostsWhatTheModelBehindItCosts(string provider, string name, string match)
    {
        var snapshot = Book([], [Alias(match, "azure", "gpt-4o")]);
        var (plain, aliased) = (Rate(Snapshot, Call("azure.ai.openai", "gpt-4o", Million)), Rate(snapshot, Call(provider, name, Million)));

        Assert.True(plain.Cost > 0);
        Assert.Equal((plain.Cost, plain.Flags, provider), (aliased.Cost, aliased.Flags, aliased.Provider));
        Assert.Equal(aliased.Cost, snapshot.Explain(aliased).Sum(line => line.Cost));
        Assert.Equal(CallFlags.Unpriced, Rate(Snapshot, Call(provider, name, Million)).Flags & CallFlags.Unpriced);
    }

    [Fact]
    public void Rate_AliasOfAListedName_GoesBeforeTheListWhileItHolds()
    {
        var alias = Alias("""{"equals":"gpt-4o"}""", "openai", "gpt-4o-mini") with { ToldProvider = "openai", ValidFrom = Instant("2026-11-01"), ValidTo = Instant("2026-12-01") };
        var snapshot = Book([], [alias]);

        var mini = Rated("openai", "gpt-4o-mini", Million).Cost;
        var list = Rated("openai", "gpt-4o", Million).Cost;
        Assert.Equal(mini, Rate(snapshot, Call("openai", "gpt-4o", Million, "2026-11-01T00:00:00Z")).Cost);
        Assert.Equal(list, Rate(snapshot, Call("openai", "gpt-4o", Million, "2026-10-31T23:59:59.999999Z")).Cost);
        Assert.Equal(list, Rate(snapshot, Call("openai", "gpt-4o", Million, "2026-12-01T00:00:00Z")).Cost);
        Assert.Equal(Rated("azure.ai.openai", "gpt-4o", Million).Cost, Rate(snapshot, Call("azure.ai.openai", "gpt-4o", Million)).Cost);
    }

    [Fact]
    public void Rate_Alias_TakesTiersContextAndBatchOfTheModelBehindIt()
    {
        var snapshot = Book([], [Alias("""{"equals":"deep-thought"}""", "google", "gemini-2.5-pro")]);
        foreach (var input in (uint[])[1_000, 250_000])
        {
            var usage = new UsageVector { InputFresh = input, CacheRead = 10, OutputText = 1000 };
            foreach (var tier in (string[])["", "flex", "priority", "batch"])
            {
                var direct = Rate(Snapshot, Call("google", "gemini-2.5-pro", usage, change: c => c.ServedTier = tier));
                var aliased = Rate(snapshot, Call("acme", "deep-thought", usage, change: c => c.ServedTier = tier));
                Assert.Equal((direct.Cost, direct.Flags, direct.PriceId), (aliased.Cost, aliased.Flags, aliased.PriceId));
            }
        }
    }

    [Fact]
    public void Rate_OwnPriceOfTheToldName_GoesBeforeWhatTheAliasGives()
    {
        PriceRow[] rows =
        [
            Own("openai", ModelMatch.Exactly("ft:gpt-4o:acme"), Meter.Input, 7m),
            Own("openai", ModelMatch.OfEntry("gpt-4o"), Meter.Input, 1m),
            Own("openai", ModelMatch.OfEntry("gpt-4o"), Meter.Output, 2m),
        ];
        var snapshot = Book(rows, [Alias("""{"starts_with":"ft:gpt-4o:"}""", "openai", "gpt-4o")]);

        Assert.Equal(7m + 2m, Rate(snapshot, Call("openai", "ft:gpt-4o:acme", Million)).Cost);
        Assert.Equal(1m + 2m, Rate(snapshot, Call("openai", "ft:gpt-4o:other", Million)).Cost);
    }

    [Fact]
    public void Rate_NarrowerAliases_GoFirst()
    {
        var snapshot = Book([],
        [
            Alias("""{"starts_with":"chat"}""", "openai", "gpt-4o"),
            Alias("""{"equals":"chat-1"}""", "openai", "gpt-4o-mini"),
            Alias("""{"equals":"chat-1"}""", "anthropic", "claude-haiku-4-5") with { Project = Account },
        ]);

        Assert.Equal(Rated("openai", "gpt-4o", Million).Cost, Rate(snapshot, Call("", "chat-2", Million)).Cost);
        Assert.Equal(Rated("openai", "gpt-4o-mini", Million).Cost, Rate(snapshot, Call("", "chat-1", Million)).Cost);
        Assert.Equal(Rated("anthropic", "claude-haiku-4-5", Million).Cost, Rate(snapshot, Call("", "chat-1", Million, change: c => c.Project = Account)).Cost);
        Assert.Equal(Rated("openai", "gpt-4o", Million).Cost, Rate(snapshot, Call("", "chat-2", Million, change: c => c.Project = Account)).Cost);
    }

    [Fact]
    public void Rate_AliasToAnAlias_IsUnpriced()
    {
        var snapshot = Book([], [Alias("""{"equals":"a"}""", "openai", "b"), Alias("""{"equals":"b"}""", "openai", "gpt-4o")]);

        Assert.Equal(CallFlags.Unpriced, Rate(snapshot, Call("openai", "a", Million)).Flags);
        Assert.False(snapshot.HasPrice("openai", "b"));
        Assert.True(snapshot.HasPrice("openai", "gpt-4o"));
    }

    [Fact]
    public void Rate_SameNameSoldTwice_ThePriceOfTheAccountHoldsForItsCallsOnly()
    {
        var snapshot = Book([Own("openai", ModelMatch.OfEntry("gpt-4o"), Meter.Input, 6m) with { Project = Account }, Own("openai", ModelMatch.OfEntry("gpt-4o"), Meter.Output, 30m)], []);
        var list = Snapshot.Explain(Rated("openai", "gpt-4o", Million)).Single(line => line.Meter == Meter.Input).Cost;

        Assert.Equal(6m + 30m, Rate(snapshot, Call("openai", "gpt-4o", Million, change: c => c.Project = Account)).Cost);
        Assert.Equal(list + 30m, Rate(snapshot, Call("openai", "gpt-4o", Million)).Cost);
        Assert.Equal(list + 30m, Rate(snapshot, Call("openai", "gpt-4o", Million, change: c => c.Project = new ProjectId(Guid.NewGuid()))).Cost);
    }

    [Fact]
    public void Rate_PriceOfAnEntry_HoldsForWhatTheListFindsUnderIt()
    {
        var snapshot = Book([Own("openai", ModelMatch.OfEntry("gpt-4o"), Meter.Input, 0.5m)], []);

        var dated = Rate(snapshot, Call("openai", "gpt-4o-2024-08-06", Million));
        Assert.Equal(0.5m, snapshot.Explain(dated).Single(line => line.Meter == Meter.Input).Cost);
        Assert.Equal(Rated("openai", "gpt-4o-mini", Million).Cost, Rate(snapshot, Call("openai", "gpt-4o-mini", Million)).Cost);
    }

    [Fact]
    public void Rate_Discounts_TheNarrowerOneHolds()
    {
        var snapshot = Book([Own("openai", ModelMatch.Every, Meter.Discount, 0.1m), Own("openai", ModelMatch.OfEntry("gpt-4o"), Meter.Discount, 0.25m)], []);

        Assert.Equal(Rated("openai", "gpt-4o", Million).Cost * 0.75m, Rate(snapshot, Call("openai", "gpt-4o", Million)).Cost);
        Assert.Equal(Rated("openai", "gpt-4o-mini", Million).Cost * 0.9m, Rate(snapshot, Call("openai", "gpt-4o-mini", Million)).Cost);
        Assert.Equal(Rated("anthropic", "claude-haiku-4-5", Million).Cost, Rate(snapshot, Call("anthropic", "claude-haiku-4-5", Million)).Cost);
        Assert.Equal(CallFlags.Unpriced, Rate(snapshot, Call("openai", "no-such-model", Million)).Flags);
    }

    [Fact]
    public void Rate_BookWithAliasesAndProjects_AllocatesNothing()
    {
        var snapshot = Book(
            [Own("openai", ModelMatch.OfEntry("gpt-4o"), Meter.Input, 6m) with { Project = Account }], [Alias("""{"equals":"chat"}""", "openai", "gpt-4o")]);
        CallReport[] calls = [Call("openai", "gpt-4o", Million), Call("openai", "chat", Million, change: c => c.Project = Account), Call("openai", "gpt-4o-mini", Million)];
        foreach (var call in calls) snapshot.Rate(call);

        Assert.Equal(0, Allocated.LeastBytes(() =>
        {
            for (var i = 0; i < 1000; i++)
                foreach (var call in calls) snapshot.Rate(call);
        }));
    }

    [Fact]
    public void ComputeId_RowsOfTwoProjects_Differ()
    {
        var row = Own("openai", ModelMatch.OfEntry("gpt-4o"), Meter.Input, 6m);

        Assert.NotEqual(row.ComputeId(), (row with { Project = Account }).ComputeId());
        Assert.NotEqual(row.ComputeId(), (row with { Variant = Account.ToString() }).ComputeId());
        Assert.NotEqual((row with { Project = Account }).ComputeId(), (row with { Variant = Account.ToString() }).ComputeId());
    }

    private static PriceSnapshot Book(IEnumerable<PriceRow> own, IEnumerable<PriceAlias> aliases) =>
        PriceSnapshot.Create(Catalogue.Providers, own.Concat(Catalogue.Rows), "test", aliases: aliases);

    private static PriceAlias Alias(string match, string provider, string model) => new() { Match = ModelMatch.Parse(match), Provider = provider, Model = model };

    private static PriceRow Own(string provider, ModelMatch match, Meter meter, decimal price) => new()
    {
        Tenant = Tenant,
        Provider = provider,
        Model = match.Name ?? "*",
        Match = match,
        Meter = meter,
        UnitSize = meter == Meter.Discount ? 1m : 1_000_000m,
        Price = price,
        Source = "own price",
    };

    private static CallReport Rate(PriceSnapshot snapshot, CallReport report)
    {
        snapshot.Rate(report);
        return report;
    }

    private static DateTimeOffset Instant(string day) => DateTimeOffset.Parse(day + "T00:00:00Z", System.Globalization.CultureInfo.InvariantCulture);
}
