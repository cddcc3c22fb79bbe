using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Stores.Postgres;

/// <summary>A row that belongs to one tenant. Whoever has this gets the query filter; the table needs row-level security (docs/isolation.md).</summary>
public interface ITenantRow
{
    Guid TenantId { get; }
}

/// <summary>
/// Whose rows a piece of work may see. Either one tenant's, or those that one of the named ways opens: each way is the name that a policy in the
/// database asks for, and docs/isolation.md lists them all. The default sees no tenant's rows at all.
/// </summary>
public readonly record struct StoreScope
{
    private StoreScope(Guid? tenant, string way) => (Tenant, Way) = (tenant, way);

    /// <summary>Reads the prices of all tenants, to make their snapshots; changes nothing.</summary>
    public static StoreScope PriceBook { get; } = new(null, "price book");

    /// <summary>Writes public prices, which are no tenant's.</summary>
    public static StoreScope PriceImport { get; } = new(null, "price import");

    /// <summary>Sends the mails of all tenants; the outbox alone.</summary>
    public static StoreScope Mail { get; } = new(null, "mail");

    /// <summary>Reads the limits that were set for tenants; changes nothing.</summary>
    public static StoreScope Quotas { get; } = new(null, "quotas");

    /// <summary>Reads which projects keep samples, and the tenants' keys for them, which are encrypted; changes nothing.</summary>
    public static StoreScope Samples { get; } = new(null, "samples");

    /// <summary>Reads what tenants count as outcomes; changes nothing.</summary>
    public static StoreScope Outcomes { get; } = new(null, "outcomes");

    /// <summary>Reads which re-ratings of all tenants are under way; changes nothing.</summary>
    public static StoreScope Reratings { get; } = new(null, "reratings");

    /// <summary>Reads which erasures of users are not done, of all tenants; changes nothing.</summary>
    public static StoreScope Erasures { get; } = new(null, "erasures");

    /// <summary>Reads which tenants have budgets, and what they are; changes nothing.</summary>
    public static StoreScope Budgets { get; } = new(null, "budgets");

    /// <summary>Takes messages to channels of all tenants that are due; these alone, and without the alerts that they tell of.</summary>
    public static StoreScope Channels { get; } = new(null, "channels");

    /// <summary>Reads which version of its bundle each tenant has; nothing of what is in it, and changes nothing.</summary>
    public static StoreScope Bundles { get; } = new(null, "bundles");

    /// <summary>Reads which tenants have agents that are not heard of; changes nothing.</summary>
    public static StoreScope Agents { get; } = new(null, "agents");

    /// <summary>Reads who gets digests, and which they have got; changes nothing.</summary>
    public static StoreScope Digests { get; } = new(null, "digests");

    public Guid? Tenant { get; }

    /// <summary>Null or empty without one.</summary>
    public string? Way { get; }

    public static StoreScope Of(TenantId tenant) => new(tenant.Value, "");
}
