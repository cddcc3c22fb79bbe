using FinOps.Domain.Pricing;
using FinOps.Domain.Usage;
using FinOps.Testing;
using FinOps.Ingest.Tests.Mapping;
using static FinOps.Ingest.Tests.Pitfalls.PricedTelemetry;

namespace FinOps.Ingest.Tests.Pitfalls;

/// <summary>This part: who sold it, under which name, where and when; which reports tell of one call; and what is not money.</summary>
public sealed partial class CostPitfallTests
{
    private static readonly UsageVector Thousand = new() { InputFresh = 1000, OutputText = 1000 };

    private static (string, object)[] Chat(string provider, string model, params (string, object)[] more) =>
        [("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", provider), ("gen_ai.response.model", model), ("gen_ai.usage.input_tokens", 1000),
            ("gen_ai.usage.output_tokens", 1000), .. more];

    [Fact]
    [CostPitfall(17, "litellm#1810, litellm#1874, litellm#7004")]
    public void DeploymentName_HidesTheModelUntilTheTenantNamesItsPrice()
    {
        var call = Chat("azure.ai.openai", "chat-prod-2");
        Assert.Equal((0m, CallFlags.Unpriced), (Told("some scope", call).Cost, Told("some scope", call).Flags));
        var prices = With(Own("azure", "chat-prod-2", Meter.Input, 2.5m), Own("azure", "chat-prod-2", Meter.Output, 10m));
        Assert.Equal((0.0125m, CallFlags.None), (Told(prices, "some scope", call).Cost, Told(prices, "some scope", call).Flags));
    }

    [Fact]
    [CostPitfall(18, "langfuse: model definitions; litellm: fine-tuned names")]
    public void FineTunedName_HasThePriceOfItsBaseOrItsOwn()
    {
        Assert.Equal(0.0015m, Used("openai", "ft:gpt-4o-mini-2024-07-18:acme::abc", Thousand).Cost); // 0.30 and 1.20; the base model's are half of it
        Assert.Equal(0.00075m, Used("openai", "gpt-4o-mini-2024-07-18", Thousand).Cost);
        var adapter = With(Own("openai", "acme-adapter-7", Meter.Input, 0.2m), Own("openai", "acme-adapter-7", Meter.Output, 0.4m));
        Assert.Equal(0.0006m, Used("openai", "acme-adapter-7", Thousand, adapter).Cost);
    }

    [Theory]
    [CostPitfall(19, "litellm#42679, litellm#30768, litellm#42469, litellm#27612")]
    [InlineData("aws.bedrock", "anthropic.claude-haiku-4-5-20251001-v1:0", "", "0.0066")] // in its region: +10 %
    [InlineData("aws.bedrock", "eu.anthropic.claude-haiku-4-5-20251001-v1:0", "eu-west-1", "0.0066")] // not twice
    [InlineData("aws.bedrock", "global.anthropic.claude-haiku-4-5-20251001-v1:0", "us-east-1", "0.006")]
    [InlineData("gcp.vertex_ai", "claude-haiku-4-5@20251001", "europe-west1", "0.0066")]
    [InlineData("gcp.vertex_ai", "claude-haiku-4-5@20251001", "global", "0.006")]
    [InlineData("gcp.vertex_ai", "gemini-2.5-flash", "europe-west1", "0.0028")] // older than the premium
    [InlineData("anthropic", "claude-opus-4-8", "us", "0.033")] // residency × 1.1
    [InlineData("anthropic", "claude-opus-4-8", "global", "0.03")]
    [InlineData("anthropic", "claude-haiku-4-5", "us", "0.006")]
    [InlineData("openai", "gpt-5.5", "eu", "0.0385")]
    [InlineData("openai", "gpt-5.5", "", "0.035")]
    [InlineData("openai", "gpt-4o", "eu", "0.0125")]
    public void Geography_IsADimensionOfThePrice(string provider, string model, string region, string cost)
    {
        var report = Told("some scope", Chat(provider, model, ("finops.region", region)));
        Assert.Equal(Usd(cost), report.Cost);
        Assert.Equal(report.Cost, ListPrices.Explain(report).Sum(i => i.Cost));
    }

    [Fact]
    public void Geography_IsToldByTheHostOrByTheAnswer()
    {
        var regional = Told("some scope", Chat("openai", "gpt-5.5", ("server.address", "eu.api.openai.com")));
        Assert.Equal(("openai", "eu", 0.0385m, CallFlags.Multiplied), (regional.Provider, regional.Region, regional.Cost, regional.Flags));
        Assert.Equal(0.035m, Told("some scope", Chat("openai", "gpt-5.5", ("server.address", "api.openai.com"))).Cost);
        var answer = Told("@arizeai/openinference-instrumentation-anthropic", Chat("anthropic", "claude-opus-4-8",
            ("output.value", """{"id":"msg_1","usage":{"input_tokens":1000,"output_tokens":1000,"cache_read_input_tokens":0,"inference_geo":"us"}}""")));
        Assert.Equal(("us", 0.033m), (answer.Region, answer.Cost));
    }

