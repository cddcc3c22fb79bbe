using System.ComponentModel;
using System.Text.Json.Serialization;
using FinOps.Analytics.Bills;
using FinOps.Domain.Bills;

namespace FinOps.Web.Api;

/// <summary>The bills of the organisation.</summary>
/// <param name="Bills">Those that count first, the latest period first, 200 at most.</param>
public sealed record BillsResponse(IReadOnlyList<BillResponse> Bills);

/// <summary>A bill that was imported.</summary>
public sealed record BillResponse
{
    public required Guid Id { get; init; }

    [Description("The file's name.")]
    public required string Name { get; init; }
    public required string Provider { get; init; }
    public required string Account { get; init; }
    public required DateTimeOffset From { get; init; }
    public required DateTimeOffset To { get; init; }

    [Description("USD, the sum of its lines.")]
    public required decimal Billed { get; init; }

    [Description("What our figures said of it when it was last looked at, USD; null = never.")]
    public required decimal? Ours { get; init; }

    [Description("`billed` less `ours`.")]
    public required decimal? Residual { get; init; }

    [Description("The part of `residual` that no cause explains.")]
    public required decimal? Unexplained { get; init; }
    public required int Lines { get; init; }
    public required DateTimeOffset ImportedAt { get; init; }
    public required string ImportedBy { get; init; }

    [Description("`counts`, `replaced` or `withdrawn`.")]
    public required string State { get; init; }

    internal static BillResponse Of(Bill bill) => new()
    {
        Id = bill.Id,
        Name = bill.Name,
        Provider = bill.Provider,
        Account = bill.Account,
        From = bill.FromAt,
        To = bill.ToAt,
        Billed = bill.Billed,
        Ours = bill.Ours,
        Residual = bill.Residual,
        Unexplained = bill.Rest,
        Lines = bill.Lines,
        ImportedAt = bill.ImportedAt,
        ImportedBy = bill.ImportedBy,
        State = bill.EndedAt is null ? "counts" : bill.ReplacedBy is null ? "withdrawn" : "replaced",
    };
}

/// <summary>A mistake in a file.</summary>
/// <param name="Line">Line of the file, the first is 1; 0 for the file as a whole.</param>
/// <param name="Column">Name of the column; empty for the line as a whole.</param>
/// <param name="ColumnNumber">The first is 1; 0 for the line as a whole.</param>
/// <param name="Found">What stands there.</param>
/// <param name="Expected">What should.</param>
public sealed record BillErrorResponse(int Line, string Column, int ColumnNumber, string Found, string Expected);

/// <summary>What became of a file.</summary>
public sealed record BillImportResponse
{
    [Description("Null on a trial.")]
    public required BillResponse? Bill { get; init; }

    [Description("The bill that stands in its way, or whose place it took.")]
    public required BillResponse? Earlier { get; init; }
    public required int Lines { get; init; }

    [Description("USD.")]
    public required decimal Billed { get; init; }
    public required DateTimeOffset? From { get; init; }
    public required DateTimeOffset? To { get; init; }

    [Description("How it was read: the kept mapping, or what its heads suggested.")]
    public required BillMappingBody Mapping { get; init; }

    [Description("The columns of the file.")]
    public required IReadOnlyList<string> Heads { get; init; }
}

/// <summary>How a kind of file is read.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record BillMappingBody
{
    [Description("Column of the file by what it tells: from, to, provider, sku, model, meter, quantity, unit, cost, currency, region, tier, account, category.")]
    public required IReadOnlyDictionary<string, string> Columns { get; init; }

    [Description("Comma (default), semicolon, bar or tab.")]
    public string? Separator { get; init; }

    [Description("1.234,56 instead of 1,234.56.")]
    public bool DecimalComma { get; init; }

    [Description("A .NET date format; empty = ISO 8601.")]
    public string? DateFormat { get; init; }

    [Description("IANA name of the zone in which the bill cuts its days. Default: UTC.")]
    public string? TimeZone { get; init; }

    [Description("The line that names the columns. Default: 1.")]
    public int? HeadLine { get; init; }

    [Description("The end of a period still belongs to it.")]
    public bool EndIsIncluded { get; init; }

    [Description("asTold (default), ones, thousands or millions.")]
    public string? Scale { get; init; }

    [Description("Who sent it, where no column says it.")]
    public string? Provider { get; init; }

    [Description("ISO 4217, where no column says it. Default: USD.")]
    public string? Currency { get; init; }

    internal static BillMappingBody Of(BillMapping mapping) => new()
    {
        Columns = mapping.Columns.ToDictionary(column => CallsEndpoint.Word(column.Key), column => column.Value),
        Separator = mapping.Separator.ToString(),
        DecimalComma = mapping.DecimalComma,
        DateFormat = mapping.DateFormat,
        TimeZone = mapping.TimeZone,
        HeadLine = mapping.HeadLine,
        EndIsIncluded = mapping.EndIsIncluded,
        Scale = CallsEndpoint.Word(mapping.Scale),
        Provider = mapping.Provider,
        Currency = mapping.Currency,
    };

    /// <summary>Null, with the problem, where a word is none.</summary>
    internal BillMapping? ToMapping(out ApiProblem? problem)
    {
        problem = null;
        var columns = new Dictionary<BillColumn, string>();
        foreach (var (word, name) in Columns)
        {
            if (!ApiBody.TryWord<BillColumn>(word, out var column)) problem ??= ApiBody.NoWord<BillColumn>("columns", word);
            else columns[column] = name;
        }

        if (!ApiBody.TryWord<QuantityScale>(Scale ?? CallsEndpoint.Word(QuantityScale.AsTold), out var scale)) problem ??= ApiBody.NoWord<QuantityScale>("scale", Scale!);
        if ((Separator ?? ",").Length != 1) problem ??= new ApiProblem("separator", "The separator must be one character.");
        return problem is not null ? null : new BillMapping
        {
            Columns = columns,
            Separator = (Separator ?? ",")[0],
            DecimalComma = DecimalComma,
            DateFormat = DateFormat ?? "",
            TimeZone = TimeZone ?? "UTC",
            HeadLine = HeadLine ?? 1,
            EndIsIncluded = EndIsIncluded,
            Scale = scale,
            Provider = Provider ?? "",
            Currency = Currency ?? "USD",
        };
    }
}

