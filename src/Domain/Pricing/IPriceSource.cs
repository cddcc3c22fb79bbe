using FinOps.Domain.Tenancy;

namespace FinOps.Domain.Pricing;

/// <summary>Gives the price snapshot that is valid now for a tenant. Ingest and jobs ask once a request or run, never once a call.</summary>
public interface IPriceSource
{
    PriceSnapshot Current(TenantId tenant);
}
