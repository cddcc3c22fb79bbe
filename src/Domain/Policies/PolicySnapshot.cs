using System.Collections.Frozen;
using System.Runtime.InteropServices;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Policies;

/// <summary>
/// A bundle as it is asked for each request: immutable, swapped as a whole, while calls in flight keep theirs.
/// <para>Order of precedence: the policy whose match has more parts goes first; of equally many the one with the higher priority; then the one whose id comes first, letter by letter.</para>
/// </summary>
public sealed class PolicySnapshot
{
    /// <summary>What policies are found by, the first that a policy names in full. They narrow most, so that a request looks at few policies of others.</summary>
    private static readonly Index[] Indexes = [Index.Key, Index.User, Index.Customer, Index.Feature, Index.Team, Index.Service, Index.Environment, Index.Model];

    private readonly (Index By, FrozenDictionary<string, CompiledPolicy[]> Policies)[] _indexes;
    private readonly CompiledPolicy[] _others;
    private readonly FrozenDictionary<KeyHash, CompiledKey> _keys;

    private enum Index
    {
        Key,
        User,
        Customer,
        Feature,
        Team,
        Service,
        Environment,
        Model,
    }

    private PolicySnapshot(PolicyBundle bundle, IReadOnlyDictionary<string, WireProtocol> protocols)
    {
        Version = bundle.Version;
        Tenant = bundle.Tenant;
        Policies = [.. bundle.Policies.Where(policy => policy.Enabled)
            .OrderByDescending(policy => policy.Match.Parts).ThenByDescending(policy => policy.Priority).ThenBy(policy => policy.Id, StringComparer.Ordinal)
            .Select((policy, rank) => new CompiledPolicy(policy, rank, protocols))];
        var places = Policies.ToLookup(policy => IndexOf(policy.Policy.Match));
        _others = [.. places[null]];
        _indexes = [.. Indexes.Where(by => places.Contains(by)).Select(by => (by, Build(by, places[by])))];
        _keys = bundle.Keys.ToFrozenDictionary(key => KeyHash.Of(key.Sha256.Span), key => new CompiledKey(key));
        Prices = bundle.Prices is { } prices ? PriceSnapshot.Create(prices) : null;
        NeedsTask = Policies.Any(policy => policy.Policy.Match.Tasks.Count > 0 || (policy.Policy.Body is Route route && route.Rules.Any(rule => rule.When.Tasks.Count > 0)));
    }

    /// <summary>Without any policy.</summary>
    public static PolicySnapshot Empty { get; } = Create(PolicyBundle.Empty);

    /// <param name="bundle">As it was read.</param>
    /// <param name="protocols">What the gateway's own configuration says of providers; the bundle's word goes before.</param>
    public static PolicySnapshot Create(PolicyBundle bundle, IReadOnlyDictionary<string, WireProtocol>? protocols = null) =>
        new(bundle, Protocols.Join(bundle.Providers, protocols));

    /// <summary>The bundle's.</summary>
    public long Version { get; }

    /// <summary>Whose policies they are; null: a file's.</summary>
    public TenantId? Tenant { get; }

    /// <summary>Enabled ones, in order of precedence.</summary>
    public IReadOnlyList<CompiledPolicy> Policies { get; }

    /// <summary>Whether some policy asks for the kind of task, so that it has to be found out before <see cref="Resolve"/>.</summary>
    public bool NeedsTask { get; }

    /// <summary>The bundle's prices; null where it brings none.</summary>
    public PriceSnapshot? Prices { get; }

    /// <summary>How many virtual keys there are; 0: clients come with the gateway's own or none.</summary>
    public int KeyCount => _keys.Count;

    /// <summary>Of each kind the first that matches in order of precedence, of budgets all. Looks only at policies that name a value of the request, and at those that name none.</summary>
    public void Resolve(in RequestFacts facts, out AppliedPolicies applied)
    {
        applied = default;
        foreach (var (by, policies) in _indexes)
        {
            if (!policies.TryGetValue(ValueOf(by, in facts), out var named)) continue;
            foreach (var policy in named) applied.Offer(policy, in facts);
        }

        foreach (var policy in _others) applied.Offer(policy, in facts);
    }

    /// <summary>The virtual key with this SHA-256; null where there is none. Revoked and expired ones are told too, so that a refusal can say so.</summary>
    public CompiledKey? FindKey(ReadOnlySpan<byte> sha256) => _keys.GetValueOrDefault(KeyHash.Of(sha256));

    private static Index? IndexOf(PolicyMatch match)
    {
        foreach (var index in Indexes)
        {
            if (ValuesOf(index, match) is { Count: > 0 } values && (index != Index.Model || values.All(NamePattern.IsExact))) return index;
        }

        return null;
    }

    private static FrozenDictionary<string, CompiledPolicy[]> Build(Index by, IEnumerable<CompiledPolicy> policies)
    {
        var comparer = by == Index.Model ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;
        return policies.SelectMany(policy => ValuesOf(by, policy.Policy.Match).Distinct(comparer).Select(value => (value, policy)))
            .GroupBy(pair => pair.value, pair => pair.policy, comparer)
            .ToFrozenDictionary(group => group.Key, group => group.ToArray(), comparer);
    }

    private static IReadOnlyList<string> ValuesOf(Index index, PolicyMatch match) => index switch
    {
        Index.Key => match.Keys,
        Index.User => match.Users,
        Index.Customer => match.Customers,
        Index.Feature => match.Features,
        Index.Team => match.Teams,
        Index.Service => match.Services,
        Index.Environment => match.Environments,
        _ => match.Models,
    };

    private static string ValueOf(Index index, in RequestFacts facts) => index switch
    {
        Index.Key => facts.KeyId,
        Index.User => facts.Tags[Tag.User],
        Index.Customer => facts.Tags[Tag.Customer],
        Index.Feature => facts.Tags[Tag.Feature],
        Index.Team => facts.Tags[Tag.Team],
        Index.Service => facts.Tags[Tag.Service],
        Index.Environment => facts.Tags[Tag.Environment],
        _ => facts.Model,
    };

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct KeyHash(ulong A, ulong B, ulong C, ulong D)
    {
        public static KeyHash Of(ReadOnlySpan<byte> sha256)
        {
            var words = MemoryMarshal.Cast<byte, ulong>(sha256);
            return words.Length == 4 ? new KeyHash(words[0], words[1], words[2], words[3]) : default;
        }
    }
}

/// <summary>A virtual key as it is asked for each request.</summary>
public sealed class CompiledKey
{
    private readonly NamePattern[] _models;
    private readonly (Tag Tag, string Value)[] _tags;

    internal CompiledKey(VirtualKey key)
    {
        Key = key;
        _tags = [.. key.Tags.Select(tag => (tag.Key, tag.Value))];
        _models = [.. key.Models.Select(model => new NamePattern(model))];
    }

    public VirtualKey Key { get; }

    public bool IsLive(DateTimeOffset now) => Key.Enabled && (Key.ExpiresAt is not { } end || now < end);

    public bool AllowsModel(string model) => NamePattern.AnyMatches(_models, model);

    public bool AllowsProvider(string provider)
    {
        if (Key.Providers.Count == 0) return true;
        for (var index = 0; index < Key.Providers.Count; index++)
        {
            if (string.Equals(Key.Providers[index], provider, StringComparison.OrdinalIgnoreCase)) return true;
        }

        return false;
    }

    /// <summary>Its tags win over whatever the request told.</summary>
    public void Bind(ref TagSet tags)
    {
        foreach (var (tag, value) in _tags) tags.Set(tag, value, TagLevel.Bound);
    }
}
