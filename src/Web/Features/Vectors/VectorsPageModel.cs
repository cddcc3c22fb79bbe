using System.Globalization;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Vectors;
using FinOps.Domain.Allocation;
using FinOps.Domain.Tenancy;
using FinOps.Web.Parts;

namespace FinOps.Web.Features.Vectors;

/// <summary>What vector databases and buckets hold, what they cost, and for whom.</summary>
public sealed class VectorsPageModel(VectorReader vectors, TimeProvider time)
{
    /// <summary>Rows of the list of owners; the rest is in the REST answer.</summary>
    public const int MaxOwners = 50;

    public sealed record PartList(IReadOnlyList<StorePart> Rows, ILookup<(DataStoreKind, string, string, string), double> Course);

    /// <summary>One line of the list of owners: what it is, what it cost, and why nobody owns it.</summary>
    public sealed record OwnerRow(string Name, string Note, decimal Cost, bool IsEstimated, bool IsOwner);

    public sealed record Advice(DataStoreReason Reason, decimal Cost, string What, string How);

    public Loaded<VectorAnswer> Meters { get; } = new();
    public Loaded<PartList> Parts { get; } = new();
    public Loaded<VectorCostsAnswer> Costs { get; } = new();

    public VectorDimension By { get; private set; }

    /// <summary>Idle collections are carried by those who used their database in the same quarter hour.</summary>
    public bool WithIdle { get; private set; }

    public Task LoadAsync(TenantId tenant, ViewAddress address, TimeZoneInfo zone, Asking asking)
    {
        By = Enum.TryParse<VectorDimension>(address.Get("by"), ignoreCase: true, out var by) && Enum.IsDefined(by) ? by : VectorDimension.Feature;
        WithIdle = address.Get("basis") == "allocation";
        var question = new VectorQuestion(tenant, address.Range(time.GetUtcNow(), zone));
        return Task.WhenAll(
            Meters.LoadAsync(token => vectors.AskAsync(question, token), asking),
            Parts.LoadAsync(async token => new PartList(
                await vectors.PartsAsync(question, token), (await vectors.CourseAsync(question, token)).ToLookup(period => (period.Store, period.System, period.Name, period.Tier), period => period.Size)), asking),
            Costs.LoadAsync(token => vectors.CostsAsync(question, By, token), asking));
    }

    public IReadOnlyList<double?> CourseOf(StorePart part) =>
        Parts.Value is { } parts ? [.. parts.Course[(part.Store, part.System, part.Name, part.Tier)].Select(size => (double?)size)] : [];

    /// <summary>Nothing of it has a price, nor has the node that it lies in.</summary>
    public bool IsUnpriced(StorePart part) => part.Cost == 0 && Meters.Value is { } answer && answer.Meters.Any(meter => meter.IsUnpriced && meter.Store == part.Store && meter.System == part.System
        && (meter.Name.Length == 0 || (meter.Name == part.Name && meter.Tier == part.Tier)));

    public decimal CostOf(StoreCost row) => WithIdle ? row.AllocationCost : row.UsageCost;

    /// <summary>Owners first, the most expensive of them first; then what nobody owns. Together they are the whole money.</summary>
    public IReadOnlyList<OwnerRow> Owners()
    {
        if (Costs.Value is not { } costs) return [];
        var owners = costs.Rows.Where(IsOwned).GroupBy(row => row.Group)
            .Select(group => new OwnerRow(group.Key.Length > 0 ? group.Key : "(not told)", WastedOf(group), group.Sum(CostOf), group.Any(row => row.IsEstimated), true))
            .OrderByDescending(row => row.Cost).ThenBy(row => row.Name, StringComparer.Ordinal).ToList();
        var shown = owners.Take(MaxOwners).ToList();
        if (owners.Count > MaxOwners) shown.Add(new OwnerRow($"{owners.Count - MaxOwners} others", "", owners.Skip(MaxOwners).Sum(row => row.Cost), owners.Skip(MaxOwners).Any(row => row.IsEstimated), true));
        var rest = costs.Rows.Where(row => !IsOwned(row)).GroupBy(row => (row.Kind == CostLineKind.Idle, row.Reason)).Select(group => new OwnerRow(
            group.Key.Item1 ? "Idle" : "Unallocated", group.Key.Item1 ? "kept, and nobody asked" : What(group.Key.Reason), group.Sum(CostOf), group.Any(row => row.IsEstimated), false));
        return [.. shown, .. rest.Where(row => row.Cost > 0).OrderByDescending(row => row.Cost)];
    }

