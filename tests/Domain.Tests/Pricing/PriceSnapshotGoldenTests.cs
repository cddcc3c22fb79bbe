using System.Globalization;
using System.Text.Json;
using FinOps.Domain.Pricing;
using FinOps.Domain.Usage;
using static FinOps.Domain.Tests.Pricing.RatedCalls;

namespace FinOps.Domain.Tests.Pricing;

/// <summary>Figures that were computed by hand from the vendors' list prices, to the last decimal.</summary>
public sealed class PriceSnapshotGoldenTests
{
    [Fact]
    public void Rate_ChatWithCachedInput_CountsCachedTokensOnce() =>
        Assert.Equal(0.0000402m, Rated("openai", "gpt-4o-mini-2024-07-18", new() { InputFresh = 56, CacheRead = 64, OutputText = 29, OutputReasoning = 16 }).Cost);

    [Fact]
    public void Rate_AnthropicWithBothCacheLivesAndASearch_PricesEachMeter()
    {
        var report = Rated("anthropic", "claude-haiku-4-5-20251001",
            new() { InputFresh = 20, CacheRead = 100, CacheWrite5m = 25, CacheWrite1h = 5, OutputText = 45, WebSearches = 1 });

        Assert.Equal(0.01029625m, report.Cost);
        Assert.Equal(CallFlags.None, report.Flags);
        Assert.True(report.PriceId > 0);
    }

    [Fact]
    public void Rate_Embeddings_BillsInputOnly()
    {
        var report = Rated("openai", "text-embedding-3-small", new() { InputFresh = 8, OutputText = 3 });

        Assert.Equal(0.00000016m, report.Cost);
        Assert.Equal(CallFlags.None, report.Flags);
    }

    [Theory]
    [InlineData("2026-12-31T23:59:59.999999Z", "0.0045")]
    [InlineData("2027-01-01T00:00:00Z", "0.009")]
    public void Rate_IntroductoryPrice_EndsAtItsInstant(string start, string cost) =>
        Assert.Equal(Usd(cost), Rated("gcp.gemini", "gemini-3.8-flash", new() { InputFresh = 1000, OutputText = 1000 }, start).Cost);

    [Theory]
    [InlineData("openai", "gpt-5.5", 271_999, 0, "1.359995")]
    [InlineData("openai", "gpt-5.5", 272_000, 0, "2.72")]
    [InlineData("openai", "gpt-5.5", 300_000, 0, "3")]
    [InlineData("openai", "gpt-5.5", 300_000, 1000, "3.045")]
    [InlineData("gcp.gemini", "gemini-2.5-pro", 200_000, 0, "0.25")]
    [InlineData("gcp.gemini", "gemini-2.5-pro", 250_000, 0, "0.625")]
    [InlineData("gcp.vertex_ai", "gemini-2.5-pro", 250_000, 1000, "0.64")]
    public void Rate_LongContext_IsACliffForTheWholeAttempt(string provider, string model, int input, int output, string cost) =>
        Assert.Equal(Usd(cost), Rated(provider, model, new() { InputFresh = (uint)input, OutputText = (uint)output }).Cost);

    [Fact]
    public void Rate_LongContextByCachedTokens_CountsThemForTheTier() =>
        // 250,000 of 300,000 input tokens came from the cache: the long prices hold for all of them.
        Assert.Equal((50_000 * 10m / 1e6m) + (250_000 * 1m / 1e6m), Rated("openai", "gpt-5.5", new() { InputFresh = 50_000, CacheRead = 250_000 }).Cost);

    [Fact]
    public void Rate_LongContextOneHourWrite_UsesTheCrossOfBoth() =>
        Assert.Equal(
            (1000 * 12m / 1e6m) + (250_000 * 6m / 1e6m),
            Rated("anthropic", "claude-sonnet-4-5", new() { InputFresh = 250_000, CacheWrite1h = 1000 }).Cost);

    [Theory]
    [MemberData(nameof(CapturedCalls))]
    public void Rate_CapturedCall_EqualsItsBill(string client, int n, string json)
    {
        var call = JsonElement.Parse(json);
        var usage = call.GetProperty("usage");
        uint Part(string name) => usage.GetProperty(name).GetUInt32();

        var report = Rated(
            call.GetProperty("provider").GetString()!, call.GetProperty("model").GetString()!,
            new()
            {
                InputFresh = Part("fresh_input"),
                CacheRead = Part("cache_read"),
                CacheWrite5m = Part("cache_write_5m"),
                CacheWrite1h = Part("cache_write_1h"),
                OutputText = Part("output_text"),
                OutputReasoning = Part("reasoning"),
                WebSearches = Part("web_searches"),
            },
            call.GetProperty("servedAt").GetString()!);

        Assert.True(report.Cost == Usd(call.GetProperty("costUsd").GetString()!), $"{client} {n}: {report.Cost}");
        Assert.Equal(report.Cost, Snapshot.Explain(report).Sum(i => i.Cost));
    }

    public static TheoryData<string, int, string> CapturedCalls()
    {
        var data = new TheoryData<string, int, string>();
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", "Pricing", "captured-calls.json")));
        foreach (var call in document.RootElement.EnumerateArray())
            data.Add(call.GetProperty("client").GetString()!, call.GetProperty("n").GetInt32(), call.GetRawText());
        return data;
    }

    private static decimal Usd(string text) => decimal.Parse(text, CultureInfo.InvariantCulture);
}
