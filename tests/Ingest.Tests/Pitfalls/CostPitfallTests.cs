using FinOps.Domain.Pricing;
using FinOps.Domain.Usage;
using FinOps.Testing;
using static FinOps.Ingest.Tests.Pitfalls.PricedTelemetry;

namespace FinOps.Ingest.Tests.Pitfalls;

/// <summary>
/// The ways in which a call's cost goes wrong elsewhere, a named case for each, with where it was seen and exact figures from the vendors' lists. Those of months and machines stand with
/// their parts of the product; a test of the architecture looks that none of the forty-two lacks one. This part: what was used, and by which meter it is billed.
/// </summary>
public sealed partial class CostPitfallTests
{
    [Theory]
    [CostPitfall(1, "langfuse#10592, bifrost#904, Agenta#5711, phoenix#10036")]
    [InlineData("com.anthropic.sdk.typescript", 150)]
    [InlineData("@traceloop/instrumentation-anthropic", 20)]
    public void CachedInput_InsideTheCountOrBesideIt_IsBilledOnce(string scope, int told)
    {
        var report = Told(scope, ("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", "anthropic"), ("gen_ai.response.model", "claude-haiku-4-5-20251001"),
            ("gen_ai.usage.input_tokens", told), ("gen_ai.usage.output_tokens", 45), ("gen_ai.usage.cache_read.input_tokens", 100),
            ("gen_ai.usage.cache_creation.input_tokens", 30), ("anthropic.usage.cache_creation.ephemeral_5m_input_tokens", 30));
        Assert.Equal((150UL, 20u, 0.0002925m), (report.Usage.InputTotal, report.Usage.InputFresh, report.Cost));
    }

    [Fact]
    [CostPitfall(2, "toktrack#232, claude-observability-plugin#34")]
    public void CacheWrites_OfFiveMinutesAndOfAnHour_AreTwoMeters()
    {
        (string, object)[] call = [("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", "anthropic"), ("gen_ai.response.model", "claude-haiku-4-5"),
            ("gen_ai.usage.input_tokens", 3000), ("gen_ai.usage.output_tokens", 0), ("gen_ai.usage.cache_creation.input_tokens", 3000)];
        var split = Told("com.anthropic.sdk.csharp",
            [.. call, ("anthropic.usage.cache_creation.ephemeral_5m_input_tokens", 1000), ("anthropic.usage.cache_creation.ephemeral_1h_input_tokens", 2000)]);
        var unsplit = Told("com.anthropic.sdk.csharp", call);
        Assert.Equal((0.00525m, CallFlags.None), (split.Cost, split.Flags));
        Assert.Equal((0.00375m, CallFlags.CacheWriteLowerBound), (unsplit.Cost, unsplit.Flags));
    }

    [Fact]
    [CostPitfall(3, "openlit#914, langfuse#4590")]
    public void CacheRead_WithoutAPrice_CostsAsMuchAsFreshInputAndSaysSo()
    {
        var report = Used("openai", "gpt-5-pro", new() { CacheRead = 1000 });
        Assert.Equal((0.015m, CallFlags.UpperBound), (report.Cost, report.Flags));
    }

    [Fact]
    [CostPitfall(4, "langfuse: notes on Gemini's caches")]
    public void CacheStorage_ByTheHour_IsAMeterOfItsOwn()
    {
        (string, object)[] kept = [("gen_ai.operation.name", "generate_content"), ("gen_ai.provider.name", "gcp.gemini"), ("gen_ai.response.model", "gemini-2.5-flash"),
            ("gen_ai.usage.input_tokens", 1000), ("finops.usage.cache_storage_token_hours", 3_000_000)];
        var prices = With(Own("google", "gemini-2.5-flash", Meter.CacheStorage, 1m));
        var report = Told(prices, "finops.gateway", kept);
        Assert.Equal((3.0003m, CallFlags.None), (report.Cost, report.Flags));
        Assert.Equal([(Meter.Input, 0.0003m), (Meter.CacheStorage, 3m)], prices.Explain(report).Select(i => (i.Meter, i.Cost)));

        var unknown = Told("finops.gateway", kept);
        Assert.Equal((0.0003m, CallFlags.Ambiguous), (unknown.Cost, unknown.Flags));
        Assert.Equal((PriceLabel.Unpriced, 3_000_000m), ListPrices.Explain(unknown).Where(i => i.Meter == Meter.CacheStorage).Select(i => (i.Label, i.Quantity)).Single());
    }

