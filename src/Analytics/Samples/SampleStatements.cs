using System.Data.Common;
using System.Globalization;
using FinOps.Analytics.Calls;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Samples;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Samples;

/// <summary>A row of <c>call_samples</c>; without its content where that was not asked for.</summary>
internal sealed record SampleRow(SamplePlace Place, DateTimeOffset Start, Guid KeyId, long KeptBytes, long ToldBytes, byte[] Sealed)
{
    // In base64, because the driver makes text of what a column of bytes holds.
    public const string Columns =
        "project_id, lower(hex(trace_id)) AS trace, span_id, toUnixTimestamp64Micro(start_time) AS start_us, key_id, kept_bytes, told_bytes, ";

    public const string Content = "base64Encode(sealed)";

    public CallId Id => new(Place.Trace, Place.Span);

    public static SampleRow Read(DbDataReader row, TenantId tenant)
    {
        TraceId.TryParse(row.GetString(1), out var trace);
        var span = new SpanId(Convert.ToUInt64(row.GetValue(2), CultureInfo.InvariantCulture));
        return new SampleRow(
            new SamplePlace(tenant, new ProjectId((Guid)row.GetValue(0)), trace, span), CallRowColumns.Instant(CallRowColumns.Number(row, 3)), (Guid)row.GetValue(4),
            CallRowColumns.Number(row, 5), CallRowColumns.Number(row, 6), Convert.FromBase64String(row.GetString(7)));
    }
}

/// <summary>The samples of a call's reports.</summary>
internal sealed record SamplesOfCall(TenantId Tenant, IReadOnlyList<CallId> Reports, bool WithContent) : IClickHouseQuestion<SampleRow>
{
    public string Compose(string sql) => sql.Replace("{{columns}}", SampleRow.Columns + (WithContent ? SampleRow.Content : "''"), StringComparison.Ordinal);

    public void Bind(StatementParameters parameters) => parameters.Add(Tenant)
        .Add("traces", "Array(String)", Reports.Select(report => report.Trace.ToString()).ToArray())
        .Add("spans", "Array(UInt64)", Reports.Select(report => report.Span.Value).ToArray());

    public SampleRow Read(DbDataReader row) => SampleRow.Read(row, Tenant);
}

/// <summary>Samples of calls that started in the range, in the order of their starts.</summary>
internal sealed record SamplePage(SamplesQuestion Question) : IClickHouseQuestion<SampleRow>
{
    private const string After = "AND (start_time, trace_id, span_id) > (fromUnixTimestamp64Micro({afterStart:Int64}, 'UTC'), toFixedString(unhex({afterTrace:String}), 16), {afterSpan:UInt64})";

    public string Compose(string sql) => sql
        .Replace("{{columns}}", SampleRow.Columns + SampleRow.Content, StringComparison.Ordinal)
        .Replace("{{project}}", Question.Project is null ? "" : "AND project_id = {project:UUID}", StringComparison.Ordinal)
        .Replace("{{after}}", Question.After is null ? "" : After, StringComparison.Ordinal);

    public void Bind(StatementParameters parameters)
    {
        parameters.Add(Question.Tenant).Add("from", CellRanges.Micros(Question.Range.From)).Add("to", CellRanges.Micros(Question.Range.To)).Add("limit", "UInt32", Question.Limit);
        if (Question.Project is { } project) parameters.Add("project", "UUID", project.Value);
        if (Question.After is { } after)
            parameters.Add("afterStart", after.StartUnixMicros).Add("afterTrace", after.Id.Trace.ToString()).Add("afterSpan", after.Id.Span.Value);
    }

    public SampleRow Read(DbDataReader row) => SampleRow.Read(row, Question.Tenant);
}
