using System.Globalization;
using System.Text;
using System.Text.Json;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Focus;
using FinOps.Analytics.Lines;
using FinOps.Analytics.Quotas;
using FinOps.Analytics.Spend;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using FinOps.Web.Api;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FinOps.Web.Features.Exports;

/// <summary>Costs as a FOCUS file: <c>GET /api/v1/exports/focus</c> for programs, <see cref="Path"/> for the person who looks at a page. Both are one act of the audit record.</summary>
internal static class FocusExport
{
    public const string Path = "/exports/focus";

    /// <summary>Days of one file. Default 366; more are asked for as several files.</summary>
    public const int MaxDays = 366;

    private const string Csv = "text/csv";

    /// <summary>Rows that are written before what there is is sent on.</summary>
    private const int ChunkSize = 500;

    private static readonly ApiParameter Version = new("version", "Version of FOCUS, which decides the columns. Default: 1.4.", Allowed: ["1.4", "1.3", "1.2"]);

    private static readonly ApiParameter Granularity = new("granularity", "Length of a charge period, in UTC. Default: day.", Allowed: ["day", "hour"]);

    private static readonly ApiParameter Tags = new(
        "tags", $"Keys of the column Tags, separated by commas: {string.Join(", ", FocusQuestion.AllowedTags.Select(Word))}. Default: {string.Join(",", FocusQuestion.UsualTags.Select(Word))}. Users are told only where it is asked for.",
        "feature,customer");

    private static readonly ApiParameter Rows = new(
        "rows", $"Kinds of rows, separated by commas: {string.Join(", ", Enum.GetValues<FocusRowKind>().Select(Word))}. Default: {string.Join(",", FocusQuestion.UsualRows.Select(Word))}, which sum to what `/costs` tells. With `corrections`, closed months are told as they were closed; with `commitments`, usage names the commitment that it drew on.",
        "usage,adjustments,gpus");

    public static readonly IReadOnlyList<ApiParameter> Parameters =
    [
        new("from", "Start of the range: the start of a charge period in UTC. Default: the first of the month of `to`.", "2026-11-01"),
        new("to", $"End of the range, does not belong to it: the start of a charge period in UTC. Default: the end of the period that is under way. At most {MaxDays} days after `from`.", "2026-12-01"),
        Version, Granularity, Rows, Tags, ApiCurrency.Parameter("BillingCurrency, which costs are told in; the columns PricingCurrency… stay in the currency of the price. Default: the organisation's billing currency."),
    ];

