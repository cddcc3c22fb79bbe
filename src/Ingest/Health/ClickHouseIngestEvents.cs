using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.ClickHouse.Native;

namespace FinOps.Ingest.Health;

/// <summary>The counters in ClickHouse, where pages and the API read them.</summary>
internal sealed class ClickHouseIngestEvents(ClickHouseStore store) : IIngestEventStore
{
    public async Task SaveAsync(IReadOnlyList<IngestEventRow> rows, CancellationToken cancellationToken)
    {
        var block = new IngestEventBlock();
        foreach (var row in rows)
            block.Append(row.Tenant, row.Minute, row.Transport, row.Signal, row.Reason, row.Requests, row.Items, row.Bytes);
        var result = await store.InsertAsync(block, cancellationToken);
        if (!result.IsStored) throw new IOException($"ingest_events took no rows: {result.Outcome} {result.ErrorCode} {result.Message}");
    }
}
