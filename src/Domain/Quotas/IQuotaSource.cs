using FinOps.Domain.Tenancy;

namespace FinOps.Domain.Quotas;

/// <summary>The limits in force. Answers at once, from memory: it is asked for each request.</summary>
public interface IQuotaSource
{
    TenantLimits Current(TenantId tenant);
}