    [Fact]
    [CostPitfall(20, "langfuse: notes on extended access")]
    public void SameName_SoldAsTwoProducts_IsToldApartByTheHostOfTheAgreement()
    {
        var prices = With(
            Own("google", "claude-opus-4-8", Meter.Input, 6m) with { HostPlatform = "gcp.vertex_ai" }, Own("google", "claude-opus-4-8", Meter.Output, 30m) with { HostPlatform = "gcp.vertex_ai" });
        Assert.Equal(0.036m, Used("gcp.vertex_ai", "claude-opus-4-8", Thousand, prices).Cost);
        Assert.Equal(0.03m, Used("anthropic", "claude-opus-4-8", Thousand, prices).Cost);
        Assert.Equal(0.03m, Used("gcp.gen_ai", "claude-opus-4-8", Thousand, prices).Cost); // the same seller's other host keeps its list price
    }

    [Fact]
    [CostPitfall(21, "langfuse: notes on AI Studio and Vertex")]
    public void Host_OfOneSeller_IsADimensionOfThePrice()
    {
        PriceRow Row(string host, decimal price) => Own("google", "gemini-9-flash", Meter.Input, price) with { HostPlatform = host, Tenant = null };
        var prices = With(Row("gcp.gemini", 0.10m), Row("gcp.vertex_ai", 0.15m));
        Assert.Equal(0.0001m, Used("gcp.gemini", "gemini-9-flash", new() { InputFresh = 1000 }, prices).Cost);
        Assert.Equal(0.00015m, Used("gcp.vertex_ai", "gemini-9-flash", new() { InputFresh = 1000 }, prices).Cost);
        Assert.Equal(CallFlags.Unpriced, Used("gcp.gen_ai", "gemini-9-flash", new() { InputFresh = 1000 }, prices).Flags);
    }

    [Fact]
    [CostPitfall(22, "litellm#39455")]
    public void Retry_IsAnAttemptOfItsOwn()
    {
        var rows = Sent(ListPrices, "some scope",
            Span(1, 9, Chat("openai", "gpt-4o", ("error.type", "timeout"))),
            Span(2, 9, ("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", "openai"), ("gen_ai.request.model", "gpt-4o"), ("error.type", "429"), ("http.request.resend_count", 1)),
            Span(3, 9, Chat("openai", "gpt-4o", ("http.request.resend_count", 2)))).Rows.Calls;
        // One that timed out and tells usage was billed; one that tells none costs nothing, and is flagged.
        Assert.Equal(
            [(0, CallStatus.Failed, 0.0125m, CallFlags.None), (1, CallStatus.Failed, 0m, CallFlags.NoUsage), (2, CallStatus.Answered, 0.0125m, CallFlags.None)],
            rows.Select(r => ((int)r.Attempt, r.Status, r.Cost, r.Flags)));
        Assert.Equal(0.025m, Settled([.. rows]).Sum);
    }

    [Fact]
    [CostPitfall(23, "litellm#39294")]
    public void Fallback_IsPricedAsTheModelThatServed()
    {
        var report = Told("some scope", Chat("openai", "gpt-4o-mini", ("gen_ai.request.model", "gpt-4o")));
        Assert.Equal(("gpt-4o", "gpt-4o-mini", 0.00075m), (report.RequestedModel, report.ServedModel, report.Cost));
    }

    [Theory]
    [CostPitfall(24, "litellm#15740; langfuse: guide to gateways")]
    [InlineData(true)]
    [InlineData(false)]
    public void GatewayAndSdk_TellOfOneCall_InEitherOrder(bool gatewayFirst)
    {
        var sdk = Told("OpenAI.ChatClient", Chat("openai", "gpt-4o", ("gen_ai.response.id", "chatcmpl-1")));
        var gateway = Assert.Single(Sent(ListPrices, "litellm", Span(7, 0, Chat("openai", "gpt-4o", ("gen_ai.response.id", "chatcmpl-1")))).Rows.Calls);
        var (calls, sum) = gatewayFirst ? Settled(gateway, sdk) : Settled(sdk, gateway);
        Assert.Equal((0.0125m, gateway), (sum, Assert.Single(calls)));
    }

