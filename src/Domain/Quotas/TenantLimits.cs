namespace FinOps.Domain.Quotas;

/// <summary>The limits of one tenant, whole and immutable: what was set for it, and the installation's defaults for the rest.</summary>
public sealed class TenantLimits
{
    private readonly long[] _limits;

    public TenantLimits(Func<Quota, long> limitOf) => _limits = [.. QuotaTable.All.Select(text => limitOf(text.Quota))];

    /// <summary>No limit at all.</summary>
    public static TenantLimits None { get; } = new(_ => QuotaTable.Unlimited);

    /// <summary>The limit; <see cref="QuotaTable.Unlimited"/> for none.</summary>
    public long this[Quota quota] => _limits[(int)quota];

    /// <summary>The limit, the largest number for none.</summary>
    public long Most(Quota quota) => _limits[(int)quota] is var limit && limit == QuotaTable.Unlimited ? long.MaxValue : limit;

    public TenantLimits With(IReadOnlyDictionary<Quota, long> set) => new(quota => set.TryGetValue(quota, out var limit) ? limit : this[quota]);
}
