using FinOps.Domain.Allocation;

namespace FinOps.Domain.Tests.Allocation;

/// <summary>What vector databases and buckets cost, and for whom, in figures that can be checked by hand.</summary>
public sealed class DataStoreGoldenTests
{
    private const double Gigabyte = 1_073_741_824;
    private static readonly DateTimeOffset Cell = new(2026, 11, 25, 10, 0, 0, TimeSpan.Zero);
    private static readonly DataOwner Chat = new("chat", "support", "");
    private static readonly DataOwner Search = new("search", "growth", "");

    /// <summary>A node for $0.60 an hour is $0.15 in a quarter hour. Two collections share it by memory 3 : 1; the smaller was not asked.</summary>
    [Fact]
    public void Node_TwoCollections_ShareByBytesAndTheOneNobodyAskedIsIdle()
    {
        DataStoreReading[] readings = [Level("help", DataStoreSignal.MemoryBytes, 3 * Gigabyte), Level("old", DataStoreSignal.MemoryBytes, Gigabyte), Level("old", DataStoreSignal.Vectors, 9e6)];
        DataStoreCalls[] calls = [new("qdrant", "help", Chat, 30, 0, 0, 0), new("qdrant", "help", Search, 6, 4, 0, 5)];
        var (costs, lines) = Run(readings, calls, Price("qdrant", DataStoreMeter.NodeHours, 0.60m));

        var node = Assert.Single(costs, cost => cost.Price is not null);
        Assert.Equal(("", 0.25m, 0.15m), (node.Name, node.Quantity, node.Cost));
        // $0.1125 for help: three quarters of its operations by chat; half of search's failed. The idle quarter is carried by the same shares.
        Assert.Equal((0.084375m, 0.1125m), Sum(lines, CostLineKind.Used, Chat));
        Assert.Equal((0.0140625m, 0.01875m), Sum(lines, CostLineKind.Used, Search));
        Assert.Equal((0.0140625m, 0.01875m), Sum(lines, CostLineKind.Wasted, Search));
        Assert.Equal((0.0375m, 0m), Sum(lines, CostLineKind.Idle, DataOwner.None));
        Assert.All(lines, line => Assert.False(line.IsEstimated));
        // Paid by the node: that memory has no price of its own leaves nothing unknown.
        Assert.DoesNotContain(costs, cost => cost.IsUnpriced);
    }

    /// <summary>Vectors say nothing of their dimension: where one collection tells bytes and another does not, all are weighed by vectors, and it is marked so.</summary>
    [Fact]
    public void Node_BytesOfSomeCollectionsOnly_IsSplitByVectorsMarkedEstimated()
    {
        DataStoreReading[] readings =
            [Level("a", DataStoreSignal.MemoryBytes, 9 * Gigabyte), Level("a", DataStoreSignal.Vectors, 1000), Level("b", DataStoreSignal.Vectors, 3000)];
        var (_, lines) = Run(readings, [new("qdrant", "a", Chat, 1, 0, 0, 0), new("qdrant", "b", Search, 1, 0, 0, 0)], Price("qdrant", DataStoreMeter.NodeHours, 0.4m));

        Assert.Equal((0.025m, 0.075m), (Sum(lines, CostLineKind.Used, Chat).Usage, Sum(lines, CostLineKind.Used, Search).Usage));
        Assert.All(lines, line => Assert.True(line.IsEstimated));
    }

