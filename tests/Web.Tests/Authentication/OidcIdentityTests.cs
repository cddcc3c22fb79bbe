using System.Security.Claims;
using FinOps.Analytics.Tenancy;
using FinOps.Web.Authentication;

namespace FinOps.Web.Tests.Authentication;

public sealed class OidcIdentityTests
{
    private static readonly OidcIdentity Known = new("https://id.test", "42", "a@b.test", EmailVerified: true, new HashSet<string>(["Staff", "admins"], StringComparer.Ordinal));

    [Fact]
    public void Of_AProvidersClaims_ReadsThem()
    {
        var identity = OidcIdentity.Of(Principal(("iss", "https://id.test"), ("sub", "42"), ("email", " a@b.test "), ("email_verified", "True"), ("groups", "x"), ("groups", "y"), ("groups", "x")), "groups");

        Assert.NotNull(identity);
        Assert.Equal(("https://id.test", "42", "a@b.test", true), (identity.Issuer, identity.Subject, identity.Email, identity.EmailVerified));
        Assert.Equal(["x", "y"], identity.Groups.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("iss")]
    [InlineData("sub")]
    public void Of_WithoutIssuerOrSubject_IsNobody(string only) => Assert.Null(OidcIdentity.Of(Principal((only, "x"), ("email", "a@b.test")), "groups"));

    [Theory]
    [InlineData("false")]
    [InlineData("")]
    [InlineData("1")]
    public void Of_AnAddressThatIsNotCalledVerified_IsNotVerified(string value) =>
        Assert.False(OidcIdentity.Of(Principal(("iss", "i"), ("sub", "s"), ("email_verified", value)), "groups")!.EmailVerified);

    [Fact]
    public void Roles_OfSeveralGroups_AreTheHighestInEachOrganisation()
    {
        var roles = Known.Roles(
        [
            new GroupMapping { Group = "Staff", Organisation = "acme", Role = TenantRole.Viewer },
            new GroupMapping { Group = "admins", Organisation = "acme", Role = TenantRole.Admin },
            new GroupMapping { Group = "Staff", Organisation = "other", Role = TenantRole.Analyst },
            new GroupMapping { Group = "staff", Organisation = "capitals-count", Role = TenantRole.Admin },
        ]);

        Assert.Equal([("acme", TenantRole.Admin), ("other", TenantRole.Analyst)], roles.Select(role => (role.Key, role.Value)).OrderBy(role => role.Key, StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(true, true, true, nameof(FirstSignIn.LinkAccount))]
    [InlineData(true, true, false, nameof(FirstSignIn.RefuseTakenEmail))]
    [InlineData(true, false, true, nameof(FirstSignIn.RefuseTakenEmail))]
    [InlineData(false, true, true, nameof(FirstSignIn.RefuseTakenEmail))]
    public void Decide_ForAnAddressWithALocalAccount_LinksOnlyWhatIsProvedOnBothSides(bool allowed, bool verified, bool confirmed, string expected) =>
        Assert.Equal(expected, FirstSignIns.Decide(Known with { EmailVerified = verified }, new AppUser { EmailConfirmed = confirmed }, hasMembership: true, allowed).ToString());

    [Theory]
    [InlineData("a@b.test", true, nameof(FirstSignIn.MakeAccount))]
    [InlineData("a@b.test", false, nameof(FirstSignIn.RefuseWithoutMembership))]
    [InlineData(null, true, nameof(FirstSignIn.RefuseWithoutEmail))]
    public void Decide_ForSomebodyNew_AsksForAMembership(string? email, bool hasMembership, string expected) =>
        Assert.Equal(expected, FirstSignIns.Decide(Known with { Email = email }, local: null, hasMembership, linkVerifiedEmail: true).ToString());

    [Theory]
    [InlineData("https://id.example.com", true)]
    [InlineData("http://127.0.0.1:9000", true)]
    [InlineData("http://localhost:9000", true)]
    [InlineData("http://id.example.com", false)]
    [InlineData("ftp://id.example.com", false)]
    public void FindProblems_OfAnAuthority_TakesHttpFromThisMachineAlone(string authority, bool taken) =>
        Assert.Equal(taken, !new OidcOptions { Authority = new Uri(authority), ClientId = "finops" }.FindProblems().Any());

    private static ClaimsPrincipal Principal(params (string Type, string Value)[] claims) =>
        new(new ClaimsIdentity(claims.Select(claim => new Claim(claim.Type, claim.Value)), "test"));
}
