using FinOps.Domain.Policies.Control;
using FinOps.Gateway.Reporting;

namespace FinOps.Gateway.Leases;

/// <summary>
/// The leases of one account as one purse: what is left of them, what calls in flight hold back, and what was spent, also for lack of a lease. It adds and subtracts, and reads no clock: its account says the time and locks.
/// What a call cost is charged to the lease that ends first and has room, and what is above all of them to the newest.
/// </summary>
/// <param name="away">For so long a lease goes on beyond its time while the control plane is away.</param>
internal sealed class LeasePurse(TimeSpan away, LeaseCounters counters)
{
    private readonly List<Lease> _leases = [];
    private decimal _debt;
    private long _debtCalls;

    /// <summary>What calls in flight hold back.</summary>
    public decimal Held { get; private set; }

    /// <summary>Calls in flight, also those that hold nothing back.</summary>
    public int Holds { get; private set; }

    /// <summary>What was spent while there was no lease: the next one begins with it.</summary>
    public (decimal Usd, long Calls) Debt => (_debt, _debtCalls);

    /// <summary>What was spent and is not told.</summary>
    public decimal Untold => _debt + _leases.Sum(static lease => lease.Spent - lease.ToldUsd);

    public bool IsEmpty => _leases.Count == 0;

    private Lease? Newest => _leases.FindLast(static lease => !lease.IsFinal);

    /// <summary>What no call holds back of the leases that can be spent now. Below 0 where calls outlast them.</summary>
    /// <param name="isAway">The control plane does not answer.</param>
    public decimal Free(TimeSpan now, bool isAway)
    {
        var free = -Held;
        foreach (var lease in _leases)
            if (IsUsable(lease, now, isAway)) free += lease.Room;
        return free;
    }

    /// <summary>What was granted of the leases that can be spent now, and when the newest of them is to be followed by another one.</summary>
    public (decimal Granted, TimeSpan RenewAt) Usable(TimeSpan now, bool isAway)
    {
        decimal granted = 0;
        var renewAt = TimeSpan.Zero;
        foreach (var lease in _leases)
        {
            if (!IsUsable(lease, now, isAway)) continue;
            granted += lease.Usd;
            renewAt = lease.RenewAt > renewAt ? lease.RenewAt : renewAt;
        }

        return (granted, renewAt);
    }

    /// <summary>The control plane is just taking back what it will grant again.</summary>
    public bool ComesBack(TimeSpan now)
    {
        foreach (var lease in _leases)
            if (!lease.IsFinal && lease.Room > 0 && now >= lease.EndsAt && now < lease.FreedAt) return true;
        return false;
    }

    /// <summary>When the control plane takes something of it back, at the latest at a given time.</summary>
    public TimeSpan FreedAt(TimeSpan now, TimeSpan latest)
    {
        foreach (var lease in _leases)
            if (!lease.IsFinal && lease.Room > 0 && lease.FreedAt > now && lease.FreedAt < latest) latest = lease.FreedAt;
        return latest;
    }

    /// <param name="usd">0: the call goes although there is no money for it, and is charged all the same.</param>
    public void Hold(decimal usd)
    {
        Held += usd;
        Holds++;
    }

    /// <summary>What an attempt cost: it is no longer held back, but spent. How much of it was held back.</summary>
    public decimal Charge(HeldPart part, decimal usd, TimeSpan now, bool isAway)
    {
        var freed = Math.Min(part.Usd, usd);
        part.Usd -= freed;
        part.IsCharged = true;
        Held -= freed;
        Spend(usd, now, isAway);
        return freed;
    }

    private void Spend(decimal usd, TimeSpan now, bool isAway)
    {
        foreach (var lease in _leases)
        {
            if (!IsUsable(lease, now, isAway)) continue;
            var taken = Math.Min(lease.Room, usd);
            lease.Spent += taken;
            usd -= taken;
        }

        if (usd == 0) return;
        if (Newest is { } newest) newest.Spent += usd;
        else _debt += usd;
    }

    /// <summary>The call has ended. Once, however often it is called.</summary>
    public void Release(HeldPart part)
    {
        if (part.IsReleased) return;
        part.IsReleased = true;
        Held -= part.Usd;
        part.Usd = 0;
        Holds--;
        if (!part.IsCharged) return;
        if (Newest is { } newest) newest.Calls++;
        else _debtCalls++;
    }

    /// <summary>Was spent without a lease, before a restart.</summary>
    public void Owe(decimal usd, long calls)
    {
        _debt += usd;
        _debtCalls += calls;
    }

    /// <summary>It begins with what was spent while there was none.</summary>
    public void Add(Lease lease)
    {
        (lease.Spent, lease.Calls) = (_debt, _debtCalls);
        (_debt, _debtCalls) = (0, 0);
        _leases.Add(lease);
    }

    /// <summary>False: it is gone already.</summary>
    public bool Remove(Lease lease) => _leases.Remove(lease);

    /// <summary>Everything goes back.</summary>
    public void End()
    {
        foreach (var lease in _leases) lease.IsFinal = true;
    }

    /// <summary>Finds the leases that go back: what is used up or over and has a successor, and the last one when nobody draws on it any more.</summary>
    /// <param name="isClosed">Nothing new is held of it.</param>
    /// <param name="isUnused">Nobody has come for the time of a lease.</param>
    /// <param name="answeredAt">When the control plane answered last.</param>
    public void Retire(TimeSpan now, bool isAway, bool isClosed, bool isUnused, TimeSpan answeredAt)
    {
        for (var i = 0; i < _leases.Count; i++)
        {
            var lease = _leases[i];
            var isOver = now >= lease.EndsAt;
            if (isOver && !lease.IsOver)
            {
                lease.IsOver = true;
                if (lease.Room > 0) counters.CountExpired();
            }

            if (lease.IsFinal) continue;
            if (isClosed) lease.IsFinal = Holds == 0;
            else if (i < _leases.Count - 1) lease.IsFinal = !IsUsable(lease, now, isAway) || lease.Room == 0 || (now > lease.RenewAt && Free(now, isAway) >= lease.Room);
            else lease.IsFinal = isOver && Holds == 0 && isUnused && (answeredAt >= lease.EndsAt || now >= lease.EndsAt + away);
        }
    }

    /// <summary>What to tell now.</summary>
    /// <param name="interval">What goes on is told so often.</param>
    /// <param name="answeredAt">When the control plane answered last.</param>
    public void AddWords(List<LeaseWord> words, TimeSpan now, TimeSpan interval, TimeSpan answeredAt)
    {
        foreach (var lease in _leases)
        {
            // Whether the control plane is there decides what becomes of a lease whose time is over: it is asked even if there is nothing new.
            var isDue = now - lease.ToldAt >= interval && (lease.IsDirty || (now >= lease.EndsAt && answeredAt < lease.EndsAt));
            if (lease.IsFinal || isDue) words.Add(new LeaseWord(lease, new LeaseSettlement(lease.Id, lease.Spent, lease.Calls), lease.IsFinal));
        }
    }

    /// <summary>What the control plane does not know yet, as its last word would be.</summary>
    public void AddUntold(List<LeaseSettlement> words)
    {
        foreach (var lease in _leases)
            if (lease.IsFinal || lease.IsDirty) words.Add(new LeaseSettlement(lease.Id, lease.Spent, lease.Calls));
    }

    /// <summary>A lease goes on beyond its time while the control plane is away.</summary>
    private bool IsUsable(Lease lease, TimeSpan now, bool isAway) => !lease.IsFinal && (now < lease.EndsAt || (isAway && now < lease.EndsAt + away));
}
