using FinOps.Analytics.Audit;
using FinOps.Analytics.Focus;
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
using FinOps.Analytics.Vectors;
using FinOps.Domain.Allocation;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;

namespace FinOps.Analytics.Tests.Vectors;

/// <summary>From samples, operations and prices in both real stores to money of vector databases and buckets; how prices are edited is tested with those of GPUs, in RebuildDeviceCostsTests.</summary>
public sealed class RebuildDataStoreCostsTests(PriceBookFixture postgres, ClickHouseFixture clickHouse)
{
    private const double Gigabyte = 1_073_741_824;
    private static readonly DateTimeOffset Cell = DeviceTime.CellOf(TimeProvider.System.GetUtcNow().AddHours(-3));
    private static readonly TimeRange Day = new(Cell.AddHours(-12), Cell.AddHours(12));
    private static readonly IOptions<VectorOptions> Limits = Options.Create(new VectorOptions { QuietSeconds = 0, MaxOwnersPerCollection = 2 });

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_SamplesOperationsAndPrices_BecomeMoneyThatFollowsPricesAndLateOperations()
    {
        await using var services = await postgres.CreateAsync();
        using var store = await clickHouse.CreateStoreAsync();
        var database = services.GetRequiredService<FinOpsDatabase>();
        var (mine, theirs) = (await TenantAsync(services), await TenantAsync(services));
        var prices = new DataStorePrices(database, TimeProvider.System, Limits, services);
        var reader = new VectorReader(store);
        var question = new VectorQuestion(mine, Day);
        foreach (var tenant in (TenantId[])[mine, theirs])
        {
            await InsertAsync(store, tenant,
            [
                Vector("vector_db.collection.points", "help", 3_000), Vector("vector_db.collection.points", "old", 1_000),
                Bucket("storage.bytes", "standard", Gigabyte), Bucket("storage.bytes", "glacier", Gigabyte),
            ]);
        }

        await OperateAsync(store, mine, (1, "chat", "search"), (2, "chat", "search"), (3, "chat", "upsert"), (4, "search", "search"));
        var made = await prices.AddAsync(mine, Price("qdrant", "q-*", DataStoreMeter.NodeHours, 4m), Say("contract"), Token);
        Assert.Equal(ResourcePriceOutcome.Done, made.Outcome);
        Assert.Equal(ResourcePriceOutcome.Done, (await prices.AddAsync(mine, Price("aws.s3", "*", DataStoreMeter.StorageGigabyteMonths, 0.5m) with { Tier = "standard" }, Say("list"), Token)).Outcome);

        await RunAsync(mine);

        // A reading at the beginning of a quarter hour holds for all of it.
        var answer = await reader.AskAsync(question, Token);
        var node = answer.Meters[0];
        Assert.Equal((DataStoreMeter.NodeHours, "q-0", 0.25, 4m, 1m), (node.Meter, node.Host, node.Quantity, node.Price, node.Cost));
        var glacier = Assert.Single(answer.Meters, meter => meter.IsUnpriced);
        Assert.Equal(("glacier", null, 0m), (glacier.Tier, glacier.Price, glacier.Cost));
        Assert.Equal(0.25 / DataStoreMeters.HoursOfMonth(Cell), glacier.UnpricedQuantity, 12);
        var costs = await reader.CostsAsync(question, VectorDimension.Feature, Token);
        Assert.Equal((answer.Cost, answer.Cost), (costs.Total, costs.Rows.Sum(row => row.AllocationCost)));
        Assert.Equal((0.5625m, 0.75m), Of(costs, CostLineKind.Used, "chat"));
        Assert.Equal((0.1875m, 0.25m), Of(costs, CostLineKind.Used, "search"));
        Assert.Equal((0.25m, 0m), Of(costs, CostLineKind.Idle, ""));
        Assert.Equal(0.75m / (0.75m + answer.CostOf(DataStoreKind.Bucket)), costs.Coverage!.Value, 12);
        var help = (await reader.PartsAsync(question, Token)).Single(part => part.Name == "help");
        Assert.Equal((3_000d, 3L, 1L, 0.75m), (help.Vectors, help.Reads, help.Writes, help.Cost));
        Assert.Equal(3_000d, (await reader.CourseAsync(question, Token)).Single(period => period.Name == "help").Size);
        foreach (var dimension in Enum.GetValues<VectorDimension>()) Assert.Equal(answer.Cost, (await reader.CostsAsync(question, dimension, Token)).Total);
        Assert.Empty((await reader.AskAsync(question with { Tenant = theirs }, Token)).Meters);
        // A FOCUS file tells the same money, what nobody asked apart, and what has no price.
        var rows = await FocusAsync(mine);
        Assert.Equal(answer.Cost, rows.Sum(row => row.Cost));
        Assert.Equal(
            [("idle", null, 0.25m, 0.0625m), ("used", """{"feature":"chat"}""", 0.5625m, 0.140625m), ("used", """{"feature":"search"}""", 0.1875m, 0.046875m)],
            rows.Where(row => row.SkuMeter == "Node Hours").Select(row => (row.StoreUse, row.Tags, row.Cost, row.ConsumedQuantity!.Value)).OrderBy(row => row.Tags, StringComparer.Ordinal));
        Assert.Equal(("storage/aws.s3/glacier/storage", "unpriced", "Amazon S3", null), rows.Where(row => row.Basis == FocusCostBasis.Unpriced).Select(row => (row.SkuId, "unpriced", row.Seller.Service, row.UnitPrice)).Single());
        Assert.Empty(await FocusAsync(theirs));
        Assert.Empty(await PendingAsync(mine));

        // Another price from the beginning: the same quarter hours again, and the old sums are gone.
        await prices.ChangeAsync(mine, new SeenResourcePrice(made.Row!.Id, made.Row.Change), Price("qdrant", "q-*", DataStoreMeter.NodeHours, 8m), null, Say("it was dearer"), Token);
        await RunAsync(mine);
        Assert.Equal(2m, (await reader.AskAsync(question, Token)).Meters[0].Cost);

        // Late operations move money; the third owner of a collection is beyond the limit, and one of the others.
        await OperateAsync(store, mine, (5, "index", "search"));
        await RunAsync(mine);
        costs = await reader.CostsAsync(question, VectorDimension.Feature, Token);
        Assert.Equal(["(other)", "chat", "index"], costs.Rows.Where(row => row.Kind == CostLineKind.Used).Select(row => row.Group).Order(StringComparer.Ordinal));
        Assert.Equal(1.5m, costs.Rows.Where(row => row.Kind == CostLineKind.Used).Sum(row => row.UsageCost));
        Assert.Equal([theirs, mine], (await store.QueryAsync(new RebuildDataStoreTenants(), Token)).OrderBy(tenant => tenant == mine));
        // Without a price of their own what the others told is unpriced, in no sum, and none of ours.
        await RunAsync(theirs);
        var unpriced = await reader.AskAsync(question with { Tenant = theirs }, Token);
        Assert.Equal((0m, unpriced.Meters.Count), (unpriced.Cost, unpriced.Unpriced));

        // What an operation does not tell, the calls of its trace do.
        await OperateAsync(store, theirs, (6, "", "search"));
        await StoredCalls.InsertAsync(store, [new StoredCall(theirs, Cell.AddMinutes(20)) { Span = 7, Feature = "answers" }]);
        Assert.Equal(ResourcePriceOutcome.Done, (await prices.AddAsync(theirs, Price("qdrant", "*", DataStoreMeter.ReadUnits, 100_000m), Say("theirs"), Token)).Outcome);
        await RunAsync(theirs);
        Assert.Equal((0.1m, 0.1m), Of(await reader.CostsAsync(question with { Tenant = theirs }, VectorDimension.Feature, Token), CostLineKind.Used, "answers"));

        await new RemoveOldDataStoreCosts(store).RunAsync(Token);
        Assert.Equal(2m, (await reader.AskAsync(question, Token)).Meters[0].Cost);

        var entry = (await services.GetRequiredService<AuditReader>().AskAsync(new AuditQuestion(mine), Token)).Entries[0];
        Assert.Equal((AuditActs.StorePriceChanged, "qdrant q-*, node hours", "it was dearer"), (entry.Act, entry.SubjectName, entry.Why));

        async Task<List<FocusRow>> FocusAsync(TenantId tenant)
        {
            var told = new List<FocusRow>();
            var account = new FocusAccount("id", "Acme", new Dictionary<ProjectId, string>());
            await foreach (var row in new DataStoreChargeRows(store).ReadAsync(new FocusQuestion(ReadScope.Whole(tenant), Day) { Tags = [Tag.Feature] }, account, Token)) told.Add(row);
            return told;
        }

        Task RunAsync(TenantId tenant) => new RebuildDataStoreCosts(
            store, prices, new Retentions(database, store, TimeProvider.System, Options.Create(new RetentionOptions())), TimeProvider.System, Limits, NullLogger<RebuildDataStoreCosts>.Instance)
            .RunAsync(tenant.Value, Token);

        async Task<List<DataStoreCellToRebuild>> PendingAsync(TenantId tenant) => await store.QueryAsync(
            new RebuildDataStoreCellsPending(tenant, Cell.AddDays(-1), DeviceTime.CellOf(TimeProvider.System.GetUtcNow()), 0, (await prices.SnapshotAsync(tenant, Token)).Version, 100), Token);
    }

