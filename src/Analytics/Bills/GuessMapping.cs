using System.Globalization;
using System.Text;
using CsvHelper;

namespace FinOps.Analytics.Bills;

/// <summary>The beginning of a file, for a person to look at, with the mapping that its heads and values suggest.</summary>
/// <param name="Heads">Names of the columns.</param>
/// <param name="Rows">The first lines below them.</param>
/// <param name="IsFocus">The columns are those of FOCUS, 1.0 to 1.4.</param>
public sealed record BillPeek(IReadOnlyList<string> Heads, IReadOnlyList<IReadOnlyList<string>> Rows, BillMapping Mapping, bool IsFocus);

/// <summary>Guesses how a file is to be read, from its heads and first rows. A person sees the guess and changes it before anything is imported.</summary>
public static class GuessMapping
{
    /// <summary>Bytes of the file's beginning that are looked at. Default 65,536.</summary>
    public const int PeekBytes = 64 * 1024;

    /// <summary>Rows that are shown and looked at. Default 20.</summary>
    public const int MaxRows = 20;

    /// <summary>Lines among which the head is looked for: some bills begin with an address.</summary>
    private const int MaxHeadLine = 20;

    private static readonly char[] Separators = [',', ';', '\t', '|'];

    // The first that is there is taken. Columns of FOCUS come first: they are sure.
    private static readonly (BillColumn Column, string[] Names)[] Names =
    [
        (BillColumn.From, ["ChargePeriodStart", "date", "usage date", "usage_date", "day", "start", "start date", "start_date", "start time", "start_time", "period start", "from", "datum", "month"]),
        (BillColumn.To, ["ChargePeriodEnd", "end", "end date", "end_date", "end time", "end_time", "period end", "to"]),
        (BillColumn.Cost, ["BilledCost", "cost", "amount", "cost usd", "cost_usd", "cost (usd)", "amount usd", "total cost", "total_cost", "charge", "price", "kosten", "betrag", "pretaxcost", "amount_value"]),
        (BillColumn.Model, ["x_ModelId", "x_Model", "model", "model id", "model_id", "model name", "model_name", "modell", "SkuPriceDetails"]),
        (BillColumn.Sku, ["SkuId", "sku", "sku description", "line item", "line_item", "lineitem", "description", "item", "product", "service", "usage type", "usage_type", "ChargeDescription", "name"]),
        (BillColumn.Meter, ["SkuMeter", "meter", "meter name", "token type", "token_type", "metric", "type", "kind", "usage kind"]),
        (BillColumn.Quantity, ["ConsumedQuantity", "quantity", "usage", "usage amount", "usage_amount", "tokens", "token count", "units", "menge", "amount used"]),
        (BillColumn.Unit, ["ConsumedUnit", "unit", "usage unit", "usage_unit", "unit of measure", "uom", "einheit"]),
        (BillColumn.Currency, ["BillingCurrency", "currency", "currency code", "currency_code", "amount_currency", "währung"]),
        (BillColumn.Provider, ["ServiceProviderName", "ProviderName", "provider", "vendor", "InvoiceIssuerName"]),
        (BillColumn.Region, ["RegionId", "region", "location", "RegionName", "inference_geo"]),
        (BillColumn.Tier, ["service tier", "service_tier", "tier", "PricingCategory"]),
        (BillColumn.Account, ["BillingAccountId", "account", "account id", "account_id", "project", "project id", "project_id", "workspace", "workspace_id", "organization", "SubAccountId"]),
        (BillColumn.Category, ["ChargeCategory"]),
    ];

    public static async Task<BillPeek> OfAsync(Stream file, CancellationToken cancellationToken)
    {
        var buffer = new byte[PeekBytes];
        var length = await file.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return Of(Text(buffer.AsSpan(0, length)), whole: length < buffer.Length);
    }

