using FinOps.Analytics.Audit;
using FinOps.Analytics.Focus;
using FinOps.Analytics.Gpus;
using FinOps.Analytics.PriceTimelines;
using FinOps.Analytics.Retention;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.ClickHouse.Native;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Tests.Accounts;
using FinOps.Analytics.Tests.Prices;
using FinOps.Analytics.Tests.Spend;
using FinOps.Domain.Allocation;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;

namespace FinOps.Analytics.Tests.Gpus;

/// <summary>From samples, calls and prices in both real stores to money of devices, and prices that are edited by several.</summary>
public sealed class RebuildDeviceCostsTests(PriceBookFixture postgres, ClickHouseFixture clickHouse)
{
    private static readonly DateTimeOffset Cell = DeviceTime.CellOf(TimeProvider.System.GetUtcNow().AddHours(-3));
    private static readonly TimeRange Day = new(Cell.AddHours(-12), Cell.AddHours(12));
    private static readonly IOptions<GpuOptions> Limits = Options.Create(new GpuOptions { QuietSeconds = 0 });

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_SamplesCallsAndAPrice_BecomeMoneyThatFollowsPricesAndLateSamples()
    {
        await using var services = await postgres.CreateAsync();
        using var store = await clickHouse.CreateStoreAsync();
        var database = services.GetRequiredService<FinOpsDatabase>();
        var (mine, theirs) = (await TenantAsync(services), await TenantAsync(services));
        var prices = new ResourcePrices(database, TimeProvider.System, Limits, services);
        var reader = new GpuReader(store);
        foreach (var tenant in (TenantId[])[mine, theirs])
        {
            // A device at half its power for a quarter hour, and one on a host without a price.
            await InsertAsync(store, tenant, [Gpu("gpu-a", "GPU-1", 0.5), Gpu("gpu-z", "GPU-9", 0.9), .. Served("gpu-a", "llama", 0, 0), .. Served("gpu-a", "llama", 10, 300)]);
        }

        // 1,000 input and 300 output tokens by one, twice that by the other; an API's call of that name has a price and is none of ours.
        await StoredCalls.InsertAsync(store,
        [
            Call(mine, 1, "chat", 1), Call(mine, 2, "search", 2),
        ]);
        var made = await prices.AddAsync(mine, Price(4m), Say("contract"), Token);
        Assert.Equal(ResourcePriceOutcome.Done, made.Outcome);

        await RunAsync(mine);

        var answer = await reader.AskAsync(new GpuQuestion(mine, Day), Token);
        var (device, unpriced) = (answer.Devices[0], answer.Devices[1]);
        Assert.Equal(("gpu-a", "GPU-1", "NVIDIA H100 80GB HBM3", 1m, 0.5m, 4m), (device.Host, device.Device, device.Accelerator, device.Cost, device.IdleCost, device.PricePerHour));
        Assert.Equal(0.5, device.Utilisation!.Value, 6);
        Assert.Equal(("gpu-z", true, 0m, 0.25), (unpriced.Host, unpriced.IsUnpriced, unpriced.Cost, unpriced.UnpricedHours));
        var costs = await reader.CostsAsync(new GpuQuestion(mine, Day), GpuDimension.Feature, Token);
        Assert.Equal((1m, 1m), (costs.Total, costs.Rows.Sum(row => row.AllocationCost)));
        Assert.Equal(1m / 3, costs.Rows.Single(row => row.Group == "search").UsageCost, 11);
        Assert.Equal(1m, costs.Coverage);
        var model = Assert.Single(await reader.ModelsAsync(new GpuQuestion(mine, Day), Token));
        Assert.Equal(("llama", 3_000d, 900d, 0.5m), (model.Model, model.PromptTokens, model.GeneratedTokens, model.UsageCost));
        Assert.Empty((await reader.AskAsync(new GpuQuestion(theirs, Day), Token)).Devices);
        Assert.Empty(await PendingAsync(mine));

        // The same money as rows of a FOCUS file: used and idle apart, and the hours without a price.
        var charges = await FocusAsync(mine);
        Assert.Equal((answer.Cost, answer.IdleCost), (charges.Sum(row => row.Cost), charges.Where(row => row.GpuTime == "idle").Sum(row => row.Cost)));
        Assert.Equal(0.25m, charges.Where(row => row.Basis == FocusCostBasis.Estimated).Sum(row => row.PricingQuantity!.Value), 11);
        Assert.Equal((0.25m, "gpu-z/GPU-9", 0m), charges.Where(row => row.Basis == FocusCostBasis.Unpriced).Select(row => (row.PricingQuantity!.Value, row.ResourceId, row.Cost)).Single());
        Assert.Contains(charges, row => row is { GpuTime: "used", Model: "llama", Tags: """{"feature":"search"}""" });
        Assert.DoesNotContain(await FocusAsync(theirs), row => row.Cost != 0);

        // Another price from the beginning: the same quarter hours again, and the old sums are gone.
        await prices.ChangeAsync(mine, new SeenResourcePrice(made.Row!.Id, made.Row.Change), Price(8m), null, Say("it was dearer"), Token);
        await RunAsync(mine);
        Assert.Equal(2m, (await reader.AskAsync(new GpuQuestion(mine, Day), Token)).Cost);

        // A late sample of the same instants changes nothing but what it says; a late call moves money between features.
        await InsertAsync(store, mine, [Gpu("gpu-a", "GPU-1", 1)]);
        await StoredCalls.InsertAsync(store, [Call(mine, 3, "chat", 1)]);
        await RunAsync(mine);
        costs = await reader.CostsAsync(new GpuQuestion(mine, Day), GpuDimension.Feature, Token);
        Assert.Equal((2m, 1m, 1m), (costs.Total, costs.Rows.Single(row => row.Group == "chat").UsageCost, costs.Rows.Single(row => row.Group == "search").UsageCost));
        Assert.Equal([theirs, mine], (await store.QueryAsync(new RebuildDeviceTenants(), Token)).OrderBy(tenant => tenant == mine));

        await new RemoveOldDeviceCosts(store).RunAsync(Token);
        Assert.Equal(2m, (await reader.AskAsync(new GpuQuestion(mine, Day), Token)).Cost);

        async Task<List<FocusRow>> FocusAsync(TenantId tenant)
        {
            var rows = new List<FocusRow>();
            var account = new FocusAccount("id", "Acme", new Dictionary<ProjectId, string>());
            await foreach (var row in new GpuRows(store).ReadAsync(new FocusQuestion(ReadScope.Whole(tenant), Day) { Tags = [Tag.Feature] }, account, Token)) rows.Add(row);
            return rows;
        }

        Task RunAsync(TenantId tenant) => new RebuildDeviceCosts(
            store, prices, new Retentions(database, store, TimeProvider.System, Options.Create(new RetentionOptions())), TimeProvider.System, Limits, NullLogger<RebuildDeviceCosts>.Instance)
            .RunAsync(tenant.Value, Token);

        async Task<List<DeviceCellToRebuild>> PendingAsync(TenantId tenant) => await store.QueryAsync(
            new RebuildDeviceCellsPending(tenant, Cell.AddDays(-1), DeviceTime.CellOf(TimeProvider.System.GetUtcNow()), 0, (await prices.SnapshotAsync(tenant, Token)).Version, 100), Token);
    }

