using FinOps.Domain.Policies;
using FinOps.Gateway.Configuration;

namespace FinOps.Gateway.Policies;

/// <summary>
/// What the gateway obeys: one immutable snapshot, swapped as a whole. Calls in flight keep theirs. The keys of the gateway's own file are in each snapshot; where a bundle has the same key, the bundle's word counts.
/// </summary>
internal sealed class PolicyState
{
    private readonly IReadOnlyList<VirtualKey> _ownKeys;
    private readonly IReadOnlyDictionary<string, WireProtocol> _protocols;
    private PolicySnapshot _current;

    public PolicyState(GatewaySettings settings)
    {
        _ownKeys = settings.Keys;
        _protocols = settings.Providers.Protocols;
        _current = Compile(PolicyBundle.Empty);
    }

    public PolicySnapshot Current => Volatile.Read(ref _current);

    /// <summary>What the gateway's own configuration says of its providers.</summary>
    public IReadOnlyDictionary<string, WireProtocol> Protocols => _protocols;

    public void Swap(PolicyBundle bundle) => Volatile.Write(ref _current, Compile(bundle));

    private PolicySnapshot Compile(PolicyBundle bundle)
    {
        var known = bundle.Keys.Select(key => Convert.ToHexString(key.Sha256.Span)).ToHashSet(StringComparer.Ordinal);
        return PolicySnapshot.Create(bundle with { Keys = [.. bundle.Keys, .. _ownKeys.Where(key => !known.Contains(Convert.ToHexString(key.Sha256.Span)))] }, _protocols);
    }
}
