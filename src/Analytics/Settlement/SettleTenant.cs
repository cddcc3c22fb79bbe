using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.ClickHouse.Native;
using FinOps.Domain.Pricing;
using FinOps.Domain.Settlement;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.Extensions.Logging;

namespace FinOps.Analytics.Settlement;

/// <summary>Settles traces of one tenant: reads all of them and of the traces they share calls with, decides, writes what changed.</summary>
internal sealed class SettleTenant(ClickHouseStore store, IPriceSource prices, TimeProvider clock, SettlementOptions options, SettlementState state, ILogger logger)
{
    /// <summary>Steps from trace to trace over shared response ids. A call seen by an SDK, its gateway and the gateway's own SDK is two steps long.</summary>
    private const int MaxTwinSteps = 4;

    /// <summary>
    /// An id in more traces than this is not looked for: it identifies nothing. Twice what settling accepts, so that calls that were
    /// joined before it became too common are all read, and parted, when it does.
    /// </summary>
    public const uint MaxTracesOfAnId = 2 * CallSettlement.MaxTwinTraces;

    private readonly CallBlock _block = new();

    public async Task RunAsync(TenantId tenant, List<TraceTouch> touches, CancellationToken cancellationToken)
    {
        // Neighbours in time share cells.
        touches.Sort(static (a, b) => a.FirstStart != b.FirstStart ? a.FirstStart.CompareTo(b.FirstStart) : a.Trace.Low.CompareTo(b.Trace.Low));
        var reach = options.TraceReachMinutes * 60L * 1_000_000;
        var first = 0;
        while (first < touches.Count)
        {
            var end = first + 1;
            var lastEnd = touches[first].LastEnd;
            while (end < touches.Count && end - first < options.MaxTracesPerBatch && touches[end].FirstStart - lastEnd <= reach)
            {
                lastEnd = Math.Max(lastEnd, touches[end].LastEnd);
                end++;
            }

            await SettleAsync(tenant, touches[first..end], cancellationToken);
            first = end;
        }
    }

    private async Task SettleAsync(TenantId tenant, List<TraceTouch> touches, CancellationToken cancellationToken)
    {
        var loaded = await LoadAsync(tenant, touches, cancellationToken);
        if (loaded is null)
        {
            if (touches.Count == 1)
            {
                state.TooLarge();
                Log.TraceTooLarge(logger, tenant, touches[0].Trace, options.MaxSpansPerBatch);
                return;
            }

            await SettleAsync(tenant, touches[..(touches.Count / 2)], cancellationToken);
            await SettleAsync(tenant, touches[(touches.Count / 2)..], cancellationToken);
            return;
        }

        var snapshot = prices.Current(tenant);
        var changed = CallSettlement.Settle(loaded.Reports, loaded.Links, snapshot.Rate);
        if (changed.Count > 0) await WriteAsync(changed, cancellationToken);
        state.Settled(touches.Count, changed.Count);
    }

    /// <summary>Null when there is more than may be held at once.</summary>
    private async Task<Loaded?> LoadAsync(TenantId tenant, List<TraceTouch> touches, CancellationToken cancellationToken)
    {
        var loaded = new Loaded([], []);
        var known = new HashSet<TraceId>();
        var next = touches;
        for (var step = 0; next.Count > 0 && step < MaxTwinSteps; step++)
        {
            foreach (var touch in next) known.Add(touch.Trace);
            var set = await ReachAsync(tenant, next, cancellationToken);
            var room = (uint)(options.MaxSpansPerBatch - Math.Max(loaded.Reports.Count, loaded.Links.Count) + 1);
            var links = await store.QueryAsync(new LinksOfTraces(set, room), cancellationToken);
            var reports = await store.QueryAsync(new ReportsOfTraces(set, room), cancellationToken);
            if (links.Count >= room || reports.Count >= room) return null;
            loaded.Links.AddRange(links);
            loaded.Reports.AddRange(reports);
            if (!reports.Exists(report => report.ResponseId.Length != 0)) break;

            var window = (long)CallSettlement.TwinWindow.TotalMicroseconds;
            var around = set with { From = reports.Min(r => r.StartUnixMicros) - window, To = reports.Max(r => r.StartUnixMicros) + window };
            var twins = await store.QueryAsync(new TwinsOfTraces(around, MaxTracesOfAnId, (uint)options.MaxTracesPerBatch * 4), cancellationToken);
            next = twins.FindAll(twin => !known.Contains(twin.Trace));
        }

        return loaded;
    }

    /// <summary>The time in which the traces' reports lie: around what was touched, and as far as their long spans reach.</summary>
    private async Task<TraceSet> ReachAsync(TenantId tenant, List<TraceTouch> touches, CancellationToken cancellationToken)
    {
        var reach = options.TraceReachMinutes * 60L * 1_000_000;
        var from = touches.Min(touch => touch.FirstStart);
        var to = touches.Max(touch => touch.LastEnd);
        var set = new TraceSet(tenant, [.. touches.Select(touch => touch.Trace)], 0, 0);
        foreach (var (_, firstStart, lastEnd) in await store.QueryAsync(new LongSpans(set), cancellationToken))
            (from, to) = (Math.Min(from, firstStart), Math.Max(to, lastEnd));
        return set with { From = from - reach, To = to + reach };
    }

    private async Task WriteAsync(List<CallReport> changed, CancellationToken cancellationToken)
    {
        // Higher than any version before, also one that another process gave a moment ago.
        var version = (ulong)((clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
        try
        {
            foreach (var report in changed)
            {
                report.Version = Math.Max(report.Version + 1, version);
                _block.Append(report);
            }

            var result = await store.InsertAsync(_block, cancellationToken);
            if (result.IsStored) return;
            if (result.Outcome != InsertOutcome.Rejected) throw new SettlingException($"ClickHouse did not take settled rows: {result.Message}");
            state.Refused(changed.Count);
            Log.RowsRefused(logger, changed.Count, result.Message);
        }
        finally
        {
            _block.Clear();
        }
    }

    private sealed record Loaded(List<CallReport> Reports, List<SpanLink> Links);
}

/// <summary>A round that could not be finished and is tried again.</summary>
internal sealed class SettlingException(string message) : Exception(message);