    [Fact]
    [CostPitfall(25, "langfuse#7478")]
    public void Parent_ThatSumsItsCalls_IsNeverBilled()
    {
        var rows = Sent(ListPrices, "gen_ai",
            Span(1, 0, ("gen_ai.operation.name", "invoke_agent"), ("gen_ai.provider.name", "openai"), ("gen_ai.request.model", "gpt-4o"), ("gen_ai.usage.input_tokens", 2000), ("gen_ai.usage.output_tokens", 2000)),
            Span(2, 1, Chat("openai", "gpt-4o", ("gen_ai.response.id", "a"))),
            Span(3, 1, Chat("openai", "gpt-4o", ("gen_ai.response.id", "b")))).Rows.Calls;
        Assert.Equal(0.025m, Settled([.. rows]).Sum);
    }

    [Fact]
    [CostPitfall(26, "langfuse#2112, bifrost#691")]
    public void AnswerFromACache_CostsNothingAndSaysWhatWasAvoided()
    {
        var report = Told("finops.gateway", Chat("openai", "gpt-4o", ("finops.cache_hit", true)));
        var items = ListPrices.Explain(report);
        Assert.Equal((0m, CallFlags.CacheHit, 0m), (report.Cost, report.Flags, items.Sum(i => i.Cost)));
        Assert.All(items, i => Assert.Equal(PriceLabel.Avoided, i.Label));
        Assert.Equal(0.0125m, items.Sum(i => i.Quantity / i.UnitSize * i.UnitPrice));
    }

    [Theory]
    [CostPitfall(27, "litellm#17814")]
    [InlineData("chat", "GET")]
    [InlineData("aget_responses", "POST")]
    [InlineData("count_tokens", "POST")]
    public void ReadingAgain_IsNoCall(string operation, string method)
    {
        var rows = Sent(ListPrices, "litellm", Span(1, 0, ("gen_ai.operation.name", operation), ("gen_ai.provider.name", "openai"), ("gen_ai.response.model", "gpt-4o"),
            ("gen_ai.usage.input_tokens", 1000), ("http.request.method", method))).Rows;
        Assert.Empty(rows.Calls);
        Assert.Single(rows.Links);
    }

    [Fact]
    [CostPitfall(28, "price lists of OpenAI, Cohere and Voyage")]
    public void EmbeddingsAndRerankers_AreBilledByInputOrBySearchUnit()
    {
        var embedding = Used("openai", "text-embedding-3-small", new() { InputFresh = 8, OutputText = 3 });
        Assert.Equal((0.00000016m, CallFlags.None), (embedding.Cost, embedding.Flags));

        var prices = With(Own("cohere", "rerank-v3.5", Meter.SearchUnit, 2m, 1000m));
        var rerank = Told(prices, "some scope", ("gen_ai.operation.name", "rerank"), ("gen_ai.provider.name", "cohere"), ("gen_ai.request.model", "rerank-v3.5"),
            ("gen_ai.usage.search_units", 3), ("gen_ai.usage.input_tokens", 900));
        Assert.Equal((0.006m, CallFlags.None), (rerank.Cost, rerank.Flags)); // the tokens it tells beside are not what it is billed by
        var unpriced = Used("cohere", "rerank-v3.5", new() { SearchUnits = 3 });
        Assert.Equal((0m, CallFlags.Unpriced), (unpriced.Cost, unpriced.Flags));
    }

    [Fact]
    [CostPitfall(29, "litellm#21023, litellm#10598")]
    public void UnknownModel_IsUnpricedAndNeverFree()
    {
        var report = Told("some scope", Chat("openai", "gpt-99-ultra"));
        Assert.Equal((CallFlags.Unpriced, 0L), (report.Flags, report.PriceId));
        Assert.Empty(ListPrices.Explain(report));
        // Free is something else: the list knows that it costs nothing.
        Assert.Equal(CallFlags.None, Told("some scope", Chat("github_copilot", "gpt-4o")).Flags);
    }

    [Theory]
    [CostPitfall(30, "langfuse#12184, any-llm#995, maxx#575")]
    [InlineData("2026-11-30T23:59:59.999999Z", "0.002")] // the agreement
    [InlineData("2026-12-01T00:00:00Z", "0.0045")] // the list's introductory price
    [InlineData("2026-12-31T23:59:59.999999Z", "0.0045")]
    [InlineData("2027-01-01T00:00:00Z", "0.009")]
    public void Price_HoldsFromItsFirstInstantToItsEnd(string start, string cost)
    {
        var end = new DateTimeOffset(2026, 12, 1, 0, 0, 0, TimeSpan.Zero);
        var prices = With(Own("google", "gemini-3.8-flash", Meter.Input, 1m) with { ValidTo = end }, Own("google", "gemini-3.8-flash", Meter.Output, 1m) with { ValidTo = end });
        var report = Used("gcp.gemini", "gemini-3.8-flash", Thousand, prices, start);
        Assert.Equal(Usd(cost), report.Cost);
        Assert.Equal(prices.Explain(report)[0].PriceId, report.PriceId); // the row that it was priced by stays with the call
    }