    [Theory]
    [CostPitfall(5, "litellm#33772, litellm#34801")]
    [InlineData("gpt-5.6-sol", "0.005", CallFlags.None)] // 1.25 × the input price
    [InlineData("gpt-6-astra", "0.0125", CallFlags.None)]
    [InlineData("gpt-4o", "0.0025", CallFlags.CacheWriteLowerBound)] // none in the list, and none is made up
    public void CacheWrite_OfEachModel_HasItsOwnPrice(string model, string cost, CallFlags flags)
    {
        var report = Used("openai", model, new() { CacheWrite5m = 1000 });
        Assert.Equal((Usd(cost), flags), (report.Cost, report.Flags));
    }

    [Theory]
    [CostPitfall(6, "litellm#10567, llmgateway#3435, twentyhq#18155")]
    [InlineData("openai", "gpt-5-mini", 165, 45, "0.00012")] // inside: 120 in, 45 out of which 16 reasoned
    [InlineData("gcp.gemini", "gemini-2.5-flash", 181, 61, "0.0001885")] // beside: 45 candidates and 16 thoughts
    public void Reasoning_InsideTheOutputOrBesideIt_IsBilledOnce(string provider, string model, int total, int output, string cost)
    {
        var report = Told("some scope", ("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", provider), ("gen_ai.response.model", model), ("gen_ai.usage.input_tokens", 120),
            ("gen_ai.usage.output_tokens", 45), ("gen_ai.usage.reasoning_tokens", 16), ("gen_ai.usage.total_tokens", total));
        Assert.Equal(((ulong)output, 16u, Usd(cost)), (report.Usage.OutputTotal, report.Usage.OutputReasoning, report.Cost));
    }

    [Theory]
    [CostPitfall(7, "price lists of OpenAI and Google")]
    [InlineData("openai", "gpt-5.5", 271_999, 0, 1000, "1.389995")]
    [InlineData("openai", "gpt-5.5", 272_000, 0, 1000, "2.765")] // all 272,000 at double, the output at 1.5 times
    [InlineData("openai", "gpt-5.5", 50_000, 250_000, 0, "0.75")] // cached tokens count for the threshold
    [InlineData("gcp.gemini", "gemini-2.5-pro", 200_000, 0, 0, "0.25")]
    [InlineData("gcp.gemini", "gemini-2.5-pro", 200_001, 0, 0, "0.5000025")]
    public void LongContext_PricesTheWholeAttempt(string provider, string model, int fresh, int read, int output, string cost) =>
        Assert.Equal(Usd(cost), Used(provider, model, new() { InputFresh = (uint)fresh, CacheRead = (uint)read, OutputText = (uint)output }).Cost);

    [Fact]
    [CostPitfall(8, "control-tower#1218")]
    public void LongContext_IsDecidedForEachAttemptAndNotForTheirSum()
    {
        var attempt = new UsageVector { InputFresh = 150_000 };
        Assert.Equal(1.5m, Used("openai", "gpt-5.5", attempt).Cost + Used("openai", "gpt-5.5", attempt).Cost);
        Assert.Equal(3m, Used("openai", "gpt-5.5", new() { InputFresh = 300_000 }).Cost);
    }

    [Fact]
    [CostPitfall(9, "litellm#18988")]
    public void HourLongWrite_InLongContext_HasThePriceOfBoth()
    {
        // Claude Sonnet 4.5 beyond 200,000: 6 for input, 12 for a write that lives an hour.
        Assert.Equal(1.512m, Used("anthropic", "claude-sonnet-4-5", new() { InputFresh = 250_000, CacheWrite1h = 1000 }).Cost);
        Assert.Equal(0.603m, Used("anthropic", "claude-sonnet-4-5", new() { InputFresh = 199_000, CacheWrite1h = 1000 }).Cost);
    }