/// <summary>The mappings that the organisation keeps.</summary>
public sealed record BillMappingsResponse(IReadOnlyDictionary<string, BillMappingBody> Mappings);

/// <summary>A part of a difference.</summary>
/// <param name="Cause">timeZone, notUsage, unmapped, duplicates, unpriced, missingUsage, cacheWriteLife, batch, serviceTier, region, notSeen, notBilled, priceDiffers, or unexplained.</param>
/// <param name="Amount">USD.</param>
public sealed record CauseResponse(string Cause, decimal Amount);

/// <summary>One period × model × meter: `billed` = `ours` + all of `causes`.</summary>
public sealed record ReconciledRowResponse
{
    public required DateTimeOffset From { get; init; }
    public required DateTimeOffset To { get; init; }
    public required string Provider { get; init; }

    [Description("Empty where the bill's words are not mapped, or no call stands behind the charge.")]
    public required string Model { get; init; }

    [Description("Null: all meters of the model.")]
    public required string? Meter { get; init; }

    [Description("The bill's words.")]
    public required string Sku { get; init; }
    public required decimal? BilledQuantity { get; init; }
    public required decimal OurQuantity { get; init; }
    public required decimal Billed { get; init; }
    public required decimal Ours { get; init; }
    public required IReadOnlyList<CauseResponse> Causes { get; init; }
}

/// <summary>A bill beside our figures.</summary>
public sealed record ReconciliationResponse
{
    public required BillResponse Bill { get; init; }

    [Description("By how many hours our days had to be moved to fit the bill's.")]
    public required int ShiftHours { get; init; }

    [Description("Sums; with `ours` of the bill they make `billed`.")]
    public required IReadOnlyList<CauseResponse> Causes { get; init; }

    [Description("The largest difference first, 1,000 at most.")]
    public required IReadOnlyList<ReconciledRowResponse> Rows { get; init; }

    [Description("There are more rows.")]
    public required bool Truncated { get; init; }

    [Description("What was accepted from it, USD.")]
    public required decimal Accepted { get; init; }

    internal static ReconciliationResponse Of(BillDossier dossier, int limit) => new()
    {
        Bill = BillResponse.Of(dossier.Bill),
        ShiftHours = dossier.Reconciled.ShiftHours,
        Causes = CausesOf(dossier.Reconciled.Causes, dossier.Reconciled.Rest),
        Rows = [.. dossier.Reconciled.Rows.Take(limit).Select(RowOf)],
        Truncated = dossier.Reconciled.Rows.Count > limit,
        Accepted = dossier.Adjustments.Sum(line => line.Amount),
    };

    private static ReconciledRowResponse RowOf(ReconciledRow row) => new()
    {
        From = row.From,
        To = row.To,
        Provider = row.Provider,
        Model = row.Model,
        Meter = row.Meter is { } meter ? CallsEndpoint.Word(meter) : null,
        Sku = row.Sku,
        BilledQuantity = row.BilledQuantity,
        OurQuantity = row.OurQuantity,
        Billed = row.Billed,
        Ours = row.Ours,
        Causes = CausesOf(row.Causes, row.Rest),
    };

    private static List<CauseResponse> CausesOf(IReadOnlyList<CauseAmount> causes, decimal rest)
    {
        var all = causes.Select(cause => new CauseResponse(Adjustments.Word(cause.Cause), cause.Amount)).ToList();
        if (rest != 0) all.Add(new CauseResponse(Adjustments.Word(null), rest));
        return all;
    }
}

/// <summary>What words of a bill mean.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record BillWordsRequest
{
    [Description("As the rows of a bill name it.")]
    public required string Provider { get; init; }

    [Description("`sku` of the row that is not mapped.")]
    public required string Words { get; init; }
    public required string Model { get; init; }

    [Description("Null: all meters of the model in one charge.")]
    public string? Meter { get; init; }
    public string? Tier { get; init; }
    public bool Batch { get; init; }
}
