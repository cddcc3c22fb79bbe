using System.ComponentModel;
using System.Text.Json.Serialization;
using FinOps.Analytics.Vectors;
using FinOps.Domain.Allocation;
using FinOps.Domain.Currencies;

namespace FinOps.Web.Api;

/// <summary>What vector databases and storage hold, were asked and cost.</summary>
/// <param name="Meters">Measured quantities, those that cost most first.</param>
/// <param name="Parts">Collections and tiers of buckets, the most expensive first.</param>
/// <param name="Unpriced">Quantities of which the cost is unknown: in no sum.</param>
/// <param name="RatedUntil">Up to where quarter hours are rated; null where none is.</param>
/// <param name="Truncated">There are more quantities than an answer has.</param>
public sealed record VectorsResponse(IReadOnlyList<StoreMeterResponse> Meters, IReadOnlyList<StorePartResponse> Parts, int Unpriced, DateTimeOffset? RatedUntil, bool Truncated);

/// <summary>One measured quantity.</summary>
public sealed record StoreMeterResponse
{
    [Description("vectorDatabase or bucket.")]
    public required string Store { get; init; }

    [Description("The product or provider: qdrant, pinecone, aws.s3.")]
    public required string System { get; init; }

    [Description("The node; empty where none is told or paid.")]
    public required string Host { get; init; }

    [Description("The collection or bucket; empty where a whole node is paid.")]
    public required string Name { get; init; }
    public required string Tier { get; init; }

    [Description("nodeHours, memoryGigabyteHours, diskGigabyteMonths, readUnits, writeUnits, storageGigabyteMonths, storageReads, storageWrites or egressGigabytes.")]
    public required string Meter { get; init; }

    [Description("In the meter's own unit: hours, GB-hours, GB-months, units, operations, GB. A GB is 2^30 bytes.")]
    public required double Quantity { get; init; }

    [Description("Of the quantity, that of which the cost is unknown and in no sum.")]
    public required double UnpricedQuantity { get; init; }

    [Description("USD, of the latest quarter hour, per hour, GB-hour, GB-month or GB, per million units, or per thousand operations on buckets; null where none held, or something else pays for it.")]
    public required decimal? Price { get; init; }
    public required decimal Cost { get; init; }
    public required string Currency { get; init; }

    [Description("Operations were counted, because the product told no units.")]
    public required bool IsEstimated { get; init; }

    internal static StoreMeterResponse Of(StoreMeter meter) => new()
    {
        Store = CallsEndpoint.Word(meter.Store),
        System = meter.System,
        Host = meter.Host,
        Name = meter.Name,
        Tier = meter.Tier,
        Meter = CallsEndpoint.Word(meter.Meter),
        Quantity = meter.Quantity,
        UnpricedQuantity = meter.UnpricedQuantity,
        Price = meter.Price,
        Cost = meter.Cost,
        Currency = ExchangeRates.Usd,
        IsEstimated = meter.IsEstimated,
    };
}

/// <summary>One collection, or one tier of a bucket.</summary>
/// <param name="Store">vectorDatabase or bucket.</param>
/// <param name="System">The product or provider.</param>
/// <param name="Name">The collection or bucket.</param>
/// <param name="Tier">Of a bucket.</param>
/// <param name="MemoryBytes">Mean over the quarter hours in which it was there.</param>
/// <param name="DiskBytes">The same; of a bucket, what lies in the tier.</param>
/// <param name="Vectors">The same.</param>
/// <param name="Reads">Reading operations that spans tell.</param>
/// <param name="Writes">Writing operations that spans tell.</param>
/// <param name="Failed">Of both.</param>
/// <param name="Cost">USD with its share of the node, in the usage basis.</param>
public sealed record StorePartResponse(
    string Store, string System, string Name, string Tier, double MemoryBytes, double DiskBytes, double Vectors, long Reads, long Writes, long Failed, decimal Cost)
{
    internal static StorePartResponse Of(StorePart part) => new(
        CallsEndpoint.Word(part.Store), part.System, part.Name, part.Tier, part.MemoryBytes, part.DiskBytes, part.Vectors, part.Reads, part.Writes, part.Failed, part.Cost);
}

/// <summary>Money of vector databases and storage by who it was spent for. The rows sum to what the priced quantities cost.</summary>
/// <param name="Rows">The most expensive first.</param>
/// <param name="Coverage">0 to 1: of the money that was not idle, the share that has an owner; null without any.</param>
/// <param name="Truncated">There are more rows; then they sum to less.</param>
public sealed record VectorCostsResponse(IReadOnlyList<StoreCostResponse> Rows, decimal? Coverage, bool Truncated);

