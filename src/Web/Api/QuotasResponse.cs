using FinOps.Analytics.Quotas;
using FinOps.Domain.Quotas;

namespace FinOps.Web.Api;

/// <summary>The limits of an organisation as they shall be.</summary>
/// <param name="Limits">By name; 0 = no limit. What is not named has the installation's default.</param>
/// <param name="Why">For the audit record.</param>
internal sealed record QuotasRequest(IReadOnlyDictionary<string, long>? Limits, string? Why);

/// <param name="Organisation">Its id.</param>
/// <param name="Name">As it is called now.</param>
/// <param name="Quotas">Every quota.</param>
internal sealed record QuotasResponse(Guid Organisation, string Name, IReadOnlyList<QuotaResponse> Quotas)
{
    public static QuotasResponse Of(QuotaUsageAnswer answer) => new(answer.Tenant.Value, answer.TenantName, [.. answer.Uses.Select(QuotaResponse.Of)]);
}

/// <param name="Name">For example ingestItemsPerSecond.</param>
/// <param name="Limit">What holds; 0 = no limit.</param>
/// <param name="IsDefault">Nothing was set for this organisation.</param>
/// <param name="Used">Null where it is not known. Rates: of the busiest minute of the last hour.</param>
/// <param name="Description">What is counted, and what happens beyond it.</param>
internal sealed record QuotaResponse(string Name, long Limit, bool IsDefault, long? Used, string Description)
{
    public static QuotaResponse Of(QuotaUse use) => new(use.Quota.Text().Name, use.Limit, use.IsDefault, use.Used, use.Quota.Text().What);
}
