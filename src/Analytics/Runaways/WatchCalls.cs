using FinOps.Analytics.Detection;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Runaway;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace FinOps.Analytics.Runaways;

/// <summary>Lets one process watch at a time: two would tell nothing twice, and both do the same work.</summary>
public sealed class WatcherLease(NpgsqlDataSource source) : PostgresLease(source, LockKey)
{
    /// <summary>"FinOpsWa".</summary>
    private const long LockKey = 0x46696E4F70735761;
}

/// <summary>
/// Watches the calls of all tenants for what runs away, as a loop in the jobs role (docs/detection.md, docs/adr/0029): looks every few seconds at what arrived, by the engine's clock, tenant by tenant. How far it
/// came is remembered in PostgreSQL; after a restart the last two minutes are looked at again, which tells nothing twice.
/// </summary>
public sealed class WatchCalls : BackgroundService
{
    private const string Watcher = "runaway";

    /// <summary>The stretch of arrivals that is read in one turn, when there is a backlog. Default 10 minutes.</summary>
    private const long StretchMicros = 600_000_000;

    /// <summary>A tenant whose calls stopped for so long is forgotten, until more come. Default 15 minutes.</summary>
    private static readonly TimeSpan ForgetAfter = TimeSpan.FromMinutes(15);

    private static readonly long WindowMicros = RunawayOptions.Window.Ticks / TimeSpan.TicksPerMicrosecond;

    private readonly WatchTools _tools;
    private readonly StoresReady _ready;
    private readonly WatcherLease _lease;
    private readonly ILogger<WatchCalls> _logger;
    private readonly Dictionary<TenantId, TenantWatch> _watches = [];

    // Tenants whose turn failed, and from where on they are still to be looked at.
    private readonly Dictionary<TenantId, long> _behind = [];

    // By the engine's clock, microseconds; all tenants that are not behind have been looked at up to here.
    private long _position = -1;
    private bool _leads;

    public WatchCalls(
        ClickHouseStore store, FinOpsDatabase database, SpendReader spend, StoresReady ready, WatcherLease lease, TimeProvider clock, IOptions<RunawayWatchOptions> options, ILogger<WatchCalls> logger)
    {
        (_ready, _lease, _logger) = (ready, lease, logger);
        _tools = new WatchTools(store, database, new HabitReader(spend, options.Value.MaxHabits), clock, options.Value, logger);
    }

    private RunawayWatchOptions Options => _tools.Options;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await _ready.WaitAsync(stoppingToken);
            await LoopAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
        finally
        {
            await _lease.DisposeAsync();
        }
    }

    private async Task LoopAsync(CancellationToken stoppingToken)
    {
        var failures = 0;
        while (!stoppingToken.IsCancellationRequested)
        {
            var pause = TimeSpan.FromSeconds(Options.PollSeconds);
            try
            {
                if (await LeadAsync(stoppingToken) && await RunTurnAsync(stoppingToken)) pause = TimeSpan.Zero;
                failures = 0;
            }
            // The boundary of the loop: whatever a turn meets, the next one starts from what is known.
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                failures++;
                _leads = false;
                pause = TimeSpan.FromSeconds(Math.Min(Options.MaxRetrySeconds, 1 << Math.Min(failures, 10)));
                Log.TurnFailed(_logger, failure, pause.TotalSeconds);
            }

            await Task.Delay(pause, _tools.Clock, stoppingToken);
        }
    }

    private async Task<bool> LeadAsync(CancellationToken cancellationToken)
    {
        var leads = await _lease.HoldAsync(cancellationToken);
        if (leads && !_leads)
        {
            // Another process may have watched meanwhile: start from what is stored.
            _position = -1;
            _watches.Clear();
            _behind.Clear();
            Log.Leading(_logger);
        }

        return _leads = leads;
    }

    /// <summary>Looks at one stretch of arrivals. True when more are waiting.</summary>
    internal async Task<bool> RunTurnAsync(CancellationToken cancellationToken)
    {
        var visible = (await _tools.Store.QueryAsync(new EngineClock(), cancellationToken))[0] - (Options.InFlightSeconds * 1_000_000L);
        if (_position < 0) _position = Math.Max(await ReadProgressAsync(cancellationToken) ?? visible - WindowMicros, TenantWatch.OldestOf(Options, visible));
        var (from, to) = (_position, Math.Min(visible, _position + StretchMicros));
        if (to <= from) return false;

        var earliest = _behind.Values.Append(from).Min();
        var arrivals = (await _tools.Store.QueryAsync(new ArrivedTenants(earliest), cancellationToken)).ToDictionary(arrival => arrival.Tenant, arrival => arrival.OldestCell);
        foreach (var (tenant, oldestCell) in arrivals)
        {
            var start = _behind.GetValueOrDefault(tenant, from);
            try
            {
                await LookAsync(tenant, start, to, oldestCell, cancellationToken);
                _behind.Remove(tenant);
            }
            catch (Exception failure) when (failure is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                // One tenant's trouble holds up nobody else's alerts. What it was told may not be stored: it begins anew, as far back as calls are looked at.
                _watches.Remove(tenant);
                _behind[tenant] = Math.Max(start, TenantWatch.OldestOf(Options, to));
                Log.NotWatched(_logger, failure, tenant);
            }
        }

        foreach (var gone in _behind.Keys.Where(tenant => !arrivals.ContainsKey(tenant)).ToList()) _behind.Remove(gone);
        Forget();
        _position = to;
        await WriteProgressAsync(_behind.Values.Append(to).Min(), cancellationToken);
        return to < visible;
    }

    private async Task LookAsync(TenantId tenant, long from, long to, long oldestCell, CancellationToken cancellationToken)
    {
        if (!_watches.TryGetValue(tenant, out var watch))
        {
            watch = await TenantWatch.OpenAsync(_tools, tenant, cancellationToken);
            await watch.LookAsync(from - WindowMicros, to, cancellationToken);
            _watches.Add(tenant, watch);
        }
        else
        {
            await watch.LookAsync(from, to, cancellationToken);
        }

        if (oldestCell * 1_000_000 < TenantWatch.OldestOf(Options, to)) await watch.CountOldAsync(from, to, cancellationToken);
    }

    private void Forget()
    {
        var now = _tools.Clock.GetUtcNow();
        foreach (var (tenant, watch) in _watches)
            if (now - watch.Last > ForgetAfter) _watches.Remove(tenant);
    }

    private async Task<long?> ReadProgressAsync(CancellationToken cancellationToken)
    {
        await using var context = _tools.Database.OpenWithoutTenant();
        return await context.Set<DetectionProgress>().AsNoTracking().SingleOrDefaultAsync(row => row.Watcher == Watcher, cancellationToken) is { } known
            ? (known.ReadTo - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond
            : null;
    }

    private async Task WriteProgressAsync(long readTo, CancellationToken cancellationToken)
    {
        await using var context = _tools.Database.OpenWithoutTenant();
        var at = DateTimeOffset.UnixEpoch.AddMicroseconds(readTo);
        await context.Database.ExecuteSqlAsync(
            $"INSERT INTO finops.detection_progress (watcher, read_to) VALUES ({Watcher}, {at}) ON CONFLICT (watcher) DO UPDATE SET read_to = excluded.read_to", cancellationToken);
    }
}
