using System.Runtime.InteropServices;
using FinOps.Domain.Tenancy;
using Microsoft.Extensions.Options;

namespace FinOps.Ingest.Health;

/// <summary>One row of <c>ingest_events</c>.</summary>
public sealed record IngestEventRow(
    TenantId Tenant, DateTimeOffset Minute, string Transport, string Signal, string Reason, long Requests, long Items, long Bytes);

/// <summary>Where the counters go.</summary>
public interface IIngestEventStore
{
    /// <summary>Writes the rows; throws when they could not be written, and is then called again with the same rows.</summary>
    Task SaveAsync(IReadOnlyList<IngestEventRow> rows, CancellationToken cancellationToken);
}

/// <summary>Sums what the front door did by tenant, minute, transport, signal and reason, until it is written.</summary>
public sealed class IngestEvents(IOptions<IngestEventsOptions> options, TimeProvider clock, IngestMetrics metrics)
{
    /// <summary>Stands for senders that are not known.</summary>
    public static TenantId Nobody { get; } = new(Guid.Empty);

    private readonly int _maxRows = options.Value.MaxPendingRows;
    private readonly Lock _lock = new();
    private Dictionary<Key, Sums> _sums = [];
    private long _lostRequests;

    /// <param name="outcome">What became of the request; its bytes and the request itself count here.</param>
    /// <param name="tally">What became of its items.</param>
    public void Record(TenantId tenant, IngestTransport transport, IngestSignal signal, IngestReason outcome, IngestTally tally, long bytes)
    {
        var minute = clock.GetUtcNow().ToUnixTimeSeconds() / 60;
        lock (_lock)
        {
            Add_NeedsLock(new Key(tenant, minute, transport, signal, outcome), tally[outcome], bytes);
            for (IngestReason reason = 0; (int)reason < IngestReasons.Count; reason++)
                if (reason != outcome && tally[reason] > 0) Add_NeedsLock(new Key(tenant, minute, transport, signal, reason), tally[reason], 0);
        }

        metrics.Record(transport, signal, outcome, tally, bytes);
    }

    /// <summary>Takes what was summed since the last call.</summary>
    internal List<IngestEventRow> Take()
    {
        Dictionary<Key, Sums> sums;
        long lost;
        lock (_lock)
        {
            (sums, _sums) = (_sums, []);
            (lost, _lostRequests) = (_lostRequests, 0);
        }

        List<IngestEventRow> rows = new(sums.Count + 1);
        foreach (var (key, sum) in sums)
            rows.Add(Row(key, sum));
        if (lost > 0)
        {
            var key = new Key(Nobody, clock.GetUtcNow().ToUnixTimeSeconds() / 60, IngestTransport.HttpProtobuf, IngestSignal.Traces, IngestReason.CountersLost);
            rows.Add(Row(key, new Sums { Requests = lost }));
        }

        return rows;
    }

    private void Add_NeedsLock(Key key, int items, long bytes)
    {
        if (_sums.Count >= _maxRows && !_sums.ContainsKey(key))
        {
            _lostRequests++;
            return;
        }

        ref var sum = ref CollectionsMarshal.GetValueRefOrAddDefault(_sums, key, out _);
        sum.Requests++;
        sum.Items += items;
        sum.Bytes += bytes;
    }

    private static IngestEventRow Row(Key key, Sums sum) => new(
        key.Tenant, DateTimeOffset.FromUnixTimeSeconds(key.Minute * 60), key.Transport.Name(), key.Signal.Name(), key.Reason.Name(), sum.Requests, sum.Items, sum.Bytes);

    private readonly record struct Key(TenantId Tenant, long Minute, IngestTransport Transport, IngestSignal Signal, IngestReason Reason);

    private struct Sums
    {
        public long Requests;
        public long Items;
        public long Bytes;
    }
}