    /// <summary>What has no owner, and what to do about it; the most money first.</summary>
    public IReadOnlyList<Advice> Missing() => Costs.Value is not { } costs ? [] :
        [.. costs.Rows.Where(row => row.Kind == CostLineKind.Unallocated).GroupBy(row => row.Reason)
            .Select(group => new Advice(group.Key, group.Sum(row => row.UsageCost), What(group.Key), How(group.Key))).OrderByDescending(advice => advice.Cost)];

    public static string Size(StorePart part) => BytesOf(part) is > 0 and var bytes ? Figures.Bytes((long)bytes) : "–";

    /// <summary>Both, where both are told.</summary>
    public static string? SizeTitle(StorePart part) => part is { DiskBytes: > 0, MemoryBytes: > 0 } ? $"{Figures.Bytes((long)part.MemoryBytes)} of memory" : null;

    /// <summary>Operations on buckets are not told by spans; they stand among what is paid.</summary>
    public static string Operations(StorePart part, long count) => part.Store == DataStoreKind.Bucket ? "–" : Figures.Count(count);

    /// <summary>USD per thousand operations that spans tell; null without any.</summary>
    public static decimal? PerThousand(StorePart part) => part.Cost > 0 && part.Reads + part.Writes is > 0 and var operations ? part.Cost / operations * 1_000 : null;

    public static string Name(VectorDimension dimension) => dimension == VectorDimension.Name ? "collection" : dimension.ToString().ToLowerInvariant();

    public static string Heading(VectorDimension dimension) => dimension == VectorDimension.Name ? "Collection or bucket" : dimension.ToString();

    /// <summary>The collection or bucket, or the node.</summary>
    public static string Of(StoreMeter meter) => meter.Name.Length > 0 ? meter.Name : meter.Host.Length > 0 ? meter.Host : "(not told)";

    public static string Quantity(StoreMeter meter) => meter.Meter switch
    {
        DataStoreMeter.NodeHours => Amount(meter.Quantity) + " h",
        DataStoreMeter.MemoryGigabyteHours => Amount(meter.Quantity) + " GB-hours",
        DataStoreMeter.DiskGigabyteMonths or DataStoreMeter.StorageGigabyteMonths => Amount(meter.Quantity) + " GB-months",
        DataStoreMeter.EgressGigabytes => Amount(meter.Quantity) + " GB",
        _ => Figures.Count((long)meter.Quantity),
    };

    private static string Amount(double quantity) => quantity.ToString(quantity < 1 ? "0.####" : "#,##0.##", CultureInfo.InvariantCulture);

    private static double BytesOf(StorePart part) => part.DiskBytes > 0 ? part.DiskBytes : part.MemoryBytes;

    private static bool IsOwned(StoreCost row) => row.Kind is CostLineKind.Used or CostLineKind.Wasted;

    private string WastedOf(IEnumerable<StoreCost> rows) =>
        rows.Where(row => row.Kind == CostLineKind.Wasted).Sum(CostOf) is > 0 and var wasted ? $"{Figures.Money(wasted)} of it for operations that failed" : "";

    private static string What(DataStoreReason reason) => reason switch
    {
        DataStoreReason.NoCollections => "a node is paid, and nothing tells which collections lie in it",
        DataStoreReason.NoSpans => "the database counted requests, and no span tells who made them",
        _ => "neither feature, team nor customer is told",
    };

    private static string How(DataStoreReason reason) => reason switch
    {
        DataStoreReason.NoCollections => "Send the sizes of its collections: collection_points of Qdrant, object_count of Weaviate, or finops.vector.memory.",
        DataStoreReason.NoSpans => "Instrument the callers: their spans name the product (db.system.name) and the collection (db.collection.name).",
        _ => "Set feature, team or customer on the spans of the operations, or on the model calls of their traces; of a bucket, on the points of finops.storage.bytes.",
    };
}
