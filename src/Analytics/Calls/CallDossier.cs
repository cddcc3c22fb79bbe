using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Calls;

/// <summary>Puts together what is known of one call.</summary>
internal sealed class CallDossier(ClickHouseStore store, IPriceSource prices, IPriceHistory history, ReadScope scope)
{
    /// <summary>Most spans of a trace that are shown.</summary>
    private const int MaxSpans = 2_000;

    /// <summary>Reports of one call lie this close to it: a parent may start this long before, and settling waits no longer.</summary>
    private static readonly TimeSpan Window = TimeSpan.FromHours(6);

    public async Task<CallDetail?> OpenAsync(CallId id, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, cancellationToken) is not { } place) return null;
        if (place.Role == CallRole.Duplicate)
        {
            // The id of a report that tells again of a call leads to the call.
            id = place.CallOf;
            if (await FindAsync(id, cancellationToken) is not { } call) return null;
            place = call;
        }

        if (place.Role != CallRole.Call) return null;
        var window = (long)Window.TotalMicroseconds;
        var stored = await store.QueryAsync(
            new CallReports(scope, id, place.StartMicros - window, place.StartMicros + window, MaxSpans), cancellationToken);
        var itself = stored.Find(one => one.Id == id);
        if (itself is null || !scope.Includes(itself.Report.Tags[Tag.Team])) return null;
        var links = await store.QueryAsync(new CallTrace(scope.Tenant, id.Trace, MaxSpans), cancellationToken);
        return await ComposeAsync(itself, stored, links, cancellationToken);
    }

    private async Task<ReportPlaceRow?> FindAsync(CallId id, CancellationToken cancellationToken)
    {
        var places = await store.QueryAsync(new ReportPlace(scope.Tenant, id), cancellationToken);
        return places.Count == 0 ? null : places[0];
    }

    private async Task<CallDetail> ComposeAsync(StoredReport itself, List<StoredReport> stored, List<TraceNode> links, CancellationToken cancellationToken)
    {
        var report = itself.Report;
        var book = await history.AsOfAsync(scope.Tenant, report.BookVersion, cancellationToken);
        var lines = book.Explain(report);
        var reports = stored
            .Where(one => one.Id == itself.Id || new CallId(one.Report.CallTraceId, one.Report.CallSpanId) == itself.Id)
            .OrderBy(one => one.Id != itself.Id)
            .Select(one => new CallReportRow(
                one.Id, one.Report.Role, one.Report.Scope, one.Report.Source, one.Report.SpanName, one.Report.Told, (long)one.Report.Usage.InputTotal,
                (long)one.Report.Usage.OutputTotal, one.Report.ReportedCost, one.ReceivedAt));
        List<TraceNode> spans = [.. links, .. stored.Where(one => one.Report.TraceId == itself.Id.Trace).Select(Node)];
        return new CallDetail(
            RowOf(report), report, lines, lines.Sum(line => line.Cost) == report.Cost, book.ExplainAvoided(report), RateToday(report), [.. reports],
            TraceTree.Draw(scope.IsWhole ? spans : TraceTree.Above(spans)));
    }

    private TodaysCost? RateToday(CallReport report)
    {
        var today = report.Clone();
        prices.Current(scope.Tenant).Rate(today);
        var (was, now) = (report.Flags & CallFlags.Unpriced, today.Flags & CallFlags.Unpriced);
        return today.Cost == report.Cost && was == now ? null : new TodaysCost(today.BookVersion, now != 0 ? null : today.Cost);
    }

    private static TraceNode Node(StoredReport one)
    {
        var report = one.Report;
        decimal? cost = report.Role == CallRole.Call && !report.Flags.HasFlag(CallFlags.Unpriced) ? report.Cost : null;
        return new TraceNode(
            report.SpanId, report.ParentSpanId, 0, report.SpanName, report.Tags[Tag.Service], CallRowColumns.Instant(report.StartUnixMicros),
            TimeSpan.FromMicroseconds(report.DurationMicros), report.Status == CallStatus.Failed, report.Role, cost);
    }

    private static CallRow RowOf(CallReport report) => new()
    {
        Id = new CallId(report.TraceId, report.SpanId),
        Start = CallRowColumns.Instant(report.StartUnixMicros),
        Duration = TimeSpan.FromMicroseconds(report.DurationMicros),
        TimeToFirstToken = report.TimeToFirstTokenMicros == 0 ? null : TimeSpan.FromMicroseconds(report.TimeToFirstTokenMicros),
        Project = report.Project.Value,
        Status = report.Status,
        ErrorType = report.ErrorType,
        Operation = report.Operation,
        Provider = report.Provider,
        Model = report.Model,
        RequestedModel = report.RequestedModel,
        Feature = report.Tags[Tag.Feature],
        User = report.Tags[Tag.User],
        Team = report.Tags[Tag.Team],
        Customer = report.Tags[Tag.Customer],
        Environment = report.Tags[Tag.Environment],
        Service = report.Tags[Tag.Service],
        Endpoint = report.Tags[Tag.Endpoint],
        Session = report.Tags[Tag.Session],
        ResponseId = report.ResponseId,
        Cost = report.Flags.HasFlag(CallFlags.Unpriced) ? null : report.Cost,
        InputTokens = (long)report.Usage.InputTotal,
        CacheReadTokens = (long)report.Usage.CacheReadTotal,
        CacheWriteTokens = (long)report.Usage.CacheWriteTotal,
        OutputTokens = (long)report.Usage.OutputTotal,
        ReasoningTokens = report.Usage.OutputReasoning,
        Flags = report.Flags,
    };
}
