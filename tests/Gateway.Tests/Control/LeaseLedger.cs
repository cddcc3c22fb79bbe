using System.Diagnostics;
using FinOps.Domain.Policies.Control;

namespace FinOps.Gateway.Tests.Control;

/// <summary>One budget of a control plane, by the words of <see cref="AgentControl"/>: what is reserved is nobody else's until it is settled, returned, or its time is over.</summary>
internal sealed class LeaseLedger(decimal budgetUsd)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, Entry> _entries = [];
    private readonly Dictionary<Guid, Guid> _requests = [];

    /// <summary>Until when who is refused is told to wait.</summary>
    public int RefusalSeconds { get; set; } = 1;

    /// <summary>Of each grant; null: what was asked for.</summary>
    public int? Seconds { get; set; }

    public IReadOnlyList<LeaseRequest> Asked { get; private set; } = [];

    public decimal BudgetUsd => budgetUsd;

    public decimal Spent
    {
        get
        {
            lock (_gate) return _entries.Values.Sum(entry => entry.Spent);
        }
    }

    public long Calls
    {
        get
        {
            lock (_gate) return _entries.Values.Sum(entry => entry.Calls);
        }
    }

    /// <summary>What is reserved and not spent.</summary>
    public decimal Outstanding
    {
        get
        {
            lock (_gate) return _entries.Values.Sum(Reserved);
        }
    }

    public int Open
    {
        get
        {
            lock (_gate) return _entries.Values.Count(entry => Reserved(entry) > 0);
        }
    }

    public int Returned
    {
        get
        {
            lock (_gate) return _entries.Values.Count(entry => entry.IsReturned);
        }
    }

    /// <summary>Leases that nobody ever gave back, although their gateways are gone.</summary>
    public int Ghosts
    {
        get
        {
            lock (_gate) return _entries.Values.Count(entry => !entry.IsReturned);
        }
    }

    public int Granted
    {
        get
        {
            lock (_gate) return _entries.Count;
        }
    }

    /// <summary>Requests that were answered with a lease they had been granted before.</summary>
    public int Repeated { get; private set; }

    /// <summary>The largest lease that was granted.</summary>
    public decimal LargestGrant { get; private set; }

    /// <summary>What was spent, within what was granted, and told when it had been taken back already.</summary>
    public decimal SpentLate { get; private set; }

    /// <summary>When somebody got less than it asked for, for the first time.</summary>
    public long FirstShortAt { get; private set; } = long.MaxValue;

    /// <summary>What a gateway said that cannot be; null: nothing.</summary>
    public string? Fault { get; private set; }

    public LeaseGrant Reserve(LeaseRequest request)
    {
        lock (_gate)
        {
            Asked = [.. Asked, request];
            if (request.RequestId is { } name && _requests.TryGetValue(name, out var lease) && _entries[lease] is var before && Left(before) >= 1)
            {
                Repeated++;
                if (before.IsReturned) Fault ??= "A lease was given back, and asked for again by the same name.";
                return new LeaseGrant(lease, before.Granted, Left(before), 0);
            }

            var left = budgetUsd - _entries.Values.Sum(entry => entry.Spent + Reserved(entry));
            var granted = Math.Clamp(request.Usd, 0, Math.Max(0, left));
            if (granted < request.Usd) FirstShortAt = Math.Min(FirstShortAt, Stopwatch.GetTimestamp());
            if (granted == 0) return new LeaseGrant(Guid.Empty, 0, RefusalSeconds, 0);
            var id = Guid.NewGuid();
            var seconds = Seconds ?? request.Seconds;
            if (request.RequestId is { } named) _requests[named] = id;
            _entries[id] = new Entry(granted, Stopwatch.GetTimestamp(), seconds);
            LargestGrant = Math.Max(LargestGrant, granted);
            return new LeaseGrant(id, granted, seconds, left - granted);
        }
    }

    /// <summary>False: it was never granted.</summary>
    public bool Settle(LeaseSettlement told, bool isLast)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(told.LeaseId, out var entry)) return false;
            if (entry.IsReturned && told.SpentUsd != entry.Spent) Fault ??= $"A lease was given back with {entry.Spent}, and told as {told.SpentUsd} after that.";
            if (told.SpentUsd < entry.Spent || told.Calls < entry.Calls) Fault ??= $"What was spent of a lease fell from {entry.Spent} to {told.SpentUsd}.";
            if (IsOver(entry)) SpentLate += Math.Max(0, Math.Min(entry.Granted, told.SpentUsd) - entry.Spent);
            (entry.Spent, entry.Calls, entry.IsReturned) = (told.SpentUsd, told.Calls, entry.IsReturned || isLast);
            return true;
        }
    }

    /// <summary>Whole seconds.</summary>
    private static int Left(Entry entry) => (int)(entry.Seconds - Stopwatch.GetElapsedTime(entry.At).TotalSeconds);

    private static bool IsOver(Entry entry) => Stopwatch.GetElapsedTime(entry.At).TotalSeconds >= entry.Seconds;

    private static decimal Reserved(Entry entry) => entry.IsReturned || IsOver(entry) ? 0 : Math.Max(0, entry.Granted - entry.Spent);

    private sealed class Entry(decimal granted, long at, int seconds)
    {
        public decimal Granted => granted;
        public long At => at;
        public int Seconds => seconds;
        public decimal Spent { get; set; }
        public long Calls { get; set; }
        public bool IsReturned { get; set; }
    }
}
