using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace FinOps.Testing;

/// <summary>
/// The column rules of FOCUS' dataset Cost and Usage, as far as they are written here: which columns a version has, types, nulls, allowed values, periods, currencies, JSON, units, and that quantities
/// times unit prices are costs. It says nothing of conformity beyond them.
/// </summary>
public static partial class FocusRules
{
    private static readonly string[] Mandatory =
    [
        "BilledCost", "BillingAccountId", "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart", "ChargeCategory", "ChargePeriodEnd", "ChargePeriodStart", "ContractedCost", "EffectiveCost",
        "InvoiceIssuerName", "ListCost", "ServiceCategory", "ServiceName",
    ];

    private static readonly string[] Nullable =
    [
        "AvailabilityZone", "BillingAccountName", "BillingAccountType", "CapacityReservationId", "CapacityReservationStatus", "ChargeClass", "ChargeDescription", "ChargeFrequency", "CommitmentDiscountCategory",
        "CommitmentDiscountId", "CommitmentDiscountName", "CommitmentDiscountQuantity", "CommitmentDiscountStatus", "CommitmentDiscountType", "CommitmentDiscountUnit", "ConsumedQuantity", "ConsumedUnit",
        "ContractedUnitPrice", "InvoiceId", "ListUnitPrice", "PricingCategory", "PricingCurrency", "PricingCurrencyContractedUnitPrice", "PricingCurrencyEffectiveCost", "PricingCurrencyListUnitPrice",
        "PricingQuantity", "PricingUnit", "RegionId", "RegionName", "ResourceId", "ResourceName", "ResourceType", "ServiceSubcategory", "SkuId", "SkuMeter", "SkuPriceDetails", "SkuPriceId", "SubAccountId",
        "SubAccountName", "SubAccountType", "Tags",
    ];

    private static readonly string[] UntilV13 = ["ProviderName", "PublisherName"];
    private static readonly string[] SinceV13 =
        ["AllocatedMethodDetails", "AllocatedMethodId", "AllocatedResourceId", "AllocatedResourceName", "AllocatedTags", "ContractApplied", "HostProviderName", "ServiceProviderName"];

    private static readonly string[] SinceV14 = ["CommitmentProgramEligibilityDetails"];

    private static readonly string[] Decimals =
    [
        "BilledCost", "ContractedCost", "EffectiveCost", "ListCost", "ContractedUnitPrice", "ListUnitPrice", "PricingQuantity", "ConsumedQuantity", "CommitmentDiscountQuantity",
        "PricingCurrencyContractedUnitPrice", "PricingCurrencyEffectiveCost", "PricingCurrencyListUnitPrice", "x_ExchangeRate", "x_RequestCount",
    ];

