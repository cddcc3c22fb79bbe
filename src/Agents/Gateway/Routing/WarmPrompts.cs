using System.Runtime.InteropServices;
using FinOps.Domain.Policies;
using FinOps.Domain.Tenancy;
using FinOps.Gateway.Providers;
using FinOps.Gateway.Reporting;

namespace FinOps.Gateway.Routing;

/// <summary>Whose prompt it is, and which. Of another organisation or another key it is another one.</summary>
/// <param name="Head">From <see cref="PromptHead"/>.</param>
internal readonly record struct PromptKey(TenantId? Tenant, string KeyId, RequestOperation Operation, ulong Head)
{
    // The head is a hash already.
    public override int GetHashCode() => Head.GetHashCode();
}

/// <summary>What a model of a provider had of a prompt when it was last asked. Tokens.</summary>
/// <param name="Warm">Read from or written to the prompt cache.</param>
/// <param name="Input">The whole prompt.</param>
/// <param name="Output">Of its answers: a maximum that falls by half of the distance with each shorter one.</param>
/// <param name="Bytes">Of the request.</param>
/// <param name="KeepsLong">It was written for an hour.</param>
internal readonly record struct WarmPlace(Provider Provider, string Model, long Warm, long Input, long Output, int Bytes, bool KeepsLong)
{
    /// <summary>By the clock's time stamps: from then on it is cold.</summary>
    public long Until { get; init; }

    public bool Is(Provider provider, string model) => ReferenceEquals(Provider, provider) && Model == model;
}

/// <summary>
/// Which prompts providers keep warm, as their answers' usage told. Bounded: beyond <see cref="MaxPrompts"/> the one that was used longest ago is forgotten and counted, which costs no more than a switch that is not priced.
/// </summary>
internal sealed class WarmPrompts(GatewayCounters counters, TimeProvider time)
{
    /// <summary>Prompts that are remembered. Default 10,000, some 4 MB.</summary>
    public const int MaxPrompts = 10_000;

    /// <summary>Models that one prompt is remembered at. Default 4; the one that was used longest ago is forgotten.</summary>
    public const int MaxPlaces = 4;

    /// <summary>From its last use: what Anthropic promises, and the least of what OpenAI names (5 to 10 minutes).</summary>
    public static readonly TimeSpan ShortLife = TimeSpan.FromMinutes(5);

    /// <summary>What Anthropic promises for what was written for an hour.</summary>
    public static readonly TimeSpan LongLife = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<PromptKey, LinkedListNode<Prompt>> _prompts = [];
    private readonly LinkedList<Prompt> _byUse = [];
    private int _count;

    /// <summary>The places in the order of their last use, the latest first.</summary>
    private sealed class Prompt
    {
        public PromptKey Key { get; set; }

        public List<WarmPlace> Places { get; } = new(1);

        public ReadOnlySpan<WarmPlace> All => CollectionsMarshal.AsSpan(Places);

        /// <summary>USD, for staying where it is warm.</summary>
        public decimal Paid { get; set; }

        public bool IsCold(long now)
        {
            foreach (ref readonly var place in All)
                if (place.Until > now) return false;
            return true;
        }
    }

    /// <summary>Nothing is warm: nobody needs to ask.</summary>
    public bool IsEmpty => Volatile.Read(ref _count) == 0;

    /// <summary>Where the prompt was last asked, if it is still warm there and that is another place.</summary>
    /// <param name="provider">Where it would go.</param>
    /// <param name="model">What would be asked there.</param>
    /// <param name="there">Tokens that are warm there, too.</param>
    /// <param name="paid">USD that calls with it paid for staying there.</param>
    public bool TryFind(in PromptKey key, Provider provider, string model, out WarmPlace last, out long there, out decimal paid)
    {
        (last, there, paid) = (default, 0, 0);
        lock (_gate)
        {
            var now = time.GetTimestamp();
            DropCold_NeedsLock(now);
            if (!_prompts.TryGetValue(key, out var node)) return false;
            var isFound = false;
            foreach (ref readonly var place in node.Value.All)
            {
                if (place.Until <= now) continue;
                if (place.Is(provider, model)) there = place.Warm;
                if (isFound) continue;
                last = place;
                isFound = true;
            }

            paid = node.Value.Paid;
            return isFound && !last.Is(provider, model);
        }
    }

