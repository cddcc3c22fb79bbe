using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Settlement;

/// <summary>
/// Step 4 of the path, as a loop in the jobs role: looks every second at what arrived, by the engine's clock, and settles the traces concerned. What was
/// looked at is remembered in ClickHouse; after a crash the last seconds are looked at again, which changes nothing.
/// </summary>
public sealed class SettleTraces : BackgroundService
{
    /// <summary>The stretch of arrivals that is read in one round, when there is a backlog; after an empty one the next is longer.</summary>
    private const long StretchMicros = 600_000_000;

    /// <summary>How far back the first round of a new installation looks: arrivals are kept for a day.</summary>
    private const long FirstLookMicros = 86_400_000_000;

    /// <summary>How often progress is written down; what lies between is looked at again after a restart.</summary>
    private const long RememberEveryMicros = 5_000_000;

    private readonly ClickHouseStore _store;
    private readonly StoresReady _ready;
    private readonly ISettlerLease _lease;
    private readonly RollUpTrigger _rollUps;
    private readonly TimeProvider _clock;
    private readonly SettlementOptions _options;
    private readonly SettlementState _state;
    private readonly ILogger<SettleTraces> _logger;
    private readonly SettleTenant _settle;

    private readonly HashSet<(TenantId, TraceId, long)> _done = [];

    // By the engine's clock. Everything up to the first is settled for good; reading goes on at the second, and now and then starts over at the first,
    // for arrivals that were still invisible.
    private long _settledTo = -1;
    private long _position;
    private long _lastSweep;
    private long _lastRemembered;
    private long _stretch = StretchMicros;

    public SettleTraces(
        ClickHouseStore store, IPriceSource prices, StoresReady ready, ISettlerLease lease, RollUpTrigger rollUps, TimeProvider clock,
        IOptions<SettlementOptions> options, SettlementState state, ILogger<SettleTraces> logger)
    {
        (_store, _ready, _lease, _rollUps, _clock, _state, _logger) = (store, ready, lease, rollUps, clock, state, logger);
        _options = options.Value;
        _settle = new SettleTenant(store, prices, clock, _options, state, logger);
    }

    private long InFlightMicros => _options.InFlightSeconds * 1_000_000L;

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
            _state.IsLeader = false;
            await _lease.DisposeAsync();
        }
    }

    private async Task LoopAsync(CancellationToken stoppingToken)
    {
        var failures = 0;
        while (!stoppingToken.IsCancellationRequested)
        {
            var pause = TimeSpan.FromMilliseconds(_options.PollMilliseconds);
            try
            {
                if (await LeadAsync(stoppingToken))
                {
                    if (await RunRoundAsync(stoppingToken)) pause = TimeSpan.Zero;
                    await _rollUps.PullAsync(stoppingToken);
                }

                failures = 0;
            }
            // The boundary of the loop: whatever a round meets, the next one starts from what is stored.
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                failures++;
                _state.Failed();
                // If it was the lease that failed, another process may settle meanwhile.
                _state.IsLeader = false;
                pause = TimeSpan.FromSeconds(Math.Min(_options.MaxRetrySeconds, 1 << Math.Min(failures, 10)));
                Log.RoundFailed(_logger, failure, pause.TotalSeconds);
            }

            await Task.Delay(pause, _clock, stoppingToken);
        }
    }

    private async Task<bool> LeadAsync(CancellationToken cancellationToken)
    {
        var leads = await _lease.HoldAsync(cancellationToken);
        if (leads && !_state.IsLeader)
        {
            // Another process may have settled meanwhile: start from what is stored.
            _settledTo = -1;
            _done.Clear();
            Log.Leading(_logger);
        }

        _state.IsLeader = leads;
        return leads;
    }

    /// <summary>Settles one stretch of arrivals. True when more are waiting.</summary>
    internal async Task<bool> RunRoundAsync(CancellationToken cancellationToken)
    {
        if (_settledTo < 0)
        {
            var (started, remembered) = (await _store.QueryAsync(new SettledTo(), cancellationToken))[0];
            _settledTo = _lastRemembered = _position = remembered ?? started - FirstLookMicros;
        }

        var from = _position;
        var (now, hasReports) = (await _store.QueryAsync(new Arrivals(from), cancellationToken))[0];
        var to = Math.Min(now, from + _stretch);
        var touches = await _store.QueryAsync(new TouchedTraces(from, to, (uint)_options.MaxTouches), cancellationToken);
        if (touches.Count >= _options.MaxTouches) to = touches[^1].At;
        if (hasReports)
        {
            touches.AddRange(await _store.QueryAsync(new LateRoots(from, to, from - (_options.LateParentMinutes * 60_000_000L)), cancellationToken));
            touches.AddRange(await _store.QueryAsync(new FreshTwins(from, to, SettleTenant.MaxTracesOfAnId), cancellationToken));
        }

        await SettleAsync(touches, cancellationToken);

        // A new installation, and one that was idle or away for long, must not walk through empty hours in small steps while calls wait.
        _stretch = touches.Count > 0 ? StretchMicros : Math.Min(_stretch * 4, FirstLookMicros);
        if (from <= _settledTo) _settledTo = Math.Max(_settledTo, Math.Min(to, now - InFlightMicros));
        _position = to;
        if (to == now && now - _lastSweep >= _options.SweepSeconds * 1_000_000L) (_position, _lastSweep) = (_settledTo, now);
        Remember(touches);
        _state.BehindBy(now - to);
        if (_settledTo - _lastRemembered >= RememberEveryMicros)
        {
            await _store.ExecuteAsync(new RememberSettledTo(_settledTo), cancellationToken);
            _lastRemembered = _settledTo;
        }

        return to < now;
    }

    private async Task SettleAsync(List<TraceTouch> touches, CancellationToken cancellationToken)
    {
        var tenants = new Dictionary<TenantId, Dictionary<TraceId, TraceTouch>>();
        foreach (var touch in touches)
        {
            if (_done.Contains((touch.Tenant, touch.Trace, touch.At))) continue;
            if (!tenants.TryGetValue(touch.Tenant, out var traces)) tenants[touch.Tenant] = traces = [];
            traces[touch.Trace] = traces.TryGetValue(touch.Trace, out var other)
                ? other with { FirstStart = Math.Min(other.FirstStart, touch.FirstStart), LastEnd = Math.Max(other.LastEnd, touch.LastEnd) }
                : touch;
        }

        foreach (var (tenant, traces) in tenants) await _settle.RunAsync(tenant, [.. traces.Values], cancellationToken);
    }

    private void Remember(List<TraceTouch> touches)
    {
        if (_done.Count > _options.MaxRemembered) _done.Clear();
        _done.RemoveWhere(done => done.Item3 <= _settledTo);
        foreach (var touch in touches)
            if (touch.At > _settledTo) _done.Add((touch.Tenant, touch.Trace, touch.At));
    }
}
