using FinOps.Domain.Pricing;
using FinOps.Domain.Usage;
using static FinOps.Domain.Tests.Pricing.RatedCalls;

namespace FinOps.Domain.Tests.Pricing;

public sealed class PriceSnapshotRuleTests
{
    private static readonly UsageVector Thousand = new() { InputFresh = 1000, OutputText = 1000 };

    [Theory]
    [InlineData("openai", "gpt-99-ultra")]
    [InlineData("ollama", "llama3.1")]
    [InlineData("", "")]
    [InlineData("azure.ai.openai", "my-deployment")]
    [InlineData("openai", "whisper-1")] // priced by the hour of audio, which nobody told
    public void Rate_NoPriceMatches_IsUnpricedAndNeverFree(string provider, string model)
    {
        var report = Rated(provider, model, Thousand);

        Assert.Equal(CallFlags.Unpriced, report.Flags & CallFlags.Unpriced);
        Assert.Equal(0, report.PriceId);
        Assert.Empty(Snapshot.Explain(report));
    }

    [Fact]
    public void Rate_EmptyBook_IsUnpriced()
    {
        var report = Call("openai", "gpt-4o", Thousand);
        PriceSnapshot.Empty.Rate(report);
        Assert.Equal(CallFlags.Unpriced, report.Flags);
    }

    [Fact]
    public void Rate_FreeModelOfTheCatalogue_IsPricedAtZero()
    {
        var report = Rated("github_copilot", "gpt-4o", Thousand);
        Assert.Equal((0m, CallFlags.None), (report.Cost, report.Flags));
        Assert.True(report.PriceId > 0);
    }

    [Theory]
    [InlineData("gpt-4o-mini-2024-07-18", "openai")]
    [InlineData("gpt-4o", "openai")]
    [InlineData("o3", "openai")]
    [InlineData("text-embedding-3-small", "openai")]
    [InlineData("ft:gpt-4o-mini-2024-07-18:acme::abc", "openai")]
    [InlineData("claude-haiku-4-5-20251001", "anthropic")]
    [InlineData("claude-opus-4-6", "anthropic")]
    [InlineData("gemini-2.5-pro", "gcp.gen_ai")]
    [InlineData("gemini-embedding-001", "gcp.gen_ai")]
    [InlineData("mistral-large-latest", "mistral_ai")]
    [InlineData("grok-4", "x_ai")]
    [InlineData("deepseek-chat", "deepseek")]
    public void Rate_NoProviderTold_TakesTheVendorOfTheName(string model, string provider)
    {
        var report = Rated("", model, Thousand);

        Assert.Equal(provider, report.Provider);
        Assert.Equal(CallFlags.InferredProvider, report.Flags & (CallFlags.InferredProvider | CallFlags.Unpriced));
        Assert.True(report.Cost > 0);
        var again = report.Cost;
        Snapshot.Rate(report);
        Assert.Equal((provider, again), (report.Provider, report.Cost));
    }

    [Theory]
    [InlineData("gpt-oss-120b")]
    [InlineData("openai/gpt-oss-120b")]
    [InlineData("llama-3.3-70b-versatile")]
    [InlineData("meta-llama/Llama-3.3-70B-Instruct-Turbo")]
    [InlineData("anthropic.claude-haiku-4-5-20251001-v1:0")]
    [InlineData("openai/gpt-4o")]
    [InlineData("gemma-3")]
    [InlineData("my-model")]
    public void Rate_NoProviderAndANameOfManyHosts_IsUnpriced(string model)
    {
        var report = Rated("", model, Thousand);
        Assert.Equal(("", CallFlags.Unpriced), (report.Provider, report.Flags));
    }

    [Theory]
    [InlineData("aws.bedrock", "us.anthropic.claude-haiku-4-5-20251001-v1:0", "0.0066")] // regional profiles: +10 %
    [InlineData("aws.bedrock", "global.anthropic.claude-haiku-4-5-20251001-v1:0", "0.006")]
    [InlineData("azure.ai.openai", "gpt-4o-mini-2024-07-18", "0.00075")]
    [InlineData("azure.ai.inference", "phi-4", "0.00021")]
    [InlineData("gcp.vertex_ai", "publishers/anthropic/models/claude-haiku-4-5@20251001", "0.006")]
    [InlineData("gcp.gen_ai", "models/gemini-2.5-flash", "0.0028")]
    [InlineData("groq", "llama-3.3-70b-versatile", "0.00138")]
    [InlineData("openai", "GPT-4o-mini", "0.00075")]
    [InlineData("openai", "gpt-4o-20240806", "0.0125")]
    public void Rate_ProviderTold_PricesAtThatSeller(string provider, string model, string cost) =>
        Assert.Equal(decimal.Parse(cost, System.Globalization.CultureInfo.InvariantCulture), Rated(provider, model, Thousand).Cost);