    /// <summary>An answer told that so much of its prompt is warm there.</summary>
    /// <param name="elapsed">Since it was asked: that is when the provider's time begins.</param>
    public void Keep(in PromptKey key, WarmPlace place, TimeSpan elapsed)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            DropCold_NeedsLock(now);
            if (!_prompts.TryGetValue(key, out var node))
            {
                node = NewNode_NeedsLock();
                node.Value.Key = key;
                _prompts[key] = node;
            }
            else
            {
                _byUse.Remove(node);
            }

            _byUse.AddLast(node);
            Volatile.Write(ref _count, _prompts.Count);
            Put_NeedsLock(node.Value, place, now, elapsed);
        }
    }

    /// <summary>Where there is no more room, that of the one that was used longest ago: a gateway with many prompts leaves nothing for the collector that has grown old.</summary>
    private LinkedListNode<Prompt> NewNode_NeedsLock()
    {
        if (_prompts.Count < MaxPrompts) return new LinkedListNode<Prompt>(new Prompt());
        var oldest = _byUse.First!;
        Drop_NeedsLock(oldest);
        counters.CountWarmPrompt("evicted");
        oldest.Value.Places.Clear();
        oldest.Value.Paid = 0;
        return oldest;
    }

    private void Put_NeedsLock(Prompt prompt, WarmPlace place, long now, TimeSpan elapsed)
    {
        var places = prompt.Places;
        // Somewhere else: what was paid for staying there is paid.
        if (places.Count > 0 && !places[0].Is(place.Provider, place.Model)) prompt.Paid = 0;
        var at = places.FindIndex(one => one.Is(place.Provider, place.Model));
        if (at >= 0)
        {
            var before = places[at];
            places.RemoveAt(at);
            if (before.Until > now)
            {
                // A reading begins the life anew that it was written for.
                place = place with { KeepsLong = place.KeepsLong || before.KeepsLong, Output = Math.Max(place.Output, (place.Output + before.Output + 1) / 2) };
            }
        }
        else if (places.Count == MaxPlaces)
        {
            places.RemoveAt(MaxPlaces - 1);
        }

        var life = (place.KeepsLong ? LongLife : ShortLife) - elapsed;
        places.Insert(0, place with { Until = now + (long)(life.TotalSeconds * time.TimestampFrequency) });
    }

    /// <summary>A call stayed, and paid for it.</summary>
    public void Pay(in PromptKey key, decimal usd)
    {
        lock (_gate)
            if (_prompts.TryGetValue(key, out var node)) node.Value.Paid += usd;
    }

    /// <summary>It is not warm there, or nobody answers there.</summary>
    public void Forget(in PromptKey key, Provider provider, string model)
    {
        lock (_gate)
        {
            if (!_prompts.TryGetValue(key, out var node)) return;
            node.Value.Places.RemoveAll(place => place.Is(provider, model));
            if (node.Value.Places.Count == 0) Drop_NeedsLock(node);
        }
    }

    /// <summary>Those at the beginning, whose time is over.</summary>
    private void DropCold_NeedsLock(long now)
    {
        while (_byUse.First is { } first && first.Value.IsCold(now)) Drop_NeedsLock(first);
    }

    private void Drop_NeedsLock(LinkedListNode<Prompt> node)
    {
        _prompts.Remove(node.Value.Key);
        _byUse.Remove(node);
        Volatile.Write(ref _count, _prompts.Count);
    }
}
