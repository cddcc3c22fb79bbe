using System.Diagnostics.Metrics;
using FinOps.Domain.Quotas;
using FinOps.Domain.Tenancy;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Quotas;

/// <summary>What a tenant's questions use of this process.</summary>
/// <param name="RefusedLastHour">Questions and exports that were over a limit.</param>
public sealed record QueryUse(int Running, int Exports, double SecondsLastMinute, long RefusedLastHour);

/// <summary>
/// Lets questions to the analytics store in: some at once altogether and of each tenant, the tenants in turn, each within its query seconds a minute. A flood
/// of one tenant's questions waits behind itself; another's next question waits for one place at most.
/// </summary>
public sealed class QueryGate(IQuotaSource quotas, IOptions<QuotaOptions> options, TimeProvider clock)
{
    /// <summary>Over which the seconds of questions are saved up.</summary>
    private const double BurstSeconds = 60;

    private static readonly TimeSpan LeastRetry = TimeSpan.FromSeconds(1);

    private static readonly Meter Meter = new("FinOps.Analytics.Quotas");
    private static readonly Counter<long> Refused = Meter.CreateCounter<long>("finops.quotas.refused", description: "Questions and exports over the limit of their tenant");

    private readonly QuotaOptions _options = options.Value;
    private readonly Lock _lock = new();
    private readonly Dictionary<TenantId, Tenant> _tenants = [];
    private readonly FairQueue<TaskCompletionSource> _waiting = new();
    private int _running;

    public QueryUse UseOf(TenantId tenant)
    {
        lock (_lock)
            return _tenants.TryGetValue(tenant, out var own)
                ? new QueryUse(own.Running, own.Exports, own.Seconds.Sum(), (long)own.Refused.Sum())
                : new QueryUse(0, 0, 0, 0);
    }

    /// <summary>
    /// Why a question of the tenant would be refused at once; null when it would be let in or wait its turn. What is told is counted as refused: for who answers without asking.
    /// </summary>
    public QuotaExceededException? RefusalOf(TenantId tenant)
    {
        lock (_lock)
        {
            return _tenants.TryGetValue(tenant, out var own) ? CreditRefusal_NeedsLock(own, quotas.Current(tenant)) : null;
        }
    }

    /// <summary>A place for one question; dispose it when the answer is read.</summary>
    /// <exception cref="QuotaExceededException">The tenant is over its limit, now or for as long as a question waits.</exception>
    public async ValueTask<QueryPlace> EnterAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        TaskCompletionSource turn;
        LinkedListNode<TaskCompletionSource> place;
        bool yields;
        lock (_lock)
        {
            var own = Of_NeedsLock(tenant);
            var limits = quotas.Current(tenant);
            if (CreditRefusal_NeedsLock(own, limits) is { } refusal) throw refusal;
            if (_waiting.WaitingOf(tenant) == 0 && MayRun_NeedsLock(tenant))
            {
                Start_NeedsLock(own);
                return new QueryPlace(this, tenant, clock.GetTimestamp());
            }

            if (_waiting.WaitingOf(tenant) >= _options.WaitingQueries) throw Refuse_NeedsLock(own, Quota.ConcurrentQueries, limits, LeastRetry);
            yields = own.Running >= limits.Most(Quota.ConcurrentQueries);
            // Continuations elsewhere: who leaves must not run another's question under the lock.
            turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            place = _waiting.Enqueue(tenant, turn);
        }