    [Fact]
    public void Rate_ServedModelDiffers_PricesTheServedOne()
    {
        var report = Rated("openai", "gpt-4o-mini", Thousand, change: r => r.RequestedModel = "gpt-4o");
        Assert.Equal(0.00075m, report.Cost);
        var unknown = Rated("openai", "gpt-99", Thousand, change: r => r.RequestedModel = "gpt-4o");
        Assert.Equal(CallFlags.Unpriced, unknown.Flags);
        var untold = Rated("openai", "", Thousand, change: r => r.RequestedModel = "gpt-4o");
        Assert.Equal(0.0125m, untold.Cost);
    }

    [Fact]
    public void Rate_CacheReadWithoutAPrice_CostsTheInputPriceAsUpperBound()
    {
        var report = Rated("openai", "gpt-5-pro", new() { CacheRead = 1000 });
        Assert.Equal((0.015m, CallFlags.UpperBound), (report.Cost, report.Flags));
        Assert.Equal(PriceLabel.UpperBound, Assert.Single(Snapshot.Explain(report)).Label);
        Assert.Equal(CallFlags.None, Rated("openai", "gpt-5-pro", Thousand).Flags);
    }

    [Fact]
    public void Rate_CacheWriteOfGpt6_CostsItsOwnMeter() =>
        Assert.Equal(0.0125m, Rated("openai", "gpt-6-astra", new() { CacheWrite5m = 1000 }).Cost);

    [Fact]
    public void Rate_CacheWriteWithoutAPrice_CostsTheInputPriceAsLowerBound()
    {
        var report = Rated("openai", "gpt-4o", new() { CacheWrite5m = 1000 });
        Assert.Equal((0.0025m, CallFlags.CacheWriteLowerBound), (report.Cost, report.Flags));
    }

    [Fact]
    public void Rate_CacheWriteOfUnknownLife_IsALowerBound()
    {
        var report = Rated("anthropic", "claude-haiku-4-5", new() { CacheWrite5m = 1000 }, change: r => r.Told = UsageParts.CacheWrite);
        Assert.Equal((0.00125m, CallFlags.CacheWriteLowerBound), (report.Cost, report.Flags));
        Assert.Equal(PriceLabel.LowerBound, Assert.Single(Snapshot.Explain(report)).Label);
    }

    [Fact]
    public void Rate_HourLongWriteOfClaudeAtAHost_CostsTwiceTheInput()
    {
        var report = Rated("gcp.vertex_ai", "claude-opus-4-8", new() { CacheWrite1h = 1000 });
        Assert.Equal((0.01m, CallFlags.Multiplied), (report.Cost, report.Flags));
    }

    [Theory]
    [InlineData("openai", "gpt-5", "flex", 0.5, CallFlags.Multiplied)]
    [InlineData("gcp.gemini", "gemini-3.8-flash", "ON_DEMAND_FLEX", 0.5, CallFlags.Multiplied)]
    [InlineData("gcp.gemini", "gemini-3.8-flash", "ON_DEMAND_PRIORITY", 1.8, CallFlags.Multiplied)]
    [InlineData("openai", "gpt-5", "default", 1, CallFlags.None)]
    [InlineData("anthropic", "claude-haiku-4-5", "standard", 1, CallFlags.None)]
    [InlineData("anthropic", "claude-haiku-4-5", "batch", 0.5, CallFlags.Multiplied)]
    [InlineData("openai", "gpt-5", "scale", 1, CallFlags.Ambiguous)]
    [InlineData("openai", "gpt-5", "priority", 1, CallFlags.Ambiguous)]
    public void Rate_ServedTier_MultipliesTheTokensOnly(string provider, string model, string tier, double factor, CallFlags flags)
    {
        var usage = new UsageVector { InputFresh = 1000, OutputText = 1000 };
        var standard = Rated(provider, model, usage).Cost;
        var report = Rated(provider, model, usage, change: r => r.ServedTier = tier);
        Assert.Equal((standard * (decimal)factor, flags), (report.Cost, report.Flags));
        Assert.Equal(report.Cost, Snapshot.Explain(report).Sum(i => i.Cost));
    }