    [Theory]
    [CostPitfall(10, "litellm#13810, defog#303")]
    [InlineData("flex", "default", "0.01125", CallFlags.None)]
    [InlineData("priority", "flex", "0.005625", CallFlags.Multiplied)]
    [InlineData("flex", null, "0.01125", CallFlags.Ambiguous)] // asked for, and nobody told whether it was served
    public void ServiceTier_AsServed_DecidesThePrice(string requested, string? served, string cost, CallFlags flags)
    {
        List<(string, object)> call = [("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", "openai"), ("gen_ai.response.model", "gpt-5"),
            ("gen_ai.usage.input_tokens", 1000), ("gen_ai.usage.output_tokens", 1000), ("openai.request.service_tier", requested)];
        if (served is not null) call.Add(("openai.response.service_tier", served));
        var report = Told("OpenAI.ChatClient", [.. call]);
        Assert.Equal((Usd(cost), flags), (report.Cost, report.Flags));
    }

    /// <summary>Anthropic tells it beside the tier, in either order.</summary>
    [Theory]
    [InlineData("\"speed\":\"fast\",\"service_tier\":\"standard\"", "fast", CallFlags.Ambiguous)]
    [InlineData("\"service_tier\":\"standard\",\"speed\":\"fast\"", "fast", CallFlags.Ambiguous)]
    [InlineData("\"service_tier\":\"standard\",\"speed\":\"standard\"", "standard", CallFlags.None)]
    public void Speed_ThatHasAPriceOfItsOwn_IsATier(string told, string tier, CallFlags flags)
    {
        var report = Told("@arizeai/openinference-instrumentation-anthropic", Chat("anthropic", "claude-opus-4-8", ("gen_ai.response.service_tier", "standard"),
            ("output.value", $$$"""{"id":"msg_1","usage":{"input_tokens":1000,"output_tokens":1000,{{{told}}}}}""")));
        Assert.Equal((tier, flags), (report.ServedTier, report.Flags));
        var own = With(Own("anthropic", "claude-opus-4-8", Meter.Input, 60m) with { ServiceTier = "fast" }, Own("anthropic", "claude-opus-4-8", Meter.Output, 300m) with { ServiceTier = "fast" });
        own.Rate(report);
        Assert.Equal(tier == "fast" ? 0.36m : 0.03m, report.Cost);
    }

    [Fact]
    [CostPitfall(11, "litellm#19925, litellm#37077, litellm#38341, truefoundry/models#765, dust#23702")]
    public void Batch_HalvesEveryTokenMeterOnce()
    {
        var usage = new UsageVector { InputFresh = 1000, CacheRead = 1000, CacheWrite5m = 1000, OutputText = 1000, WebSearches = 1 };
        var standard = Used("anthropic", "claude-haiku-4-5", usage);
        var batch = Used("anthropic", "claude-haiku-4-5", usage, change: r => r.Batch = true);
        Assert.Equal((0.01735m, 0.013675m), (standard.Cost, batch.Cost));
        // A row for batches goes before the factor, and nothing is multiplied on top of it.
        var own = Own("openai", "gpt-4o", Meter.CacheRead, 0.4m) with { Batch = true };
        Assert.Equal(0.0004m, Used("openai", "gpt-4o", new() { CacheRead = 1000 }, With(own), change: r => r.Batch = true).Cost);
    }

    /// <summary>Half of what the vendor lists for one call, whatever the cached part; a row for batches is the price of what it is for, and the cached tokens keep their own.</summary>
    [Theory]
    [CostPitfall(11, "litellm#19925, truefoundry/models#765, dust#23702")]
    [InlineData("openai", "gpt-5", "0.01125", "0.005625")] // litellm#19925: the half was missing
    [InlineData("anthropic", "claude-haiku-4-5", "0.006", "0.003")]
    [InlineData("gcp.gemini", "gemini-2.5-flash", "0.0028", "0.0014")]
    public void Batch_OfEachVendor_IsHalf(string provider, string model, string standard, string batch)
    {
        var usage = new UsageVector { InputFresh = 1000, OutputText = 1000 };
        Assert.Equal((Usd(standard), Usd(batch)), (Used(provider, model, usage).Cost, Used(provider, model, usage, change: r => r.Batch = true).Cost));
    }

    /// <summary>A job of 9,000 cached and 1,000 fresh tokens at a row of its own for batches: all of them at that row's price would cost 0.01, three times too much.</summary>
    [Fact]
    [CostPitfall(11, "litellm#38341")]
    public void BatchRow_OfFreshInput_IsNotThePriceOfCachedTokens()
    {
        var own = Own("openai", "gpt-4.1", Meter.Input, 1m) with { Batch = true };
        var job = Used("openai", "gpt-4.1", new() { InputFresh = 1000, CacheRead = 9000 }, With(own), change: r => r.Batch = true);
        Assert.Equal(0.00325m, job.Cost);
    }

