using System.Globalization;
using System.Text;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Calls;
using FinOps.Analytics.Samples;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.ClickHouse.Native;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Tests.Accounts;
using FinOps.Analytics.Tests.Prices;
using FinOps.Analytics.Tests.Spend;
using FinOps.Domain.Pricing;
using FinOps.Domain.Samples;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Tests.Samples;

/// <summary>Settings, keys and readings of samples, on both real engines.</summary>
public sealed class SamplesTests(PriceBookFixture postgres, ClickHouseFixture clickHouse)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Set_OfAProject_IsInForceForItAlone_AuditedAndUndone()
    {
        await using var place = await Place.OpenAsync(postgres, clickHouse);
        var (mine, theirs) = (await place.TenantAsync("Mine"), await place.TenantAsync("Theirs"));
        var second = await place.Tenants.AddProjectAsync(mine.Id, "second", Actor.Start, Token);
        Assert.All(await place.Settings.ListAsync(mine.Id, Token), one => Assert.Equal((true, null), (one.Share.IsOff, one.ChangedBy)));
        Assert.Null(await place.CurrentAsync(mine));

        var set = await place.Settings.SetAsync(mine.Id, mine.DefaultProject, new SampleShare(25), Actor.Start, Token);
        var again = await place.Settings.SetAsync(mine.Id, mine.DefaultProject, new SampleShare(25), Actor.OfJob("other"), Token);

        Assert.Equal(set, again);
        Assert.Equal(25, (await place.CurrentAsync(mine))!.Share.PerMille);
        Assert.Null(place.Book.Current(mine.Id, second));
        Assert.Null(place.Book.Current(theirs.Id, theirs.DefaultProject));
        Assert.Null(place.Book.Current(theirs.Id, mine.DefaultProject));
        // Another tenant's project is none.
        Assert.Null(await place.Settings.SetAsync(theirs.Id, mine.DefaultProject, new SampleShare(1000), Actor.Start, Token));
        var entry = Assert.Single((await place.Audit.AskAsync(new AuditQuestion(mine.Id) { Act = AuditActs.SamplingChanged }, Token)).Entries);
        Assert.Equal(("""{"percent":0}""", """{"percent":2.5}"""), (entry.Before, entry.After));

        await place.Settings.SetAsync(mine.Id, mine.DefaultProject, SampleShare.Off, Actor.Start, Token);
        Assert.Null(await place.CurrentAsync(mine));
    }

    [Fact]
    public async Task Keys_AreOneForEachTenant_EncryptedAndOfUseToNoOther()
    {
        await using var place = await Place.OpenAsync(postgres, clickHouse);
        var (mine, theirs) = (await place.TenantAsync("Mine"), await place.TenantAsync("Theirs"));
        var second = await place.Tenants.AddProjectAsync(mine.Id, "second", Actor.Start, Token);
        await Task.WhenAll(
            place.Settings.SetAsync(mine.Id, mine.DefaultProject, new SampleShare(1000), Actor.Start, Token), place.Settings.SetAsync(mine.Id, second, new SampleShare(1000), Actor.Start, Token),
            place.Settings.SetAsync(theirs.Id, theirs.DefaultProject, new SampleShare(1000), Actor.Start, Token));

        var (one, other, foreign) = (await place.CurrentAsync(mine), place.Book.Current(mine.Id, second), place.Book.Current(theirs.Id, theirs.DefaultProject));
        Assert.Same(one!.Key, other!.Key);
        Assert.NotEqual(one.Key.Id, foreign!.Key.Id);
        var row = Assert.Single(await place.KeysAsync(mine.Id));
        Assert.NotNull(place.Protection.Open(row));
        // Copied to another tenant, changed, or under other protecting keys it does not open.
        Assert.Null(place.Protection.Open(new TenantSampleKey { TenantId = theirs.Id.Value, Id = row.Id, ProtectedKey = row.ProtectedKey, MadeAt = row.MadeAt }));
        Assert.Null(place.Protection.Open(new TenantSampleKey { TenantId = mine.Id.Value, Id = row.Id, ProtectedKey = [.. row.ProtectedKey[..^1], (byte)(row.ProtectedKey[^1] ^ 1)], MadeAt = row.MadeAt }));
        Assert.Null(new SampleKeyProtection(new EphemeralDataProtectionProvider()).Open(row));
    }

    /// <summary>Where the protecting keys are lost, nothing is stored in plain: nothing is kept, until somebody sets it anew under a key of its own.</summary>
    [Fact]
    public async Task Book_WithAKeyThatDoesNotOpen_KeepsNothing_UntilItIsSetAnew()
    {
        await using var place = await Place.OpenAsync(postgres, clickHouse);
        var mine = await place.TenantAsync("Mine");
        await place.Settings.SetAsync(mine.Id, mine.DefaultProject, new SampleShare(1000), Actor.Start, Token);
        await using var later = place.WithOtherProtection();

        Assert.Null(await later.CurrentAsync(mine));
        await later.Settings.SetAsync(mine.Id, mine.DefaultProject, new SampleShare(500), Actor.Start, Token);
        Assert.NotNull(await later.CurrentAsync(mine));
        Assert.Equal(2, (await later.KeysAsync(mine.Id)).Count);
    }

    [Fact]
    public async Task Open_OfACall_TellsItsOwnReportsSample_IsAudited_AndNothingToAnother()
    {
        await using var place = await Place.OpenAsync(postgres, clickHouse);
        var (mine, theirs) = (await place.TenantAsync("Mine"), await place.TenantAsync("Theirs"));
        var call = await place.StoreAsync(mine, span: 1, "own words");
        await place.StoreAsync(mine, span: 2, "told again, and longer", CallRole.Duplicate, call);
        var lone = await place.StoreAsync(mine, span: 3, null);
        await place.StoreAsync(mine, span: 4, "only the report knows", CallRole.Duplicate, lone);

        Assert.Equal("own words", (await place.OpenAsync(mine, call)).Parts![0].Text);
        Assert.Equal("own words", (await place.OpenAsync(mine, new CallId(call.Trace, new SpanId(2)))).Parts![0].Text);
        Assert.Equal("only the report knows", (await place.OpenAsync(mine, lone)).Parts![0].Text);
        Assert.Equal(3, (await place.Audit.AskAsync(new AuditQuestion(mine.Id) { Act = AuditActs.SampleRead }, Token)).Entries.Count);

        foreach (var id in (CallId[])[call, lone]) Assert.Null(await place.Reader.OpenAsync(theirs.Id, id, Actor.Start, Token));
        Assert.Null(await place.Reader.OpenAsync(mine.Id, new CallId(new TraceId(9, 9), new SpanId(9)), Actor.Start, Token));
        Assert.Empty((await place.Audit.AskAsync(new AuditQuestion(theirs.Id) { Act = AuditActs.SampleRead }, Token)).Entries);
    }

    [Fact]
    public async Task Open_OfARowThatWasMovedOrChanged_OpensNothing()
    {
        await using var place = await Place.OpenAsync(postgres, clickHouse);
        var (mine, theirs) = (await place.TenantAsync("Mine"), await place.TenantAsync("Theirs"));
        var (call, stolen) = (await place.StoreAsync(mine, span: 1, "own words"), await place.StoreAsync(theirs, span: 2, null));
        await place.Settings.SetAsync(theirs.Id, theirs.DefaultProject, new SampleShare(1000), Actor.Start, Token);
        await StoredCalls.RunAsync(place.Store, $"INSERT INTO call_samples SELECT '{theirs.Id}', '{theirs.DefaultProject}', trace_id, 2, start_time, key_id, kept_bytes, told_bytes, sealed, now64(6) FROM call_samples");
        await StoredCalls.RunAsync(place.Store, $"INSERT INTO call_samples SELECT tenant_id, project_id, trace_id, span_id, start_time, key_id, kept_bytes, told_bytes, concat(substring(sealed, 1, length(sealed) - 1), '!'), now64(6) FROM call_samples WHERE tenant_id = '{mine.Id}'");

        Assert.Null((await place.OpenAsync(theirs, stolen)).Parts);
        Assert.Null((await place.OpenAsync(mine, call)).Parts);
    }

    [Fact]
    public async Task Export_PagesThroughARange_InOrder_OneTenantsAlone()
    {
        await using var place = await Place.OpenAsync(postgres, clickHouse);
        var (mine, theirs) = (await place.TenantAsync("Mine"), await place.TenantAsync("Theirs"));
        for (ulong span = 1; span <= 5; span++) await place.StoreAsync(mine, span, "text " + span.ToString(CultureInfo.InvariantCulture));
        await place.StoreAsync(theirs, span: 9, "theirs");
        var question = new SamplesQuestion(mine.Id, new TimeRange(Place.Start.AddDays(-1), Place.Start.AddDays(1))) { Limit = 2 };

        List<string> texts = [];
        CallCursor? after = null;
        for (var pages = 0; pages < 4; pages++)
        {
            await foreach (var sample in place.Reader.ExportAsync(question with { After = after }, Actor.Start, Token))
            {
                texts.Add(sample.Parts![0].Text);
                after = sample.Cursor;
            }
        }

        Assert.Equal(["text 1", "text 2", "text 3", "text 4", "text 5"], texts);
        Assert.Equal(4, (await place.Audit.AskAsync(new AuditQuestion(mine.Id) { Act = AuditActs.SamplesExported }, Token)).Entries.Count);
        Assert.Empty(await place.Reader.ExportAsync(question with { Project = theirs.DefaultProject }, Actor.Start, Token).ToListAsync(Token));
        Assert.Single(await place.Reader.ExportAsync(question with { Tenant = theirs.Id }, Actor.Start, Token).ToListAsync(Token));
    }

    private sealed class Place(ServiceProvider services, ClickHouseStore store, IDataProtectionProvider provider, bool owns) : IAsyncDisposable
    {
        public static readonly DateTimeOffset Start = TimeProvider.System.GetUtcNow().AddHours(-3);

        public ClickHouseStore Store => store;

        public Tenants Tenants { get; } = services.GetRequiredService<Tenants>();

        public AuditReader Audit { get; } = services.GetRequiredService<AuditReader>();

        public SampleKeyProtection Protection { get; } = new(provider);

        public SampleSettings Settings => new(services.GetRequiredService<FinOpsDatabase>(), Protection, TimeProvider.System);

        public SampleBook Book { get; } = new(
            services.GetRequiredService<FinOpsDatabase>(), new SampleKeyProtection(provider), services.GetRequiredService<StoresReady>(), Options.Create(new SampleOptions()), TimeProvider.System, NullLogger<SampleBook>.Instance);

        public SamplesReader Reader => new(
            store, services.GetRequiredService<FinOpsDatabase>(), new CallsReader(store, new NoPrices(), new NoPrices()), Protection, services.GetRequiredService<AuditTrail>(), NullLogger<SamplesReader>.Instance);

        public static async Task<Place> OpenAsync(PriceBookFixture postgres, ClickHouseFixture clickHouse) =>
            new(await postgres.CreateAsync(), await clickHouse.CreateStoreAsync(), new EphemeralDataProtectionProvider(), owns: true);

        /// <summary>The same installation after its protecting keys were lost.</summary>
        public Place WithOtherProtection() => new(services, store, new EphemeralDataProtectionProvider(), owns: false);

        public async Task<TenantHandle> TenantAsync(string name) => await Tenants.EnsureAsync(name, Token);

        public async Task<SamplePlan?> CurrentAsync(TenantHandle tenant)
        {
            await Book.RefreshAsync(Token);
            return Book.Current(tenant.Id, tenant.DefaultProject);
        }

        public Task<List<TenantSampleKey>> KeysAsync(TenantId tenant) => services.GetRequiredService<FinOpsDatabase>().RunAsync(
            tenant, context => context.Set<TenantSampleKey>().AsNoTracking().OrderBy(key => key.MadeAt).ToListAsync(Token), Token);

        public async Task<OpenedSample> OpenAsync(TenantHandle tenant, CallId id)
        {
            var sample = await Reader.OpenAsync(tenant.Id, id, Actor.Start, Token);
            Assert.NotNull(sample);
            return sample;
        }

        /// <summary>A report of a call, and its sample where there is a text.</summary>
        public async Task<CallId> StoreAsync(TenantHandle tenant, ulong span, string? text, CallRole role = CallRole.Call, CallId callOf = default)
        {
            var stored = new StoredCall(tenant.Id, Start.AddMilliseconds(span)) { Span = span, Project = tenant.DefaultProject.Value, Role = role, CallOf = callOf };
            await StoredCalls.InsertAsync(store, [stored]);
            if (text is null) return stored.Id;
            if (await CurrentAsync(tenant) is null) await Settings.SetAsync(tenant.Id, tenant.DefaultProject, new SampleShare(1000), Actor.Start, Token);
            var content = new System.Buffers.ArrayBufferWriter<byte>();
            SamplePart.Write(content, SamplePartKind.Input, "input"u8, Encoding.UTF8.GetBytes(text));
            var row = new CallSample
            {
                Tenant = tenant.Id,
                Project = tenant.DefaultProject,
                TraceId = stored.Trace,
                SpanId = new SpanId(span),
                StartUnixMicros = CellRanges.Micros(stored.Start),
                KeptBytes = (uint)text.Length,
                ToldBytes = (uint)text.Length,
            };
            row.Seal((await CurrentAsync(tenant))!.Key, content.WrittenSpan);
            var block = new CallSampleBlock();
            block.Append(row);
            Assert.True((await store.InsertAsync(block, Token)).IsStored);
            return stored.Id;
        }

        public async ValueTask DisposeAsync()
        {
            Book.Dispose();
            if (!owns) return;
            store.Dispose();
            await services.DisposeAsync();
        }
    }

    private sealed class NoPrices : IPriceSource, IPriceHistory
    {
        public PriceSnapshot Current(TenantId tenant) => PriceSnapshot.Empty;

        public Task<PriceSnapshot> AsOfAsync(TenantId tenant, long bookVersion, CancellationToken cancellationToken) => Task.FromResult(PriceSnapshot.Empty);
    }
}
