using FinOps.Domain.Tenancy;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FinOps.Ingest.Authentication;

/// <summary>Writes when keys were last used, in batches. A use that could not be written is told again with the key's next one.</summary>
internal sealed class RecordKeyUse(KeyRing keys, IKeyDirectory directory, IOptions<KeyRingOptions> options, TimeProvider clock, ILogger<RecordKeyUse> log)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.Value.LastUsedSeconds), clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) await WriteAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(options.Value.LookupTimeoutSeconds), clock);
            await WriteAsync(timeout.Token);
        }
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        var uses = keys.TakeUses();
        if (uses.Count == 0) return;
        try
        {
            await directory.RecordUseAsync(uses, cancellationToken);
        }
        catch (Exception exception)
        {
            // The boundary to the store of keys: a use that is not written down must not stop the next ones.
            log.KeyUseNotRecorded(exception, uses.Count);
        }
    }
}
