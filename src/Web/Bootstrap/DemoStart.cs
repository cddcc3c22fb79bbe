using FinOps.Analytics.Outcomes;
using FinOps.Demo;
using FinOps.Domain.Tenancy;
using FinOps.Web.Roles;

namespace FinOps.Web.Bootstrap;

/// <summary>Starts the demo's telemetry once its tenant and key are there, through this server's own OTLP endpoint.</summary>
internal sealed class DemoStart(StartOptions start, IServiceProvider services) : BackgroundService
{
    private readonly TaskCompletionSource<DemoOptions> _tenant = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private volatile DemoOptions? _begun;

    /// <summary>Whose calls the demo sends; null where there is no demo.</summary>
    public TenantId? Tenant => _begun?.Tenant;

    public void Begin(TenantId tenant, string ingestKey)
    {
        var host = start.Bind.Equals(System.Net.IPAddress.Any) ? "127.0.0.1" : start.Bind.ToString();
        var endpoint = new UriBuilder(Uri.UriSchemeHttp, host, start.OtlpHttpPort).Uri;
        _begun = new DemoOptions(tenant, ingestKey, endpoint, Path.Combine(start.DataFolder, "demo-journal.json"));
        _tenant.TrySetResult(_begun);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!start.Demo) return;
        var options = await _tenant.Task.WaitAsync(stoppingToken);
        // What counts as an outcome is known at the door before the first span arrives.
        await services.GetRequiredService<OutcomeBook>().RefreshAsync(stoppingToken);
        using var runner = ActivatorUtilities.CreateInstance<DemoRunner>(services, options);
        await runner.StartAsync(stoppingToken);
        await (runner.ExecuteTask ?? Task.CompletedTask);
    }
}