    /// <summary>The span of the job tells the sums of its items, as a batch object does. Each item is rated by itself: neither the job nor the long context that only the sum reaches is billed.</summary>
    [Theory]
    [CostPitfall(11, "litellm#39861, litellm#14884")]
    [InlineData("invoke_workflow")]
    [InlineData("batch")]
    public void BatchJob_AboveItsItems_IsBilledByItem(string operation)
    {
        (string, object)[] call = [("gen_ai.provider.name", "openai"), ("gen_ai.response.model", "gpt-5.5"), ("finops.batch", true)];
        var rows = Sent(ListPrices, "job",
            Span(1, 0, [("gen_ai.operation.name", operation), .. call, ("gen_ai.usage.input_tokens", 300_000), ("gen_ai.usage.output_tokens", 2000)]),
            Span(2, 1, [("gen_ai.operation.name", "chat"), .. call, ("gen_ai.response.id", "a"), ("gen_ai.usage.input_tokens", 100_000), ("gen_ai.usage.output_tokens", 500)]),
            Span(3, 1, [("gen_ai.operation.name", "chat"), .. call, ("gen_ai.response.id", "b"), ("gen_ai.usage.input_tokens", 200_000), ("gen_ai.usage.output_tokens", 1500)])).Rows.Calls;
        var (calls, sum) = Settled([.. rows]);

        // 5 and 30 for a million, halved: 0.2575 and 0.5225.
        Assert.Equal([0.2575m, 0.5225m], calls.Select(item => item.Cost).Order());
        Assert.Equal(0.78m, sum);
    }

    /// <summary>The sum of both reaches the long context, at double the price; neither item does.</summary>
    [Fact]
    [CostPitfall(11, "litellm#14884")]
    public void BatchJob_ThatAloneTellsUsage_IsBilledByItemsInEqualParts()
    {
        (string, object)[] call = [("gen_ai.provider.name", "openai"), ("gen_ai.response.model", "gpt-5.5"), ("finops.batch", true)];
        (string, object)[] item = [("gen_ai.operation.name", "chat"), .. call];
        var rows = Sent(ListPrices, "job",
            Span(1, 0, [("gen_ai.operation.name", "batch"), .. call, ("gen_ai.usage.input_tokens", 300_001), ("gen_ai.usage.output_tokens", 2000)]),
            Span(2, 1, item), Span(3, 1, item), Span(4, 1, [.. item, ("error.type", "expired")])).Rows.Calls;
        var (calls, sum) = Settled([.. rows]);

        // 150,001 and 150,000 tokens of input and 1,000 of output at 2.5 and 15 for a million; what expired used nothing.
        Assert.Equal([0m, 0.39m, 0.3900025m], calls.Select(one => one.Cost).Order());
        Assert.Equal(0.7800025m, sum);
        Assert.All(calls.Where(one => one.Cost > 0), one => Assert.Equal(CallFlags.EstimatedUsage | CallFlags.Multiplied, one.Flags));
    }

    [Fact]
    [CostPitfall(12, "litellm#36168, litellm#13264, local-deep-research#4473")]
    public void Stream_WithoutUsage_IsUnknownEstimatedOrBilledAndNeverFree()
    {
        (string, object)[] stream = [("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", "openai"), ("gen_ai.response.model", "gpt-4o-mini"), ("gen_ai.request.stream", true)];
        var silent = Told("some scope", stream);
        Assert.Equal(CallFlags.NoUsage | CallFlags.Unpriced, silent.Flags);

        var guessed = Told("@traceloop/instrumentation-openai", [.. stream, ("gen_ai.usage.input_tokens", 1000), ("gen_ai.usage.output_tokens", 1000)]);
        Assert.Equal((0.00075m, CallFlags.EstimatedUsage), (guessed.Cost, guessed.Flags));
        Assert.All(ListPrices.Explain(guessed), i => Assert.Equal(PriceLabel.Estimated, i.Label));

        var aborted = Told("some scope", [.. stream, ("gen_ai.usage.input_tokens", 1000), ("gen_ai.usage.output_tokens", 10), ("error.type", "cancelled")]);
        Assert.Equal((CallStatus.Failed, 0.000156m), (aborted.Status, aborted.Cost));
    }

