using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using FinOps.Analytics.Lines;
using FinOps.Domain.Pricing;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Focus;

/// <summary>Turns a line of what calls cost into a charge, by FOCUS' own rules for tokens: a row for each SKU (model × meter × tier). Pure.</summary>
public static class FocusUsage
{
    private const decimal MillisecondsPerHour = 3_600_000m;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.General) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Null for what was answered from a response cache of one's own: nobody charges for it.</summary>
    public static FocusRow? RowOf(UsageLine line, FocusAccount account)
    {
        if (line.Label == PriceLabel.Avoided) return null;
        var row = new FocusRow
        {
            From = line.From,
            To = line.To,
            AccountId = account.Id,
            AccountName = account.Name,
            ProjectId = line.Project.ToString(),
            ProjectName = account.ProjectNames.GetValueOrDefault(line.Project),
            Seller = FocusSeller.Of(line.Provider),
            ChargeCategory = "Usage",
            Description = Describe(line),
            Basis = line.IsUnpriced ? FocusCostBasis.Unpriced : FocusCostBasis.Estimated,
            Cost = line.Cost,
            ListCost = line.ListCost ?? line.Cost,
            SkuPriceDetails = Details(line),
            Region = line.Region.Length == 0 ? null : line.Region,
            Tags = TagsOf(line.Tags),
            Model = line.Model,
            PriceLabel = line.Label is { } label ? JsonNamingPolicy.CamelCase.ConvertName(label.ToString()) : "unexplained",
            PriceSource = line.Source.Length == 0 ? null : line.Source,
            Calls = line.Calls,
        };
        // Neither a SKU nor a quantity: what was taken off, by the tenant's agreement.
        if (line.Meter == Meter.Discount) return row with { ChargeCategory = "Credit", ListCost = 0m };
        return Quantified(row, line);
    }

    private static FocusRow Quantified(FocusRow row, UsageLine line)
    {
        var (quantity, unit) = Consumed(line);
        var sku = Sku(line);
        var priced = line.Meter is not null && !line.IsUnpriced;
        var unitPrice = priced ? line.UnitPrice * line.Multiplier : (decimal?)null;
        return row with
        {
            UnitPrice = unitPrice,
            ListUnitPrice = priced ? line.ListUnitPrice ?? unitPrice : null,
            Agreed = priced ? line.Agreed : null,
            AgreedUnitPrice = priced && line.Agreed is { } agreed ? agreed.Amount * line.Multiplier : null,
            PricingQuantity = priced ? line.Quantity / line.UnitSize : quantity,
            PricingUnit = priced ? PricingUnit(line) : unit,
            PricingCategory = Category(line),
            ConsumedQuantity = quantity,
            ConsumedUnit = unit,
            SkuId = sku,
            SkuMeter = MeterName(line.Meter),
            // One unit price each: a price row may stand in for several meters, and a factor makes another price of it.
            SkuPriceId = priced ? string.Create(CultureInfo.InvariantCulture, $"{sku}/{line.PriceId}{(line.Multiplier == 1m ? "" : $"x{FocusRow.Plain(line.Multiplier)}")}") : sku,
        };
    }

    /// <summary>Time is told in hours, everything else as it was counted.</summary>
    private static (decimal Quantity, string Unit) Consumed(UsageLine line) =>
        Consumed(line.Quantity, line.Unit);

    internal static (decimal Quantity, string Unit) Consumed(decimal quantity, string unit) =>
        unit == "millisecond" ? (quantity / MillisecondsPerHour, "Hours") : (quantity, Plural(unit));

    private static string PricingUnit(UsageLine line)
    {
        var (size, unit) = line.Unit == "millisecond" ? (line.UnitSize / MillisecondsPerHour, "Hours") : (line.UnitSize, Plural(line.Unit));
        return size == 1m ? unit : $"{FocusRow.Plain(size)} {unit}";
    }

    private static string Plural(string unit) => unit switch
    {
        "token" => "Tokens",
        "token-hour" => "Token-Hours",
        "search" => "Searches",
        "search unit" => "Search Units",
        "request" or "call" => "Requests",
        "picture" => "Images",
        "session" => "Sessions",
        "page" => "Pages",
        "message" => "Messages",
        "hour" => "Hours",
        _ => unit,
    };

    /// <summary>Capacity that was bought as such is committed; a tier that is served when there is room has a price that moves with it; what has no price has no category of its own.</summary>
    private static string Category(UsageLine line) => line switch
    {
        { Label: PriceLabel.Capacity } => "Committed",
        { Label: PriceLabel.Unpriced or null } => "Other",
        _ => line.Tier.Contains("flex", StringComparison.OrdinalIgnoreCase) ? "Dynamic" : "Standard",
    };

    internal static string MeterName(Meter? meter) => meter switch
    {
        Meter.Input => "Input Tokens",
        Meter.CacheRead => "Cache Read Input Tokens",
        Meter.CacheWrite5m => "Cache Write Input Tokens",
        Meter.CacheWrite1h => "Cache Write 1h Input Tokens",
        Meter.Output => "Output Tokens",
        Meter.Reasoning => "Reasoning Output Tokens",
        Meter.InputAudio => "Audio Input Tokens",
        Meter.OutputAudio => "Audio Output Tokens",
        Meter.InputImage => "Image Input Tokens",
        Meter.OutputImage => "Image Output Tokens",
        Meter.CacheReadAudio => "Cache Read Audio Input Tokens",
        Meter.CacheReadImage => "Cache Read Image Input Tokens",
        Meter.WebSearch => "Web Searches",
        Meter.StorageSearch => "File Searches",
        Meter.CodeSession => "Code Sessions",
        Meter.Request => "Requests",
        Meter.GpuTime => "GPU Time",
        Meter.AudioTime or Meter.InputAudioTime => "Audio Time",
        Meter.CacheStorage => "Cache Storage",
        Meter.Image => "Images",
        Meter.SearchUnit => "Search Units",
        null => "Calls",
        _ => meter.Value.ToString(),
    };

    /// <summary>Of provider, model and meter.</summary>
    internal static string Sku(string provider, string model, Meter? meter) =>
        $"{(provider.Length == 0 ? "unknown" : provider)}/{(model.Length == 0 ? "unknown" : model)}/{MeterName(meter).ToLowerInvariant().Replace(' ', '-')}";

    private static string Sku(UsageLine line)
    {
        var words = new List<string> { Sku(line.Provider, line.Model, line.Meter) };
        if (line.Tier.Length != 0) words.Add(line.Tier);
        if (line.Batch) words.Add("batch");
        if (line.Variant.Length != 0) words.Add(line.Variant);
        return string.Join('/', words);
    }

    private static string Describe(UsageLine line) => line.Meter == Meter.Discount
        ? $"Discount of {FocusRow.Plain(line.UnitPrice * 100m)} % on {line.Model}"
        : $"{MeterName(line.Meter)} of {(line.Model.Length == 0 ? "a model that was not told" : line.Model)}{(line.IsUnpriced ? ", of unknown price" : line.Label == PriceLabel.Capacity ? ", drawn from capacity" : "")}";

    /// <summary>The keys that FOCUS plans for tokens stand in a draft (1.5): until then they are our own.</summary>
    private static string? Details(UsageLine line)
    {
        var details = new Dictionary<string, object>();
        if (line.Model.Length != 0) details["x_ModelId"] = line.Model;
        if (Direction(line.Meter) is { } direction) details["x_TokenDirection"] = direction;
        if (CacheAction(line.Meter) is { } action) details["x_TokenCacheAction"] = action;
        if (line.Tier.Length != 0) details["x_ServiceTier"] = line.Tier;
        if (line.Batch) details["x_Batch"] = true;
        if (line.Variant.Length != 0) details["x_Variant"] = line.Variant;
        return JsonOf(details);
    }

    private static string? Direction(Meter? meter) => meter switch
    {
        Meter.Output or Meter.Reasoning or Meter.OutputAudio or Meter.OutputImage => "Output",
        { } one when Meters.IsToken(one) => "Input",
        _ => null,
    };

    private static string? CacheAction(Meter? meter) => meter switch
    {
        Meter.CacheRead or Meter.CacheReadAudio or Meter.CacheReadImage => "Read",
        Meter.CacheWrite5m or Meter.CacheWrite1h => "Write",
        Meter.Input or Meter.InputAudio or Meter.InputImage => "Uncached",
        _ => null,
    };

    internal static string? JsonOf(IReadOnlyDictionary<string, object> values) => values.Count == 0 ? null : JsonSerializer.Serialize(values, Json);

    /// <summary>Of some tags by their names, those that are told.</summary>
    internal static string? TagsOf(FocusQuestion question, string feature, string team, string customer) => JsonOf(
        new (Tag Tag, string Value)[] { (Tag.Feature, feature), (Tag.Team, team), (Tag.Customer, customer) }
            .Where(tag => tag.Value.Length != 0 && question.Tags.Contains(tag.Tag))
            .ToDictionary(tag => JsonNamingPolicy.CamelCase.ConvertName(tag.Tag.ToString()), tag => (object)tag.Value));

    private static string? TagsOf(TagSet tags)
    {
        var told = FocusQuestion.AllowedTags.Where(tag => tags[tag].Length != 0).ToDictionary(tag => JsonNamingPolicy.CamelCase.ConvertName(tag.ToString()), tag => tags[tag]);
        return told.Count == 0 ? null : JsonSerializer.Serialize(told, Json);
    }
}
