using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Policies;

/// <summary>
/// Everything that a gateway obeys, at one version: read whole or refused whole, swapped whole. Sent by the control plane, or written by a person as <c>policies.json</c>.
/// </summary>
public sealed record PolicyBundle
{
    /// <summary>The only form that is read.</summary>
    public const int Schema = 1;

    public static PolicyBundle Empty { get; } = new();

    /// <summary>Grows with every bundle of a tenant; an older one is refused. 0 for a person's own file.</summary>
    public long Version { get; init; }

    /// <summary>Whose policies; null in a person's own file.</summary>
    public TenantId? Tenant { get; init; }

    public DateTimeOffset? IssuedAt { get; init; }

    /// <summary>It is not taken from then on; what a gateway holds already goes on. Null: no end.</summary>
    public DateTimeOffset? NotAfter { get; init; }

    /// <summary>What providers speak that are named by targets and are neither <c>anthropic</c> nor of OpenAI's protocol.</summary>
    public IReadOnlyDictionary<string, WireProtocol> Providers { get; init; } = new Dictionary<string, WireProtocol>(StringComparer.OrdinalIgnoreCase);

    public IReadOnlyList<Policy> Policies { get; init; } = [];

    /// <summary>The public parts of keys that clients come with. The providers' keys behind them are only the gateway's.</summary>
    public IReadOnlyList<VirtualKey> Keys { get; init; } = [];

    /// <summary>A price list that calls are rated with at the edge; null: the gateway's own dated list, and what lies over it.</summary>
    public PriceCatalogue? Prices { get; init; }

    /// <summary>What the organisation's book says beside the dated list, as the control plane sends it; null: nothing. At most one of both is there.</summary>
    public PriceOverlay? PricesBeside { get; init; }
}

/// <summary>A key that a client comes with instead of a provider's.</summary>
/// <param name="Id">Letters, digits, <c>-</c>, <c>_</c> and <c>.</c>; policies match it.</param>
/// <param name="Sha256">SHA-256 of the key in UTF-8, 32 bytes. The key itself is kept nowhere.</param>
public sealed record VirtualKey(string Id, ReadOnlyMemory<byte> Sha256)
{
    /// <summary>Tags that a key can fix.</summary>
    public static IReadOnlyList<Tag> Bindable { get; } = [Tag.Feature, Tag.User, Tag.Team, Tag.Customer, Tag.Environment, Tag.Service];

    /// <summary>For people.</summary>
    public string Name { get; init; } = "";

    /// <summary>They win over whatever a request tells.</summary>
    public IReadOnlyDictionary<Tag, string> Tags { get; init; } = new Dictionary<Tag, string>();

    /// <summary>Models that may be asked for, <c>*</c> for any letters; empty: all.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Providers that may be asked; empty: all.</summary>
    public IReadOnlyList<string> Providers { get; init; } = [];

    /// <summary>It opens nothing from then on. Null: no end.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>False: revoked.</summary>
    public bool Enabled { get; init; } = true;
}
