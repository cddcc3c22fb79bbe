using System.Security.Claims;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;

namespace FinOps.Web.Authentication;

/// <summary>What a cookie or an API key says about its bearer's tenant.</summary>
public static class TenantClaims
{
    public const string Tenant = "tenant_id";
    public const string TenantName = "tenant_name";
    public const string Role = "tenant_role";
    public const string Project = "project_id";
    public const string Key = "key_id";
    public const string KeyKind = "key_kind";

    /// <summary>There for whoever runs the installation; says nothing about a tenant.</summary>
    public const string Operator = "installation_operator";

    /// <summary>The one tenant whose data the caller may see. Throws when a policy forgot to ask for one.</summary>
    public static TenantId RequiredTenant(this ClaimsPrincipal user) =>
        new(Guid.Parse(user.FindFirstValue(Tenant) ?? throw new InvalidOperationException("The caller has no tenant: the endpoint needs an access policy.")));

    /// <summary>The project of the API key; null for a person, who sees all projects of the tenant.</summary>
    public static ProjectId? FindProject(this ClaimsPrincipal user) =>
        user.FindFirstValue(Project) is { } project ? new ProjectId(Guid.Parse(project)) : null;

    public static TenantRole? FindRole(this ClaimsPrincipal user) =>
        Enum.TryParse<TenantRole>(user.FindFirstValue(Role), out var role) ? role : null;
}
