using FinOps.Domain.Bills;
using FinOps.Domain.Pricing;

namespace FinOps.Domain.Tests.Bills;

public sealed class SkuRulesTests
{
    private static readonly SkuRules Rules = new(["gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5-20250929", "gemini-2.5-pro", "text-embedding-3-small"]);

    [Theory]
    [InlineData("gpt-4o-2024-08-06, input", "gpt-4o", Meter.Input, "", false)]
    [InlineData("gpt-4o-mini-2024-07-18, output", "gpt-4o-mini", Meter.Output, "", false)]
    [InlineData("gpt-4o, cached input", "gpt-4o", Meter.CacheRead, "", false)]
    [InlineData("gpt-4o input batch", "gpt-4o", Meter.Input, "", true)]
    [InlineData("gpt-4o output flex", "gpt-4o", Meter.Output, "flex", false)]
    [InlineData("Claude Sonnet 4.5 Usage - Input Tokens", "claude-sonnet-4-5", Meter.Input, "", false)]
    [InlineData("Claude Sonnet 4.5 Usage - Input Tokens, Cache Write (1h)", "claude-sonnet-4-5", Meter.CacheWrite1h, "", false)]
    [InlineData("Claude Sonnet 4.5 Usage - Input Tokens, Cache Write", "claude-sonnet-4-5", Meter.CacheWrite5m, "", false)]
    [InlineData("Claude Sonnet 4.5 - Cache Read Input Tokens", "claude-sonnet-4-5", Meter.CacheRead, "", false)]
    [InlineData("Gemini 2.5 Pro audio input tokens", "gemini-2-5-pro", Meter.InputAudio, "", false)]
    [InlineData("text-embedding-3-small tokens", "text-embedding-3-small", null, "", false)]
    public void Read_WordsOfABill_AreUnderstood(string sku, string model, Meter? meter, string tier, bool batch) =>
        Assert.Equal(new SkuReading(model, meter, tier, batch), Rules.Read(Line(sku)));

    /// <summary>A name that only begins like a known one is another model, perhaps at another price.</summary>
    [Theory]
    [InlineData("gpt-4o-ultra, input")]
    [InlineData("Provisioned managed hours, EastUS")]
    [InlineData("")]
    public void Read_WordsThatAreNotUnderstood_AreLeftForAPerson(string sku) => Assert.False(Rules.Read(Line(sku)).IsKnown);

    [Fact]
    public void Read_ModelInItsOwnColumn_NeedsNoKnownName()
    {
        var line = Line("something new") with { Model = "us.anthropic.claude-new-9-20270101-v1:0", Meter = "output tokens", Tier = "Priority" };

        Assert.Equal(new SkuReading("claude-new-9", Meter.Output, "priority", false), Rules.Read(line));
    }

    [Theory]
    [InlineData("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5")]
    [InlineData("Claude Sonnet 4.5", "claude-sonnet-4-5")]
    [InlineData("claude-sonnet-4-5@20250929", "claude-sonnet-4-5")]
    [InlineData("models/gemini-2.5-pro", "gemini-2-5-pro")]
    [InlineData("gpt-4.1-2025-04-14", "gpt-4-1")]
    [InlineData("ft:gpt-4o:acme::abc", "ft:gpt-4o:acme::abc")]
    public void ModelKey_NamesOfOneModel_AreOneKey(string name, string key) => Assert.Equal(key, ModelKey.Of(name));

    [Theory]
    [InlineData("Amazon Web Services, Inc.", "aws")]
    [InlineData("aws.bedrock", "aws")]
    [InlineData("OpenAI, LLC", "openai")]
    [InlineData("azure.ai.openai", "azure")]
    [InlineData("Google Cloud", "google")]
    [InlineData("Somebody", "somebody")]
    public void BillProvider_OfBillAndTelemetry_IsOneName(string told, string seller) => Assert.Equal(seller, BillProvider.Of(told));

    private static BillLine Line(string sku) => new() { Number = 2, From = DateTimeOffset.UnixEpoch, To = DateTimeOffset.UnixEpoch.AddDays(1), Provider = "openai", Sku = sku, Cost = 1m };
}