    [Fact]
    public async Task Edits_OverlapsAndConflicts_AreRefusedAndEachChangeIsAuditedWithItsReason()
    {
        await using var services = await postgres.CreateAsync();
        var (tenant, other) = (await TenantAsync(services), await TenantAsync(services));
        var database = services.GetRequiredService<FinOpsDatabase>();
        var prices = new ResourcePrices(database, TimeProvider.System, Limits, services);
        var made = (await prices.AddAsync(tenant, Price(4m), Say("contract"), Token)).Row!;
        var seen = new SeenResourcePrice(made.Id, made.Change);

        var overlap = await prices.AddAsync(tenant, Price(5m), Say("again"), Token);
        Assert.Equal(ResourcePriceOutcome.Overlaps, overlap.Outcome);
        Assert.Contains("4 USD", overlap.Problem, StringComparison.Ordinal);
        Assert.Equal(ResourcePriceOutcome.Refused, (await prices.AddAsync(tenant, Price(5m) with { ValidFrom = Cell.AddMinutes(1) }, Say("odd"), Token)).Outcome);
        Assert.Equal(ResourcePriceOutcome.Refused, (await prices.AddAsync(tenant, Price(5m), Say(" "), Token)).Outcome);

        // Two look at the same price: the second gets a conflict, not a lost update.
        var changed = await prices.ChangeAsync(tenant, seen, Price(6m), Cell, Say("from then on"), Token);
        Assert.Equal((ResourcePriceOutcome.Done, 6m, Cell), (changed.Outcome, changed.Row!.PricePerHour, changed.Row.ValidFrom));
        var conflict = await prices.EndAsync(tenant, seen, Cell.AddHours(1), Say("mine"), Token);
        Assert.Equal(ResourcePriceOutcome.Conflict, conflict.Outcome);
        Assert.Contains("lead@acme.example", conflict.Problem, StringComparison.Ordinal);
        Assert.Equal(ResourcePriceOutcome.NotFound, (await prices.EndAsync(other, seen, null, Say("theirs"), Token)).Outcome);

        var book = await prices.SnapshotAsync(tenant, Token);
        Assert.Equal((4m, 6m), (book.Find("gpu-a", "NVIDIA H100", Cell.AddMinutes(-15))!.PricePerHour, book.Find("gpu-a", "NVIDIA H100", Cell)!.PricePerHour));
        Assert.Equal(3, (await prices.HistoryAsync(tenant, made.Id, Token)).Count);
        var entry = (await services.GetRequiredService<AuditReader>().AskAsync(new AuditQuestion(tenant), Token)).Entries[0];
        Assert.Equal((AuditActs.ResourcePriceChanged, "H100 on gpu-a", "from then on"), (entry.Act, entry.SubjectName, entry.Why));

        // The table itself refuses two at a time.
        var refused = await Assert.ThrowsAsync<DbUpdateException>(() => database.RunAsync(tenant, async context =>
        {
            context.Add(new RecordedResourcePrice
            {
                TenantId = tenant.Value,
                Id = Guid.NewGuid(),
                Change = 9,
                RecordedAt = TimeProvider.System.GetUtcNow(),
                Accelerator = "H100",
                Hosts = "gpu-a",
                Provider = "",
                Region = "",
                Purchase = PurchaseKind.Spot,
                PricePerHour = 1,
                ValidFrom = Cell,
                Author = "a",
                Reason = "r",
            });
            return await context.SaveChangesAsync(Token);
        }, Token));
        Assert.Equal(PostgresErrorCodes.ExclusionViolation, Assert.IsType<PostgresException>(refused.InnerException).SqlState);
    }