    [Fact]
    public void Rate_TierOnlyRequested_IsPricedAsServedOrAsStandardAndFlagged()
    {
        var standard = Rated("openai", "gpt-5", Thousand).Cost;
        var refused = Rated("openai", "gpt-5", Thousand, change: r => (r.RequestedTier, r.ServedTier) = ("flex", "default"));
        Assert.Equal((standard, CallFlags.None), (refused.Cost, refused.Flags));
        var untold = Rated("openai", "gpt-5", Thousand, change: r => r.RequestedTier = "flex");
        Assert.Equal((standard, CallFlags.Ambiguous), (untold.Cost, untold.Flags));
    }

    [Fact]
    public void Rate_Batch_HalvesTokensAndNotSearches()
    {
        var report = Rated("anthropic", "claude-haiku-4-5", new() { InputFresh = 1000, CacheRead = 1000, WebSearches = 1 }, change: r => r.Batch = true);
        Assert.Equal((0.0005m + 0.00005m + 0.01m, CallFlags.Multiplied), (report.Cost, report.Flags));
        var elsewhere = Rated("groq", "llama-3.3-70b-versatile", Thousand, change: r => r.Batch = true);
        Assert.Equal((0.00138m, CallFlags.UpperBound), (elsewhere.Cost, elsewhere.Flags));
    }

    [Fact]
    public void Rate_MoreThanTheKnownWindow_IsPricedAndFlagged()
    {
        var report = Rated("openai", "gpt-4o", new() { InputFresh = 128_001 });
        Assert.Equal((0.3200025m, CallFlags.AboveContextWindow), (report.Cost, report.Flags));
    }

    [Fact]
    public void Rate_ModalityTokens_HaveTheirOwnPrices()
    {
        Assert.Equal(0.001m, Rated("gcp.gemini", "gemini-2.5-flash", new() { InputAudio = 1000 }).Cost);
        Assert.Equal(0.03m, Rated("gcp.gemini", "gemini-2.5-flash-image", new() { OutputImage = 1000 }).Cost);
        Assert.Equal(0.064m, Rated("openai", "gpt-audio", new() { OutputAudio = 1000 }).Cost);
        Assert.Equal(0.0025m, Rated("openai", "gpt-4o", new() { InputImage = 1000 }).Cost);
        Assert.Equal(CallFlags.Ambiguous, Rated("openai", "gpt-4o", new() { InputAudio = 1000 }).Flags);
    }

    [Fact]
    public void Rate_CacheHit_CostsNothingAndSaysWhatWasAvoided()
    {
        var report = Rated("openai", "gpt-4o", Thousand, change: r => r.Flags = CallFlags.CacheHit);
        Assert.Equal((0m, CallFlags.CacheHit), (report.Cost, report.Flags));
        var items = Snapshot.Explain(report);
        Assert.Equal([PriceLabel.Avoided, PriceLabel.Avoided], items.Select(i => i.Label));
        Assert.Equal(0m, items.Sum(i => i.Cost));
        Assert.Equal(0.0125m, items.Sum(i => i.Quantity / i.UnitSize * i.UnitPrice));
    }

    [Fact]
    public void ExplainAvoided_OfACacheHit_IsWhatTheCallWouldHaveCost()
    {
        var paid = Rated("openai", "gpt-4o", Thousand, change: r => r.ServedTier = "flex");
        var hit = Rated("openai", "gpt-4o", Thousand, change: r => (r.ServedTier, r.Flags) = ("flex", CallFlags.CacheHit));
        Assert.NotEqual(0, paid.Cost);
        Assert.Equal(Snapshot.Explain(paid), Snapshot.ExplainAvoided(hit));
        Assert.Equal(paid.Cost, Snapshot.ExplainAvoided(hit).Sum(i => i.Cost));
        Assert.Equal((0m, CallFlags.CacheHit), (hit.Cost, hit.Flags));
    }

