using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FinOps.Ingest.Health;

/// <summary>
/// Writes the counters every few seconds and at stop. What could not be written is kept as it is and tried again, so a write whose answer got lost counts
/// twice: these figures tell what the front door did, money never comes from them.
/// </summary>
internal sealed class FlushIngestEvents(
    IngestEvents events, IIngestEventStore store, IOptions<IngestEventsOptions> options, TimeProvider clock, ILogger<FlushIngestEvents> log) : BackgroundService
{
    private List<IngestEventRow> _batch = [];
    private bool _failing;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);

        // Requests are over by now; a batch that failed before comes first, then the rest.
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(TimeSpan.FromSeconds(options.Value.StopSeconds));
        if (await FlushAsync(timeout.Token)) await FlushAsync(timeout.Token);
    }

    internal async Task<bool> FlushAsync(CancellationToken cancellationToken)
    {
        if (_batch.Count == 0) _batch = events.Take();
        if (_batch.Count == 0) return true;
        try
        {
            await store.SaveAsync(_batch, cancellationToken);
        }
        catch (Exception exception)
        {
            // The boundary to the store: whatever goes wrong, the rows wait here. Said once, not every few seconds.
            if (!_failing) log.EventsNotWritten(exception, _batch.Count);
            _failing = true;
            return false;
        }

        _failing = false;
        _batch = [];
        return true;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.Value.FlushSeconds), clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) await FlushAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // StopAsync writes the rest.
        }
    }
}
