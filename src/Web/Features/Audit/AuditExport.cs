using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using CsvHelper;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Quotas;
using FinOps.Web.Api;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;

namespace FinOps.Web.Features.Audit;

/// <summary>The audit record as a file, for the person who looks at the page. Taking it along is an act itself.</summary>
internal static class AuditExport
{
    public const string ExportPath = "/audit/export";

    /// <summary>Entries written before the next ones are read.</summary>
    private const int ChunkSize = 1000;

    private static readonly string[] Heads =
    [
        "sequence", "recorded_at", "actor_kind", "actor_id", "actor_name", "act", "subject_id", "subject_name", "before", "after", "why", "address", "previous_hash", "hash",
    ];

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Converters = { new Rfc3339Converter() } };

    public static void MapAuditExport(this IEndpointRouteBuilder app) => app.MapGet(ExportPath, WriteAsync).RequireAuthorization(AccessPolicies.ReadAudit).ExcludeFromDescription();

    private static async Task WriteAsync(HttpContext http, AuditReader reader, AuditTrail trail, QueryGate gate, string? format, DateTimeOffset? from, DateTimeOffset? to, string? actor, string? act, string? subject)
    {
        var lines = format == "jsonl";
        var session = CurrentTenant.Of(http.User, http.Connection.RemoteIpAddress?.ToString());
        using var place = gate.EnterExport(session.Tenant);
        var question = new AuditQuestion(session.Tenant) { From = from, To = to, Actor = actor, Act = act, Subject = subject };
        await trail.RecordAsync(session.Tenant, new AuditEntry(session.Actor, AuditActs.AuditExported, session.Tenant.ToString(), session.TenantName)
        {
            After = new { Format = lines ? "jsonl" : "csv", question.From, question.To, question.Actor, question.Act, question.Subject },
        }, http.RequestAborted);

        http.Response.ContentType = lines ? "application/x-ndjson; charset=utf-8" : "text/csv; charset=utf-8";
        http.Response.Headers.ContentDisposition = $"attachment; filename=audit.{(lines ? "jsonl" : "csv")}";
        if (!lines) await http.Response.WriteAsync(Csv([Heads]), http.RequestAborted);
        await foreach (var chunk in reader.ReadAllAsync(question, http.RequestAborted).Chunk(ChunkSize).WithCancellation(http.RequestAborted))
            await http.Response.WriteAsync(lines ? string.Concat(chunk.Select(entry => JsonSerializer.Serialize(AuditEntryResponse.Of(entry), Json) + "\n")) : Csv(chunk.Select(Fields)), http.RequestAborted);
    }

    /// <summary>States letter by letter, as the hash is over them; names are kept from being formulas.</summary>
    private static string[] Fields(AuditRecord entry) =>
    [
        entry.Sequence.ToString(CultureInfo.InvariantCulture), entry.RecordedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture),
        AuditChain.Word(entry.ActorKind), Spreadsheet.Inert(entry.ActorId), Spreadsheet.Inert(entry.ActorName), entry.Act,
        Spreadsheet.Inert(entry.SubjectId), Spreadsheet.Inert(entry.SubjectName), entry.Before ?? "", entry.After ?? "", Spreadsheet.Inert(entry.Why ?? ""), entry.Address ?? "",
        Convert.ToHexStringLower(entry.PreviousHash), Convert.ToHexStringLower(entry.Hash),
    ];

    private static string Csv(IEnumerable<string[]> rows)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        using (var csv = CsvWriter.Create(text, new CsvWriterOptions(), leaveOpen: true))
            foreach (var row in rows) csv.WriteRecord(row);
        return text.ToString();
    }
}
