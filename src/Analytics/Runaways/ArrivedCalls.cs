using System.Data.Common;
using System.Globalization;
using FinOps.Analytics.Calls;
using FinOps.Analytics.Settlement;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Runaway;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Runaways;

/// <summary>A call that arrived.</summary>
/// <param name="Id">Which one.</param>
/// <param name="Project">Of its key.</param>
/// <param name="Call">As detection sees it.</param>
/// <param name="Found">How many arrived in all, more than were read where there is a limit.</param>
internal readonly record struct ArrivedCall(CallId Id, string Project, RunawayCall Call, long Found);

/// <summary>What became visible of a tenant's calls in a stretch of the engine's time: as settled so far, the latest where there are more than the limit.</summary>
internal sealed record ArrivedCalls(TenantId Tenant, long From, long To, long Oldest, int Limit) : IClickHouseQuestion<ArrivedCall>, IUnmetered
{
    public void Bind(StatementParameters parameters) =>
        parameters.Add(Tenant).Add("from", From).Add("to", To).Add("oldest", Oldest).Add("limit", "UInt32", Limit);

    public ArrivedCall Read(DbDataReader row)
    {
        var key = (Guid)row.GetValue(4);
        return new ArrivedCall(
            new CallId(TraceTouch.ReadTrace(row, 0), new SpanId(Convert.ToUInt64(row.GetValue(1), CultureInfo.InvariantCulture))),
            row.GetString(5),
            new RunawayCall(
                DateTimeOffset.UnixEpoch.AddMicroseconds(TraceTouch.Number(row, 2)), TimeSpan.FromMicroseconds(TraceTouch.Number(row, 3)), key == Guid.Empty ? "" : key.ToString(),
                row.GetString(6), row.GetString(7), row.GetString(8), row.GetString(9), CallRowColumns.Money(row.GetString(10)), TraceTouch.Number(row, 11), TraceTouch.Number(row, 12),
                Convert.ToUInt64(row.GetValue(13), CultureInfo.InvariantCulture), TraceTouch.Number(row, 14) != 0, TraceTouch.Number(row, 15) != 0, TraceTouch.Number(row, 16) != 0),
            TraceTouch.Number(row, 17));
    }
}

/// <summary>How many calls arrived that began before a stretch that is still looked at.</summary>
internal sealed record OldArrivals(TenantId Tenant, long From, long To, long Oldest) : IClickHouseQuestion<long>, IUnmetered
{
    public void Bind(StatementParameters parameters) => parameters.Add(Tenant).Add("from", From).Add("to", To).Add("oldest", Oldest);

    public long Read(DbDataReader row) => TraceTouch.Number(row, 0);
}
