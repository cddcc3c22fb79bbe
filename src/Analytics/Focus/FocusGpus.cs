using System.Text.Json;
using FinOps.Analytics.Gpus;
using FinOps.Domain.Allocation;

namespace FinOps.Analytics.Focus;

/// <summary>Turns money of a device into a charge: hours of an accelerator by device, price and owner. Pure.</summary>
public static class FocusGpus
{
    /// <param name="length">Of the charge period.</param>
    public static FocusRow RowOf(GpuCharge line, TimeSpan length, FocusQuestion question, FocusAccount account)
    {
        var unpriced = line.Kind is null;
        // Cost is price × share × time: the quotient is the hours of a whole accelerator that were paid for.
        var hours = unpriced || line.PricePerHour == 0m ? line.Hours : line.Cost / line.PricePerHour;
        var device = string.Join('/', ((string[])[line.Host, line.Device, line.Slice]).Where(text => text.Length != 0));
        var purchase = JsonNamingPolicy.CamelCase.ConvertName(line.Purchase.ToString());
        var sku = $"gpu/{(line.Accelerator.Length == 0 ? "unknown" : line.Accelerator)}{(unpriced ? "" : $"/{purchase}")}";
        var details = new Dictionary<string, object>();
        if (line.Accelerator.Length != 0) details["x_Accelerator"] = line.Accelerator;
        if (!unpriced) details["x_PurchaseKind"] = purchase;
        return new FocusRow
        {
            Kind = FocusRowKind.Gpus,
            From = line.Period,
            To = line.Period + length,
            AccountId = account.Id,
            AccountName = account.Name,
            Seller = line.Provider.Length != 0 ? FocusSeller.Of(line.Provider) with { Service = "GPUs" }
                : line.Purchase == PurchaseKind.Owned && !unpriced ? new FocusSeller(account.Name, "GPUs") : new FocusSeller("Unknown", "GPUs"),
            ServiceCategory = "Compute",
            ServiceSubcategory = "Other (Compute)",
            ChargeCategory = "Usage",
            Description = $"{(unpriced ? "Time of unknown price" : Describe(line.Kind!.Value))} of {(line.Accelerator.Length == 0 ? "a GPU" : line.Accelerator)}{(line.Model.Length == 0 ? "" : $" for {line.Model}")}",
            Basis = unpriced ? FocusCostBasis.Unpriced : FocusCostBasis.Estimated,
            Cost = line.Cost,
            ListCost = line.Cost,
            UnitPrice = unpriced ? null : line.PricePerHour,
            ListUnitPrice = unpriced ? null : line.PricePerHour,
            PricingQuantity = hours,
            PricingUnit = "Hours",
            PricingCategory = unpriced ? "Other" : line.Purchase switch { PurchaseKind.OnDemand => "Standard", PurchaseKind.Spot => "Dynamic", PurchaseKind.Reserved => "Committed", _ => "Other" },
            ConsumedQuantity = hours,
            ConsumedUnit = "Hours",
            SkuId = sku,
            SkuMeter = "GPU Hours",
            SkuPriceId = unpriced ? sku : $"{sku}/{FocusRow.Plain(line.PricePerHour)}",
            SkuPriceDetails = FocusUsage.JsonOf(details),
            Region = line.Region.Length == 0 ? null : line.Region,
            ResourceId = device,
            ResourceType = "GPU",
            Tags = FocusUsage.TagsOf(question, line.Feature, line.Team, line.Customer),
            Model = line.Model,
            GpuTime = line.Kind is { } kind ? JsonNamingPolicy.CamelCase.ConvertName(kind.ToString()) : null,
        };
    }

    private static string Describe(CostLineKind kind) => kind switch
    {
        CostLineKind.Used => "Time at work",
        CostLineKind.Idle => "Idle time",
        CostLineKind.Wasted => "Time of calls that failed",
        _ => "Time that nothing tells an owner of",
    };
}