    /// <summary>Pinecone, Standard on AWS us-east-1: $0.33 a GB-month, $16 per million read units, $4 per million write units. Counters go before what spans tell.</summary>
    [Fact]
    public void Hosted_UnitsAndStorage_AreRatedByTheDatabasesCountersAndSplitByUnitsOfSpans()
    {
        DataStoreReading[] readings =
        [
            Level("docs", DataStoreSignal.DiskBytes, 10 * Gigabyte, "pinecone", ""),
            Counter("docs", DataStoreSignal.ReadUnits, -10, 1_000), Counter("docs", DataStoreSignal.ReadUnits, 5, 126_000),
            Counter("docs", DataStoreSignal.WriteUnits, -10, 0), Counter("docs", DataStoreSignal.WriteUnits, 5, 50_000),
        ];
        DataStoreCalls[] calls = [new("pinecone", "docs", Chat, 10, 0, 900, 0), new("pinecone", "docs", Search, 90, 0, 100, 0)];
        var (costs, lines) = Run(readings, calls,
            Price("pinecone", DataStoreMeter.DiskGigabyteMonths, 0.33m), Price("pinecone", DataStoreMeter.ReadUnits, 16m), Price("pinecone", DataStoreMeter.WriteUnits, 4m));

        // 10 GB for a quarter hour of a month of 720 hours; 125,000 read units; 50,000 write units.
        Assert.Equal(ExactShares.Round(10 * 0.25m / 720 * 0.33m), costs.Single(cost => cost.Meter == DataStoreMeter.DiskGigabyteMonths).Cost);
        Assert.Equal((125_000m, 2m), (costs.Single(cost => cost.Meter == DataStoreMeter.ReadUnits).Quantity, costs.Single(cost => cost.Meter == DataStoreMeter.ReadUnits).Cost));
        Assert.Equal(0.2m, costs.Single(cost => cost.Meter == DataStoreMeter.WriteUnits).Cost);
        // Nine tenths of the read units, and a tenth of the operations that the storage is split by.
        Assert.Equal(1.8m + 0.000114583333m, Sum(lines, CostLineKind.Used, Chat).Usage, 12);
        // Something wrote, and no span tells of it.
        Assert.Equal((0.2m, 0.2m), Sum(lines, DataStoreReason.NoSpans));
    }

    [Fact]
    public void SpansAlone_OfAHostedDatabase_CountOperationsAsUnitsMarkedEstimated()
    {
        var (costs, lines) = Run([], [new("pinecone", "docs", Chat, 1_000, 500, 0, 0)], Price("pinecone", DataStoreMeter.ReadUnits, 16m));

        var (read, written) = (costs.Single(cost => cost.Meter == DataStoreMeter.ReadUnits), costs.Single(cost => cost.Meter == DataStoreMeter.WriteUnits));
        Assert.Equal((1_000m, 0.016m, true), (read.Quantity, read.Cost, read.IsEstimated));
        Assert.Equal((500m, null, false), (written.Quantity, written.Price, written.IsUnpriced));
        Assert.Equal((0.016m, 0.016m), Sum(lines, CostLineKind.Used, Chat));
    }

    /// <summary>What is asked without a collection's name is paid, too, though no collection gets it.</summary>
    [Fact]
    public void SpansWithoutACollection_BesideNamedOnes_ArePaidByTheirUnits()
    {
        var (costs, lines) = Run([Level("a", DataStoreSignal.Vectors, 5)], [new("qdrant", "a", Chat, 3, 0, 0, 0), new("qdrant", "", Search, 7, 0, 0, 0)], Price("qdrant", DataStoreMeter.ReadUnits, 100_000m));
        Assert.Equal([0.7m, 0.3m], costs.Where(cost => cost.Meter == DataStoreMeter.ReadUnits).Select(cost => cost.Cost));
        Assert.Equal((0.3m, 0.7m), (Sum(lines, CostLineKind.Used, Chat).Usage, Sum(lines, CostLineKind.Used, Search).Usage));
    }

    /// <summary>A GB kept for the whole of a month is one GB-month, in a month of 28 days as in one of 31.</summary>
    [Theory]
    [InlineData("2026-02-01T00:00:00Z", 28)]
    [InlineData("2026-12-01T00:00:00Z", 31)]
    public void Bucket_AGigabyteForAMonth_IsOneGigabyteMonth(string month, int days)
    {
        var cell = DateTimeOffset.Parse(month, System.Globalization.CultureInfo.InvariantCulture);
        var (costs, _) = Run([.. Bucket("logs", "standard", DataStoreSignal.StorageBytes, Gigabyte, cell)], [], cell, Price("aws.s3", DataStoreMeter.StorageGigabyteMonths, 0.023m));
        Assert.Equal(1m, Assert.Single(costs).Quantity * days * 96, 12);
    }