    private static AcceleratorPrice Price(decimal price) => new()
    {
        Accelerator = "h100",
        Hosts = "GPU-a",
        Purchase = PurchaseKind.OnDemand,
        PricePerHour = price,
        ValidFrom = Cell.AddDays(-30),
    };

    private static ResourcePriceEdit Say(string reason) => new(Actor.OfUser(Guid.Empty, "lead@acme.example"), reason);

    private static async Task<TenantId> TenantAsync(ServiceProvider services) => (await services.GetRequiredService<Tenants>().EnsureAsync("T " + Guid.NewGuid().ToString("N"), Token)).Id;

    private static StoredCall Call(TenantId tenant, ulong span, string feature, uint scale) => new(tenant, Cell.AddMinutes(2))
    {
        Span = span,
        Feature = feature,
        RequestedModel = "llama",
        Provider = "vllm",
        Flags = CallFlags.Unpriced,
        Usage = new UsageVector { InputFresh = 1_000 * scale, OutputText = 300 * scale },
    };

    private static ResourceSample Gpu(string host, string device, double utilisation) =>
        Sample(ResourceKind.Gpu, "gpu.utilization", device, host, Cell, utilisation, SampleTemporality.Gauge, [new("hw.model", "NVIDIA H100 80GB HBM3")]);

    private static IEnumerable<ResourceSample> Served(string host, string model, int minutes, double seconds)
    {
        foreach (var (metric, value) in ((string, double)[])
            [("inference.request.prefill_time", seconds / 10), ("inference.request.decode_time", seconds), ("inference.tokens.prompt", seconds * 10), ("inference.tokens.generated", seconds * 3)])
            yield return Sample(ResourceKind.Inference, metric, model, host + ":8000", Cell.AddMinutes(minutes), value, SampleTemporality.Cumulative, []);
    }

    private static ResourceSample Sample(
        ResourceKind kind, string metric, string subject, string host, DateTimeOffset at, double value, SampleTemporality temporality, KeyValuePair<string, string>[] attributes) => new()
        {
            Kind = kind,
            Metric = metric,
            Subject = subject,
            Host = host,
            TimeUnixMillis = at.ToUnixTimeMilliseconds(),
            StartUnixMillis = temporality == SampleTemporality.Gauge ? at.ToUnixTimeMilliseconds() : Cell.AddDays(-1).ToUnixTimeMilliseconds(),
            Temporality = temporality,
            Value = value,
            Count = 1,
            Attributes = attributes,
        };

    private static async Task InsertAsync(ClickHouseStore store, TenantId tenant, IEnumerable<ResourceSample> samples)
    {
        var block = new SampleBlock();
        foreach (var sample in samples)
        {
            sample.Tenant = tenant;
            block.Append(sample);
        }

        Assert.True((await store.InsertAsync(block, Token)).IsStored);
    }
}