    [Theory]
    [CostPitfall(32, "litellm: documentation of discounts; DeepSeek's price list")]
    [InlineData("2026-09-01T00:59:59Z", "0.00264")]
    [InlineData("2026-09-01T01:00:00Z", "0.00528")]
    [InlineData("2026-09-01T04:00:00Z", "0.00264")]
    public void TimeOfDay_AndDiscount_StandApart(string start, string cost)
    {
        Assert.Equal(Usd(cost), Used("deepseek", "deepseek-v4-pro", Thousand, start: start).Cost);
        var prices = With(Own("deepseek", "", Meter.Discount, 0.15m, 1m));
        var report = Used("deepseek", "deepseek-v4-pro", Thousand, prices, start);
        var items = prices.Explain(report);
        Assert.Equal((Usd(cost) * 0.85m, report.Cost), (report.Cost, items.Sum(i => i.Cost)));
        Assert.Equal((Meter.Discount, Usd(cost), -Usd(cost) * 0.15m), (items[^1].Meter, items[^1].Quantity, items[^1].Cost));
        // A share of nothing known is nothing: no price comes of it.
        Assert.Equal(CallFlags.Unpriced, Used("deepseek", "deepseek-99", Thousand, prices).Flags);
    }

    [Fact]
    [CostPitfall(35, "opencost#3900, opencost#2901")]
    public void GpuTime_OfACall_IsBilledByTheHour()
    {
        var prices = With(Own("my-vllm", "llama-3.3-70b", Meter.GpuTime, 3.99m, 3_600_000m));
        var report = Told(prices, "finops.gateway", ("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", "my-vllm"), ("gen_ai.response.model", "llama-3.3-70b"),
            ("finops.usage.gpu_milliseconds", 90_000));
        Assert.Equal((0.09975m, CallFlags.None), (report.Cost, report.Flags));
        Assert.Equal("millisecond", Assert.Single(prices.Explain(report)).Unit);
    }

    [Fact]
    [CostPitfall(39, "hurttlocker/o8#1791")]
    public void Capacity_ThatIsPaidForAsSuch_StaysInItsOwnUnit()
    {
        var seat = Told("some scope", Chat("anthropic", "claude-opus-4-8", ("finops.capacity", true)));
        var provisioned = Told("some scope", Chat("gcp.vertex_ai", "gemini-2.5-pro", ("gen_ai.response.service_tier", "PROVISIONED_THROUGHPUT")));
        foreach (var report in new[] { seat, provisioned })
        {
            Assert.Equal((0m, CallFlags.Capacity), (report.Cost, report.Flags));
            Assert.All(ListPrices.Explain(report), i => Assert.Equal((PriceLabel.Capacity, 0m, "token", 1000m), (i.Label, i.Cost, i.Unit, i.Quantity)));
        }
    }

    [Fact]
    [CostPitfall(40, "common knowledge: binary fractions do not sum")]
    public void ManyTinyCosts_SumToTheLastDecimal()
    {
        var embedding = Used("openai", "text-embedding-3-small", new() { InputFresh = 1 });
        decimal sum = 0;
        for (var i = 0; i < 1_000_000; i++) sum += embedding.Cost;
        Assert.Equal((0.00000002m, 0.02m), (embedding.Cost, sum));
        // 7 tokens at 0.083333333333… a million: half to even at the twelfth decimal, once for each line.
        var report = Used("openrouter", "google/gemini-2.5-flash-lite", new() { InputFresh = 3, CacheWrite5m = 7, OutputText = 1 });
        Assert.Equal((report.Cost, 0.000000583333m), (ListPrices.Explain(report).Sum(i => i.Cost), ListPrices.Explain(report)[1].Cost));
    }

    [Theory]
    [CostPitfall(42, "phoenix#13379")]
    [InlineData(-1, 0, 1, 0, CallFlags.None)]
    [InlineData(100_000_001, 0, 1, 0, CallFlags.None)]
    [InlineData(128_001, 1, 0, 320_002_500_000, CallFlags.AboveContextWindow)]
    public void ImpossibleCounts_AreSetAside_AndUnlikelyOnesFlagged(int input, int calls, int quarantined, long pico, CallFlags flags)
    {
        var rows = Sent(ListPrices, "some scope", Span(1, 0, ("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", "openai"), ("gen_ai.response.model", "gpt-4o"),
            ("gen_ai.usage.input_tokens", input))).Rows;
        Assert.Equal((calls, quarantined), (rows.Calls.Count, rows.Quarantined.Count));
        Assert.Equal((pico / 1e12m, flags), rows.Calls.Count == 0 ? (0m, CallFlags.None) : (rows.Calls[0].Cost, rows.Calls[0].Flags));
    }
}