    public static void MapExports(this RouteGroupBuilder api) => api.MapGet("/exports/focus", ForKeyAsync).RequireAuthorization(AccessPolicies.ApiReadExports).WithMetadata(AsksAnalytics.Instance)
        .WithName("exportFocus").WithTags("Exports").WithSummary("Costs as a FOCUS file (Cost and Usage), streamed")
        .WithDescription("Usage by charge period, project, model, meter and price, with tags; accepted adjustments, corrections of closed months, GPUs, vector databases and storage, unused commitments and lines of bills as rows of their own. No cost column counts anything twice. The file is whole if the transfer ends as HTTP says it does: a failure on the way breaks the connection. Needs the scope `exports.read`.")
        .Produces<string>(StatusCodes.Status200OK, Csv).ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status409Conflict)
        .AddOpenApiOperationTransformer(ApiDocument.Describe(Parameters));

    public static void MapFocusExport(this IEndpointRouteBuilder app) => app.MapGet(Path, ForPersonAsync).RequireAuthorization(AccessPolicies.ReadExports).ExcludeFromDescription();

    /// <summary>Where a page leads to for a month.</summary>
    public static string LinkTo(DateOnly month, IReadOnlyCollection<FocusRowKind> rows) => string.Create(
        CultureInfo.InvariantCulture, $"{Path}?from={month:yyyy-MM-dd}&to={month.AddMonths(1):yyyy-MM-dd}&rows={string.Join(',', rows.Order().Select(Word))}");

    private static Task<Results<EmptyHttpResult, ProblemHttpResult>> ForKeyAsync(HttpContext http, FocusReader reader, ApiCurrency currency, AuditTrail trail, QueryGate gate, TimeProvider clock) =>
        AnswerAsync(http, ApiBody.ActorOf(http), reader, currency, trail, gate, clock);

    private static Task<Results<EmptyHttpResult, ProblemHttpResult>> ForPersonAsync(HttpContext http, FocusReader reader, ApiCurrency currency, AuditTrail trail, QueryGate gate, TimeProvider clock) =>
        AnswerAsync(http, CurrentTenant.Of(http.User, http.Connection.RemoteIpAddress?.ToString()).Actor, reader, currency, trail, gate, clock);

    private static async Task<Results<EmptyHttpResult, ProblemHttpResult>> AnswerAsync(HttpContext http, Actor actor, FocusReader reader, ApiCurrency currency, AuditTrail trail, QueryGate gate, TimeProvider clock)
    {
        var scope = http.User.RequiredScope();
        var (question, problem) = Read(http.Request.Query, scope, await reader.ReachAsync(scope, http.RequestAborted), clock.GetUtcNow());
        if (question is null) return problem!.ToResult();
        var (rates, refusal) = await currency.ForExportAsync(question.Scope, question.Range, http.Request.Query[ApiCurrency.Name].FirstOrDefault(), http.RequestAborted);
        if (rates is null) return refusal!;
        if (await reader.DaysWithoutRateAsync(question, rates, http.RequestAborted) is { Count: > 0 } missing) return ApiCurrency.Refuse(rates.Currency, missing);
        using var place = gate.EnterExport(scope.Tenant);
        await trail.RecordAsync(scope.Tenant, new AuditEntry(actor, AuditActs.DataExported, "focus", "FOCUS file")
        {
            After = new { question.Range.From, question.Range.To, Version = Name(question.Version), Granularity = Word(question.Period), Rows = question.Rows.Select(Word).ToArray(), Tags = question.Tags.Select(Word).ToArray(), rates.Currency },
        }, http.RequestAborted);
        http.Response.ContentType = $"{Csv}; charset=utf-8";
        http.Response.Headers.ContentDisposition = string.Create(
            CultureInfo.InvariantCulture, $"attachment; filename=focus-{Name(question.Version)}-{question.Range.From.UtcDateTime:yyyyMMdd}-{question.Range.To.UtcDateTime:yyyyMMdd}.csv");
        await WriteAsync(http.Response.Body, reader.ReadAsync(question, rates, http.RequestAborted), FocusColumns.Of(question.Version), http.RequestAborted);
        return TypedResults.Empty;
    }

    internal static (FocusQuestion? Question, ApiProblem? Problem) Read(IQueryCollection parameters, ReadScope scope, FocusReach reach, DateTimeOffset now)
    {
        var keptFrom = reach.KeptFrom;
        var query = new ApiQuery(parameters, now);
        query.RequireKnown(Parameters);
        var period = query.Word(Granularity) == "hour" ? LinePeriod.Hour : LinePeriod.Day;
        var length = period == LinePeriod.Hour ? TimeSpan.FromHours(1) : TimeSpan.FromDays(1);
        var to = query.Instant("to", TimeZoneInfo.Utc) ?? new DateTimeOffset(now.UtcTicks - (now.UtcTicks % length.Ticks), TimeSpan.Zero) + length;
        var last = to.UtcDateTime.AddTicks(-1);
        var told = query.Instant("from", TimeZoneInfo.Utc);
        var month = new DateTimeOffset(last.Year, last.Month, 1, 0, 0, 0, TimeSpan.Zero);
        var from = told ?? (month < keptFrom && keptFrom < to ? keptFrom : month);
        foreach (var (name, instant) in new[] { ("from", from), ("to", to) })
        {
            if (instant.UtcTicks % length.Ticks != 0) query.Refuse(name, $"\"{name}\" must be the start of {(period == LinePeriod.Hour ? "an hour" : "a day")} of UTC: a charge period is told whole.");
        }

        var tags = WordsOf(query, Tags, "tag", FocusQuestion.AllowedTags, FocusQuestion.UsualTags);
        var rows = WordsOf(query, Rows, "kind of rows", Enum.GetValues<FocusRowKind>(), FocusQuestion.UsualRows);
        if (rows.Count == 0) query.Refuse(Rows.Name, "A file without a kind of rows is empty: leave \"rows\" out for the usual ones.");
        if (period == LinePeriod.Hour && rows.Contains(FocusRowKind.Corrections)) query.Refuse(Rows.Name, "Books of closed months are kept by day: ask for corrections with granularity=day.");
        if (from >= to) query.Refuse("from", "\"from\" must be before \"to\".");
        if (to - from > TimeSpan.FromDays(MaxDays)) query.Refuse("to", $"A file has at most {MaxDays} days: ask for several.");
        if (rows.Contains(FocusRowKind.Usage) && from < to && !reach.Holds(new TimeRange(from, to), rows.Contains(FocusRowKind.Corrections)))
        {
            query.Refuse("from", string.Create(
                CultureInfo.InvariantCulture, $"Single calls are kept from {keptFrom:yyyy-MM-dd} on, by the organisation's retention; of earlier ones there are sums (GET /api/v1/costs) and no line items. Of closed months the books are told with rows=usage,corrections."));
        }

        ApiCurrency.Check(query);
        var version = query.Word(Version) switch { "1.2" => FocusVersion.V1_2, "1.3" => FocusVersion.V1_3, _ => FocusVersion.V1_4 };
        return query.Problem is null ? (new FocusQuestion(scope, new TimeRange(from, to)) { Version = version, Period = period, Rows = rows, Tags = tags }, null) : (null, query.Problem);
    }

    /// <summary>RFC 4180. The first bytes leave before the first row is known, and nothing of the file is held but a chunk.</summary>
    internal static async Task WriteAsync(Stream stream, IAsyncEnumerable<FocusRow> rows, IReadOnlyList<FocusColumn> columns, CancellationToken cancellationToken)
    {
        await using var writer = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true) { NewLine = "\r\n" };
        await writer.WriteLineAsync(string.Join(',', columns.Select(column => column.Name)).AsMemory(), cancellationToken);
        await writer.FlushAsync(cancellationToken);
        var line = new StringBuilder();
        var written = 0;
        await foreach (var row in rows.WithCancellation(cancellationToken))
        {
            line.Clear();
            for (var i = 0; i < columns.Count; i++)
            {
                if (i > 0) line.Append(',');
                Append(line, columns[i], columns[i].Value(row));
            }

            await writer.WriteLineAsync(line, cancellationToken);
            if (++written % ChunkSize == 0) await writer.FlushAsync(cancellationToken);
        }
    }

    private static void Append(StringBuilder line, FocusColumn column, string? value)
    {
        if (value is null) return;
        if (column.Kind == FocusKind.Text) value = Spreadsheet.Inert(value);
        if (value.AsSpan().IndexOfAny(",\"\r\n") < 0) line.Append(value);
        else line.Append('"').Append(value.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
    }

    private static IReadOnlyList<T> WordsOf<T>(ApiQuery query, ApiParameter parameter, string noun, IReadOnlyList<T> allowed, IReadOnlyList<T> usual) where T : struct, Enum
    {
        if (query.Single(parameter.Name) is not { } text) return usual;
        var chosen = new List<T>();
        foreach (var word in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var value = allowed.Cast<T?>().FirstOrDefault(one => Word(one!.Value) == word);
            if (value is null) query.Refuse(parameter.Name, $"There is no {noun} \"{word}\", only: {string.Join(", ", allowed.Select(Word))}.", [.. allowed.Select(Word)]);
            else if (!chosen.Contains(value.Value)) chosen.Add(value.Value);
        }

        return chosen;
    }

    private static string Name(FocusVersion version) => version switch { FocusVersion.V1_2 => "1.2", FocusVersion.V1_3 => "1.3", _ => "1.4" };

    private static string Word<T>(T value) where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
}
