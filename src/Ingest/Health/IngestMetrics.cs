using System.Diagnostics.Metrics;

namespace FinOps.Ingest.Health;

/// <summary>The same counters for whoever scrapes this process: meter <c>FinOps.Ingest</c>.</summary>
public sealed class IngestMetrics
{
    private readonly Counter<long> _requests;
    private readonly Counter<long> _items;
    private readonly Counter<long> _bytes;

    public IngestMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("FinOps.Ingest");
        _requests = meter.CreateCounter<long>("finops.ingest.requests", "{request}", "Requests by what became of them.");
        _items = meter.CreateCounter<long>("finops.ingest.items", "{item}", "Spans, data points and log records by what became of them.");
        _bytes = meter.CreateCounter<long>("finops.ingest.bytes", "By", "Bytes of bodies as they arrived.");
    }

    internal void Record(IngestTransport transport, IngestSignal signal, IngestReason outcome, IngestTally tally, long bytes)
    {
        if (!_requests.Enabled && !_items.Enabled && !_bytes.Enabled) return;
        KeyValuePair<string, object?> transportTag = new("transport", transport.Name());
        KeyValuePair<string, object?> signalTag = new("signal", signal.Name());
        _requests.Add(1, transportTag, signalTag, new("reason", outcome.Name()));
        _bytes.Add(bytes, transportTag, signalTag);
        for (IngestReason reason = 0; (int)reason < IngestReasons.Count; reason++)
            if (tally[reason] > 0) _items.Add(tally[reason], transportTag, signalTag, new("reason", reason.Name()));
    }
}