    [Fact]
    public void ExplainAvoided_OfAListWithKeptVectors_IsWhatTheseWouldHaveCostBesideTheCost()
    {
        var partial = Rated("openai", "text-embedding-3-small", new() { InputFresh = 1_000 }, change: r => r.TokensAvoided = 3_000);
        var whole = Rated("openai", "text-embedding-3-small", new() { InputFresh = 4_000 });
        var avoided = Assert.Single(Snapshot.ExplainAvoided(partial));
        Assert.Equal((Meter.Input, 3_000m), (avoided.Meter, avoided.Quantity));
        Assert.NotEqual(0, avoided.Cost);
        Assert.Equal(whole.Cost, partial.Cost + avoided.Cost);
        // Paid capacity costs no money of its own, and neither does what it is spared.
        Assert.Empty(Snapshot.ExplainAvoided(Rated("openai", "text-embedding-3-small", new() { InputFresh = 1_000 }, change: r => (r.TokensAvoided, r.Flags) = (3_000, CallFlags.Capacity))));
        Assert.Empty(Snapshot.ExplainAvoided(Rated("openai", "of-no-price", new() { InputFresh = 1_000 }, change: r => r.TokensAvoided = 3_000)));
    }

    [Theory]
    [InlineData("gpt-4o", CallFlags.None)]
    [InlineData("gpt-4o", CallFlags.CacheHit | CallFlags.Capacity)]
    [InlineData("of-no-price", CallFlags.CacheHit)]
    public void ExplainAvoided_OfACallThatWouldHaveCostNoKnownMoney_IsEmpty(string model, CallFlags flags) =>
        Assert.Empty(Snapshot.ExplainAvoided(Rated("openai", model, Thousand, change: r => r.Flags = flags)));

    [Theory]
    [InlineData(CallStatus.Answered, CallFlags.NoUsage | CallFlags.Unpriced)]
    [InlineData(CallStatus.Failed, CallFlags.NoUsage)]
    public void Rate_NoUsageTold_IsUnknownUnlessTheAttemptFailed(CallStatus status, CallFlags flags)
    {
        var report = Rated("openai", "gpt-4o", default, change: r => (r.Status, r.UsageSource) = (status, UsageSource.Missing));
        Assert.Equal((0m, flags), (report.Cost, report.Flags));
    }

    [Fact]
    public void Rate_FailedAttemptWithUsage_IsBilled() =>
        Assert.Equal(0.0125m, Rated("openai", "gpt-4o", Thousand, change: r => r.Status = CallStatus.Failed).Cost);

    [Fact]
    public void Rate_Again_ReplacesWhatRatingSaidBefore()
    {
        var report = Rated("openai", "gpt-99", Thousand, change: r => r.Flags = CallFlags.ExclusiveInput);
        report.ServedModel = "gpt-4o";
        Snapshot.Rate(report);
        Assert.Equal((0.0125m, CallFlags.ExclusiveInput), (report.Cost, report.Flags));
    }

    [Theory]
    [InlineData("2026-09-01T00:59:59Z", "0.00264")]
    [InlineData("2026-09-01T01:00:00Z", "0.00528")]
    [InlineData("2026-09-01T04:00:00Z", "0.00264")]
    [InlineData("2026-08-16T12:00:00Z", "0.001305")]
    public void Rate_TimeOfDay_HasItsOwnPrice(string start, string cost) =>
        Assert.Equal(decimal.Parse(cost, System.Globalization.CultureInfo.InvariantCulture), Rated("deepseek", "deepseek-v4-pro", Thousand, start).Cost);

    [Fact]
    public void Rate_PriceWithManyDecimals_RoundsEachItemHalfToEven()
    {
        var report = Rated("openrouter", "google/gemini-2.5-flash-lite", new() { CacheWrite5m = 7 });
        Assert.Equal(0.000000583333m, report.Cost);
    }

    [Fact]
    public void Rate_SearchWithoutAPrice_IsFlaggedAndKeepsTheTokens()
    {
        var report = Rated("openai", "gpt-4.1-nano", new() { InputFresh = 1000, WebSearches = 2 });
        Assert.Equal((0.0001m, CallFlags.Ambiguous), (report.Cost, report.Flags));
    }

    [Fact]
    public void Rate_FloodOfUnknownNames_IsBounded()
    {
        var snapshot = PriceSnapshot.Create(Catalogue);
        var report = Call("openai", "", Thousand);
        for (var i = 0; i <= PriceSnapshot.MaxRememberedModels; i++)
        {
            report.ServedModel = $"nonsense-{i}";
            snapshot.Rate(report);
        }

        Assert.Equal(1, snapshot.TimesForgotten);
        report.ServedModel = "gpt-4o";
        snapshot.Rate(report);
        Assert.Equal(0.0125m, report.Cost);
    }
}