    /// <summary>Each meter of a bucket is paid by itself: a tier without a price stays unknown beside one that has one. Owners are told with the readings.</summary>
    [Fact]
    public void Bucket_TierWithoutAPrice_IsUnpricedAndOwnersComeFromTheReadings()
    {
        var (costs, lines) = Run(
            [.. Bucket("logs", "standard", DataStoreSignal.StorageBytes, 720 * Gigabyte, Cell, Chat), .. Bucket("logs", "glacier", DataStoreSignal.StorageBytes, 720 * Gigabyte, Cell), .. Bucket("tmp", "standard", DataStoreSignal.StorageBytes, 720 * Gigabyte, Cell)],
            [], Price("aws.s3", DataStoreMeter.StorageGigabyteMonths, 0.02m) with { Tier = "standard" });

        Assert.Equal((true, 0m), (costs.Single(cost => cost.Tier == "glacier").IsUnpriced, costs.Single(cost => cost.Tier == "glacier").Cost));
        Assert.Equal((0.005m, 0.005m), Sum(lines, CostLineKind.Used, Chat));
        Assert.Equal((0.005m, 0.005m), Sum(lines, DataStoreReason.NoOwner));
    }

    [Fact]
    public void Node_WithoutCollectionsOrWithRequestsOnly_SaysWhyItHasNoOwner()
    {
        var price = Price("qdrant", DataStoreMeter.NodeHours, 4m);
        Assert.Equal((1m, 1m), Sum(Run([Level("", DataStoreSignal.MemoryBytes, Gigabyte)], [], price).Lines, DataStoreReason.NoCollections));
        DataStoreReading[] asked = [Level("a", DataStoreSignal.Vectors, 5), Counter("", DataStoreSignal.Requests, -10, 0, "qdrant", "q-0"), Counter("", DataStoreSignal.Requests, 5, 7, "qdrant", "q-0")];
        Assert.Equal((1m, 1m), Sum(Run(asked, [], price).Lines, DataStoreReason.NoSpans));
        // Spans that name no collection stand for each that no span names.
        var unnamed = Run(asked, [new("qdrant", "", Chat, 3, 0, 0, 0)], price).Lines;
        Assert.Equal((1m, 1m), Sum(unnamed, CostLineKind.Used, Chat));
        Assert.All(unnamed, line => Assert.True(line.IsEstimated));
        Assert.Equal((1m, 1m), Sum(Run(asked, [new("qdrant", "a", DataOwner.None, 3, 0, 0, 0)], price).Lines, DataStoreReason.NoOwner));
    }

    [Fact]
    public void Prices_ThePlaceNamedMostCloselyGoesFirst_AndOnlyWhileItHolds()
    {
        var all = Price("qdrant", DataStoreMeter.NodeHours, 1m);
        var book = new DataStorePriceBook([all, all with { Places = "q-*", Price = 2m }, all with { Places = "q-0", Price = 3m, ValidTo = Cell }]);
        Assert.Equal(2m, book.Find("Qdrant", "q-0", "", DataStoreMeter.NodeHours, Cell)!.Price);
        Assert.Equal(3m, book.Find("qdrant", "q-0", "", DataStoreMeter.NodeHours, Cell.AddMinutes(-15))!.Price);
        Assert.Equal(1m, book.Find("qdrant", "other", "", DataStoreMeter.NodeHours, Cell)!.Price);
        Assert.Null(book.Find("milvus", "q-0", "", DataStoreMeter.NodeHours, Cell));
        Assert.Null(book.Find("qdrant", "q-0", "", DataStoreMeter.MemoryGigabyteHours, Cell));
    }

