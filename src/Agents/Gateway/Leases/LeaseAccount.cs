using FinOps.Domain.Budgets;
using FinOps.Domain.Policies;
using FinOps.Domain.Policies.Control;
using FinOps.Domain.Quotas;
using FinOps.Gateway.Reporting;
using FinOps.Gateway.Routing;

namespace FinOps.Gateway.Leases;

/// <summary>What an account says to a call.</summary>
internal enum HoldOutcome : byte
{
    /// <summary>Its money is held back; it goes.</summary>
    Held,

    /// <summary>A lease is being asked for, which may help.</summary>
    Wait,

    /// <summary>The control plane has no more.</summary>
    Spent,

    /// <summary>The control plane does not answer, and what is left of its last lease does not do.</summary>
    Away,

    /// <summary>The policy has changed: another account has its place.</summary>
    Closed,
}

/// <summary>
/// What one policy has of its budget. A call holds back its expected cost of the <see cref="LeasePurse"/> before it goes, and what it really cost is charged when it ends. It decides when the next lease is needed, and whether the control plane is
/// away or has no more, and speaks with nobody: <see cref="FollowLeases"/> asks and tells.
/// The lock is held for a few additions, never while somebody is waited for. Only time that passes counts, not the date.
/// </summary>
/// <param name="mostWait">A call that finds no money waits so long for a lease (<c>limits.lease_wait_ms</c>). An answer that takes longer is none for those who come meanwhile.</param>
internal sealed class LeaseAccount(string policyId, BudgetLimit limit, TimeSpan mostWait, Action wanted, LeaseCounters counters, TimeProvider time)
{
    /// <summary>The next lease is asked for when less than this share of those at hand is free. Default 0.3.</summary>
    public const decimal RefillShare = 0.3m;

    /// <summary>A lease in use is followed by another one when only this share of its time is left. Default 0.2.</summary>
    public const double RenewShare = 0.2;

    /// <summary>A refused account asks again after so long at the latest, so that a raised budget is noticed. Default a minute.</summary>
    public static readonly TimeSpan MaxRefusal = TimeSpan.FromMinutes(1);

    /// <summary>How often what was spent is told. Default 5 s: what a gateway that is killed forgets is at most what was spent since.</summary>
    public static readonly TimeSpan SettleInterval = TimeSpan.FromSeconds(5);

    /// <summary>What is left of a lease and too little for those who come goes back after so long without a call that it was enough for: another gateway may have smaller ones. Default 5 s.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>While nobody answers, each pause is twice as long as the one before. The first is short: one lost answer is soon made good.</summary>
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>Between a lease's end at the control plane, by its own word, and asking for what became free by it.</summary>
    private static readonly TimeSpan FreedMargin = TimeSpan.FromMilliseconds(50);

    /// <summary>The same for a lease that had to be asked for again: what is left of its time is told in whole seconds, rounded down.</summary>
    private static readonly TimeSpan RepeatedMargin = FreedMargin + TimeSpan.FromSeconds(1);

    private readonly BudgetLease _terms = limit.Lease ?? throw new ArgumentException("The policy draws on no budget.", nameof(limit));
    private readonly long _began = time.GetTimestamp();
    private readonly Lock _gate = new();
    private readonly LeasePurse _purse = new(TimeSpan.FromSeconds(limit.Lease!.AwaySeconds), counters);
    private readonly SlidingSum _letThrough = new(time, TimeSpan.FromSeconds(1), 60);
    private TaskCompletionSource _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private decimal _waiting;
    private int _waiters;
    private bool _isAsking, _isWanted, _isAway, _isShort, _isClosed, _isRepeating, _isLastAsked;

    /// <summary>Of the request that has no answer yet; all zeros: there is none. It is repeated with the same name until it has one, so that a grant whose answer was lost is found again.</summary>
    private Guid _requestId;
    private TimeSpan _askedAt, _askAgainAt, _refusedUntil, _answeredAt, _lastUse, _lastHeld, _pause = FirstPause;

    public string PolicyId => policyId;

    public BudgetLimit Limit => limit;

    public OutputHistory Outputs { get; } = new();

    private TimeSpan Now => time.GetElapsedTime(_began);

    private TimeSpan LeaseTime => TimeSpan.FromSeconds(_terms.Seconds);

