using FinOps.Analytics.Audit;
using FinOps.Analytics.Commitments;
using FinOps.Analytics.Gpus;
using FinOps.Analytics.Outcomes;
using FinOps.Analytics.PriceTimelines;
using FinOps.Analytics.Vectors;
using FinOps.Demo;
using FinOps.Domain.Allocation;
using FinOps.Domain.Commitments;
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
        await SetPricesAsync(options.Tenant, stoppingToken);
        await SetStorePricesAsync(options.Tenant, stoppingToken);
        await SetCommitmentAsync(options.Tenant, stoppingToken);
        // What counts as an outcome is known at the door before the first span arrives.
        await services.GetRequiredService<OutcomeBook>().RefreshAsync(stoppingToken);
        using var runner = ActivatorUtilities.CreateInstance<DemoRunner>(services, options);
        await runner.StartAsync(stoppingToken);
        await Task.WhenAll(runner.ExecuteTask ?? Task.CompletedTask, ActivatorUtilities.CreateInstance<DemoBudgets>(services).MakeAsync(options.Tenant, stoppingToken));
    }

    /// <summary>What the demo company pays for two of its three GPU hosts; the third shows what a host without a price looks like. A price that was changed stays.</summary>
    private async Task SetPricesAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        var prices = services.GetRequiredService<ResourcePrices>();
        if ((await prices.SnapshotAsync(tenant, cancellationToken)).Version > 0) return;
        var from = DeviceTime.CellOf(services.GetRequiredService<TimeProvider>().GetUtcNow().AddDays(-60));
        var rented = ReferencePrice.All.Single(price => price is { Accelerator: "H100", Provider: "Lambda" });
        var owned = new OwnedHardware(17_500, 48, 0.45m, 0.18m, 1.35m);
        var edit = new ResourcePriceEdit(Actor.OfJob("demo"), "The demo company's contract");
        await prices.AddAsync(tenant, new AcceleratorPrice
        {
            Accelerator = rented.Accelerator,
            Hosts = "gpu-a",
            Provider = rented.Provider,
            Purchase = PurchaseKind.OnDemand,
            PricePerHour = rented.PricePerHour,
            ValidFrom = from,
        }, edit, cancellationToken);
        await prices.AddAsync(tenant, new AcceleratorPrice
        {
            Accelerator = "A100 80GB",
            Hosts = "gpu-b",
            Provider = "own rack",
            Purchase = PurchaseKind.Owned,
            PricePerHour = owned.PricePerHour,
            ValidFrom = from,
        }, edit with { Reason = "Bought hardware over 48 months, with power" }, cancellationToken);
    }

    /// <summary>What the demo company has promised to one of its sellers from this month on: more than its calls use. A commitment that was changed stays.</summary>
    private async Task SetCommitmentAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        var commitments = services.GetRequiredService<Commitments>();
        if ((await commitments.ListAsync(tenant, cancellationToken)).Count > 0) return;
        var now = services.GetRequiredService<TimeProvider>().GetUtcNow().UtcDateTime;
        await commitments.AddAsync(tenant, new Commitment
        {
            Name = "Anthropic, yearly contract",
            Kind = CommitmentKind.Spend,
            Seller = "anthropic",
            Amount = 160m,
            ValidFrom = new DateTimeOffset(now.Year, now.Month, 1, 0, 0, 0, TimeSpan.Zero),
        }, new ResourcePriceEdit(Actor.OfJob("demo"), "The demo company's contract"), cancellationToken);
    }

    /// <summary>What the demo company pays for its vector database and the standard tier of its buckets; the archive shows what a tier without a price looks like. A price that was changed stays.</summary>
    private async Task SetStorePricesAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        var prices = services.GetRequiredService<DataStorePrices>();
        if ((await prices.SnapshotAsync(tenant, cancellationToken)).Version > 0) return;
        var from = DeviceTime.CellOf(services.GetRequiredService<TimeProvider>().GetUtcNow().AddDays(-60));
        var edit = new ResourcePriceEdit(Actor.OfJob("demo"), "The demo company's contract");
        foreach (var (system, meter, price, tier) in ((string, DataStoreMeter, decimal, string)[])
        [
            ("qdrant", DataStoreMeter.NodeHours, 0.34m, ""), ("aws.s3", DataStoreMeter.StorageGigabyteMonths, 0.023m, "standard"),
            ("aws.s3", DataStoreMeter.StorageReads, 0.0004m, "standard"), ("aws.s3", DataStoreMeter.StorageWrites, 0.005m, "standard"),
        ])
            await prices.AddAsync(tenant, new DataStorePrice { System = system, Places = "*", Tier = tier, Meter = meter, Price = price, ValidFrom = from }, edit, cancellationToken);
    }
}
