using System.Data.Common;
using System.Globalization;
using FinOps.Analytics.Settlement;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Calls;

/// <summary>When a report started, and which call it tells of.</summary>
internal sealed record ReportPlace(TenantId Tenant, CallId Id) : IClickHouseQuestion<ReportPlaceRow>
{
    public void Bind(StatementParameters parameters) =>
        parameters.Add(Tenant).Add("trace", Id.Trace.ToString()).Add("span", Id.Span.Value);

    public ReportPlaceRow Read(DbDataReader row)
    {
        TraceId.TryParse(row.GetString(2), out var trace);
        var span = new SpanId(Convert.ToUInt64(row.GetValue(3), CultureInfo.InvariantCulture));
        return new ReportPlaceRow(CallRowColumns.Number(row, 0), (CallRole)CallRowColumns.Number(row, 1), new CallId(trace, span));
    }
}

internal readonly record struct ReportPlaceRow(long StartMicros, CallRole Role, CallId CallOf);

/// <summary>All reports of a call's trace that the reader may see, and those of any trace that tell of the call.</summary>
internal sealed record CallReports(ReadScope Scope, CallId Id, long FromMicros, long ToMicros, int Limit) : IClickHouseQuestion<StoredReport>
{
    public string Compose(string sql) => sql
        .Replace("{{columns}}", ReportRow.Columns, StringComparison.Ordinal)
        .Replace("{{scope}}", Scope.IsWhole ? "1" : ScopeCondition.Text, StringComparison.Ordinal);

    public void Bind(StatementParameters parameters) => parameters.Add(Scope)
        .Add("from", FromMicros).Add("to", ToMicros).Add("trace", Id.Trace.ToString()).Add("span", Id.Span.Value).Add("limit", "UInt32", Limit);

    public StoredReport Read(DbDataReader row) =>
        new(ReportRow.Read(row, Scope.Tenant), CallRowColumns.Instant(CallRowColumns.Number(row, row.FieldCount - 1)));
}

internal sealed record StoredReport(CallReport Report, DateTimeOffset ReceivedAt)
{
    public CallId Id => new(Report.TraceId, Report.SpanId);
}

/// <summary>The spans of a trace that are not calls, as long as they are kept.</summary>
internal sealed record CallTrace(TenantId Tenant, TraceId Trace, int Limit) : IClickHouseQuestion<TraceNode>
{
    public void Bind(StatementParameters parameters) =>
        parameters.Add(Tenant).Add("trace", Trace.ToString()).Add("limit", "UInt32", Limit);

    public TraceNode Read(DbDataReader row) => new(
        new SpanId(Convert.ToUInt64(row.GetValue(0), CultureInfo.InvariantCulture)), new SpanId(Convert.ToUInt64(row.GetValue(1), CultureInfo.InvariantCulture)),
        0, row.GetString(2), row.GetString(3), CallRowColumns.Instant(CallRowColumns.Number(row, 4)),
        TimeSpan.FromMicroseconds(CallRowColumns.Number(row, 5)), CallRowColumns.Number(row, 6) != 0, null, null);
}
