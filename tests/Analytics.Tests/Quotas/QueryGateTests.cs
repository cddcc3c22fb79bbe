using FinOps.Analytics.Quotas;
using FinOps.Domain.Quotas;
using FinOps.Domain.Tenancy;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Tests.Quotas;

/// <summary>Questions of several tenants, with time that passes when it is told to.</summary>
public sealed class QueryGateTests : IQuotaSource
{
    private static readonly TenantId Flood = new(Guid.NewGuid());
    private static readonly TenantId Neighbour = new(Guid.NewGuid());

    private readonly ManualTime _time = new();
    private readonly Dictionary<Quota, long> _limits = new() { [Quota.ConcurrentQueries] = 2, [Quota.ConcurrentExports] = 1 };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EnterAsync_AFloodTakesEveryPlace_TheNeighbourIsNext()
    {
        _limits[Quota.ConcurrentQueries] = 4;
        var gate = Gate(queriesAtOnce: 4);
        var running = new Queue<QueryPlace>();
        for (var i = 0; i < 4; i++) running.Enqueue(await gate.EnterAsync(Flood, Token));
        var waiting = Enumerable.Range(0, 50).Select(_ => gate.EnterAsync(Flood, Token).AsTask()).ToList();
        var neighbour = gate.EnterAsync(Neighbour, Token).AsTask();

        Assert.False(neighbour.IsCompleted);
        // The flood was there first and gets the first place that is free; the second is the neighbour's.
        running.Dequeue().Dispose();
        await waiting[0];
        running.Dequeue().Dispose();
        await neighbour;
        Assert.Equal(49, waiting.Count(one => !one.IsCompleted));
    }

    [Fact]
    public async Task EnterAsync_OfATenantBeyondItsOwnLimit_YieldsToOthers()
    {
        var gate = Gate(queriesAtOnce: 3);
        var (first, second) = (await gate.EnterAsync(Flood, Token), await gate.EnterAsync(Flood, Token));
        var beyond = gate.EnterAsync(Flood, Token).AsTask();
        using var other = await gate.EnterAsync(Neighbour, Token);
        // It waits for a place in the process, not for one of its own.
        var waiting = gate.EnterAsync(Neighbour, Token).AsTask();
        first.Dispose();
        second.Dispose();

        using var late = await beyond;
        using var patient = await waiting;
        Assert.Equal([false, false, true, false, false], [first.Yields, second.Yields, late.Yields, other.Yields, patient.Yields]);
    }

    [Fact]
    public async Task RefusalOf_ATenantWithoutCredit_TellsAndCountsItAndLetsNeighboursPass()
    {
        _limits[Quota.QuerySecondsPerMinute] = 6;
        var gate = Gate();
        Assert.Null(gate.RefusalOf(Flood));
        using (await gate.EnterAsync(Flood, Token)) _time.Pass(TimeSpan.FromSeconds(10));

        var refusal = gate.RefusalOf(Flood);

        Assert.Equal(Quota.QuerySecondsPerMinute, refusal?.Quota);
        Assert.Equal(1, gate.UseOf(Flood).RefusedLastHour);
        Assert.Null(gate.RefusalOf(Neighbour));
        _time.Pass(TimeSpan.FromMinutes(2));
        Assert.Null(gate.RefusalOf(Flood));
    }

    [Fact]
    public async Task EnterAsync_MoreThanATenantMay_WaitsWhileOthersRun()
    {
        var gate = Gate();
        using var first = await gate.EnterAsync(Flood, Token);
        var second = await gate.EnterAsync(Flood, Token);
        var third = gate.EnterAsync(Flood, Token).AsTask();

        using var other = await gate.EnterAsync(Neighbour, Token);
        Assert.False(third.IsCompleted);
        second.Dispose();
        (await third).Dispose();
        Assert.Equal(1, gate.UseOf(Flood).Running);
    }

