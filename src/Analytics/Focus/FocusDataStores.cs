using System.Text.Json;
using FinOps.Analytics.Vectors;
using FinOps.Domain.Allocation;

namespace FinOps.Analytics.Focus;

/// <summary>
/// Turns money of vector databases and buckets into charges, by meter and owner. Pure. What a meter cost and what an owner cost is known each; where several meters pay for one collection, each owner's
/// money is told by meter in the collection's own proportion, so that the sums of both are those of the page.
/// </summary>
public static class FocusDataStores
{
    /// <param name="place">All of one place in one period.</param>
    /// <param name="length">Of the period.</param>
    /// <param name="question">Which tags are told.</param>
    /// <param name="account">Who is charged.</param>
    public static IEnumerable<FocusRow> RowsOf(IReadOnlyList<DataStoreCharge> place, TimeSpan length, FocusQuestion question, FocusAccount account)
    {
        // Unknown, or free of charge: a quantity alone, which nobody's money tells.
        foreach (var meter in place.Where(charge => charge.Meter is not null && charge.Cost == 0)) yield return RowOf(meter, null, 0, meter.Quantity, length, question, account);

        var paid = place.Where(charge => charge.Meter is not null && charge.Cost > 0).ToList();
        var ofNode = paid.FindAll(meter => meter.IsOfNode);
        var node = ofNode.Sum(meter => meter.Cost);
        foreach (var part in place.Where(charge => charge.Kind is not null).GroupBy(charge => (charge.Name, charge.Tier)))
        {
            var own = paid.FindAll(meter => !meter.IsOfNode && (meter.Name, meter.Tier) == part.Key);
            var shareOfNode = Math.Max(0, part.Sum(line => line.Cost) - own.Sum(meter => meter.Cost));
            List<DataStoreCharge> meters = [.. own, .. ofNode];
            List<decimal> weights = [.. own.Select(meter => meter.Cost), .. ofNode.Select(meter => shareOfNode * (meter.Cost / node))];
            foreach (var line in part.Where(line => line.Cost > 0))
            {
                var money = ExactShares.Split(line.Cost, weights);
                if (money.Sum() != line.Cost) throw new InvalidOperationException($"No meter tells what {line.System} {line.Host} {line.Name} was paid by on {line.Period:O}.");
                for (var i = 0; i < money.Length; i++)
                    if (money[i] > 0) yield return RowOf(meters[i], line, money[i], money[i] / meters[i].Price * DataStoreMeters.UnitSize(meters[i].Meter!.Value), length, question, account);
            }
        }
    }

    private static FocusRow RowOf(DataStoreCharge metered, DataStoreCharge? line, decimal cost, decimal quantity, TimeSpan length, FocusQuestion question, FocusAccount account)
    {
        var (at, meter) = (line ?? metered, metered.Meter!.Value);
        var (name, consumed) = Words(meter);
        var size = DataStoreMeters.UnitSize(meter);
        var unpriced = metered.IsUnpriced;
        var isBucket = at.Store == DataStoreKind.Bucket;
        var sku = string.Join('/', ((string[])[isBucket ? "storage" : "vectors", at.System, at.Tier, name.ToLowerInvariant().Replace(' ', '-')]).Where(text => text.Length != 0));
        var resource = string.Join('/', ((string[])[at.Host, at.Name]).Where(text => text.Length != 0));
        return new FocusRow
        {
            Kind = FocusRowKind.DataStores,
            From = at.Period,
            To = at.Period + length,
            AccountId = account.Id,
            AccountName = account.Name,
            Seller = SellerOf(at),
            ServiceCategory = isBucket ? "Storage" : "Databases",
            ServiceSubcategory = isBucket ? "Object Storage" : "Other (Databases)",
            ChargeCategory = "Usage",
            Description = $"{name} of {at.System}{(at.Name.Length == 0 ? "" : $", {at.Name}")}{(at.Tier.Length == 0 ? "" : $" ({at.Tier})")}{(unpriced ? ", of unknown price" : Describe(line?.Kind))}",
            Basis = unpriced ? FocusCostBasis.Unpriced : FocusCostBasis.Estimated,
            Cost = cost,
            ListCost = cost,
            UnitPrice = unpriced ? null : metered.Price,
            ListUnitPrice = unpriced ? null : metered.Price,
            PricingQuantity = unpriced ? quantity : quantity / size,
            PricingUnit = unpriced || size == 1 ? consumed : $"{FocusRow.Plain(size)} {consumed}",
            PricingCategory = unpriced ? "Other" : "Standard",
            ConsumedQuantity = quantity,
            ConsumedUnit = consumed,
            SkuId = sku,
            SkuMeter = name,
            SkuPriceId = unpriced ? sku : $"{sku}/{FocusRow.Plain(metered.Price)}",
            SkuPriceDetails = at.Tier.Length == 0 ? null : FocusUsage.JsonOf(new Dictionary<string, object> { ["x_StorageTier"] = at.Tier }),
            ResourceId = resource.Length == 0 ? null : resource,
            ResourceType = resource.Length == 0 ? null : isBucket ? "Bucket" : at.Name.Length == 0 ? "Node" : "Collection",
            Tags = FocusUsage.TagsOf(question, at.Owner.Feature, at.Owner.Team, at.Owner.Customer),
            PriceLabel = metered.IsEstimated || at.IsEstimated ? "estimated" : null,
            StoreUse = line?.Kind is { } kind ? JsonNamingPolicy.CamelCase.ConvertName(kind.ToString()) : null,
        };
    }

    /// <summary>Whose the machine of a node is, nothing tells.</summary>
    private static FocusSeller SellerOf(DataStoreCharge at) =>
        FocusSeller.Of(at.System == "unknown" ? "" : at.System) is var seller && at.Host.Length == 0 ? seller : seller with { Name = FocusSeller.Of("").Name };

    /// <summary>A GB of ours has 2^30 bytes, which FOCUS' units call GiB.</summary>
    private static (string Name, string Unit) Words(DataStoreMeter meter) => meter switch
    {
        DataStoreMeter.NodeHours => ("Node Hours", "Hours"),
        DataStoreMeter.MemoryGigabyteHours => ("Memory", "GiB-Hours"),
        DataStoreMeter.DiskGigabyteMonths => ("Disk", "GiB-Months"),
        DataStoreMeter.ReadUnits => ("Read Units", "Read Units"),
        DataStoreMeter.WriteUnits => ("Write Units", "Write Units"),
        DataStoreMeter.StorageGigabyteMonths => ("Storage", "GiB-Months"),
        DataStoreMeter.StorageReads => ("Read Operations", "Requests"),
        DataStoreMeter.StorageWrites => ("Write Operations", "Requests"),
        DataStoreMeter.EgressGigabytes => ("Egress", "GiB"),
        _ => throw new ArgumentOutOfRangeException(nameof(meter), meter, "No such meter."),
    };

    private static string Describe(CostLineKind? kind) => kind switch
    {
        CostLineKind.Used => ", used",
        CostLineKind.Idle => ", which nobody asked",
        CostLineKind.Wasted => ", for operations that failed",
        CostLineKind.Unallocated => ", that nothing tells an owner of",
        _ => ", free of charge",
    };
}
