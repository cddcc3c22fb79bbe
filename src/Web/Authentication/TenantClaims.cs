using System.Security.Claims;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;

namespace FinOps.Web.Authentication;

/// <summary>What a cookie or an API key says about its bearer's tenant.</summary>
public static class TenantClaims
{
    public const string Tenant = "tenant_id";
    public const string TenantName = "tenant_name";
    public const string Role = "tenant_role";

    /// <summary>How much of the tenant's spend the bearer sees: <see cref="WholeOrganisation"/>, or <see cref="SomeTeams"/> and then a <see cref="Team"/> for each. Always there: without it nothing is seen.</summary>
    public const string Reach = "tenant_reach";
    public const string WholeOrganisation = "organisation";
    public const string SomeTeams = "teams";
    public const string Team = "tenant_team";

    /// <summary>There while the tenant is suspended; says why.</summary>
    public const string Suspension = "tenant_suspension";
    public const string Project = "project_id";
    public const string Key = "key_id";
    public const string KeyKind = "key_kind";
    public const string KeyName = "key_name";
    public const string KeyScope = "key_scope";

    /// <summary>The session that the cookie belongs to.</summary>
    public const string Session = "session_id";

    /// <summary>There for whoever runs the installation; says nothing about a tenant.</summary>
    public const string Operator = "installation_operator";

    /// <summary>The one tenant whose data the caller may see. Throws when a policy forgot to ask for one.</summary>
    public static TenantId RequiredTenant(this ClaimsPrincipal user) =>
        new(Guid.Parse(user.FindFirstValue(Tenant) ?? throw new InvalidOperationException("The caller has no tenant: the endpoint needs an access policy.")));

    /// <summary>Whose figures the caller may see. Throws when a policy forgot to ask, and when it is not told: nobody sees everything for want of a claim.</summary>
    public static ReadScope RequiredScope(this ClaimsPrincipal user)
    {
        var tenant = user.RequiredTenant();
        return user.FindFirstValue(Reach) switch
        {
            WholeOrganisation => ReadScope.Whole(tenant),
            SomeTeams => ReadScope.OfTeams(tenant, user.FindAll(Team).Select(claim => claim.Value)),
            _ => throw new InvalidOperationException("The caller's claims do not tell how much of the tenant they see."),
        };
    }

    public static TenantId? FindTenant(this ClaimsPrincipal user) =>
        Guid.TryParse(user.FindFirstValue(Tenant), out var tenant) ? new TenantId(tenant) : null;

    public static Guid? FindUser(this ClaimsPrincipal user) =>
        Guid.TryParse(user.FindFirstValue(ClaimTypes.NameIdentifier), out var id) ? id : null;

    /// <summary>The project of the API key; null for a person, who sees all projects of the tenant.</summary>
    public static ProjectId? FindProject(this ClaimsPrincipal user) =>
        user.FindFirstValue(Project) is { } project ? new ProjectId(Guid.Parse(project)) : null;

    public static Guid? FindSession(this ClaimsPrincipal user) => Guid.TryParse(user.FindFirstValue(Session), out var session) ? session : null;

    /// <summary>The key that asks; null for a person.</summary>
    public static Guid? FindKey(this ClaimsPrincipal user) => Guid.TryParse(user.FindFirstValue(Key), out var key) ? key : null;

    /// <summary>The API key that asks, as the audit record names it.</summary>
    public static Actor ToKeyActor(this ClaimsPrincipal user, string? address) => Actor.OfKey(
        Guid.Parse(user.FindFirstValue(Key) ?? throw new InvalidOperationException("The caller has no key: the endpoint needs an access policy.")), user.FindFirstValue(KeyName) ?? "", address);

    /// <summary>Whether the key that asks has all of these scopes.</summary>
    public static bool HasScopes(this ClaimsPrincipal user, IEnumerable<string> scopes) => scopes.All(scope => user.HasClaim(KeyScope, scope));

    public static TenantRole? FindRole(this ClaimsPrincipal user) =>
        Enum.TryParse<TenantRole>(user.FindFirstValue(Role), out var role) ? role : null;
}