/// <summary>Money of one kind and group.</summary>
/// <param name="Kind">used, idle, unallocated or wasted.</param>
/// <param name="Group">The feature, team, customer, collection or bucket, or system; empty where it is not told.</param>
/// <param name="Reason">Why it has no owner: noCollections, noSpans, noOwner; none where it has one.</param>
/// <param name="IsEstimated">Split by something else than what is paid: by vectors instead of bytes, or by operations instead of units.</param>
/// <param name="Cost">In the basis that was asked for.</param>
/// <param name="Currency">USD.</param>
public sealed record StoreCostResponse(string Kind, string Group, string Reason, bool IsEstimated, decimal Cost, string Currency)
{
    internal static StoreCostResponse Of(StoreCost row, bool allocation) => new(
        CallsEndpoint.Word(row.Kind), row.Group, CallsEndpoint.Word(row.Reason), row.IsEstimated, allocation ? row.AllocationCost : row.UsageCost, ExchangeRates.Usd);
}

/// <summary>A price of a vector database or of storage as it shall be.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record DataStorePriceRequest
{
    [Description("The product or provider as the telemetry names it, for example \"qdrant\", \"pinecone\" or \"aws.s3\".")]
    public required string System { get; init; }

    [Description("What it is for, * for any characters: hosts with nodeHours and memoryGigabyteHours, else collections or buckets.")]
    public required string Places { get; init; }

    [Description("Of a bucket, * for any characters. Left out: every tier.")]
    public string Tier { get; init; } = "";

    [Description("nodeHours, memoryGigabyteHours, diskGigabyteMonths, readUnits, writeUnits, storageGigabyteMonths, storageReads, storageWrites or egressGigabytes.")]
    public required string Meter { get; init; }

    [Description("USD per hour, GB-hour, GB-month or GB, per million units, or per thousand operations on buckets.")]
    public required decimal Price { get; init; }

    [Description("A quarter hour. With a change: from then on; left out, it is a correction.")]
    public DateTimeOffset? ValidFrom { get; init; }
    public DateTimeOffset? ValidTo { get; init; }

    [Description("Why; it stands in the history and in the audit record.")]
    public required string Reason { get; init; }

    [Description("With a change: `change` of the price that you looked at. If it was changed since, the answer is 409.")]
    public long? Change { get; init; }
}

/// <summary>A price of a vector database or of storage.</summary>
public sealed record DataStorePriceResponse
{
    public required Guid Id { get; init; }

    [Description("Number of the change that made it: hand it in with the next one.")]
    public required long Change { get; init; }
    public required string System { get; init; }
    public required string Places { get; init; }
    public required string Tier { get; init; }
    public required string Meter { get; init; }
    public required decimal Price { get; init; }
    public required DateTimeOffset ValidFrom { get; init; }
    public required DateTimeOffset? ValidTo { get; init; }
    public required string Author { get; init; }
    public required string Reason { get; init; }

    internal static DataStorePriceResponse Of(RecordedStorePrice row) => new()
    {
        Id = row.Id,
        Change = row.Change,
        System = row.System,
        Places = row.Places,
        Tier = row.Tier,
        Meter = CallsEndpoint.Word(row.Meter),
        Price = row.Price,
        ValidFrom = row.ValidFrom,
        ValidTo = row.ValidTo,
        Author = row.Author,
        Reason = row.Reason,
    };
}

/// <summary>A public price to begin with; nothing is rated by it.</summary>
/// <param name="System">The product or provider.</param>
/// <param name="Meter">As of a price.</param>
/// <param name="Price">USD.</param>
/// <param name="Terms">Plan and region.</param>
/// <param name="Source">Where it was read.</param>
/// <param name="ReadOn">When the source read it.</param>
public sealed record ReferenceStorePriceResponse(string System, string Meter, decimal Price, string Terms, string Source, DateOnly ReadOn)
{
    internal static ReferenceStorePriceResponse Of(ReferenceStorePrice price) => new(price.System, CallsEndpoint.Word(price.Meter), price.Price, price.Terms, price.Source, price.ReadOn);
}

/// <summary>Prices of vector databases and storage.</summary>
/// <param name="Prices">The organisation's own, which they are rated by.</param>
/// <param name="References">Public prices to begin with; nothing is rated by them.</param>
public sealed record DataStorePricesResponse(IReadOnlyList<DataStorePriceResponse> Prices, IReadOnlyList<ReferenceStorePriceResponse> References);
