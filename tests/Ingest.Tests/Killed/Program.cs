using System.Globalization;
using System.Text;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using FinOps.Ingest.Pipeline;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

// A writer under load that a test kills again and again: CONNECTION SPOOL ACKNOWLEDGED TENANT FIRST.
// Every acknowledged request is noted by the id of its first call, one a line, only after its acknowledgement.
var tenant = new TenantId(Guid.Parse(args[3], CultureInfo.InvariantCulture));
var next = long.Parse(args[4], NumberStyles.None, CultureInfo.InvariantCulture);
using var acknowledged = new FileStream(args[2], FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 1);
using var store = new ClickHouseStore(new ClickHouseOptions { ConnectionString = args[0], InsertTimeoutSeconds = 3, InsertExecutionSeconds = 2 });
await using var writer = new BatchingRowWriter(
    Options.Create(new PipelineOptions { SpoolDirectory = args[1], RetryMilliseconds = 20, MaxRetryMilliseconds = 100, SpoolSegmentBytes = 1 << 20 }),
    store, TimeProvider.System, NullLogger<BatchingRowWriter>.Instance);
await writer.StartAsync(CancellationToken.None);
Console.WriteLine("ready");
await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(SendForeverAsync)));

async Task SendForeverAsync()
{
    const int Calls = 20;
    var batch = new RowBatch();
    while (true)
    {
        var first = Interlocked.Add(ref next, Calls);
        batch.Clear();
        for (var i = 0; i < Calls; i++)
        {
            var call = batch.AddCall();
            call.Tenant = tenant;
            call.TraceId = new TraceId(7, (ulong)first);
            call.SpanId = new SpanId((ulong)(first + i));
            call.StartUnixMicros = 1_780_000_000_000_000 + first;
            call.RequestedModel = "gpt-4o";
            call.Cost = 0.25m;
        }

        if (await writer.WriteAsync(batch, CancellationToken.None) == WriteOutcome.Full) continue;
        var line = Encoding.ASCII.GetBytes(first.ToString(CultureInfo.InvariantCulture) + "\n");
        lock (acknowledged) acknowledged.Write(line);
    }
}
