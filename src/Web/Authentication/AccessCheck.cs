using FinOps.Web.Roles;
using Microsoft.AspNetCore.Authorization;

namespace FinOps.Web.Authentication;

/// <summary>Each endpoint says who may come in, or that everyone may. Checked at each start, so that a forgotten one is found before anyone else finds it.</summary>
internal static class AccessCheck
{
    /// <summary>What the framework maps for files that the build does not know, where the server runs from its build folder. Nothing can be added to it, so the fallback policy holds: members.</summary>
    private const string FileFallback = "Fallback {**path:file}";

    /// <exception cref="StartException">An endpoint names no policy of <see cref="AccessTable"/> and is not open to everyone.</exception>
    public static void RequirePolicies(this IEndpointRouteBuilder app)
    {
        var open = app.DataSources.SelectMany(source => source.Endpoints)
            .Where(endpoint => !NamesPolicy(endpoint) && endpoint.DisplayName != FileFallback).Select(endpoint => endpoint.DisplayName).ToList();
        if (open.Count > 0) throw new StartException($"These endpoints name no policy of {nameof(AccessTable)}: {string.Join(", ", open)}.");
    }

    /// <summary>The pages name their own policy; what the framework adds beside them (the live connection) is for members.</summary>
    public static void RequireMemberElsewhere(this RazorComponentsEndpointConventionBuilder pages) => pages.Finally(endpoint =>
    {
        if (!endpoint.Metadata.Any(item => item is IAuthorizeData or IAllowAnonymous)) endpoint.Metadata.Add(new AuthorizeAttribute(AccessPolicies.Member));
    });

    internal static bool NamesPolicy(Endpoint endpoint)
    {
        if (endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null) return true;
        var asked = endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>();
        return asked.Count > 0 && asked.All(data => AccessTable.Rules.Any(rule => rule.Policy == data.Policy));
    }
}
