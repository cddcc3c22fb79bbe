using System.Diagnostics;
using System.Net;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace FinOps.Gateway.Reporting;

/// <summary>
/// Ended spans, made into OTLP by OpenTelemetry's exporter and handed to <see cref="ReportOutbox"/>, which sends them. Nothing is dropped between: a full report is made by another thread, after
/// its callers were answered.
/// </summary>
internal sealed class ReportQueue : BaseProcessor<Activity>
{
    /// <summary>Spans that one report holds at most: under a second's load their bytes stay below what the collector takes for large and frees last, and spans do not grow old.</summary>
    private const int BatchSize = 64;

    /// <summary>Spans that wait at most to be made reports of. Default 8,192, some 16 MB: so many come in a second or two, and a disk that hangs for longer loses them, counted.</summary>
    private const int MaxWaiting = 8_192;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Queue<Activity> _waiting = new(BatchSize);
    private readonly Lock _exporting = new();
    private readonly Activity[] _batch = new Activity[BatchSize];

    private bool _isFlushing;

    // How many spans the report has that is being made.
    private int _spans;
    private readonly OtlpTraceExporter _exporter;
    private readonly TracerProvider _provider;
    private readonly ReportOutbox _outbox;
    private readonly CallReporter _reporter;

    public ReportQueue(ReportOutbox outbox, CallReporter reporter)
    {
        _outbox = outbox;
        _reporter = reporter;
        _exporter = new OtlpTraceExporter(new OtlpExporterOptions
        {
            Protocol = OtlpExportProtocol.HttpProtobuf,
            Endpoint = outbox.Endpoint,
#pragma warning disable RS0030 // The exporter wants an HttpClient; it only hands bodies to the outbox.
            HttpClientFactory = () => new HttpClient(new IntoOutbox(this)),
#pragma warning restore RS0030
        });
        // No service.name: that would be taken for the service that asks.
        _provider = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(ResourceBuilder.CreateEmpty()).SetSampler(new AlwaysOnSampler()).AddSource(CallReporter.Scope).AddProcessor(this).Build();
    }

    /// <summary>Half of what may wait does: who has many spans to tell waits until they are reports.</summary>
    public bool IsBusy
    {
        get
        {
            lock (_gate) return _waiting.Count >= MaxWaiting / 2;
        }
    }

    public override void OnEnd(Activity data)
    {
        if (!_reporter.IsOurs(data) || !data.Recorded) return;
        bool isFull, hasReport;
        lock (_gate)
        {
            isFull = _waiting.Count >= MaxWaiting;
            if (!isFull) _waiting.Enqueue(data);
            hasReport = _waiting.Count >= BatchSize;
        }

        if (isFull) _outbox.CountLost(1);
        // Elsewhere, for it takes as long as some calls, and may write to a disk.
        if (hasReport && !Interlocked.Exchange(ref _isFlushing, true)) ThreadPool.UnsafeQueueUserWorkItem(static queue => queue.FlushFull(), this, preferLocal: false);
    }

    private void FlushFull()
    {
        bool hasMore;
        do
        {
            Flush(BatchSize);
            Volatile.Write(ref _isFlushing, false);
            // What came between is another's, or still ours.
            lock (_gate) hasMore = _waiting.Count >= BatchSize;
        }
        while (hasMore && !Interlocked.Exchange(ref _isFlushing, true));
    }

    /// <summary>Makes reports of what waits, every second until it is told to end.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Pause);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken)) Flush(1);
        }
        catch (OperationCanceledException)
        {
            // The end: what is left is flushed by whoever stops the gateway.
        }
    }

    /// <param name="least">Whether fewer are worth a report.</param>
    public void Flush(int least)
    {
        lock (_exporting)
        {
            while (true)
            {
                int count;
                lock (_gate)
                {
                    if (_waiting.Count == 0 || _waiting.Count < least) return;
                    count = Math.Min(_waiting.Count, BatchSize);
                    for (var i = 0; i < count; i++) _batch[i] = _waiting.Dequeue();
                }

                _spans = count;
                if (_exporter.Export(new Batch<Activity>(_batch, count)) != ExportResult.Success) _outbox.CountLost(count);
                Array.Clear(_batch, 0, count);
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Flush(1);
            _exporter.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Ends the listening and makes the last reports.</summary>
    public void Stop() => _provider.Dispose();

    /// <summary>What the exporter takes for the network.</summary>
    private sealed class IntoOutbox(ReportQueue queue) : HttpMessageHandler
    {
        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var body = new byte[request.Content?.Headers.ContentLength ?? 0];
            using (var to = new MemoryStream(body)) request.Content?.CopyTo(to, context: null, cancellationToken);
            queue._outbox.Add(body, queue._spans);
            return new HttpResponseMessage(HttpStatusCode.OK) { RequestMessage = request, Content = new ByteArrayContent([]) };
        }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(Send(request, cancellationToken));
    }
}
