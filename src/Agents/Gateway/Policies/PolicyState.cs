using FinOps.Domain.Policies;
using FinOps.Gateway.Configuration;
using FinOps.Gateway.Metering;

namespace FinOps.Gateway.Policies;

/// <summary>
/// What the gateway obeys: one immutable snapshot, swapped as a whole. Calls in flight keep theirs. The keys of the gateway's own file are in each snapshot; where a bundle has the same key, the bundle's word counts.
/// </summary>
internal sealed class PolicyState
{
    private readonly IReadOnlyList<VirtualKey> _ownKeys;
    private readonly IReadOnlyDictionary<string, WireProtocol> _protocols;
    private readonly EdgePrices _prices;
    private PolicySnapshot _current;

    /// <param name="settings">The gateway's own file.</param>
    /// <param name="prices">They follow the bundle.</param>
    public PolicyState(GatewaySettings settings, EdgePrices prices)
    {
        _prices = prices;
        _ownKeys = settings.Keys;
        _protocols = settings.Providers.Protocols;
        _current = Compile(PolicyBundle.Empty);
    }

    public PolicySnapshot Current => Volatile.Read(ref _current);

    /// <summary>What the gateway's own configuration says of its providers.</summary>
    public IReadOnlyDictionary<string, WireProtocol> Protocols => _protocols;

    public void Swap(PolicyBundle bundle)
    {
        var next = Compile(bundle);
        _prices.Use(bundle.PricesBeside, next.Prices);
        Volatile.Write(ref _current, next);
    }

    private PolicySnapshot Compile(PolicyBundle bundle)
    {
        var known = bundle.Keys.Select(key => Convert.ToHexString(key.Sha256.Span)).ToHashSet(StringComparer.Ordinal);
        return PolicySnapshot.Create(bundle with { Keys = [.. bundle.Keys, .. _ownKeys.Where(key => !known.Contains(Convert.ToHexString(key.Sha256.Span)))] }, _protocols);
    }
}
