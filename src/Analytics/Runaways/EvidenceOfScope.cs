using System.Data.Common;
using FinOps.Analytics.Calls;
using FinOps.Analytics.Settlement;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Runaway;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Runaways;

/// <summary>What is told of the calls of a scope in the two minutes before it gave itself away.</summary>
internal sealed record EvidenceOfScope(TenantId Tenant, RunawayScope Scope, DateTimeOffset From, DateTimeOffset To) : IClickHouseQuestion<RunawayEvidence>, IUnmetered
{
    public string Compose(string sql) => sql.Replace("{{column}}", Scope.Dimension switch
    {
        RunawayDimension.Session => "session",
        RunawayDimension.User => "user",
        RunawayDimension.Feature => "feature",
        _ => "toString(key_id)",
    }, StringComparison.Ordinal);

    public void Bind(StatementParameters parameters) =>
        parameters.Add(Tenant).AddMicros("from", From).AddMicros("to", To).Add("value", Scope.Value).Add("ids", "UInt32", RunawayEvidence.MaxCalls);

    public RunawayEvidence Read(DbDataReader row) => new(
        TraceTouch.Number(row, 0) == 0 ? From : DateTimeOffset.UnixEpoch.AddMicroseconds(TraceTouch.Number(row, 0)), TraceTouch.Number(row, 1),
        [.. row.GetString(2).Split(',', StringSplitOptions.RemoveEmptyEntries).Select(ToId)], row.GetString(3), row.GetString(4), row.GetString(5), row.GetString(6));

    private static string ToId(string text)
    {
        var parts = text.Split(':');
        return TraceId.TryParse(parts[0], out var trace) ? new CallId(trace, new SpanId(ulong.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture))).ToString() : "";
    }
}
