using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Identity;

namespace FinOps.Web.Authentication;

/// <summary>The names of what a caller must be, for <c>RequireAuthorization</c> and <c>[Authorize(Policy = …)]</c>.</summary>
public static class AccessPolicies
{
    /// <summary>Any member of a tenant. Also what every endpoint asks for that names no policy.</summary>
    public const string Viewer = "viewer";

    public const string Analyst = "analyst";

    public const string Approver = "approver";

    public const string Admin = "admin";

    /// <summary>The bearer of an API key; an ingest key is refused with 403.</summary>
    public const string Api = "api";

    internal static void Add(AuthorizationOptions options)
    {
        foreach (var (policy, least) in Members)
            options.AddPolicy(policy, builder => RequireRole(builder, least));
        options.AddPolicy(Api, builder => builder
            .AddAuthenticationSchemes(ApiKeyAuthentication.Scheme)
            .RequireClaim(TenantClaims.KeyKind, nameof(KeyKind.Api)));
        options.DefaultPolicy = options.GetPolicy(Viewer)!;
        options.FallbackPolicy = options.DefaultPolicy;
    }

    private static readonly (string Policy, TenantRole Least)[] Members =
        [(Viewer, TenantRole.Viewer), (Analyst, TenantRole.Analyst), (Approver, TenantRole.Approver), (Admin, TenantRole.Admin)];

    private static void RequireRole(AuthorizationPolicyBuilder builder, TenantRole least) => builder
        .AddAuthenticationSchemes(IdentityConstants.ApplicationScheme)
        .RequireClaim(TenantClaims.Tenant)
        .RequireClaim(TenantClaims.Role, Enum.GetValues<TenantRole>().Where(role => role >= least).Select(role => role.ToString()));
}
