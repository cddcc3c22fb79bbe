using System.Globalization;
using CsvHelper;
using FinOps.Analytics.Spend;
using FinOps.Domain.Tenancy;
using FinOps.Web.Parts;

namespace FinOps.Web.Features.Explore;

/// <summary>Two dimensions, filters, a range: the table, its chart, its CSV. Knows nothing of rendering.</summary>
public sealed class ExplorePageModel(SpendReader spend, TimeProvider time)
{
    /// <summary>Rows of the table; the CSV has up to <see cref="SpendQuestion.DefaultLimit"/>.</summary>
    public const int TableRows = 500;

    /// <summary>What rows can be sorted by, as the address names it; always from the highest. The first is the default.</summary>
    public static readonly IReadOnlyList<string> Sorts = ["cost", "calls", "per-call", "input", "output", "failed"];

    private bool _compared;

    public Loaded<SpendAnswer> Table { get; } = new();
    public Loaded<SpendAnswer> Before { get; } = new();
    public Loaded<SplitAnswer> Split { get; } = new();
    public Dimension By { get; private set; } = Dimension.Feature;
    public Dimension? ThenBy { get; private set; }
    public string Sort { get; private set; } = Sorts[0];
    public TimeRange Shown { get; private set; }
    public Granularity Granularity { get; private set; }

    public IReadOnlyList<Dimension> GroupBy => ThenBy is { } second ? [By, second] : [By];

    /// <summary>An answer is missing: the page asks again by itself. Otherwise it stands still under its reader's eyes.</summary>
    public bool Failed => Table.Failure is not null || Split.Failure is not null || (_compared && Before.Failure is not null);

    public Task LoadAsync(ReadScope scope, ViewAddress address, TimeZoneInfo zone, Asking asking)
    {
        var now = time.GetUtcNow();
        var filter = address.ToFilter();
        By = Dimensions.TryParse(address.Get("by"), out var by) && by is not Dimension.Project ? by : Dimension.Feature;
        ThenBy = Dimensions.TryParse(address.Get("then"), out var then) && then is not Dimension.Project && then != By ? then : null;
        Sort = Sorts.Contains(address.Get("sort")) ? address.Get("sort")! : Sorts[0];
        Shown = address.Range(now, zone);
        _compared = address.Compare;
        Granularity = SpendViews.ChartGranularity(Shown);

        var table = new SpendQuestion(scope, Shown) { GroupBy = GroupBy, Filter = filter };
        var split = new SplitQuestion(scope, Shown, By, Granularity) { TimeZone = zone, Filter = filter };
        List<Task> loading =
        [
            Table.LoadAsync(token => spend.AskAsync(table, token), asking),
            Split.LoadAsync(token => spend.AskAsync(split, token), asking),
        ];
        if (address.Compare)
        {
            var before = table with { Range = address.PreviousRange(now, zone) };
            loading.Add(Before.LoadAsync(token => spend.AskAsync(before, token), asking));
        }

        return Task.WhenAll(loading);
    }

    /// <summary>The rows in the chosen order.</summary>
    public IReadOnlyList<SpendRow> Rows() => Table.Value is not { } table
        ? []
        : [.. (Sort switch
        {
            "calls" => table.Rows.OrderByDescending(r => r.Figures.Calls),
            "input" => table.Rows.OrderByDescending(r => r.Figures.InputTokens),
            "output" => table.Rows.OrderByDescending(r => r.Figures.OutputTokens),
            "failed" => table.Rows.OrderByDescending(r => r.Figures.FailedCalls),
            "per-call" => table.Rows.OrderByDescending(r => CostPerCall(r.Figures) ?? 0),
            _ => table.Rows.OrderByDescending(r => r.Figures.Cost),
        }).ThenBy(r => string.Join('\u0001', r.Group), StringComparer.Ordinal)];

    /// <summary>Cost of a priced call on average; null where none was priced.</summary>
    public static decimal? CostPerCall(SpendFigures figures) =>
        figures.Calls - figures.UnpricedCalls is > 0 and var priced ? figures.Cost / priced : null;

    /// <summary>Cost of the same group in the period before; null where comparison is off or still loading.</summary>
    public decimal? CostBefore(SpendRow row) =>
        Before.Value is { } before ? before.Rows.FirstOrDefault(r => r.Group.SequenceEqual(row.Group))?.Figures.Cost ?? 0 : null;

    /// <summary>The whole table as RFC 4180, money with all its decimals.</summary>
    public string Csv()
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        using (var csv = CsvWriter.Create(text, new CsvWriterOptions(), leaveOpen: true))
        {
            string[] heads =
            [
                .. GroupBy.Select(d => d.Name()), "cost_usd", "calls", "unpriced_calls", "failed_calls",
                "input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens",
            ];
            csv.WriteRecord(heads);
            foreach (var row in Rows())
            {
                var f = row.Figures;
                long[] counts = [f.Calls, f.UnpricedCalls, f.FailedCalls, f.InputTokens, f.CacheReadTokens, f.CacheWriteTokens, f.OutputTokens, f.ReasoningTokens];
                string[] fields =
                [
                    .. row.Group.Select(Spreadsheet.Inert), f.Cost.ToString(CultureInfo.InvariantCulture),
                    .. counts.Select(c => c.ToString(CultureInfo.InvariantCulture)),
                ];
                csv.WriteRecord(fields);
            }
        }

        return text.ToString();
    }
}