    [Fact]
    public async Task Prices_TwoForTheSameMeterAtOneTime_AreRefusedByTheTableItself()
    {
        await using var services = await postgres.CreateAsync();
        var tenant = await TenantAsync(services);
        var database = services.GetRequiredService<FinOpsDatabase>();
        var prices = new DataStorePrices(database, TimeProvider.System, Limits, services);
        Assert.Equal(ResourcePriceOutcome.Done, (await prices.AddAsync(tenant, Price("qdrant", "*", DataStoreMeter.NodeHours, 1m), Say("r"), Token)).Outcome);
        var overlap = await prices.AddAsync(tenant, Price("Qdrant ", "*", DataStoreMeter.NodeHours, 2m), Say("again"), Token);
        Assert.Equal(ResourcePriceOutcome.Overlaps, overlap.Outcome);
        Assert.Contains("1 USD per hour", overlap.Problem, StringComparison.Ordinal);

        var refused = await Assert.ThrowsAsync<DbUpdateException>(() => database.RunAsync(tenant, async context =>
        {
            context.Add(new RecordedStorePrice
            {
                TenantId = tenant.Value,
                Id = Guid.NewGuid(),
                Change = 9,
                RecordedAt = TimeProvider.System.GetUtcNow(),
                System = "qdrant",
                Places = "*",
                Tier = "",
                Meter = DataStoreMeter.NodeHours,
                Price = 1,
                ValidFrom = Cell,
                Author = "a",
                Reason = "r",
            });
            return await context.SaveChangesAsync(Token);
        }, Token));
        Assert.Equal(PostgresErrorCodes.ExclusionViolation, Assert.IsType<PostgresException>(refused.InnerException).SqlState);
    }

