using System.Text;
using FinOps.Analytics.Prices;
using FinOps.Domain.Pricing;
using FinOps.Testing;

namespace FinOps.Analytics.Tests.PriceChecks;

/// <summary>The shipped list against one of the other layout, written by hand: what differs there on purpose is found, and nothing else.</summary>
public sealed class PriceComparisonTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 26, 0, 0, 0, TimeSpan.Zero);

    internal static byte[] Fixture => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Fixtures", "price-checks", "second-list.json"));

    private static PriceSnapshot Book => PriceSnapshot.Create(PublicCatalogue.Shipped.Catalogue);

    [Fact]
    public void SecondList_OfEachField_IsReadWithItsMeterStepAndTier()
    {
        var list = SecondPriceList.Parse(Fixture);

        // Not understood: a price that is text, one too high, one below 0, an entry without a seller, one that is no object.
        Assert.Equal((26, 5), (list.Entries, list.NotUnderstood));
        Assert.Contains(new SecondPrice("gpt-4o", "openai", "gpt-4o", Meter.Input, 1.25m, 0, "", true), list.Prices);
        Assert.Contains(new SecondPrice("gpt-5", "openai", "gpt-5", Meter.Output, 5m, 0, "flex", false), list.Prices);
        Assert.Contains(new SecondPrice("claude-haiku-4-5", "anthropic", "claude-haiku-4-5", Meter.CacheWrite1h, 2m, 0, "", false), list.Prices);
        Assert.Contains(new SecondPrice("claude-sonnet-4-5", "anthropic", "claude-sonnet-4-5", Meter.CacheWrite1h, 12m, 200_000, "", false), list.Prices);
        Assert.Contains(new SecondPrice("vertex_ai/claude-haiku-4-5", "gcp.vertex_ai", "claude-haiku-4-5", Meter.Input, 1m, 0, "", false), list.Prices);
        Assert.Contains(new SecondPrice("gemini/gemini-2.5-pro", "gcp.gemini", "gemini-2.5-pro", Meter.Output, 15m, 200_000, "", false), list.Prices);
        Assert.Contains(new SecondPrice("gemini-2.5-flash", "gcp.vertex_ai", "gemini-2.5-flash", Meter.CacheRead, 0.03m, 0, "", false), list.Prices);
        Assert.Contains(new SecondPrice("azure/gpt-4o", "azure.ai.openai", "gpt-4o", Meter.Input, 2.5m, 0, "", false), list.Prices);
        // Of one region or commitment.
        Assert.DoesNotContain(list.Prices, price => price.Name.StartsWith("azure/eu", StringComparison.Ordinal) || price.Name.StartsWith("bedrock/us", StringComparison.Ordinal));
    }

    [Fact]
    [CostPitfall(31, "ccusage#1636")]
    public void Book_AgainstTheSecondList_DiffersWhereItIsMeantTo()
    {
        var result = PriceComparison.Of(Book, SecondPriceList.Parse(Fixture), Now, 0.01m);

        // Told once, though two names of the list have it.
        var gap = Assert.Single(result.Gaps);
        Assert.Equal(("openai", "gpt-5", "gpt-5", Meter.Output, 10m, 12m, 0.2m), (gap.Provider, gap.Model, gap.Other.Name, gap.Other.Meter, gap.BookPrice, gap.Other.Price, gap.Share));
        Assert.Equal("@pydantic/genai-prices 0.1.8", gap.BookSource);
        // No price of ours: priority at OpenAI, and names and sellers that the list lacks. Prices of 0 are not compared at all.
        Assert.Equal(5, result.Unknown);
        Assert.InRange(result.Compared, 40, 60);
        Assert.Empty(PriceComparison.Of(Book, SecondPriceList.Parse(Fixture), Now, 0.2m).Gaps);
    }

    [Theory]
    [InlineData("""{"gpt-4o":""", "not JSON, in line 1")]
    [InlineData("[1]", "not an object of models by name")]
    [InlineData("""{"gpt-4o":{"litellm_provider":"openai","mode":"chat"}}""", "no entry with a price of a token")]
    [InlineData("{}", "no entry with a price of a token")]
    public void SecondList_OfAnotherLayout_IsRefusedWithWhy(string json, string problem) =>
        Assert.Equal(problem, Assert.Throws<FormatException>(() => SecondPriceList.Parse(Encoding.UTF8.GetBytes(json))).Message);

    [Fact]
    public void SecondList_ThatSaysAPriceTwice_OrANameThatNoDatabaseKeeps_IsReadWithoutThem()
    {
        var list = SecondPriceList.Parse(Encoding.UTF8.GetBytes(
            """{"m":{"litellm_provider":"openai","input_cost_per_token":1e-06,"input_cost_per_token":2e-06},"m":{"litellm_provider":"openai","input_cost_per_token":3e-06},"a\u0000b":{"litellm_provider":"openai","input_cost_per_token":1e-06}}"""));

        Assert.Equal((3, 3, 1m), (list.Entries, list.NotUnderstood, Assert.Single(list.Prices).Price));
        Assert.Equal("a name is no text", Assert.Throws<FormatException>(() => SecondPriceList.Parse(Encoding.UTF8.GetBytes("""{"\ud800":{"litellm_provider":"openai"}}"""))).Message);
    }

    [Fact]
    public void SecondList_WithMoreEntriesThanAnyList_IsRefused()
    {
        var json = "{" + string.Join(',', Enumerable.Range(0, SecondPriceList.MaxEntries + 1).Select(i => $"\"m{i}\":0")) + "}";

        Assert.Equal("more than 20,000 entries", Assert.Throws<FormatException>(() => SecondPriceList.Parse(Encoding.UTF8.GetBytes(json))).Message);
    }
}
