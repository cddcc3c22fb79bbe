using FinOps.Web.Authentication;

namespace FinOps.Web.Parts;

/// <summary>Where a count of unpriced calls leads: to why they have no price and what helps; for who may not see prices to the calls themselves.</summary>
internal static class UnpricedLink
{
    public static string For(TenantSession session, ViewAddress address) =>
        session.May(AccessPolicies.ReadPrices) ? address.To("/prices/unpriced") : address.With("unpriced", "yes").To("/calls", own: true);
}