    internal static BillPeek Of(string beginning, bool whole)
    {
        // What was cut in the middle of a line is no line.
        var text = whole || beginning.LastIndexOf('\n') is not (> 0 and var end) ? beginning : beginning[..(end + 1)];
        var best = Separators.Select(separator => Table(text, separator)).MaxBy(table => (Known(table.Heads), table.Heads.Length));
        var (separatorOf, headLine, heads, rows) = (best.Separator, best.HeadLine, best.Heads, best.Rows);
        var columns = new Dictionary<BillColumn, string>();
        foreach (var (column, names) in Names)
            if (names.Select(name => Array.Find(heads, head => string.Equals(head, name, StringComparison.OrdinalIgnoreCase) && !columns.ContainsValue(head))).FirstOrDefault(head => head is not null) is { } found)
                columns[column] = found;
        var isFocus = columns.GetValueOrDefault(BillColumn.Cost) == "BilledCost" && columns.GetValueOrDefault(BillColumn.From) == "ChargePeriodStart";
        IEnumerable<string> Values(BillColumn column) => columns.TryGetValue(column, out var name) ? rows.Select(row => Array.IndexOf(heads, name) is var index && index < row.Count ? row[index].Trim() : "").Where(value => value.Length != 0) : [];
        var mapping = new BillMapping
        {
            Columns = columns,
            Separator = separatorOf,
            HeadLine = headLine,
            DecimalComma = !isFocus && (separatorOf == ';' ? Values(BillColumn.Cost).Any(value => value.Contains(',', StringComparison.Ordinal)) && !Values(BillColumn.Cost).Any(IsPoint) : Values(BillColumn.Cost).Any(IsComma)),
            DateFormat = isFocus ? "" : DateFormat([.. Values(BillColumn.From)]),
            EndIsIncluded = !isFocus && Values(BillColumn.From).Zip(Values(BillColumn.To)).Any(period => period.First == period.Second),
            Currency = "USD",
        };
        return new BillPeek(heads, rows, mapping, isFocus);
    }

    /// <summary>The format by which all dates can be read; with several, that of the point, the slash by day first only if a day above 12 says so.</summary>
    private static string DateFormat(List<string> dates)
    {
        if (dates.Count == 0) return "";
        foreach (var format in (string[])["dd.MM.yyyy", "d.M.yyyy", "MM/dd/yyyy", "M/d/yyyy", "dd/MM/yyyy", "d/M/yyyy", "MMM d, yyyy", "d MMM yyyy", "MM/dd/yyyy HH:mm:ss", "dd.MM.yyyy HH:mm:ss"])
            if (dates.TrueForAll(date => DateTime.TryParseExact(date, format, CultureInfo.InvariantCulture, DateTimeStyles.None, out _))) return format;
        return "";
    }

    private static bool IsComma(string number) => number.LastIndexOf(',') is >= 0 and var comma && (number.LastIndexOf('.') is >= 0 and var point ? comma > point : number.Length - comma - 1 != 3);

    private static bool IsPoint(string number) => number.LastIndexOf('.') is >= 0 and var point && number.LastIndexOf(',') < point && number.Length - point - 1 != 3;

    private static int Known(string[] heads) => heads.Count(head => Names.Any(column => column.Names.Contains(head, StringComparer.OrdinalIgnoreCase)));

    private static (char Separator, int HeadLine, string[] Heads, List<IReadOnlyList<string>> Rows) Table(string text, char separator)
    {
        var records = new List<(int Line, string[] Fields)>();
        using (var csv = CsvReader.FromText(text, new CsvReaderOptions { Separator = separator, HasHeader = false, TrackLineNumbers = true }))
            while (records.Count < MaxHeadLine + MaxRows && csv.Read()) records.Add(((int)csv.LineNumber, [.. Enumerable.Range(0, csv.FieldCount).Select(index => csv.GetString(index).Trim())]));
        if (records.Count == 0) return (separator, 1, [], []);
        var head = Enumerable.Range(0, Math.Min(MaxHeadLine, records.Count)).MaxBy(index => (Known(records[index].Fields), records[index].Fields.Length, -index));
        return (separator, records[head].Line, records[head].Fields, [.. records.Skip(head + 1).Take(MaxRows).Select(record => (IReadOnlyList<string>)record.Fields)]);
    }

    private static string Text(ReadOnlySpan<byte> bytes)
    {
        if (bytes is [0xFF, 0xFE, ..]) return Encoding.Unicode.GetString(bytes[2..]);
        if (bytes is [0xFE, 0xFF, ..]) return Encoding.BigEndianUnicode.GetString(bytes[2..]);
        return Encoding.UTF8.GetString(bytes is [0xEF, 0xBB, 0xBF, ..] ? bytes[3..] : bytes);
    }
}
