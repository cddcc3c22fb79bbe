using System.Text;
using System.Text.Json;
using FinOps.Domain.Policies;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using static FinOps.Domain.Tests.Pricing.RatedCalls;

namespace FinOps.Domain.Tests.Pricing;

/// <summary>An organisation's book as it travels to gateways: what they lay over their dated list rates as the book, to the last digit.</summary>
public sealed class PriceOverlayTests
{
    private static readonly TenantId Tenant = new(Guid.Parse("0199a000-0000-7000-8000-000000000001"));
    private static readonly ProjectId Account = new(Guid.Parse("0199a000-0000-7000-8000-0000000000a1"));
    private static readonly DateTimeOffset Now = new(2026, 11, 26, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void TheList_AsItIs_IsNoDifference() => Assert.Null(PriceOverlay.Of(Catalogue, Catalogue.Providers, Catalogue.Rows, [], Now));

    [Fact]
    public void ABook_ThroughTheBundle_RatesEveryCallAsOnTheServer()
    {
        var changed = Catalogue.Rows.First(row => row is { Provider: "openai", Model: "gpt-4o", Meter: Meter.Output });
        List<PriceRow> rows =
        [
            .. Catalogue.Rows.Where(row => row != changed), changed with { Price = 17.123456789m },
            Own("openai", ModelMatch.OfEntry("gpt-4o-mini"), Meter.Input, 0.1234567m) with { ValidFrom = Now.AddDays(1) },
            Own("openai", ModelMatch.Every, Meter.Discount, 0.0725m),
            Own("openai", ModelMatch.Exactly("o3"), Meter.Output, 3m) with { Project = Account },
            Own("anthropic", ModelMatch.Parse("""{"starts_with":"claude-haiku"}"""), Meter.Input, 0.5m) with { HostPlatform = "anthropic", ServiceTier = "priority" },
            Own("acme", ModelMatch.Exactly("llama-local"), Meter.Input, 0.01m), Own("acme", ModelMatch.Exactly("llama-local"), Meter.Output, 0.02m) with { DayStart = new TimeOnly(22, 0), DayEnd = new TimeOnly(6, 0) },
            Own("acme", ModelMatch.Exactly("llama-local"), Meter.Output, 0.04m) with { ContextStart = 1_000, Batch = true, Region = "eu", Variant = "x" },
        ];
        List<PriceAlias> aliases = [new PriceAlias { Match = ModelMatch.Parse("""{"starts_with":"chat-"}"""), Provider = "openai", Model = "gpt-4o", ToldProvider = "azure.ai.openai", ValidTo = Now.AddDays(30) }];
        List<PriceProvider> sellers = [.. Catalogue.Providers.Select(one => one.Id == "openai" ? one with { Name = "OpenAI, renamed" } : one)];
        var book = PriceSnapshot.Create(sellers, rows, "book", aliases: aliases);

        var edge = Through(PriceOverlay.Of(Catalogue, sellers, rows, aliases, Now)!).Over(Catalogue);

        var names = Catalogue.Rows.Select(row => row.Provider).Distinct().SelectMany(seller => Catalogue.Rows.Where(row => row.Provider == seller).Take(3).Select(row => (seller, row.Match.Name ?? row.Model)))
            .Concat([("openai", "gpt-4o"), ("openai", "gpt-4o-mini"), ("openai", "o3"), ("azure.ai.openai", "chat-prod"), ("anthropic", "claude-haiku-4-5"), ("acme", "llama-local"), ("", "gpt-4o"), ("openai", "nobody-knows")]).ToList();
        var (priced, own) = (0, 0);
        foreach (var (seller, model) in names)
        {
            foreach (var (start, project, tier) in ((string, ProjectId, string)[])[("2026-11-26T12:00:00Z", default, ""), ("2026-11-28T23:30:00Z", Account, ""), ("2026-12-24T04:00:00Z", default, "priority")])
            {
                var usage = new UsageVector { InputFresh = 1_234, CacheRead = 56, OutputText = 789 };
                CallReport One() => Call(seller, model, usage, start, call => (call.Project, call.ServedTier) = (project, tier));
                var (expected, actual, list) = (One(), One(), One());
                book.Rate(expected);
                edge.Rate(actual);
                Snapshot.Rate(list);
                Assert.Equal((expected.Cost, expected.Flags), (actual.Cost, actual.Flags));
                if (expected.Cost > 0) priced++;
                if (expected.Cost != list.Cost) own++;
            }
        }

        Assert.True(priced > 60 && own > 12, $"{priced} calls have a price, {own} another than the list's: the test would prove little.");
    }

    [Fact]
    public void WhatIsOver_DoesNotTravel_AndAFewRowsAreFewBytes()
    {
        List<PriceRow> rows = [.. Catalogue.Rows, Own("openai", ModelMatch.Exactly("gpt-4o"), Meter.Input, 1m) with { ValidTo = Now.AddDays(-2) }];
        Assert.Null(PriceOverlay.Of(Catalogue, Catalogue.Providers, rows, [new PriceAlias { Match = ModelMatch.Exactly("x"), Provider = "openai", Model = "gpt-4o", ValidTo = Now.AddDays(-2) }], Now));

        rows.Add(Own("openai", ModelMatch.Exactly("gpt-4o"), Meter.Input, 1m) with { ValidFrom = Now.AddDays(-2) });
        Assert.InRange(PriceOverlay.Of(Catalogue, Catalogue.Providers, rows, [], Now)!.ToJson().Length, 100, 400);
    }

    [Theory]
    [InlineData("""{"format":2,"base":"x"}""", "format")]
    [InlineData("""{"format":1,"base":"x","rows":[{"provider":"p","model":"m","ordinal":0,"match":{"equals":"m"},"meter":"Input","unit_size":1,"price":-1}]}""", "impossible price")]
    [InlineData("""{"format":1,"base":"x","rows":[{"provider":"p","model":"m","ordinal":0,"match":{"equals":"m"},"meter":"Inputs","unit_size":1,"price":1}]}""", "no meter")]
    [InlineData("""{"format":1,"base":"x","rows":[{"provider":"p","model":"m","ordinal":0,"match":{"regex":"("},"meter":"Input","unit_size":1,"price":1}]}""", "pattern")]
    [InlineData("""{"format":1,"base":"x","rows":{}}""", "not readable")]
    [InlineData("""{"format":1,"base":"x","aliases":[{"match":{"equals":"m"}}]}""", "not readable")]
    public void WrongPrices_RefuseTheBundle_WithWhatIsWrong(string prices, string problem)
    {
        var (bundle, errors) = PolicyBundleReader.Read(Encoding.UTF8.GetBytes($$"""{"schema":1,"tenant":"{{Tenant}}","prices":{{prices}}}"""));
        Assert.Null(bundle);
        Assert.Equal("$.prices", Assert.Single(errors).Path);
        Assert.Contains(problem, errors[0].Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Prices_OfNobody_AreRefused() =>
        Assert.Contains("names none", Assert.Single(PolicyBundleReader.Read("""{"schema":1,"prices":{"format":1,"base":"x"}}"""u8).Errors).Problem, StringComparison.Ordinal);

    /// <summary>As the control plane writes it and a gateway reads it.</summary>
    private static PriceOverlay Through(PriceOverlay difference)
    {
        var (bundle, errors) = PolicyBundleReader.Read(PolicyBundleWriter.Write(new PolicyBundle { Version = 1, Tenant = Tenant }, difference.ToJson()));
        Assert.Empty(errors);
        Assert.Equal(difference.ToJson(), bundle!.PricesBeside!.ToJson());
        using var document = JsonDocument.Parse(difference.ToJson());
        Assert.Equal($"{Catalogue.Source} {Catalogue.Version}", document.RootElement.GetProperty("base").GetString());
        return bundle.PricesBeside;
    }

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
}
