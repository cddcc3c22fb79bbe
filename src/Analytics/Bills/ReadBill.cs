using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text.Json;
using CsvHelper;
using FinOps.Domain.Bills;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Bills;

/// <summary>A file as it was read: its lines, or what is wrong in it.</summary>
/// <param name="Lines">Empty where there are errors: a bill is read whole or not at all.</param>
/// <param name="Errors">In the order of the file.</param>
/// <param name="MoreErrors">There are more than were told.</param>
public sealed record BillFile(IReadOnlyList<BillLine> Lines, IReadOnlyList<BillError> Errors, bool MoreErrors, byte[] Sha256, long Bytes, string Currency)
{
    public decimal Cost => Lines.Sum(line => line.Cost);

    public DateTimeOffset From => Lines.Min(line => line.From);

    public DateTimeOffset To => Lines.Max(line => line.To);

    /// <summary>Who sent it; several where a cloud's bill sells others' models.</summary>
    public string Provider => string.Join(", ", Lines.Select(line => line.Provider).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    public string Account => string.Join(", ", Lines.Select(line => line.Account).Where(account => account.Length != 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
}

/// <summary>USD for one unit of another currency on a day; null where nobody has entered a rate.</summary>
public delegate decimal? BillRate(string currency, DateOnly day);

/// <summary>Reads a CSV by a mapping. Each mistake is told with line, column, what was found and what was expected; with a single one nothing of the file counts.</summary>
public sealed class ReadBill(IOptions<BillOptions> options)
{
    /// <summary>Characters of one value that are kept; a longer one is refused.</summary>
    public const int MaxValueLength = 1_000;

    /// <summary>By how much the lines may miss the bill's own total, USD: the rounding of its lines.</summary>
    private const decimal TotalTolerance = 0.01m;

    private static readonly Meter Counters = new("FinOps.Analytics.Bills");
    private static readonly Counter<long> Refused = Counters.CreateCounter<long>("finops.bills.refused", description: "Files that were not read as a bill, by reason");

    public async Task<BillFile> ReadAsync(Stream file, BillMapping mapping, BillRate rate, CancellationToken cancellationToken)
    {
        var problems = mapping.Problems().Select(problem => new BillError(0, "", 0, "", problem)).ToList();
        if (problems.Count > 0) return Fail(problems, "mapping");
        await using var bounded = new BoundedFile(file, options.Value.MaxFileBytes);
        var reading = new Reading(mapping, rate, options.Value);
        try
        {
            await reading.RunAsync(bounded, cancellationToken);
            await bounded.DrainAsync(cancellationToken);
        }
        catch (CsvFormatException malformed)
        {
            reading.Fail(new BillError((int)Math.Min(int.MaxValue, reading.Line + 1), "", 0, "", $"a line of a CSV file ({malformed.Message})"));
        }
        catch (FileTooLargeException)
        {
            return Fail([new BillError(0, "", 0, "", string.Create(CultureInfo.InvariantCulture, $"it has more than {options.Value.MaxFileBytes / (1024 * 1024)} MiB: cut it by month"))], "size");
        }

        reading.Finish();
        if (reading.Errors.Count > 0) Refused.Add(1, new KeyValuePair<string, object?>("reason", "content"));
        return new BillFile(reading.Errors.Count > 0 ? [] : reading.Lines, reading.Errors, reading.MoreErrors, bounded.Hash(), bounded.Bytes, reading.Currency);
    }

    private static BillFile Fail(List<BillError> errors, string reason)
    {
        Refused.Add(1, new KeyValuePair<string, object?>("reason", reason));
        return new BillFile([], errors, false, [], 0, "");
    }

    private sealed class Reading(BillMapping mapping, BillRate rate, BillOptions options)
    {
        private readonly BillNotation _notation = new(mapping);
        private readonly Dictionary<BillColumn, int> _places = [];
        private string[] _heads = [];
        private int _estimates = -1;
        private decimal? _total;
        private long _totalLine;

        public List<BillLine> Lines { get; } = [];
        public List<BillError> Errors { get; } = [];
        public bool MoreErrors { get; private set; }
        public long Line { get; private set; }
        public string Currency { get; private set; } = "";

        public void Fail(BillError error)
        {
            if (Errors.Count < options.MaxErrors) Errors.Add(error);
            else MoreErrors = true;
        }

        public async Task RunAsync(Stream file, CancellationToken cancellationToken)
        {
            using var csv = CsvReader.Create(file, new CsvReaderOptions
            {
                Separator = mapping.Separator,
                HasHeader = false,
                TrackLineNumbers = true,
                MaxRecordSize = options.MaxLineBytes,
                MalformedData = CsvMalformedDataHandling.Throw,
                IncludeValuesInExceptions = false,
            }, leaveOpen: true);
            while (await csv.ReadAsync(cancellationToken))
            {
                Line = csv.LineNumber;
                if (Line < mapping.HeadLine) continue;
                if (_heads.Length == 0)
                {
                    if (!FindColumns(csv)) return;
                    continue;
                }

                if (IsBlank(csv)) continue;
                if (Lines.Count >= options.MaxLines)
                {
                    Fail(new BillError((int)Line, "", 0, "", string.Create(CultureInfo.InvariantCulture, $"at most {options.MaxLines} lines: cut the file by month or sum it by day")));
                    return;
                }

                ReadLine(csv);
                if (MoreErrors) return;
            }
        }

        public void Finish()
        {
            if (Errors.Count > 0) return;
            if (_heads.Length == 0) Fail(new BillError(0, "", 0, "", "it has no line with the names of the columns"));
            else if (Lines.Count == 0) Fail(new BillError(0, "", 0, "", "it has no lines below the names of the columns"));
            else if (_total is { } total && Math.Abs(total - Lines.Sum(line => line.Cost)) > TotalTolerance)
                Fail(new BillError((int)_totalLine, "", 0, "", string.Create(CultureInfo.InvariantCulture, $"the lines sum to {Lines.Sum(line => line.Cost)}, but the bill's total is {total}: lines are missing, or one is read twice")));
            else if ((Lines.Max(line => line.To) - Lines.Min(line => line.From)).TotalDays > options.MaxDays)
                Fail(new BillError(0, "", 0, "", string.Create(CultureInfo.InvariantCulture, $"it spans more than {options.MaxDays} days: look at the date format, or cut it by month")));
        }

        private bool FindColumns(CsvReader csv)
        {
            var heads = Enumerable.Range(0, csv.FieldCount).Select(index => csv.GetString(index).Trim()).ToArray();
            foreach (var (column, name) in mapping.Columns)
            {
                var found = Enumerable.Range(0, heads.Length).Where(index => string.Equals(heads[index], name.Trim(), StringComparison.OrdinalIgnoreCase)).ToList();
                if (found.Count == 1) _places[column] = found[0];
                else if (found.Count == 0) Fail(new BillError((int)Line, name, 0, "", $"a column \"{name}\" for {Word(column)}; there are: {string.Join(", ", heads.Take(30))}"));
                else Fail(BillError.At(Line, name, found[1], name, "one column of this name"));
            }

            _heads = heads;
            _estimates = Array.FindIndex(heads, head => string.Equals(head, "x_CostBasis", StringComparison.OrdinalIgnoreCase));
            return Errors.Count == 0;
        }

        private void ReadLine(CsvReader csv)
        {
            if (csv.FieldCount != _heads.Length)
            {
                Fail(new BillError((int)Line, "", 0, "", string.Create(CultureInfo.InvariantCulture, $"{_heads.Length} columns as in the head, found {csv.FieldCount}")));
                return;
            }

            var before = Errors.Count;
            if (_estimates >= 0 && csv.GetString(_estimates).StartsWith("estimate", StringComparison.OrdinalIgnoreCase))
                Fail(BillError.At(Line, _heads[_estimates], _estimates, csv.GetString(_estimates), "a billed amount: these rows are estimates of this program, not a bill"));
            var (sku, model) = (Text(csv, BillColumn.Sku), Model(Text(csv, BillColumn.Model)));
            if (IsTotal(csv, sku))
            {
                if (Number(csv, BillColumn.Cost) is { } sum) (_total, _totalLine) = ((_total ?? 0m) + sum, Line);
                return;
            }

            var period = Period(csv);
            var cost = Number(csv, BillColumn.Cost);
            if (cost is null && Errors.Count == before) Fail(At(csv, BillColumn.Cost, _notation.ExpectedNumber));
            var quantity = Number(csv, BillColumn.Quantity);
            var (factor, unit) = _notation.Unit(Text(csv, BillColumn.Unit));
            var provider = Text(csv, BillColumn.Provider) is { Length: > 0 } told ? told : mapping.Provider;
            if (provider.Length == 0) Fail(At(csv, BillColumn.Provider, "the name of a provider"));
            var category = Text(csv, BillColumn.Category);
            var isUsage = category.Length == 0 || string.Equals(category, "Usage", StringComparison.OrdinalIgnoreCase);
            if (isUsage && sku.Length == 0 && model.Length == 0) Fail(At(csv, _places.ContainsKey(BillColumn.Sku) ? BillColumn.Sku : BillColumn.Model, "what was sold"));
            var usd = Convert(csv, cost, period.From);
            if (Errors.Count > before) return;
            Lines.Add(new BillLine
            {
                Number = (int)Line,
                From = period.From,
                To = period.To,
                Provider = BillProvider.Of(provider),
                Sku = sku.Length == 0 && !isUsage ? category : sku,
                Model = model,
                Meter = Text(csv, BillColumn.Meter),
                Tier = Text(csv, BillColumn.Tier),
                Region = Text(csv, BillColumn.Region),
                Account = Text(csv, BillColumn.Account),
                Quantity = quantity is { } units ? units * factor : null,
                Unit = unit,
                Cost = usd!.Value,
                IsUsage = isUsage,
            });
        }

        private (DateTimeOffset From, DateTimeOffset To) Period(CsvReader csv)
        {
            if (!_notation.TryPeriod(Text(csv, BillColumn.From), out var from, out var to))
            {
                Fail(At(csv, BillColumn.From, _notation.ExpectedDate));
                return default;
            }

            if (Text(csv, BillColumn.To) is { Length: > 0 } told)
            {
                if (!_notation.TryPeriod(told, out var endFrom, out var endTo))
                {
                    Fail(At(csv, BillColumn.To, _notation.ExpectedDate));
                    return default;
                }

                to = mapping.EndIsIncluded ? endTo : endFrom;
                if (to <= from)
                {
                    Fail(At(csv, BillColumn.To, "an end after the start; if the end still belongs to the period, say so in the mapping"));
                    return default;
                }
            }

            return to - from < TimeSpan.FromDays(1) ? _notation.WholeDays(from, to) : (from, to);
        }

        private decimal? Convert(CsvReader csv, decimal? cost, DateTimeOffset from)
        {
            var currency = (Text(csv, BillColumn.Currency) is { Length: > 0 } told ? told : mapping.Currency).ToUpperInvariant();
            if (Currency.Length == 0) Currency = currency;
            if (currency != Currency)
            {
                Fail(At(csv, BillColumn.Currency, $"one currency in the whole bill; it began in {Currency}"));
                return null;
            }

            if (currency == "USD" || cost is not { } amount) return cost;
            if (rate(currency, DateOnly.FromDateTime(from.UtcDateTime)) is { } usd) return decimal.Round(amount * usd, 12, MidpointRounding.ToEven);
            var expected = string.Create(CultureInfo.InvariantCulture, $"USD, or a currency with a rate for {from:yyyy-MM-dd}: enter one under Currency first");
            Fail(_places.ContainsKey(BillColumn.Currency) ? At(csv, BillColumn.Currency, expected) : new BillError((int)Line, "", 0, currency, expected));
            return null;
        }

        /// <summary>A last line that sums the others is checked, not counted.</summary>
        private bool IsTotal(CsvReader csv, string sku) =>
            Text(csv, BillColumn.From) is var from && (IsTotalWord(from) || (from.Length == 0 && (IsTotalWord(sku) || IsTotalWord(csv.GetString(0)))));

        private static bool IsTotalWord(string text) => text.Trim().TrimEnd(':').ToUpperInvariant() is "TOTAL" or "SUM" or "GRAND TOTAL" or "SUMME" or "GESAMT";

        private static bool IsBlank(CsvReader csv)
        {
            for (var index = 0; index < csv.FieldCount; index++)
                if (!csv.IsEmpty(index) && csv.GetString(index).Trim().Length != 0) return false;
            return true;
        }

        private decimal? Number(CsvReader csv, BillColumn column)
        {
            if (Text(csv, column) is not { Length: > 0 } text) return null;
            if (_notation.TryNumber(text, out var number)) return number;
            Fail(At(csv, column, _notation.ExpectedNumber));
            return null;
        }

        private string Text(CsvReader csv, BillColumn column)
        {
            if (!_places.TryGetValue(column, out var index)) return "";
            var text = csv.GetString(index).Trim();
            if (text.Length > MaxValueLength) Fail(BillError.At(Line, _heads[index], index, text, string.Create(CultureInfo.InvariantCulture, $"at most {MaxValueLength} characters")));
            else if (text.Contains('\uFFFD', StringComparison.Ordinal)) Fail(BillError.At(Line, _heads[index], index, text, "text in UTF-8 or UTF-16: save the file so"));
            else if (text.Contains('\0', StringComparison.Ordinal)) Fail(BillError.At(Line, _heads[index], index, text.Replace("\0", "", StringComparison.Ordinal), "text, not bytes of zero"));
            return text;
        }

        /// <summary>FOCUS keeps it among the details of a price, as JSON.</summary>
        private static string Model(string told)
        {
            if (!told.StartsWith('{')) return told;
            try
            {
                using var details = JsonDocument.Parse(told);
                foreach (var name in (string[])["ModelId", "x_ModelId"])
                    if (details.RootElement.TryGetProperty(name, out var model) && model.ValueKind == JsonValueKind.String) return model.GetString()!;
                return "";
            }
            catch (JsonException)
            {
                // No details that anybody can read; the words of the SKU remain.
                return "";
            }
        }

        private BillError At(CsvReader csv, BillColumn column, string expected)
        {
            if (!_places.TryGetValue(column, out var index)) return new BillError((int)Line, "", 0, "", expected);
            return BillError.At(Line, _heads[index], index, csv.GetString(index).Trim() is { Length: > 0 } found ? found : "nothing", expected);
        }

        private static string Word(BillColumn column) => column switch
        {
            BillColumn.From => "the date",
            BillColumn.To => "the period's end",
            BillColumn.Sku => "what was sold",
            _ => column.ToString().ToLowerInvariant(),
        };
    }
}