    private static readonly string[] Json = ["Tags", "SkuPriceDetails", "AllocatedMethodDetails", "AllocatedTags", "ContractApplied", "CommitmentProgramEligibilityDetails"];

    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["ChargeCategory"] = ["Usage", "Purchase", "Tax", "Credit", "Adjustment"],
        ["ChargeClass"] = ["", "Correction"],
        ["ChargeFrequency"] = ["", "One-Time", "Recurring", "Usage-Based"],
        ["PricingCategory"] = ["", "Standard", "Dynamic", "Committed", "Other"],
        ["CommitmentDiscountStatus"] = ["", "Used", "Unused"],
        ["CommitmentDiscountCategory"] = ["", "Spend", "Usage"],
        ["ServiceCategory"] = ["AI and Machine Learning", "Compute", "Storage", "Databases", "Other"],
        ["ServiceSubcategory"] = ["Generative AI", "Other (Compute)", "Other (Databases)", "Object Storage"],
        ["x_CostBasis"] = ["estimated", "billed", "unpriced", "adjustment"],
        ["x_RowKind"] = ["usage", "adjustments", "corrections", "gpus", "dataStores", "commitments", "billed"],
        ["x_GpuTime"] = ["", "used", "idle", "unallocated", "wasted"],
        ["x_StoreUse"] = ["", "used", "idle", "unallocated", "wasted"],
    };

    private static readonly string[] RequiredOfUsage = ["PricingQuantity", "PricingUnit", "PricingCategory", "ConsumedQuantity", "ConsumedUnit", "SkuId", "SkuMeter", "SkuPriceId"];

    /// <summary>A file as its rows by column; an empty field is null.</summary>
    public static (IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyDictionary<string, string>> Rows) Parse(string csv)
    {
        var lines = Fields(csv);
        var columns = lines[0];
        return (columns, [.. lines.Skip(1).Select(fields => (IReadOnlyDictionary<string, string>)columns.Zip(fields).ToDictionary(pair => pair.First, pair => pair.Second))]);
    }

    /// <summary>What is wrong with a file of this version, with the number of the row; nothing where all rules hold.</summary>
    public static IReadOnlyList<string> Violations(string csv, string version)
    {
        var problems = new List<string>();
        var (columns, rows) = Parse(csv);
        string[] expected = [.. Mandatory, .. Nullable, .. version == "1.4" ? [] : UntilV13, .. version == "1.2" ? [] : SinceV13, .. version == "1.4" ? SinceV14 : []];
        var known = columns.TakeWhile(name => !name.StartsWith("x_", StringComparison.Ordinal)).ToList();
        if (!known.Order(StringComparer.Ordinal).SequenceEqual(expected.Order(StringComparer.Ordinal), StringComparer.Ordinal))
            problems.Add($"columns: {string.Join(' ', known.Except(expected).Concat(expected.Except(known)))}");
        if (columns.Distinct(StringComparer.Ordinal).Count() != columns.Count) problems.Add("columns: one stands twice");
        if (columns.Skip(known.Count).Any(name => !OwnName().IsMatch(name)) || known.Any(name => !PascalCase().IsMatch(name))) problems.Add("columns: a name is neither FOCUS' nor our own at the end");
        if (problems.Count != 0) return problems;
        for (var i = 0; i < rows.Count; i++) problems.AddRange(OfRow(rows[i], version).Select(problem => $"row {i + 1}: {problem}"));
        foreach (var sku in rows.Where(row => row["SkuPriceId"].Length != 0).GroupBy(row => row["SkuPriceId"]))
        {
            if (sku.Select(row => row["SkuId"]).Distinct().Count() > 1) problems.Add($"SkuPriceId {sku.Key} has several SKUs");
            if (sku.Select(row => row["ContractedUnitPrice"]).Distinct().Count() > 1 && sku.Select(row => row["BillingCurrency"] + row["x_ExchangeRate"]).Distinct().Count() == 1) problems.Add($"SkuPriceId {sku.Key} has several prices");
        }

        return problems;
    }

    private static IEnumerable<string> OfRow(IReadOnlyDictionary<string, string> row, string version)
    {
        string[] needed = [.. Mandatory, .. version == "1.4" ? [] : UntilV13, .. version == "1.2" ? [] : (string[])["HostProviderName", "ServiceProviderName"]];
        foreach (var name in needed.Where(name => row.GetValueOrDefault(name, "").Length == 0)) yield return $"{name} is null";
        foreach (var name in Decimals.Where(name => row[name].Length != 0 && !PlainDecimal().IsMatch(row[name]))) yield return $"{name} \"{row[name]}\" is no decimal";
        foreach (var (name, values) in Allowed.Where(rule => !rule.Value.Contains(row[rule.Key], StringComparer.Ordinal))) yield return $"{name} \"{row[name]}\" is not one of {string.Join(", ", values)}";
        foreach (var name in Json.Where(name => row.GetValueOrDefault(name, "").Length != 0 && !IsFlatObject(row[name], name))) yield return $"{name} is no flat JSON object: {row[name]}";
        foreach (var name in (string[])["BillingCurrency", "PricingCurrency"])
            if (!Currency().IsMatch(row[name])) yield return $"{name} \"{row[name]}\" is no ISO 4217 code";

        var instants = (string[])["BillingPeriodStart", "ChargePeriodStart", "ChargePeriodEnd", "BillingPeriodEnd"];
        if (instants.Any(name => !Stamp().IsMatch(row[name])))
        {
            yield return "a period is not ISO 8601 in UTC with seconds and Z";
            yield break;
        }

        var at = instants.Select(name => DateTimeOffset.Parse(row[name], CultureInfo.InvariantCulture)).ToList();
        // A correction is charged in a later month than the one it is about, and a bill's own line may run over the end of a month.
        var within = row["ChargeClass"] == "Correction" ? at[1] < at[3] : at[0] <= at[1] && at[1] < at[3] && (row["x_CostBasis"] == "billed" || at[2] <= at[3]);
        if (!within || at[1] >= at[2]) yield return "the charge period does not lie in the billing period";
        if (at[0].Day != 1 || at[3] != at[0].AddMonths(1)) yield return "the billing period is no month";
        if ((row["PricingQuantity"].Length == 0) != (row["PricingUnit"].Length == 0)) yield return "PricingQuantity and PricingUnit are not null together";
        if ((row["ConsumedQuantity"].Length == 0) != (row["ConsumedUnit"].Length == 0)) yield return "ConsumedQuantity and ConsumedUnit are not null together";
        if (row["SubAccountId"].Length == 0 && (row["SubAccountName"].Length != 0 || row["SubAccountType"].Length != 0)) yield return "a sub-account without an id has a name or type";
        if ((row["ResourceId"].Length == 0) != (row["ResourceType"].Length == 0)) yield return "ResourceId and ResourceType are not null together";
        if (row["SkuId"].Length == 0 && (row["SkuMeter"].Length != 0 || row["SkuPriceId"].Length != 0 || row["SkuPriceDetails"].Length != 0)) yield return "a SKU without an id has a meter, price or details";
        if ((row["x_AdjustmentCause"].Length != 0) != (row["x_RowKind"] == "adjustments")) yield return "x_AdjustmentCause and x_RowKind disagree";
        if ((row["x_RowKind"] == "corrections" && row["ChargeClass"] != "Correction") || (row["x_RowKind"] is "usage" or "gpus" or "dataStores" or "billed" && row["ChargeClass"].Length != 0)) yield return "ChargeClass is not that of the kind of row";
        if (row["ChargeCategory"] != "Usage" && row["ConsumedQuantity"].Length != 0) yield return "ConsumedQuantity of what is no usage";
        // A bill that tells no quantity has none: docs/adr/0021.
        if (row["ChargeCategory"] == "Usage" && row["ChargeClass"].Length == 0 && row["x_CostBasis"] != "billed")
        {
            // What nobody used has no consumed quantity.
            var unused = row["CommitmentDiscountStatus"] == "Unused";
            foreach (var name in RequiredOfUsage.Where(name => row[name].Length == 0 && !(unused && name.StartsWith("Consumed", StringComparison.Ordinal)))) yield return $"{name} of usage is null";
            if (unused && row["ConsumedQuantity"].Length != 0) yield return "what is unused was consumed";
            // docs/adr/0018: what has no price, or one that is no longer known, has no unit price that could be told.
            var told = row["x_CostBasis"] != "unpriced" && row["x_PriceLabel"] is not ("unexplained" or "closed");
            if (told && (row["ContractedUnitPrice"].Length == 0 || row["ListUnitPrice"].Length == 0)) yield return "a unit price of usage is null";
        }

        foreach (var problem in OfCommitment(row)) yield return problem;
        if (row["x_CostBasis"] != "billed" && Number(row["BilledCost"]) != 0) yield return "an estimate is billed";
        if (row["x_CostBasis"] == "billed" && ((string[])["EffectiveCost", "ContractedCost", "ListCost"]).Any(name => Number(row[name]) != 0)) yield return "what is billed counts in another cost, too";
        if ((row["x_CostBasis"] == "billed") != (row["x_RowKind"] == "billed") || (row["x_CostBasis"] == "adjustment") != (row["x_RowKind"] == "adjustments")) yield return "x_CostBasis and x_RowKind disagree";
        if (row["x_CostBasis"] == "unpriced" && Number(row["EffectiveCost"]) != 0) yield return "what is unpriced has a cost";
        foreach (var (price, cost) in new[] { ("ContractedUnitPrice", "ContractedCost"), ("ListUnitPrice", "ListCost") })
        {
            // Each call's line is rounded to 12 decimals, so that a row is off by as many half units at most.
            if (row[price].Length != 0 && Math.Abs((Number(row[price]) * Number(row["PricingQuantity"])) - Number(row[cost])) > Math.Max(1m, Number(row["x_RequestCount"])) * 0.000000000001m * Math.Max(1m, Number(row["x_ExchangeRate"])))
                yield return $"{price} × PricingQuantity is not {cost}";
        }

        if (row["SkuMeter"].EndsWith("Tokens", StringComparison.Ordinal) && row["ConsumedUnit"] != "Tokens") yield return "tokens are not counted in Tokens";
    }

    private static IEnumerable<string> OfCommitment(IReadOnlyDictionary<string, string> row)
    {
        var (id, status, isUsage) = (row["CommitmentDiscountId"], row["CommitmentDiscountStatus"], row["ChargeCategory"] == "Usage");
        foreach (var name in (string[])["CommitmentDiscountCategory", "CommitmentDiscountType", "CommitmentDiscountName"])
            if ((row[name].Length == 0) != (id.Length == 0)) yield return $"CommitmentDiscountId and {name} are not null together";
        if ((status.Length != 0) != (id.Length != 0 && isUsage)) yield return "CommitmentDiscountStatus is told of what is no usage of a commitment, or is missing";
        foreach (var name in (string[])["CommitmentDiscountQuantity", "CommitmentDiscountUnit"])
            if ((row[name].Length != 0) != (status.Length != 0)) yield return $"CommitmentDiscountStatus and {name} are not null together";
        if (status.Length != 0 && Number(row["CommitmentDiscountQuantity"]) <= 0) yield return "CommitmentDiscountQuantity is not positive";
        if (status.Length != 0 && row["PricingCategory"] != "Committed") yield return "what is subject to a commitment is not Committed";
        if ((row["x_RowKind"] == "commitments" || status == "Unused") && (id.Length == 0 || row["x_RowKind"] != "commitments")) yield return "x_RowKind and the commitment disagree";
    }

    private static bool IsFlatObject(string text, string column)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.EnumerateObject().All(key =>
                key.Value.ValueKind is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False && (column != "SkuPriceDetails" || key.Name.StartsWith("x_", StringComparison.Ordinal)));
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static decimal Number(string text) => text.Length == 0 ? 0m : decimal.Parse(text, NumberStyles.Number, CultureInfo.InvariantCulture);

    /// <summary>RFC 4180.</summary>
    private static List<List<string>> Fields(string csv)
    {
        List<List<string>> lines = [[]];
        var field = new StringBuilder();
        var quoted = false;
        for (var i = 0; i < csv.Length; i++)
        {
            if (quoted && csv[i] == '"' && i + 1 < csv.Length && csv[i + 1] == '"') field.Append(csv[i++]);
            else if (csv[i] == '"') quoted = !quoted;
            else if (!quoted && csv[i] is ',' or '\n' && !quoted)
            {
                lines[^1].Add(field.ToString());
                field.Clear();
                if (csv[i] == '\n' && i + 1 < csv.Length) lines.Add([]);
            }
            else if (quoted || csv[i] != '\r') field.Append(csv[i]);
        }

        return lines;
    }

    [GeneratedRegex("^x_[A-Z][A-Za-z0-9]*$", RegexOptions.CultureInvariant)]
    private static partial Regex OwnName();

    [GeneratedRegex("^[A-Z][A-Za-z0-9]*$", RegexOptions.CultureInvariant)]
    private static partial Regex PascalCase();

    [GeneratedRegex("^-?[0-9]+(\\.[0-9]+)?$", RegexOptions.CultureInvariant)]
    private static partial Regex PlainDecimal();

    [GeneratedRegex("^[A-Z]{3}$", RegexOptions.CultureInvariant)]
    private static partial Regex Currency();

    [GeneratedRegex("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$", RegexOptions.CultureInvariant)]
    private static partial Regex Stamp();
}
