using FinOps.Analytics.IngestHealth;
using FinOps.Analytics.Settlement;
using FinOps.Analytics.Spend;
using FinOps.Domain.Tenancy;
using FinOps.Ingest.Pipeline;
using FinOps.Web.Parts;

namespace FinOps.Web.Features.IngestHealth;

/// <summary>
/// What the front door did for a tenant. Write path and settling are known only where they run in this process (role all); elsewhere they are null.
/// </summary>
public sealed class IngestHealthPageModel(IngestHealthReader health, SpendReader spend, BatchingRowWriter? writer, SettlementState? settlement, TimeProvider time)
{
    /// <summary>Requests whose key no tenant knows are counted under this one.</summary>
    private static readonly TenantId NoTenant = new(Guid.Empty);

    public sealed record ReasonRow(string Reason, string Transport, string Signal, long Requests, long Items, long Bytes);

    public Loaded<IngestEventsAnswer> Events { get; } = new();
    public Loaded<IngestEventsAnswer> Unknown { get; } = new();
    public Loaded<QuarantinedSpansAnswer> Quarantine { get; } = new();
    public Loaded<DataLagAnswer> Lag { get; } = new();

    public PipelineState? Pipeline => writer?.State;

    public SettlementState? Settling => settlement is { IsLeader: true } ? settlement : null;

    public long Taken => Events.Value?.Rows.Where(r => IsGood(r.Reason)).Sum(r => r.Items) ?? 0;

    public long NotTaken => Events.Value?.Rows.Where(r => !IsGood(r.Reason)).Sum(r => Math.Max(r.Items, r.Requests)) ?? 0;

    public static bool IsGood(string reason) => reason is "accepted" or "ignored" or "empty";

    /// <summary>Loads or refreshes all answers; for administrators (<paramref name="installation"/>) also what arrived without a known key, whoever sent it.</summary>
    public Task LoadAsync(ReadScope scope, ViewAddress address, TimeZoneInfo zone, bool installation, Asking asking)
    {
        var range = address.Range(time.GetUtcNow(), zone);
        List<Task> loading =
        [
            Events.LoadAsync(token => health.AskAsync(new IngestEventsQuestion(scope.Tenant, range), token), asking),
            Quarantine.LoadAsync(token => health.AskAsync(new QuarantinedSpansQuestion(scope.Tenant, range), token), asking),
            Lag.LoadAsync(token => spend.AskAsync(new DataLagQuestion(scope), token), asking),
        ];
        if (installation) loading.Add(Unknown.LoadAsync(token => health.AskAsync(new IngestEventsQuestion(NoTenant, range), token), asking));
        return Task.WhenAll(loading);
    }

    /// <summary>Refusals first, then what was taken; the most frequent of each first.</summary>
    public IReadOnlyList<ReasonRow> ByReason() => Events.Value is not { } events
        ? []
        : [.. events.Rows
            .GroupBy(r => (r.Reason, r.Transport, r.Signal))
            .Select(g => new ReasonRow(g.Key.Reason, g.Key.Transport, g.Key.Signal, g.Sum(r => r.Requests), g.Sum(r => r.Items), g.Sum(r => r.Bytes)))
            .OrderBy(r => IsGood(r.Reason)).ThenByDescending(r => Math.Max(r.Items, r.Requests)).ThenBy(r => r.Reason, StringComparer.Ordinal)];
}