    [Theory]
    [InlineData("", "*", "", DataStoreMeter.NodeHours, 1, 0, "product or provider")]
    [InlineData("qdrant", " ", "", DataStoreMeter.NodeHours, 1, 0, "which hosts")]
    [InlineData("qdrant", "*", "hot", DataStoreMeter.NodeHours, 1, 0, "Only buckets")]
    [InlineData("qdrant", "*", "", (DataStoreMeter)99, 1, 0, "no such meter")]
    [InlineData("qdrant", "*", "", DataStoreMeter.NodeHours, -1, 0, "0 to 100000 USD")]
    [InlineData("qdrant", "*", "", DataStoreMeter.NodeHours, 1, 7, "quarter hour")]
    public void Price_ThatCannotBe_SaysWhatIsAllowed(string system, string places, string tier, DataStoreMeter meter, int price, int minutes, string problem)
    {
        var row = new DataStorePrice { System = system, Places = places, Tier = tier, Meter = meter, Price = price, ValidFrom = Cell.AddMinutes(minutes) };
        Assert.Contains(problem, row.Normal().FindProblem(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("upsert", true)]
    [InlineData("Delete", true)]
    [InlineData("batch_update", true)]
    [InlineData("query", false)]
    [InlineData("search", false)]
    [InlineData("fetch", false)]
    [InlineData("", false)]
    public void Operations_ByTheirName_ReadOrWrite(string name, bool writes) => Assert.Equal(writes, DataStoreCalls.IsWrite(name));

    private static (List<MeteredCost> Costs, List<DataStoreLine> Lines) Run(DataStoreReading[] readings, DataStoreCalls[] calls, params DataStorePrice[] prices) => Run(readings, calls, Cell, prices);

    private static (List<MeteredCost> Costs, List<DataStoreLine> Lines) Run(DataStoreReading[] readings, DataStoreCalls[] calls, DateTimeOffset cell, params DataStorePrice[] prices)
    {
        var stores = DataStoreRating.WithOperations(DataStoreTime.Measure(readings, cell), calls);
        var costs = DataStoreRating.Rate(stores, calls, new DataStorePriceBook(prices.Select(price => price.Normal())), cell);
        var lines = stores.SelectMany(store => DataStoreAllocation.Split(store, costs, calls)).ToList();
        Assert.Equal((costs.Sum(cost => cost.Cost), costs.Sum(cost => cost.Cost)), (lines.Sum(line => line.UsageCost), lines.Sum(line => line.AllocationCost)));
        return (costs, lines);
    }

    private static DataStorePrice Price(string system, DataStoreMeter meter, decimal price) =>
        new() { System = system, Places = "*", Meter = meter, Price = price, ValidFrom = DateTimeOffset.UnixEpoch };

    private static DataStoreReading Level(string name, DataStoreSignal signal, double value, string system = "qdrant", string host = "q-0") =>
        new(DataStoreKind.VectorDatabase, system, host, name, "", signal, name, DataOwner.None, new CounterPoint(Cell, Cell, value, false));

    private static DataStoreReading Counter(string name, DataStoreSignal signal, int minutes, double value, string system = "pinecone", string host = "") =>
        new(DataStoreKind.VectorDatabase, system, host, name, "", signal, name, DataOwner.None, new CounterPoint(Cell.AddMinutes(minutes), Cell.AddDays(-1), value, false));

    private static DataStoreReading[] Bucket(string name, string tier, DataStoreSignal signal, double value, DateTimeOffset cell, DataOwner? owner = null) =>
        [new(DataStoreKind.Bucket, "aws.s3", "", name, tier, signal, name + tier, owner ?? DataOwner.None, new CounterPoint(cell, cell, value, false))];

    private static (decimal Usage, decimal Allocation) Sum(List<DataStoreLine> lines, CostLineKind kind, DataOwner owner) => Both(lines.Where(line => line.Kind == kind && line.Owner == owner));

    private static (decimal Usage, decimal Allocation) Sum(List<DataStoreLine> lines, DataStoreReason reason) => Both(lines.Where(line => line.Kind == CostLineKind.Unallocated && line.Reason == reason));

    private static (decimal Usage, decimal Allocation) Both(IEnumerable<DataStoreLine> lines) => (lines.Sum(line => line.UsageCost), lines.Sum(line => line.AllocationCost));
}
