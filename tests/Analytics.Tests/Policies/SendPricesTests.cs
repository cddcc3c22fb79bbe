using FinOps.Analytics.Audit;
using FinOps.Analytics.Policies;
using FinOps.Analytics.Prices;
using FinOps.Analytics.Stores;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Tests.Accounts;
using FinOps.Analytics.Tests.Prices;
using FinOps.Domain.Policies;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Tests.Policies;

/// <summary>Own prices reach gateways: once for however many edits, only those of their own tenant, and not where nothing is new to rate by.</summary>
public sealed class SendPricesTests(PriceBookFixture postgres)
{
    private static readonly PriceEdit Edit = new(Actor.Start, "contract");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task OwnPrices_AreInTheNextBundle_Once_AndOnlyTheirOwnTenants()
    {
        await using var services = await postgres.CreateAsync();
        var (database, tenants, clock) = (services.GetRequiredService<FinOpsDatabase>(), services.GetRequiredService<Tenants>(), TimeProvider.System);
        await new ImportPrices(database, clock, NullLogger<ImportPrices>.Instance).RunAsync(Token);
        var (mine, theirs) = ((await tenants.EnsureAsync("Mine", Token)).Id, (await tenants.EnsureAsync("Theirs", Token)).Id);
        var options = Options.Create(new PolicyOptions());
        using var heads = new BundleHeads(database, services.GetRequiredService<StoresReady>(), options, clock, NullLogger<BundleHeads>.Instance);
        var publish = new PublishBundle(database, new SigningKeys(database, new EphemeralDataProtectionProvider(), clock), heads, clock, options, NullLogger<PublishBundle>.Instance);
        var keys = new GatewayKeyBook(database, publish, clock, options);
        var job = new SendPrices(database, publish, clock, NullLogger<SendPrices>.Instance);
        foreach (var tenant in (TenantId[])[mine, theirs]) await keys.MakeAsync(tenant, "k", new GatewayKeyDraft("K"), Actor.Start, Token);

        await job.RunAsync(Token);
        Assert.Equal((1, 1), (await BundlesAsync(mine), await BundlesAsync(theirs)));
        Assert.Null((await NewestAsync(mine)).PricesBeside);

        var edits = new EditPrices(database, clock, Options.Create(new PriceOptions()));
        Assert.True((await edits.AddPriceAsync(mine, Price(Meter.Input, 1m), Edit, Token)).IsDone);
        Assert.True((await edits.AddPriceAsync(mine, Price(Meter.Output, 2.5m), Edit, Token)).IsDone);
        await job.RunAsync(Token);
        await job.RunAsync(Token);
        Assert.Equal((2, 1), (await BundlesAsync(mine), await BundlesAsync(theirs)));
        Assert.Equal(heads.Current(mine), (await NewestAsync(mine)).Version);

        // As the server rates, and the list alone does not.
        using var source = new PostgresPriceSource(database, services.GetRequiredService<StoresReady>(), Options.Create(new PriceOptions()), clock, NullLogger<PostgresPriceSource>.Instance);
        await source.RefreshAsync(Token);
        var edge = (await NewestAsync(mine)).PricesBeside!.Over(PublicCatalogue.Shipped.Catalogue);
        var (onServer, atEdge, listed) = (Call(), Call(), Call());
        source.Current(mine).Rate(onServer);
        edge.Rate(atEdge);
        source.Current(theirs).Rate(listed);
        Assert.Equal((0.0035m, 0.0035m, 0.0125m), (onServer.Cost, atEdge.Cost, listed.Cost));

        // A new version of the public list reaches everybody, once; of what has the same prices nothing is sent.
        var list = PublicCatalogue.Shipped.Catalogue;
        await new ImportPrices(database, clock, NullLogger<ImportPrices>.Instance).RunAsync(Later(list), Token);
        await job.RunAsync(Token);
        await job.RunAsync(Token);
        Assert.Equal((3, 2), (await BundlesAsync(mine), await BundlesAsync(theirs)));
        await keys.ChangeAsync(theirs, "k", new GatewayKeyDraft("Renamed"), Actor.Start, Token);
        await job.RunAsync(Token);
        Assert.Equal(3, await BundlesAsync(theirs));
        Assert.NotNull((await NewestAsync(theirs)).PricesBeside);

        Task<int> BundlesAsync(TenantId tenant) => database.RunAsync(tenant, context => context.Set<RecordedBundle>().CountAsync(Token), Token);

        async Task<PolicyBundle> NewestAsync(TenantId tenant)
        {
            var payload = await database.RunAsync(tenant, context => context.Set<RecordedBundle>().OrderByDescending(row => row.Version).Select(row => row.Payload).FirstAsync(Token), Token);
            var (bundle, errors) = PolicyBundleReader.Read(payload);
            Assert.Empty(errors);
            Assert.Equal((tenant, "k"), (bundle!.Tenant!.Value, Assert.Single(bundle.Keys).Id));
            return bundle;
        }
    }

    private static PriceRow Price(Meter meter, decimal price) => new()
    {
        Provider = "openai",
        Model = "gpt-4o",
        Match = ModelMatch.OfEntry("gpt-4o"),
        Meter = meter,
        UnitSize = 1_000_000m,
        Price = price,
    };

    private static CallReport Call() => new()
    {
        Provider = "openai",
        ServedModel = "gpt-4o",
        Usage = new UsageVector { InputFresh = 1000, OutputText = 1000 },
        UsageSource = UsageSource.Reported,
        StartUnixMicros = (TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() + 60_000) * 1000,
    };

    /// <summary>The shipped list with one price of another model changed.</summary>
    private static PublicCatalogue Later(PriceCatalogue list)
    {
        using var stream = typeof(PublicCatalogue).Assembly.GetManifestResourceStream("prices/catalogue.json")!;
        using var reader = new StreamReader(stream);
        var json = System.Text.Json.Nodes.JsonNode.Parse(reader.ReadToEnd())!;
        json["version"] = list.Version + "-next";
        var model = json["providers"]!.AsArray().Single(one => one!["id"]!.GetValue<string>() == "openai")!["models"]!.AsArray().Single(one => one!["id"]!.GetValue<string>() == "gpt-4o-mini")!;
        model["prices"]![0]!["meters"]!["input_mtok"] = 0.16;
        return PublicCatalogue.Read(System.Text.Encoding.UTF8.GetBytes(json.ToJsonString()));
    }
}