    private static (decimal Usage, decimal Allocation) Of(VectorCostsAnswer costs, CostLineKind kind, string group) =>
        costs.Rows.Single(row => row.Kind == kind && row.Group == group) is var row ? (row.UsageCost, row.AllocationCost) : default;

    private static DataStorePrice Price(string system, string places, DataStoreMeter meter, decimal price) =>
        new() { System = system, Places = places, Meter = meter, Price = price, ValidFrom = Cell.AddDays(-30) };

    private static ResourcePriceEdit Say(string reason) => new(Actor.OfUser(Guid.Empty, "lead@acme.example"), reason);

    private static async Task<TenantId> TenantAsync(ServiceProvider services) => (await services.GetRequiredService<Tenants>().EnsureAsync("T " + Guid.NewGuid().ToString("N"), Token)).Id;

    private static ResourceSample Vector(string metric, string collection, double value) => Sample(ResourceKind.VectorDatabase, metric, collection, "q-0:6333", value, [new("db.system.name", "qdrant"), new("id", collection)]);

    private static ResourceSample Bucket(string metric, string tier, double value) =>
        Sample(ResourceKind.Storage, metric, "documents", "reporter", value, [new("db.system.name", "aws.s3"), new("finops.storage.bucket", "documents"), new("finops.storage.tier", tier)]);

    private static ResourceSample Sample(ResourceKind kind, string metric, string subject, string host, double value, KeyValuePair<string, string>[] attributes) => new()
    {
        Kind = kind,
        Metric = metric,
        Subject = subject,
        Host = host,
        TimeUnixMillis = Cell.ToUnixTimeMilliseconds(),
        StartUnixMillis = Cell.ToUnixTimeMilliseconds(),
        Temporality = SampleTemporality.Gauge,
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

    private static async Task OperateAsync(ClickHouseStore store, TenantId tenant, params (ulong Span, string Feature, string Operation)[] operations)
    {
        var block = new VectorOperationBlock();
        foreach (var (span, feature, operation) in operations)
        {
            var row = new VectorOperation
            {
                Tenant = tenant,
                TraceId = new TraceId(1, 1),
                SpanId = new SpanId(span),
                StartUnixMicros = Cell.AddMinutes(2).ToUnixTimeMilliseconds() * 1000,
                System = "qdrant",
                Collection = "help",
                Operation = operation,
            };
            row.Tags.Set(Tag.Feature, feature, TagLevel.Span);
            block.Append(row);
        }

        Assert.True((await store.InsertAsync(block, Token)).IsStored);
    }
}