    [Fact]
    public async Task EnterAsync_WaitedTooLong_IsRefusedAndLeavesNoPlaceBehind()
    {
        var gate = Gate();
        var first = await gate.EnterAsync(Flood, Token);
        var second = await gate.EnterAsync(Flood, Token);
        var third = gate.EnterAsync(Flood, Token).AsTask();

        _time.Pass(TimeSpan.FromSeconds(11));
        var refusal = await Assert.ThrowsAsync<QuotaExceededException>(() => third);

        Assert.Equal((Quota.ConcurrentQueries, 1), (refusal.Quota, refusal.RetryAfterSeconds));
        first.Dispose();
        second.Dispose();
        Assert.Equal((0, 1), (gate.UseOf(Flood).Running, gate.UseOf(Flood).RefusedLastHour));
        using var again = await gate.EnterAsync(Flood, Token);
    }

    [Fact]
    public async Task EnterAsync_WhoAskedLeft_GivesTheTurnToTheNext()
    {
        var gate = Gate();
        var first = await gate.EnterAsync(Flood, Token);
        using var second = await gate.EnterAsync(Flood, Token);
        using var left = new CancellationTokenSource();
        var third = gate.EnterAsync(Flood, left.Token).AsTask();
        var fourth = gate.EnterAsync(Flood, Token).AsTask();

        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => third);
        first.Dispose();
        (await fourth).Dispose();
    }

    [Fact]
    public async Task EnterAsync_SecondsUsedUp_RefusesUntilTheyAreEarnedBack()
    {
        _limits[Quota.QuerySecondsPerMinute] = 6;
        var gate = Gate();
        using (await gate.EnterAsync(Flood, Token)) _time.Pass(TimeSpan.FromSeconds(8));

        var refusal = await Assert.ThrowsAsync<QuotaExceededException>(async () => await gate.EnterAsync(Flood, Token));
        using (await gate.EnterAsync(Neighbour, Token))
        {
        }

        Assert.Equal(Quota.QuerySecondsPerMinute, refusal.Quota);
        Assert.InRange(refusal.RetryAfterSeconds, 20, 40);
        Assert.Equal(8, gate.UseOf(Flood).SecondsLastMinute, 3);
        _time.Pass(refusal.RetryAfter);
        using var again = await gate.EnterAsync(Flood, Token);
    }

    [Fact]
    public void EnterExport_MoreThanATenantMay_IsRefusedUntilOneEnds()
    {
        var gate = Gate();
        var first = gate.EnterExport(Flood);

        Assert.Equal(Quota.ConcurrentExports, Assert.Throws<QuotaExceededException>(() => gate.EnterExport(Flood)).Quota);
        using (gate.EnterExport(Neighbour)) first.Dispose();
        gate.EnterExport(Flood).Dispose();
    }

    public TenantLimits Current(TenantId tenant) => TenantLimits.None.With(_limits);

    private QueryGate Gate(int queriesAtOnce = 32) => new(this, Options.Create(new QuotaOptions { QueriesAtOnce = queriesAtOnce }), _time);

    /// <summary>Timers fire when their time is passed.</summary>
    private sealed class ManualTime : TimeProvider
    {
        private readonly List<Timer> _timers = [];
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new Timer(() => callback(state), dueTime < TimeSpan.Zero ? long.MaxValue : _ticks + dueTime.Ticks);
            _timers.Add(timer);
            return timer;
        }

        public void Pass(TimeSpan time)
        {
            _ticks += time.Ticks;
            foreach (var timer in _timers.Where(timer => timer.DueAt <= _ticks).ToList()) timer.Fire();
        }

        private sealed class Timer(Action fire, long dueAt) : ITimer
        {
            public long DueAt { get; private set; } = dueAt;

            public void Fire()
            {
                DueAt = long.MaxValue;
                fire();
            }

            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose() => DueAt = long.MaxValue;

            public ValueTask DisposeAsync()
            {
                Dispose();
                return ValueTask.CompletedTask;
            }
        }
    }
}
