using System.Text;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;

namespace FinOps.Domain.Tests.Pricing;

public sealed class PriceCatalogueTests
{
    [Fact]
    public void Parse_ShippedCatalogue_HasEveryModelAndUniqueIds()
    {
        var catalogue = RatedCalls.Catalogue;
        Assert.Equal(("@pydantic/genai-prices", "0.1.8", 43), (catalogue.Source, catalogue.Version, catalogue.Providers.Count));
        Assert.Equal(1694, catalogue.Rows.Select(r => (r.Provider, r.Ordinal)).Distinct().Count());
        Assert.Equal(catalogue.Rows.Count, catalogue.Rows.Select(r => r.ComputeId()).Distinct().Count());
        Assert.All(catalogue.Rows, r => Assert.True(r.ComputeId() > 0));
    }

    [Fact]
    public void ComputeId_SamePriceFromANewerVersion_IsTheSame()
    {
        var row = RatedCalls.Catalogue.Rows[0];
        Assert.Equal(row.ComputeId(), (row with { Source = "another 2.0", Ordinal = 77, ModelName = "x", Price = row.Price + 0.000m }).ComputeId());
        Assert.NotEqual(row.ComputeId(), (row with { Price = row.Price + 0.001m }).ComputeId());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("not json")]
    [InlineData("""{"format":2,"source":"s","version":"1","providers":[]}""")]
    [InlineData("""{"format":1,"source":"s","version":"1","providers":[{"id":"a","name":"A","models":[{"id":"m","match":{"like":"m"},"prices":[]}]}]}""")]
    [InlineData("""{"format":1,"source":"s","version":"1","providers":[{"id":"a","name":"A","models":[{"id":"m","match":{"equals":"m"},"prices":[{"meters":{"moon_mtok":1}}]}]}]}""")]
    [InlineData("""{"format":1,"source":"s","version":"1","providers":[{"id":"a","name":"A","models":[{"id":"m","match":{"equals":"m"},"prices":[{"meters":{"input_mtok":-1}}]}]}]}""")]
    public void Parse_FileItDoesNotUnderstand_IsRefusedWhole(string json) =>
        Assert.Throws<FormatException>(() => PriceCatalogue.Parse(Encoding.UTF8.GetBytes(json)));

    [Theory]
    [InlineData("""{"equals":"GPT-4"}""", "gpt-4", true)]
    [InlineData("""{"and":[{"starts_with":"gemini-2.5-pro"},{"regex":"^(?!.*-[tT][tT][sS](?:$|-))"}]}""", "gemini-2.5-pro-tts", false)]
    [InlineData("""{"and":[{"starts_with":"gemini-2.5-pro"},{"regex":"^(?!.*-[tT][tT][sS](?:$|-))"}]}""", "gemini-2.5-pro-002", true)]
    [InlineData("""{"or":[{"ends_with":"-5"},{"contains":"@"}]}""", "claude@x", true)]
    [InlineData("""{"regex":"^(a+)+$"}""", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", false)]
    public void IsMatch_Clause_DecidesAsTheCatalogueDoes(string clause, string name, bool matches)
    {
        var match = ModelMatch.Parse(clause);
        Assert.Equal(matches, match.IsMatch(name));
        Assert.Equal(match, ModelMatch.Parse(match.ToString()));
    }

    [Fact]
    public void Override_OfATenant_GoesBeforeThePublicPrice()
    {
        var own = new PriceRow
        {
            Provider = "openai",
            Model = "negotiated",
            Match = ModelMatch.Exactly("gpt-4o"),
            Meter = Meter.Input,
            UnitSize = 1_000_000m,
            Price = 1m,
            Tenant = new TenantId(Guid.NewGuid()),
            Source = "contract",
        };
        var snapshot = PriceSnapshot.Create(RatedCalls.Catalogue.Providers, [.. RatedCalls.Catalogue.Rows, own, own with { Meter = Meter.Output, Price = 2m }], "test");
        var report = RatedCalls.Call("openai", "gpt-4o", new() { InputFresh = 1000, OutputText = 1000 });
        snapshot.Rate(report);
        Assert.Equal((0.003m, own.ComputeId()), (report.Cost, report.PriceId));
    }

    [Fact]
    public void ExplicitRow_OfATierBatchRegionOrPlatform_GoesBeforeTheFactor()
    {
        var row = new PriceRow { Provider = "openai", Model = "m", Match = ModelMatch.Exactly("m"), Meter = Meter.Input, UnitSize = 1_000_000m, Price = 10m };
        var snapshot = PriceSnapshot.Create(RatedCalls.Catalogue.Providers,
            [row, row with { Batch = true, Price = 4m }, row with { ServiceTier = "priority", Price = 25m }, row with { Region = "eu", Price = 11m }, row with { HostPlatform = "openai_edu", Price = 9m }], "test");
        decimal Cost(Action<Usage.CallReport> change)
        {
            var report = RatedCalls.Call("openai", "m", new() { InputFresh = 1_000_000 }, change: change);
            snapshot.Rate(report);
            return report.Cost;
        }

        Assert.Equal(10m, Cost(_ => { }));
        Assert.Equal(4m, Cost(r => r.Batch = true));
        Assert.Equal(25m, Cost(r => r.ServedTier = "priority"));
        Assert.Equal(5m, Cost(r => r.ServedTier = "flex"));
        Assert.Equal(11m, Cost(r => r.Region = "eu"));
        Assert.Equal(10m, Cost(r => r.Region = "us"));
        Assert.Equal(9m, Cost(r => r.Provider = "openai_edu"));
    }
}