        try
        {
            await turn.Task.WaitAsync(TimeSpan.FromSeconds(_options.QueryWaitSeconds), clock, cancellationToken);
            return new QueryPlace(this, tenant, clock.GetTimestamp(), yields);
        }
        catch (Exception given) when (given is TimeoutException or OperationCanceledException)
        {
            lock (_lock)
            {
                // The turn may have come in the same moment: then the place goes on to the next.
                if (!_waiting.Remove(tenant, place)) End_NeedsLock(tenant);
                if (given is TimeoutException) throw Refuse_NeedsLock(Of_NeedsLock(tenant), Quota.ConcurrentQueries, quotas.Current(tenant), LeastRetry);
            }

            throw;
        }
    }

    /// <summary>A place for one export; dispose it when the file is written.</summary>
    /// <exception cref="QuotaExceededException">The tenant has as many under way as it may.</exception>
    public ExportPlace EnterExport(TenantId tenant)
    {
        lock (_lock)
        {
            var own = Of_NeedsLock(tenant);
            var limits = quotas.Current(tenant);
            if (own.Exports >= limits.Most(Quota.ConcurrentExports)) throw Refuse_NeedsLock(own, Quota.ConcurrentExports, limits, LeastRetry);
            own.Exports++;
            return new ExportPlace(this, tenant);
        }
    }

    internal void Leave(TenantId tenant, long began)
    {
        var seconds = clock.GetElapsedTime(began).TotalSeconds;
        lock (_lock)
        {
            var own = Of_NeedsLock(tenant);
            own.Seconds.Add(seconds);
            var (perSecond, burst) = Rate(quotas.Current(tenant));
            own.Credit.Charge(seconds, perSecond, burst);
            End_NeedsLock(tenant);
        }
    }

    internal void LeaveExport(TenantId tenant)
    {
        lock (_lock) Of_NeedsLock(tenant).Exports--;
    }

    private static (double PerSecond, double Burst) Rate(TenantLimits limits) =>
        (limits[Quota.QuerySecondsPerMinute] / BurstSeconds, limits[Quota.QuerySecondsPerMinute]);

    private QuotaExceededException? CreditRefusal_NeedsLock(Tenant own, TenantLimits limits)
    {
        var (perSecond, burst) = Rate(limits);
        return own.Credit.Wait(perSecond, burst) is var wait && wait > TimeSpan.Zero ? Refuse_NeedsLock(own, Quota.QuerySecondsPerMinute, limits, wait) : null;
    }

    private bool MayRun_NeedsLock(TenantId tenant) =>
        _running < _options.QueriesAtOnce && Of_NeedsLock(tenant).Running < quotas.Current(tenant).Most(Quota.ConcurrentQueries);

    private void Start_NeedsLock(Tenant own)
    {
        own.Running++;
        _running++;
    }

    private void End_NeedsLock(TenantId tenant)
    {
        Of_NeedsLock(tenant).Running--;
        _running--;
        while (_running < _options.QueriesAtOnce && _waiting.TryDequeue(MayRun_NeedsLock, out var next, out var turn))
        {
            Start_NeedsLock(Of_NeedsLock(next));
            turn!.SetResult();
        }
    }

    private QuotaExceededException Refuse_NeedsLock(Tenant own, Quota quota, TenantLimits limits, TimeSpan retryAfter)
    {
        own.Refused.Add(1);
        Refused.Add(1, new KeyValuePair<string, object?>("quota", quota.Text().Name));
        return new QuotaExceededException(quota, limits[quota], retryAfter < LeastRetry ? LeastRetry : retryAfter);
    }

    private Tenant Of_NeedsLock(TenantId tenant)
    {
        if (!_tenants.TryGetValue(tenant, out var own)) _tenants.Add(tenant, own = new Tenant(clock));
        return own;
    }

    private sealed class Tenant(TimeProvider clock)
    {
        public int Running;
        public int Exports;

        public TokenBucket Credit { get; } = new(clock);

        public SlidingSum Seconds { get; } = new(clock, TimeSpan.FromSeconds(1), 60);

        public SlidingSum Refused { get; } = new(clock, TimeSpan.FromMinutes(1), 60);
    }
}

/// <summary>A question under way.</summary>
/// <param name="Yields">Its tenant asks more at once than it may: while another's question runs, this one should stand back.</param>
public readonly record struct QueryPlace(QueryGate? Gate, TenantId Tenant, long Began, bool Yields = false) : IDisposable
{
    public void Dispose() => Gate?.Leave(Tenant, Began);
}

/// <summary>An export under way.</summary>
public sealed class ExportPlace(QueryGate gate, TenantId tenant) : IDisposable
{
    public void Dispose() => gate.LeaveExport(tenant);
}
