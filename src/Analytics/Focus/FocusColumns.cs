using System.Globalization;
using System.Text.Json;

namespace FinOps.Analytics.Focus;

/// <summary>How a column's values read.</summary>
public enum FocusKind
{
    Text,
    Decimal,
    Instant,
    Json,
}

/// <param name="Name">FOCUS' name; our own begin with <c>x_</c>.</param>
/// <param name="Kind">How its values read.</param>
/// <param name="Value">Of a row; null = FOCUS' null, an empty field.</param>
/// <param name="Since">The first version that has it.</param>
/// <param name="Until">The last version that has it; null = it stayed.</param>
public sealed record FocusColumn(string Name, FocusKind Kind, Func<FocusRow, string?> Value, FocusVersion Since = FocusVersion.V1_2, FocusVersion? Until = null);

/// <summary>The columns of the dataset Cost and Usage: all of 1.2, what 1.3 and 1.4 add and remove, and our own at the end. docs/adr/0018 tells what each null stands for.</summary>
public static class FocusColumns
{
    private static readonly FocusColumn[] All =
    [
        Nothing("AvailabilityZone"),
        // What an invoice says is here, and estimates and adjustments in the other three costs: no column counts anything twice.
        Money("BilledCost", row => row.BilledCost),
        Text("BillingAccountId", row => row.AccountId),
        Text("BillingAccountName", row => row.AccountName),
        Text("BillingAccountType", _ => "Organization"),
        Text("BillingCurrency", row => row.Currency),
        Instant("BillingPeriodEnd", row => row.BillingPeriod.AddMonths(1)),
        Instant("BillingPeriodStart", row => row.BillingPeriod),
        Nothing("CapacityReservationId"),
        Nothing("CapacityReservationStatus"),
        Text("ChargeCategory", row => row.ChargeCategory),
        Text("ChargeClass", row => row.IsCorrection ? "Correction" : null),
        Text("ChargeDescription", row => row.Description),
        Text("ChargeFrequency", row => row.ChargeFrequency),
        Instant("ChargePeriodEnd", row => row.To),
        Instant("ChargePeriodStart", row => row.From),
        Text("CommitmentDiscountCategory", row => row.Commitment?.Category),
        Text("CommitmentDiscountId", row => row.Commitment?.Id.ToString()),
        Text("CommitmentDiscountName", row => row.Commitment?.Name),
        Number("CommitmentDiscountQuantity", row => row.Commitment?.Quantity),
        Text("CommitmentDiscountStatus", row => row.Commitment?.Status),
        Text("CommitmentDiscountType", row => row.Commitment?.Type),
        Text("CommitmentDiscountUnit", row => row.Commitment?.Unit),
        Number("ConsumedQuantity", row => row.ConsumedQuantity),
        Text("ConsumedUnit", row => row.ConsumedUnit),
        Money("ContractedCost", row => row.Cost),
        Money("ContractedUnitPrice", row => row.UnitPrice),
        Money("EffectiveCost", row => row.Cost),
        Nothing("InvoiceId"),
        Text("InvoiceIssuerName", row => row.Seller.Name),
        Money("ListCost", row => row.ListCost),
        Money("ListUnitPrice", row => row.ListUnitPrice),
        Text("PricingCategory", row => row.PricingCategory),
        Text("PricingCurrency", row => row.Agreed?.Currency ?? "USD"),
        Number("PricingCurrencyContractedUnitPrice", row => row.AgreedUnitPrice ?? row.UnitPrice),
        Number("PricingCurrencyEffectiveCost", row => row.Cost * row.PricingRate),
        Number("PricingCurrencyListUnitPrice", row => row.ListUnitPrice * row.PricingRate),
        Number("PricingQuantity", row => row.PricingQuantity),
        Text("PricingUnit", row => row.PricingUnit),
        Text("ProviderName", row => row.Seller.Name) with { Until = FocusVersion.V1_3 },
        Text("PublisherName", row => row.Seller.Name) with { Until = FocusVersion.V1_3 },
        Text("RegionId", row => row.Region),
        Text("RegionName", row => row.Region),
        Text("ResourceId", row => row.ResourceId),
        Text("ResourceName", row => row.ResourceId),
        Text("ResourceType", row => row.ResourceType),
        Text("ServiceCategory", row => row.ServiceCategory),
        Text("ServiceName", row => row.Seller.Service),
        Text("ServiceSubcategory", row => row.ServiceSubcategory),
        Text("SkuId", row => row.SkuId),
        Text("SkuMeter", row => row.SkuMeter),
        new("SkuPriceDetails", FocusKind.Json, row => row.SkuId is null ? null : row.SkuPriceDetails),
        Text("SkuPriceId", row => row.SkuPriceId),
        Text("SubAccountId", row => row.ProjectId),
        Text("SubAccountName", row => row.ProjectName),
        Text("SubAccountType", row => row.ProjectId is null ? null : "Project"),
        new("Tags", FocusKind.Json, row => row.Tags),
        Nothing("AllocatedMethodDetails", FocusKind.Json, FocusVersion.V1_3),
        Nothing("AllocatedMethodId", FocusKind.Text, FocusVersion.V1_3),
        Nothing("AllocatedResourceId", FocusKind.Text, FocusVersion.V1_3),
        Nothing("AllocatedResourceName", FocusKind.Text, FocusVersion.V1_3),
        Nothing("AllocatedTags", FocusKind.Json, FocusVersion.V1_3),
        Nothing("ContractApplied", FocusKind.Json, FocusVersion.V1_3),
        Text("HostProviderName", row => row.Seller.Name) with { Since = FocusVersion.V1_3 },
        Text("ServiceProviderName", row => row.Seller.Name) with { Since = FocusVersion.V1_3 },
        Nothing("CommitmentProgramEligibilityDetails", FocusKind.Json, FocusVersion.V1_4),
        Text("x_AdjustmentCause", row => row.AdjustmentCause),
        Text("x_BillId", row => row.BillId?.ToString()),
        Text("x_CostBasis", row => Word(row.Basis)),
        Number("x_ExchangeRate", row => row.Rate),
        Text("x_GpuTime", row => row.GpuTime),
        Text("x_Model", row => row.Model.Length == 0 ? null : row.Model),
        Text("x_PriceLabel", row => row.PriceLabel),
        Text("x_PriceSource", row => row.PriceSource),
        Number("x_RequestCount", row => row.Calls),
        Text("x_RowKind", row => Word(row.Kind)),
        Text("x_StoreUse", row => row.StoreUse),
    ];

    /// <summary>In the order of the file.</summary>
    public static IReadOnlyList<FocusColumn> Of(FocusVersion version) => [.. All.Where(column => column.Since <= version && !(column.Until < version))];

    /// <summary>In the billing currency.</summary>
    private static FocusColumn Money(string name, Func<FocusRow, decimal?> usd) => Number(name, row => usd(row) * row.Rate);

    private static FocusColumn Number(string name, Func<FocusRow, decimal?> value) => new(name, FocusKind.Decimal, row => value(row) is { } number ? FocusRow.Plain(number) : null);

    private static FocusColumn Text(string name, Func<FocusRow, string?> value) => new(name, FocusKind.Text, value);

    private static FocusColumn Instant(string name, Func<FocusRow, DateTimeOffset> value) =>
        new(name, FocusKind.Instant, row => value(row).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));

    private static FocusColumn Nothing(string name, FocusKind kind = FocusKind.Text, FocusVersion since = FocusVersion.V1_2) => new(name, kind, _ => null, since);

    private static string Word<T>(T value) where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
}
