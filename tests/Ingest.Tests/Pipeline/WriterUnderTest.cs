using ClickHouse.Driver.ADO;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using FinOps.Ingest.Pipeline;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace FinOps.Ingest.Tests.Pipeline;

/// <summary>A started writer with a spool folder of its own, before a real ClickHouse.</summary>
internal sealed class WriterUnderTest : IAsyncDisposable
{
    private readonly ClickHouseStore _store;

    private WriterUnderTest(ClickHouseStore store, PipelineOptions options)
    {
        _store = store;
        Options = options;
        Writer = new BatchingRowWriter(Microsoft.Extensions.Options.Options.Create(options), store, TimeProvider.System, NullLogger<BatchingRowWriter>.Instance);
    }

    public BatchingRowWriter Writer { get; }

    public PipelineOptions Options { get; }

    public static async Task<WriterUnderTest> StartAsync(
        ClickHouseConnectionStringBuilder address, string spool, Action<PipelineOptions>? configure = null, int insertTimeoutSeconds = 10)
    {
        var options = new PipelineOptions { SpoolDirectory = spool, RetryMilliseconds = 20, MaxRetryMilliseconds = 100 };
        configure?.Invoke(options);
        var store = ClickHouseFixture.Open(address, clickHouse =>
        {
            clickHouse.InsertTimeoutSeconds = insertTimeoutSeconds;
            clickHouse.InsertExecutionSeconds = Math.Max(1, insertTimeoutSeconds - 1);
        });
        var started = new WriterUnderTest(store, options);
        await started.Writer.StartAsync(CancellationToken.None);
        return started;
    }

    public async Task<WriteOutcome> WriteAsync(RowBatch batch) => await Writer.WriteAsync(batch, TestContext.Current.CancellationToken);

    /// <summary>Waits for a state of the writer, or fails with the state it has.</summary>
    public async Task UntilAsync(Func<PipelineState, bool> condition)
    {
        for (var i = 0; i < 600; i++)
        {
            if (condition(Writer.State)) return;
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        Assert.Fail($"Not within 30 s: {Writer.State}");
    }

    /// <summary>A request of calls (and one link, which they hang under) with span ids from <paramref name="first"/> on.</summary>
    public static RowBatch Request(TenantId tenant, int first, int calls)
    {
        var batch = new RowBatch();
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() * 1000;
        var link = batch.AddLink();
        link.Tenant = tenant;
        link.TraceId = new TraceId(1, (ulong)first);
        link.SpanId = new SpanId(ulong.MaxValue);
        link.StartUnixMicros = now;
        for (var i = first; i < first + calls; i++)
        {
            var call = batch.AddCall();
            call.Tenant = tenant;
            call.TraceId = new TraceId(1, (ulong)first);
            call.SpanId = new SpanId((ulong)i);
            call.ParentSpanId = link.SpanId;
            call.StartUnixMicros = now;
            call.RequestedModel = "gpt-4o";
            call.Usage.InputFresh = 10;
            call.Cost = 0.5m;
        }

        return batch;
    }

    public async ValueTask DisposeAsync()
    {
        await Writer.DisposeAsync();
        _store.Dispose();
    }
}

/// <summary>A folder that is gone after the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("finops-spool-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
