using FinOps.Analytics.Bills;
using FinOps.Domain.Bills;
using FinOps.Domain.Pricing;

namespace FinOps.Analytics.Focus;

/// <summary>Turns lines of closed books, accepted adjustments and lines of bills into charges. Pure.</summary>
public static class FocusBooks
{
    /// <summary>A line of a closed month, or a correction of one. Books sum over prices and projects, so a line has a SKU and no unit price.</summary>
    public static FocusRow RowOf(BookLine line, FocusQuestion question, FocusAccount account)
    {
        Meter? meter = Enum.TryParse<Meter>(line.Meter, out var known) ? known : null;
        var row = new FocusRow
        {
            Kind = line.IsCorrection ? FocusRowKind.Corrections : FocusRowKind.Usage,
            From = Start(line.Day),
            To = Start(line.Day.AddDays(1)),
            BookedOn = line.IsCorrection ? line.BookedOn : null,
            IsCorrection = line.IsCorrection,
            AccountId = account.Id,
            AccountName = account.Name,
            Seller = FocusSeller.Of(line.Provider),
            ChargeCategory = meter == Meter.Discount ? "Credit" : "Usage",
            Description = $"{(line.IsCorrection ? "Correction of " : "")}{(meter == Meter.Discount ? "discount" : FocusUsage.MeterName(meter))} of {(line.Model.Length == 0 ? "a model that was not told" : line.Model)}, as booked on {line.BookedOn:yyyy-MM-dd}",
            Basis = FocusCostBasis.Estimated,
            Cost = line.Cost,
            ListCost = meter == Meter.Discount ? 0m : line.Cost,
            Tags = FocusUsage.TagsOf(question, line.Feature, line.Team, line.Customer),
            Model = line.Model,
            PriceLabel = line.IsCorrection ? "correction" : "closed",
        };
        if (meter == Meter.Discount) return row;
        var (quantity, unit) = FocusUsage.Consumed(line.Quantity, meter is { } told ? Meters.Counted(told).Unit : "call");
        var sku = FocusUsage.Sku(line.Provider, line.Model, meter);
        return row with
        {
            ConsumedQuantity = quantity,
            ConsumedUnit = unit,
            PricingQuantity = quantity,
            PricingUnit = unit,
            PricingCategory = "Other",
            SkuId = sku,
            SkuMeter = FocusUsage.MeterName(meter),
            SkuPriceId = sku,
            SkuPriceDetails = line.Model.Length == 0 ? null : FocusUsage.JsonOf(new Dictionary<string, object> { ["x_ModelId"] = line.Model }),
        };
    }

    /// <summary>It takes the estimates to what was billed, so it is in the same costs as they are.</summary>
    public static FocusRow RowOf(Adjustment adjustment, FocusAccount account)
    {
        var about = string.Join(", ", ((string[])[adjustment.Model, adjustment.Meter is { } meter ? FocusUsage.MeterName(meter) : "", adjustment.Words]).Where(text => text.Length != 0));
        return new FocusRow
        {
            Kind = FocusRowKind.Adjustments,
            From = Start(adjustment.Date),
            To = Start(adjustment.Date.AddDays(1)),
            BookedOn = adjustment.BookedOn,
            IsCorrection = adjustment.IsCorrection,
            AccountId = account.Id,
            AccountName = account.Name,
            Seller = FocusSeller.Of(adjustment.Provider),
            ChargeCategory = "Adjustment",
            ChargeFrequency = "One-Time",
            Description = $"{(adjustment.Reverses is null ? "Accepted" : "Taken back")}: {Adjustments.Word(adjustment.Cause)}{(about.Length == 0 ? "" : $" ({about})")}. {adjustment.Reason}",
            Basis = FocusCostBasis.Adjustment,
            Cost = adjustment.Amount,
            ListCost = adjustment.Amount,
            Model = adjustment.Model,
            BillId = adjustment.BillId,
            AdjustmentCause = Adjustments.Word(adjustment.Cause),
        };
    }

    /// <summary>What was billed is in <c>BilledCost</c> alone: estimates and adjustments have it in the other costs.</summary>
    public static FocusRow RowOf(BillLine line, Guid bill, FocusAccount account)
    {
        var row = new FocusRow
        {
            Kind = FocusRowKind.Billed,
            From = line.From,
            To = line.To,
            AccountId = account.Id,
            AccountName = account.Name,
            Seller = FocusSeller.Of(line.Provider),
            // A bill's tax, fee or purchase is kept as what no call stands behind, and as nothing more.
            ChargeCategory = line.IsUsage ? "Usage" : line.Cost < 0 ? "Credit" : "Adjustment",
            ChargeFrequency = line.IsUsage ? "Usage-Based" : "One-Time",
            Description = line.Words,
            Basis = FocusCostBasis.Billed,
            Cost = 0m,
            ListCost = 0m,
            BilledCost = line.Cost,
            Region = line.Region.Length == 0 ? null : line.Region,
            Model = line.Model,
            BillId = bill,
        };
        if (!line.IsUsage) return row;
        var sku = $"{line.Provider}/{line.Words}";
        var unit = line.Quantity is null ? null : line.Unit.Length == 0 ? "Units" : FocusUsage.Consumed(0m, line.Unit).Unit;
        return row with
        {
            ConsumedQuantity = line.Quantity,
            ConsumedUnit = unit,
            PricingQuantity = line.Quantity,
            PricingUnit = unit,
            PricingCategory = "Other",
            SkuId = sku,
            SkuMeter = line.Meter.Length == 0 ? line.Words : line.Meter,
            SkuPriceId = sku,
            SkuPriceDetails = line.Tier.Length == 0 ? null : FocusUsage.JsonOf(new Dictionary<string, object> { ["x_ServiceTier"] = line.Tier }),
        };
    }

    private static DateTimeOffset Start(DateOnly day) => new(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
}
