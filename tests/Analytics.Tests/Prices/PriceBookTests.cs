using System.Text;
using FinOps.Analytics.Prices;
using FinOps.Analytics.Stores;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Tests.Accounts;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;

namespace FinOps.Analytics.Tests.Prices;

public sealed class PriceBookTests(PriceBookFixture fixture)
{
    private static readonly TenantId Anyone = new(Guid.NewGuid());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Import_Twice_HappensOnce()
    {
        await using var services = await fixture.CreateAsync();
        var import = Import(services);

        var first = await import.RunAsync(Token);
        var second = await import.RunAsync(Token);

        Assert.Equal(new PriceImport(true, PublicCatalogue.Shipped.Catalogue.Rows.Count, 0), first);
        Assert.Equal(new PriceImport(false, 0, 0), second);
        await using var context = Context(services);
        Assert.Equal(1, await context.Set<ImportedCatalogue>().CountAsync(Token));
        Assert.Equal(first.RowsAdded, await context.Set<RecordedPrice>().CountAsync(Token));
    }

    [Fact]
    public async Task Import_FromManyReplicasAtOnce_HappensOnce()
    {
        await using var services = await fixture.CreateAsync();
        var imports = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Import(services).RunAsync(Token)));
        Assert.Equal(1, imports.Count(i => i.Changed));
    }

    [Fact]
    public async Task Import_ChangedCatalogue_SupersedesWhatChangedAndKeepsHistory()
    {
        await using var services = await fixture.CreateAsync();
        var import = Import(services);
        await import.RunAsync(List("1", inputPrice: "2", extraModel: true), Token);

        var change = await import.RunAsync(List("2", inputPrice: "3", extraModel: false), Token);

        Assert.Equal(new PriceImport(true, 1, 2), change); // m's input price changed, x is gone, m's output price stays
        await using var context = Context(services);
        var rows = await context.Set<RecordedPrice>().OrderBy(r => r.RecordedAt).ThenBy(r => r.Price).ToListAsync(Token);
        Assert.Equal(4, rows.Count);
        var old = rows.Single(r => r is { Model: "m", Meter: Meter.Input, SupersededAt: not null });
        var current = rows.Single(r => r is { Model: "m", Meter: Meter.Input, SupersededAt: null });
        Assert.Equal((2m, 3m), (old.Price, current.Price));
        Assert.Equal(old.SupersededAt, current.RecordedAt);
        Assert.Equal(["s 1", "s 2"], await context.Set<PriceChange>().OrderBy(c => c.Id).Select(c => c.Reason).ToListAsync(Token));

        // Back to the first list: the same prices have the same ids again.
        await import.RunAsync(List("1", inputPrice: "2", extraModel: true), Token);
        await using var later = Context(services);
        Assert.Equal(old.Id, (await later.Set<RecordedPrice>().SingleAsync(r => r.Model == "m" && r.Meter == Meter.Input && r.SupersededAt == null, Token)).Id);
    }

    [Fact]
    public async Task Source_ReadFromPostgres_RatesLikeTheShippedListWithTheSameIds()
    {
        await using var services = await fixture.CreateAsync();
        await Import(services).RunAsync(Token);
        using var source = Source(services);
        var shipped = PriceSnapshot.Create(PublicCatalogue.Shipped.Catalogue);
        Assert.Null(source.Version);
        Assert.True(await source.RefreshAsync(Token));
        Assert.False(await source.RefreshAsync(Token));
        Assert.NotNull(source.Version);

        await using var context = Context(services);
        foreach (var row in await context.Set<RecordedPrice>().ToListAsync(Token)) Assert.Equal(row.Id, row.ToRow().ComputeId());
        foreach (var (provider, model) in PublicCatalogue.Shipped.Catalogue.Rows.Select(r => (r.Provider, r.Model)).Distinct())
        {
            var expected = Call(provider, model);
            var actual = Call(provider, model);
            shipped.Rate(expected);
            source.Current(Anyone).Rate(actual);
            Assert.Equal((expected.Cost, expected.PriceId, expected.Flags), (actual.Cost, actual.PriceId, actual.Flags));
        }
    }

    [Fact]
    public async Task Source_TenantWithItsOwnPrice_IsTheOnlyOneThatPaysIt()
    {
        await using var services = await fixture.CreateAsync();
        await Import(services).RunAsync(Token);
        var tenant = new TenantId(Guid.NewGuid());
        await using (var context = Context(services))
        {
            context.Add(new Tenant { Id = tenant.Value, Name = "Acme", Slug = "acme", CreatedAt = DateTimeOffset.UnixEpoch, HashKey = new byte[32] });
            var own = new PriceRow
            {
                Tenant = tenant,
                Provider = "openai",
                Model = "gpt-4o",
                Match = ModelMatch.Exactly("gpt-4o"),
                Meter = Meter.Input,
                UnitSize = 1_000_000m,
                Price = 1m,
                Source = "contract",
            };
            context.Add(RecordedPrice.From(own, DateTimeOffset.UnixEpoch, catalogueId: null));
            context.Add(RecordedPrice.From(own with { Meter = Meter.Output, Price = 2m }, DateTimeOffset.UnixEpoch, catalogueId: null));
            context.Add(new PriceChange { ChangedAt = DateTimeOffset.UnixEpoch, TenantId = tenant.Value, Author = "lead@acme.example", Reason = "contract", RowsAdded = 2, RowsSuperseded = 0 });
            await context.SaveChangesAsync(Token);
        }

        using var source = Source(services);
        await source.RefreshAsync(Token);
        var (theirs, others) = (Call("openai", "gpt-4o"), Call("openai", "gpt-4o"));
        source.Current(tenant).Rate(theirs);
        source.Current(Anyone).Rate(others);
        Assert.Equal((0.003m, 0.0125m), (theirs.Cost, others.Cost));
    }

    [Fact]
    public async Task Source_PostgresAway_RatesWithTheShippedListAndReadsTheBookWhenItIsBack()
    {
        await using var services = await fixture.CreateAsync();
        using var source = Source(services); // the book is still empty
        Assert.False(await source.RefreshAsync(Token));
        var call = Call("openai", "gpt-4o");
        source.Current(Anyone).Rate(call);
        Assert.Equal(0.0125m, call.Cost);

        await source.StartAsync(Token);
        await Import(services).RunAsync(List("1", inputPrice: "2", extraModel: false), Token);
        for (var i = 0; i < 300 && source.Version is null; i++) await Task.Delay(100, Token);
        Assert.NotNull(source.Version);
        await source.StopAsync(Token);

        await using var nowhere = new ServiceCollection().AddLogging()
            .AddPostgres(new PostgresOptions { ConnectionString = "Host=127.0.0.1;Port=1;Username=x;Password=x;Database=x" }).BuildServiceProvider();
        using var alone = Source(nowhere);
        await Assert.ThrowsAnyAsync<Exception>(() => alone.RefreshAsync(Token));
        alone.Current(Anyone).Rate(call);
        Assert.Equal(0.0125m, call.Cost);
    }

    [Fact]
    public async Task History_OfEachVersion_RatesAsTheBookDidThen()
    {
        await using var services = await fixture.CreateAsync();
        // A clock that stands still: each change has an instant of its own all the same.
        var import = new ImportPrices(services.GetRequiredService<FinOpsDatabase>(), new StoppedClock(), NullLogger<ImportPrices>.Instance);
        await import.RunAsync(List("1", inputPrice: "2", extraModel: true), Token);
        await import.RunAsync(List("2", inputPrice: "3", extraModel: false), Token);
        await import.RunAsync(List("3", inputPrice: "4", extraModel: false), Token);
        using var source = Source(services);
        await source.RefreshAsync(Token);
        var history = History(services, source, books: 1);
        await using var context = Context(services);
        var versions = await context.Set<PriceChange>().OrderBy(change => change.Id).Select(change => change.Id).ToListAsync(Token);

        // Also back again, after the one book that is remembered was forgotten.
        foreach (var (version, input) in (IEnumerable<(long, decimal)>)[(versions[0], 2m), (versions[1], 3m), (versions[2], 4m), (versions[0], 2m)])
        {
            var snapshot = await history.AsOfAsync(Anyone, version, Token);
            var call = Call("p", "m");
            snapshot.Rate(call);
            Assert.Equal(((input + 9m) / 1000m, version), (call.Cost, call.BookVersion));
            Assert.Equal(call.Cost, snapshot.Explain(call).Sum(line => line.Cost));
            var extra = Call("p", "x");
            extra.Usage.OutputText = 0;
            snapshot.Rate(extra);
            Assert.Equal(version != versions[0], extra.Flags.HasFlag(CallFlags.Unpriced));
        }

        Assert.Same(source.Current(Anyone), await history.AsOfAsync(Anyone, versions[2], Token));
        var shipped = Call("openai", "gpt-4o");
        (await history.AsOfAsync(Anyone, 0, Token)).Rate(shipped);
        Assert.Equal((0.0125m, 0L), (shipped.Cost, shipped.BookVersion));
    }

    [Fact]
    public async Task History_AfterAnImportInAnotherOrder_ExplainsAnOldCallByTheEntryThatPricedIt()
    {
        await using var services = await fixture.CreateAsync();
        var import = Import(services);
        await import.RunAsync(TwoEntries("1", "narrow", "wide"), Token);
        await using var context = Context(services);
        var first = await context.Set<PriceChange>().Select(change => change.Id).SingleAsync(Token);
        // As an older release left it: without the order of its entries.
        await context.Set<ImportedCatalogue>().ExecuteUpdateAsync(set => set.SetProperty(list => list.Providers, PriceProviderJson.Write([new PriceProvider("p", "P", null, null, [])], [])), Token);

        Assert.Equal(new PriceImport(true, 0, 0), await import.RunAsync(TwoEntries("2", "wide", "narrow"), Token));
        await import.RunAsync(TwoEntries("3", "narrow", "wide"), Token);
        using var source = Source(services);
        var history = History(services, source, books: 16);

        foreach (var (version, cost) in (IEnumerable<(long, decimal)>)[(first, 0.010m), (first + 1, 0.020m), (first + 2, 0.010m)])
        {
            var call = Call("p", "m-1");
            var book = await history.AsOfAsync(Anyone, version, Token);
            book.Rate(call);
            Assert.Equal((cost, cost), (call.Cost, book.Explain(call).Sum(line => line.Cost)));
        }
    }

    [Fact]
    public async Task History_OfATenantsOwnPrice_IsThatTenantsAlone()
    {
        await using var services = await fixture.CreateAsync();
        await Import(services).RunAsync(List("1", inputPrice: "2", extraModel: false), Token);
        var tenant = new TenantId(Guid.NewGuid());
        long version;
        await using (var context = Context(services))
        {
            var now = await context.Set<PriceChange>().MaxAsync(change => change.ChangedAt, Token);
            context.Add(new Tenant { Id = tenant.Value, Name = "Acme", Slug = "acme", CreatedAt = now, HashKey = new byte[32] });
            var own = new PriceRow { Tenant = tenant, Provider = "p", Model = "m", Match = ModelMatch.Exactly("m"), Meter = Meter.Input, UnitSize = 1_000_000m, Price = 1m, Source = "contract" };
            context.Add(RecordedPrice.From(own, now.AddSeconds(1), catalogueId: null));
            var change = new PriceChange { ChangedAt = now.AddSeconds(1), TenantId = tenant.Value, Author = "lead@acme.example", Reason = "contract", RowsAdded = 1, RowsSuperseded = 0 };
            context.Add(change);
            await context.SaveChangesAsync(Token);
            version = change.Id;
        }

        using var source = Source(services); // has read nothing yet: both versions are history
        var history = History(services, source, books: 16);
        var (before, theirs, others) = (Call("p", "m"), Call("p", "m"), Call("p", "m"));
        (await history.AsOfAsync(tenant, version - 1, Token)).Rate(before);
        (await history.AsOfAsync(tenant, version, Token)).Rate(theirs);
        (await history.AsOfAsync(Anyone, version, Token)).Rate(others);

        Assert.Equal((0.011m, 0.010m, 0.011m), (before.Cost, theirs.Cost, others.Cost));
    }

    [Fact]
    public async Task Rows_ImpossiblePrice_IsRefusedByTheTable()
    {
        await using var services = await fixture.CreateAsync();
        await using var context = Context(services);
        var row = new PriceRow { Provider = "p", Model = "m", Match = ModelMatch.Exactly("m"), Meter = Meter.Input, UnitSize = 1_000_000m, Price = -1m };
        context.Add(RecordedPrice.From(row, DateTimeOffset.UnixEpoch, catalogueId: null));
        var refused = await Assert.ThrowsAsync<DbUpdateException>(() => context.SaveChangesAsync(Token));
        Assert.Equal("ck_price_rows_price", Assert.IsType<PostgresException>(refused.InnerException).ConstraintName);
    }

    private static CallReport Call(string provider, string model) => new()
    {
        Provider = provider,
        ServedModel = model,
        Usage = new UsageVector { InputFresh = 1000, OutputText = 1000 },
        UsageSource = UsageSource.Reported,
        StartUnixMicros = 1_795_000_000_000_000,
    };

    private static PublicCatalogue List(string version, string inputPrice, bool extraModel)
    {
        var extra = extraModel ? """,{"id":"x","match":{"equals":"x"},"prices":[{"meters":{"input_mtok":1}}]}""" : "";
        var model = $$$"""{"id":"m","match":{"equals":"m"},"prices":[{"meters":{"input_mtok":{{{inputPrice}}},"output_mtok":9}}]}""";
        var head = $$"""{"format":1,"source":"s","version":"{{version}}","providers":[{"id":"p","name":"P","models":[""";
        return PublicCatalogue.Read(Encoding.UTF8.GetBytes($"{head}{model}{extra}]}}]}}"));
    }

    /// <summary>Both match "m-1", and so the first one prices it.</summary>
    private static PublicCatalogue TwoEntries(string version, params string[] order)
    {
        var entries = order.Select(id => id == "narrow"
            ? """{"id":"narrow","match":{"starts_with":"m-"},"prices":[{"meters":{"input_mtok":5,"output_mtok":5}}]}"""
            : """{"id":"wide","match":{"starts_with":"m"},"prices":[{"meters":{"input_mtok":10,"output_mtok":10}}]}""");
        return PublicCatalogue.Read(Encoding.UTF8.GetBytes($$"""{"format":1,"source":"s","version":"{{version}}","providers":[{"id":"p","name":"P","models":[{{string.Join(',', entries)}}]}]}"""));
    }

    private static ImportPrices Import(IServiceProvider services) => new(
        services.GetRequiredService<FinOpsDatabase>(), TimeProvider.System, NullLogger<ImportPrices>.Instance);

    private static PostgresPriceSource Source(IServiceProvider services) => new(
        services.GetRequiredService<FinOpsDatabase>(), services.GetRequiredService<StoresReady>(),
        Options.Create(new PriceOptions { RefreshSeconds = 1 }), TimeProvider.System, NullLogger<PostgresPriceSource>.Instance);

    private static PriceHistory History(IServiceProvider services, PostgresPriceSource source, int books) => new(
        services.GetRequiredService<FinOpsDatabase>(), source, Options.Create(new PriceOptions { RememberedBooks = books }));

    private sealed class StoppedClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);
    }

    /// <summary>As the owner, which in the embedded engine is the superuser: the test writes and sees what no tenant may.</summary>
    private static FinOpsDbContext Context(IServiceProvider services)
    {
        var builder = new DbContextOptionsBuilder<FinOpsDbContext>();
        builder.UseNpgsql(services.GetRequiredService<PostgresOptions>().ForOwner()).UseSnakeCaseNamingConvention();
        return new FinOpsDbContext(builder.Options);
    }
}