    /// <summary>Holds a call's expected cost back, if there is so much. What is free goes whatever is left.</summary>
    /// <param name="answer">With <see cref="HoldOutcome.Wait"/>: when to try again. Who waits is counted until <see cref="Leave"/>, so that as much is asked for as all of them need.</param>
    public HoldOutcome TryHold(decimal usd, out Task answer)
    {
        answer = Task.CompletedTask;
        HoldOutcome outcome;
        bool asks;
        lock (_gate)
        {
            var now = Now;
            _lastUse = now;
            // Nobody has used it, so that nobody has asked again: whether the control plane is away is not known any more.
            if (_isAway && !_isAsking && now >= _askAgainAt + mostWait) _isAway = false;
            outcome = _isClosed ? HoldOutcome.Closed
                : usd <= 0 || _purse.Free(now, IsAway_NeedsLock(now)) >= usd ? HoldOutcome.Held
                : IsAway_NeedsLock(now) ? HoldOutcome.Away
                : now < _refusedUntil && !_purse.ComesBack(now) ? HoldOutcome.Spent
                : HoldOutcome.Wait;
            if (outcome == HoldOutcome.Held)
            {
                _purse.Hold(usd);
                _lastHeld = now;
            }
            else if (outcome == HoldOutcome.Wait)
            {
                _waiting += usd;
                _waiters++;
                answer = _answer.Task;
            }

            _isShort |= outcome == HoldOutcome.Spent;
            asks = !_isWanted && NeedsMore_NeedsLock(now);
            _isWanted |= asks;
        }

        if (asks) wanted();
        return outcome;
    }

    /// <summary>Nothing is held back: the call goes although there is no money for it, and is charged all the same.</summary>
    public void Enter()
    {
        lock (_gate) _purse.Hold(0);
    }

    /// <summary>It waits no longer.</summary>
    public void Leave(decimal usd)
    {
        lock (_gate)
        {
            _waiting -= usd;
            _waiters--;
        }
    }

    /// <summary>Whether a throttled account lets one more through in this minute; it is counted then.</summary>
    public bool TryLetThrough()
    {
        lock (_gate)
        {
            if (_letThrough.Sum() >= limit.ThrottledRequestsPerMinute) return false;
            _letThrough.Add(1);
            return true;
        }
    }

    /// <summary>What an attempt cost: it is no longer held back, but spent.</summary>
    public void Charge(HeldPart part, decimal usd)
    {
        decimal freed;
        lock (_gate)
        {
            var now = Now;
            freed = _purse.Charge(part, usd, now, IsAway_NeedsLock(now));
        }

        counters.CountSettled(usd);
        if (usd > freed) counters.CountAboveExpected(usd - freed);
    }

    /// <summary>The call has ended: what it held back and did not spend is free. Once, however often it is called.</summary>
    public void Release(HeldPart part)
    {
        lock (_gate) _purse.Release(part);
    }

    /// <summary>What to ask for now; null: nothing. Whoever gets it brings the answer to <see cref="Take"/>.</summary>
    public LeaseRequest? TakeAsk()
    {
        lock (_gate)
        {
            _isWanted = false;
            var now = Now;
            if (!NeedsMore_NeedsLock(now)) return null;
            (_isAsking, _isRepeating, _isLastAsked) = (true, _requestId != Guid.Empty, _isClosed);
            _askedAt = now;
            if (!_isRepeating) _requestId = Guid.NewGuid();
            // As many parts as calls in flight and those who wait expect: one that is larger than a part is not refused for ever.
            var need = _purse.Held + _waiting + _purse.Debt.Usd;
            var usd = need <= _terms.Usd ? _terms.Usd : Math.Min(BudgetLimit.MostUsd, Math.Ceiling(need / _terms.Usd) * _terms.Usd);
            return new LeaseRequest(policyId, _terms.BudgetId, usd, _terms.Seconds, _requestId);
        }
    }

    /// <param name="grant">Null: there was no answer, so that something may have been granted all the same.</param>
    public void Take(LeaseGrant? grant)
    {
        TaskCompletionSource answer;
        lock (_gate)
        {
            var now = Now;
            _isAsking = false;
            if (grant is null)
            {
                _isAway = true;
                _askAgainAt = now + Jitter.Of(_pause);
                _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
            }
            else
            {
                (_isAway, _pause, _answeredAt, _refusedUntil, _requestId) = (false, FirstPause, now, TimeSpan.Zero, Guid.Empty);
                var margin = _isRepeating ? RepeatedMargin : FreedMargin;
                var seconds = TimeSpan.FromSeconds(Math.Clamp(grant.Seconds, 1, BudgetLease.MaxSeconds));
                if (grant.Usd > 0) Add_NeedsLock(new Lease(grant.LeaseId, grant.Usd, _askedAt + (seconds * (1 - RenewShare)), _askedAt + seconds, now + seconds + margin) { ToldAt = now });
                else Refuse_NeedsLock(now, seconds < MaxRefusal ? seconds : MaxRefusal);
                Retire_NeedsLock(now);
            }

            answer = Swap_NeedsLock();
        }

        answer.SetResult();
    }

    /// <summary>The policy is gone or says something else: nothing new is held, and what is left goes back when the last call in flight has ended. What was asked for and not answered is asked for once more, to give that back too.</summary>
    public void Close()
    {
        TaskCompletionSource answer;
        lock (_gate)
        {
            _isClosed = true;
            answer = Swap_NeedsLock();
        }

        answer.SetResult();
    }

