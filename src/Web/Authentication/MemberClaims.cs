using System.Security.Claims;
using FinOps.Analytics.Tenancy;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace FinOps.Web.Authentication;

/// <summary>Adds the user's place to the cookie: in the organisation that they chose last in the header, else in the one that they joined first.</summary>
internal sealed class MemberClaims(UserManager<AppUser> users, IOptions<IdentityOptions> options, Members members)
    : UserClaimsPrincipalFactory<AppUser>(users, options)
{
    protected override async Task<ClaimsIdentity> GenerateClaimsAsync(AppUser user)
    {
        var identity = await base.GenerateClaimsAsync(user);
        var places = await members.PlacesOfAsync(user.Id, CancellationToken.None);
        identity.AddClaims(PlaceClaims.Of(Choose(places, user.LastTenantId), user.IsOperator));
        return identity;
    }

    internal static MemberPlace? Choose(IReadOnlyList<MemberPlace> places, Guid? last) =>
        places.FirstOrDefault(place => place.Tenant.Value == last) ?? places.FirstOrDefault(place => place.Suspension is null) ?? places.FirstOrDefault();
}
