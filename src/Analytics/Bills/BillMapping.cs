using System.Text.Json;
using System.Text.Json.Serialization;

namespace FinOps.Analytics.Bills;

/// <summary>What a column of a bill can tell.</summary>
public enum BillColumn
{
    /// <summary>Start of the charge's period: a day, an instant or a month.</summary>
    From,
    To,
    Provider,

    /// <summary>What was sold, in the bill's own words.</summary>
    Sku,
    Model,
    Meter,
    Quantity,
    Unit,
    Cost,
    Currency,
    Region,
    Tier,
    Account,

    /// <summary>FOCUS: whether it is usage or a tax, credit, purchase, adjustment.</summary>
    Category,
}

/// <summary>In what a bill counts.</summary>
public enum QuantityScale
{
    /// <summary>As the unit says (1M tokens, 1000 tokens); single units where it says nothing.</summary>
    AsTold,
    Ones,
    Thousands,
    Millions,
}

/// <summary>How a person reads one kind of CSV: which column tells what, and in which notation.</summary>
public sealed record BillMapping
{
    public const int MaxNameLength = 100;

    private static readonly JsonSerializerOptions Json = new() { Converters = { new JsonStringEnumConverter() } };

    /// <summary>Column name in the file's head, for what it tells. Needed: <see cref="BillColumn.From"/>, <see cref="BillColumn.Cost"/>, and one of SKU and model.</summary>
    public required IReadOnlyDictionary<BillColumn, string> Columns { get; init; }

    /// <summary>Between two fields: <c>,</c> <c>;</c> <c>|</c> or a tab.</summary>
    public char Separator { get; init; } = ',';

    /// <summary>1.234,56 instead of 1,234.56.</summary>
    public bool DecimalComma { get; init; }

    /// <summary>A .NET format of dates such as <c>dd/MM/yyyy</c>; empty = ISO 8601, with or without a time.</summary>
    public string DateFormat { get; init; } = "";

    /// <summary>IANA name of the zone in which the bill cuts its days.</summary>
    public string TimeZone { get; init; } = "UTC";

    /// <summary>The line of the file that names the columns, the first is 1; what stands above it is not read.</summary>
    public int HeadLine { get; init; } = 1;

    /// <summary>The end of a period still belongs to it, as in 1 to 30 November.</summary>
    public bool EndIsIncluded { get; init; }

    public QuantityScale Scale { get; init; }

    /// <summary>Who sent the bill, where no column says it.</summary>
    public string Provider { get; init; } = "";

    /// <summary>ISO 4217, where no column says it.</summary>
    public string Currency { get; init; } = "USD";

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <exception cref="JsonException">It is no mapping.</exception>
    public static BillMapping FromJson(string json) => JsonSerializer.Deserialize<BillMapping>(json, Json) ?? throw new JsonException("A mapping must be an object.");

    /// <summary>What is missing or wrong in it, for people; empty where it can be used.</summary>
    public IEnumerable<string> Problems()
    {
        if (!Columns.ContainsKey(BillColumn.From)) yield return "Say which column has the date.";
        if (!Columns.ContainsKey(BillColumn.Cost)) yield return "Say which column has the cost.";
        if (!Columns.ContainsKey(BillColumn.Sku) && !Columns.ContainsKey(BillColumn.Model)) yield return "Say which column has the model or what was sold.";
        if (!Columns.ContainsKey(BillColumn.Provider) && Provider.Trim().Length == 0) yield return "Say who sent the bill, or which column has the provider.";
        if (Separator is not (',' or ';' or '|' or '\t')) yield return "The separator must be a comma, a semicolon, a bar or a tab.";
        if (HeadLine is < 1 or > 1_000) yield return "The head's line must be a number from 1 to 1,000.";
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(TimeZone, out _)) yield return $"\"{TimeZone}\" is not the IANA name of a time zone, for example Europe/Berlin.";
        if (Currency.Length != 3) yield return "The currency must be an ISO 4217 code, for example USD.";
    }
}