    [Fact]
    [CostPitfall(13, "OpenHands#2896")]
    public void StreamedUsage_ToldAgainAndAgain_IsItsLastCount()
    {
        // Anthropic tells output_tokens 1 when a stream starts, and then sums up to the end.
        var report = Told("com.anthropic.sdk.typescript", ("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", "anthropic"), ("gen_ai.response.model", "claude-haiku-4-5"),
            ("gen_ai.usage.input_tokens", 20), ("gen_ai.usage.output_tokens", 1), ("gen_ai.usage.output_tokens", 30), ("gen_ai.usage.output_tokens", 45));
        Assert.Equal((45u, 0.000245m), (report.Usage.OutputText, report.Cost));
    }

    [Fact]
    [CostPitfall(14, "litellm#17410")]
    public void Pictures_AreBilledByTheirOwnTokensOrEachByQualityAndSize()
    {
        Assert.Equal((0.032m, 0.01m), (Used("openai", "gpt-image-1.5", new() { OutputImage = 1000 }).Cost, Used("openai", "gpt-image-1.5", new() { OutputText = 1000 }).Cost));
        Assert.Equal(0.002m, Used("openai", "gpt-image-1.5", new() { CacheReadImage = 1000 }).Cost);

        var each = With(
            Own("openai", "dall-e-3", Meter.Image, 0.04m, 1m) with { Variant = "standard/1024x1024" }, Own("openai", "dall-e-3", Meter.Image, 0.12m, 1m) with { Variant = "hd/1024x1792" });
        CallReport Made(string quality, string size) => Told(each, "openlit", ("gen_ai.operation.name", "image_generation"), ("gen_ai.provider.name", "openai"),
            ("gen_ai.request.model", "dall-e-3"), ("gen_ai.request.image_quality", quality), ("gen_ai.request.image_size", size), ("gen_ai.usage.images", 2));
        Assert.Equal((0.08m, 0.24m), (Made("standard", "1024x1024").Cost, Made("hd", "1024x1792").Cost));
        Assert.Equal(CallFlags.Unpriced, Made("hd", "512x512").Flags & CallFlags.Unpriced);
    }

    [Fact]
    [CostPitfall(15, "litellm#39850")]
    public void Realtime_TextAndAudioFreshAndCached_AreFourMetersIn()
    {
        var report = Told("OpenAI.Realtime", ("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", "openai"), ("gen_ai.response.model", "gpt-realtime"),
            ("gen_ai.usage.input_tokens", 1000), ("gen_ai.usage.audio.input_tokens", 600), ("gen_ai.usage.cache_read.input_tokens", 300),
            ("gen_ai.usage.audio.cache_read.input_tokens", 200), ("gen_ai.usage.output_tokens", 100), ("gen_ai.usage.audio.output_tokens", 80));
        Assert.Equal(0.01956m, report.Cost);
        Assert.Equal(
            [(Meter.Input, 300m), (Meter.CacheRead, 100m), (Meter.Output, 20m), (Meter.InputAudio, 400m), (Meter.OutputAudio, 80m), (Meter.CacheReadAudio, 200m)],
            ListPrices.Explain(report).Select(i => (i.Meter, i.Quantity)));

        // A transcription is sold by the hour.
        var whisper = Told("some scope", ("gen_ai.operation.name", "transcription"), ("gen_ai.provider.name", "openai"), ("gen_ai.request.model", "whisper-1"),
            ("finops.usage.audio_milliseconds", 90_000));
        Assert.Equal(0.009m, whisper.Cost);
    }

    [Fact]
    [CostPitfall(16, "phoenix#8431")]
    public void ToolFees_AreCountedByKind()
    {
        var prices = With(Own("openai", "gpt-5-mini", Meter.CodeSession, 0.03m, 1m));
        var report = Told(prices, "finops.gateway", ("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", "openai"), ("gen_ai.response.model", "gpt-5-mini"),
            ("gen_ai.usage.input_tokens", 1000), ("finops.usage.web_searches", 3), ("finops.usage.file_searches", 2), ("finops.usage.code_sessions", 1));
        Assert.Equal(
            [(Meter.Input, 0.00025m), (Meter.WebSearch, 0.03m), (Meter.StorageSearch, 0.005m), (Meter.CodeSession, 0.03m)],
            prices.Explain(report).Select(i => (i.Meter, i.Cost)));
        Assert.Equal(0.06525m, report.Cost);
    }
}