    /// <summary>The gateway ends, and nothing is in flight any more: everything goes back, and nothing is asked for.</summary>
    public void GiveBack()
    {
        lock (_gate)
        {
            (_isClosed, _isLastAsked) = (true, true);
            _purse.End();
        }
    }

    /// <summary>Nothing can come of it any more.</summary>
    public bool IsDone
    {
        get
        {
            lock (_gate) return _isClosed && _purse.IsEmpty && _purse.Holds == 0 && !_isAsking && !AsksLast_NeedsLock;
        }
    }

    /// <summary>What to tell now.</summary>
    public void AddWords(List<LeaseWord> words)
    {
        lock (_gate)
        {
            var now = Now;
            Retire_NeedsLock(now);
            _purse.AddWords(words, now, SettleInterval, _answeredAt);
        }
    }

    /// <summary>What became of a word.</summary>
    public void Told(in LeaseWord word, WordOutcome outcome)
    {
        var lease = word.Lease;
        lock (_gate)
        {
            var now = Now;
            lease.ToldAt = now;
            if (outcome == WordOutcome.NoAnswer) return;
            _answeredAt = now;
            (lease.ToldUsd, lease.ToldCalls) = (word.Settlement.SpentUsd, word.Settlement.Calls);
            if (outcome == WordOutcome.Taken && !word.IsFinal) return;
            // What goes back can be asked for again.
            if (_purse.Remove(lease) && lease.Room > 0) _refusedUntil = TimeSpan.Zero;
        }

        if (outcome == WordOutcome.Taken) counters.CountReturned();
        else counters.CountDropped("unknown");
    }

    /// <summary>What the control plane does not know yet, as its last word would be.</summary>
    public void AddUntold(List<LeaseSettlement> words)
    {
        lock (_gate) _purse.AddUntold(words);
    }

    /// <summary>What was spent while there was no lease: the next one begins with it.</summary>
    public (decimal Usd, long Calls) Debt
    {
        get
        {
            lock (_gate) return _purse.Debt;
        }
    }

    public void Owe(decimal usd, long calls)
    {
        lock (_gate) _purse.Owe(usd, calls);
    }

    /// <summary>What calls in flight hold back, what is left of the leases at hand (that included), and what was spent and not told.</summary>
    public (decimal Held, decimal Left, decimal Untold) Figures
    {
        get
        {
            lock (_gate)
            {
                var now = Now;
                return (_purse.Held, _purse.Free(now, IsAway_NeedsLock(now)) + _purse.Held, _purse.Untold);
            }
        }
    }

    private TaskCompletionSource Swap_NeedsLock()
    {
        var answer = _answer;
        _answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return answer;
    }

    private bool IsAway_NeedsLock(TimeSpan now) => _isAway || (_isAsking && now - _askedAt >= mostWait);

    private bool AsksLast_NeedsLock => _isClosed && _requestId != Guid.Empty && !_isLastAsked;

    private bool NeedsMore_NeedsLock(TimeSpan now)
    {
        if (_isClosed) return AsksLast_NeedsLock && !_isAsking;
        if (_isAsking || now < _refusedUntil) return false;
        if (_isAway && now < _askAgainAt) return false;
        if (_waiters > 0) return true;
        // Ahead of need, as long as somebody draws on it, or a long call has money of it.
        if (_purse.Held == 0 && now - _lastUse > LeaseTime) return false;
        if (_isAway) return true;
        var isAway = IsAway_NeedsLock(now);
        var (granted, renewAt) = _purse.Usable(now, isAway);
        return granted > 0 && (_purse.Free(now, isAway) < granted * RefillShare || (now > renewAt && (_purse.Held > 0 || now - _lastUse < LeaseTime / 2)));
    }

    private void Add_NeedsLock(Lease lease)
    {
        _purse.Add(lease);
        counters.CountGranted(lease.Usd);
    }

    /// <summary>Until the control plane says, or until what this gateway has of the budget itself is free again.</summary>
    private void Refuse_NeedsLock(TimeSpan now, TimeSpan time) => _refusedUntil = _purse.FreedAt(now, latest: now + time);

    private void Retire_NeedsLock(TimeSpan now)
    {
        // What goes through all the same needs a lease to be charged to, so that only a budget that blocks gives back what nobody can use.
        if (_isShort && limit.Action == BudgetAction.Block && _purse.Holds == 0 && _waiters == 0 && now - _lastHeld > Patience)
        {
            _isShort = false;
            _purse.End();
        }

        _purse.Retire(now, IsAway_NeedsLock(now), _isClosed, isUnused: now - _lastUse > LeaseTime, _answeredAt);
    }
}
