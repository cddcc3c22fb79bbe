using FinOps.Domain.Tenancy;

namespace FinOps.Domain.Pricing;

/// <summary>Gives earlier versions of the price book again, so that a stored cost can be explained, and a re-rating goes by one book from its first call to its last.</summary>
public interface IPriceHistory
{
    /// <summary>The tenant's prices as they were believed at that change of the book.</summary>
    /// <param name="tenant">Whose own prices go before the public ones.</param>
    /// <param name="bookVersion">A stored call's <see cref="Usage.CallReport.BookVersion"/>; 0 = the list shipped with the program.</param>
    /// <param name="cancellationToken">Of the caller.</param>
    Task<PriceSnapshot> AsOfAsync(TenantId tenant, long bookVersion, CancellationToken cancellationToken);
}
