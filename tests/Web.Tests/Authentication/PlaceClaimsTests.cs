using System.Security.Claims;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using FinOps.Web.Authentication;

namespace FinOps.Web.Tests.Authentication;

public sealed class PlaceClaimsTests
{
    private static readonly TenantId Tenant = new(Guid.NewGuid());

    [Fact]
    public void Claims_OfAPlace_TellItBack()
    {
        var user = User(new MemberPlace(ReadScope.OfTeams(Tenant, ["growth", "a, b"]), "One", TenantRole.Analyst, null));

        Assert.Equal(ReadScope.OfTeams(Tenant, ["a, b", "growth"]), user.RequiredScope());
        Assert.Equal(TenantRole.Analyst, user.FindRole());
    }

    /// <summary>A cookie of a release that knew no teams, or one that lost a claim: nobody sees everything by that.</summary>
    [Theory]
    [InlineData(TenantClaims.Reach)]
    [InlineData(TenantClaims.Team)]
    public void Scope_WithoutAClaim_IsNoScope(string lost)
    {
        var user = User(new MemberPlace(ReadScope.OfTeams(Tenant, ["growth"]), "One", TenantRole.Viewer, null));
        var less = new ClaimsPrincipal(new ClaimsIdentity(user.Claims.Where(claim => claim.Type != lost)));

        Assert.ThrowsAny<Exception>(() => less.RequiredScope());
    }

    [Fact]
    public void Replace_WithTheSamePlace_IsTheSameObject()
    {
        var place = new MemberPlace(ReadScope.OfTeams(Tenant, ["growth"]), "One", TenantRole.Viewer, null);
        var user = User(place);

        Assert.Same(user, PlaceClaims.Replace(user, place, isOperator: false));
    }

    [Fact]
    public void Replace_WithAnotherPlace_LeavesNothingOfTheFormer()
    {
        var user = User(new MemberPlace(ReadScope.OfTeams(Tenant, ["growth"]), "One", TenantRole.Viewer, "unpaid"));
        var other = new MemberPlace(ReadScope.Whole(new(Guid.NewGuid())), "Two", TenantRole.Admin, null);

        var replaced = PlaceClaims.Replace(user, other, isOperator: true);

        Assert.Equal(PlaceClaims.Of(other, true).Select(Text).Append($"{ClaimTypes.NameIdentifier}=1").Order(), replaced.Claims.Select(Text).Order());
        Assert.True(replaced.Identity!.IsAuthenticated);
        Assert.NotEqual(PlaceClaims.Fingerprint(user), PlaceClaims.Fingerprint(replaced));
        Assert.Empty(PlaceClaims.Fingerprint(PlaceClaims.Replace(replaced, null, isOperator: false)));
    }

    [Fact]
    public void Fingerprint_OfARenamedOrganisation_StaysTheSame()
    {
        var place = new MemberPlace(ReadScope.Whole(Tenant), "One", TenantRole.Viewer, null);

        Assert.Equal(PlaceClaims.Fingerprint(User(place)), PlaceClaims.Fingerprint(User(place with { TenantName = "Renamed" })));
    }

    /// <summary>The one chosen last; without it the first that works.</summary>
    [Fact]
    public void Choose_AmongSeveral_GoesByTheLastChoice()
    {
        MemberPlace[] places = [Place("first", "unpaid"), Place("second", null), Place("third", null)];

        Assert.Equal("third", MemberClaims.Choose(places, places[2].Tenant.Value)!.TenantName);
        Assert.Equal("second", MemberClaims.Choose(places, null)!.TenantName);
        Assert.Equal("second", MemberClaims.Choose(places, Guid.NewGuid())!.TenantName);
        Assert.Equal("first", MemberClaims.Choose(places[..1], null)!.TenantName);
        Assert.Null(MemberClaims.Choose([], null));

        static MemberPlace Place(string name, string? suspension) => new(ReadScope.Whole(new(Guid.NewGuid())), name, TenantRole.Viewer, suspension);
    }

    private static string Text(Claim claim) => $"{claim.Type}={claim.Value}";

    private static ClaimsPrincipal User(MemberPlace place) =>
        new(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, "1"), .. PlaceClaims.Of(place, isOperator: false)], "test"));
}
