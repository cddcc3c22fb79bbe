using FinOps.Domain.Quotas;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Quotas;

/// <summary>How much of one quota a tenant uses.</summary>
/// <param name="Limit">What holds; 0 = no limit.</param>
/// <param name="IsDefault">Nothing was set for this tenant.</param>
/// <param name="Used">Null where it is not known in this process, or the store does not tell.</param>
public sealed record QuotaUse(Quota Quota, long Limit, bool IsDefault, long? Used)
{
    /// <summary>The part of the limit that is used; null without a limit or a figure.</summary>
    public double? Share => Limit == QuotaTable.Unlimited || Used is not { } used ? null : (double)used / Limit;
}

/// <param name="TenantName">As it is called now.</param>
/// <param name="Uses">Every quota, in the order of <see cref="QuotaTable.All"/>.</param>
public sealed record QuotaUsageAnswer(TenantId Tenant, string TenantName, IReadOnlyList<QuotaUse> Uses);
