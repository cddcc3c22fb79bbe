using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FinOps.Web.Api;

/// <summary><c>/api/v1/organisation</c> and <c>/api/v1/projects</c>: the key's own organisation.</summary>
internal static class OrganisationEndpoint
{
    public static void MapOrganisation(this RouteGroupBuilder api)
    {
        api.MapGet("/organisation", GetAsync).RequireAuthorization(AccessPolicies.ApiManageOrganisation)
            .WithName("getOrganisation").WithTags("Organisation").WithSummary("The organisation that the key belongs to")
            .WithDescription("Needs the scope `organisation.manage`, as everything under `/organisation` and `/projects`.");
        api.MapPut("/organisation", PutAsync).RequireAuthorization(AccessPolicies.ApiManageOrganisation)
            .WithName("putOrganisation").WithTags("Organisation").WithSummary("Gives the organisation this name").WithDescription("Idempotent.")
            .Accepts<OrganisationRequest>("application/json")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status409Conflict);
        api.MapGet("/projects", ListProjectsAsync).RequireAuthorization(AccessPolicies.ApiManageOrganisation)
            .WithName("listProjects").WithTags("Organisation").WithSummary("The organisation's projects, by name");
        api.MapPut("/projects/{name}", PutProjectAsync).RequireAuthorization(AccessPolicies.ApiManageOrganisation)
            .WithName("putProject").WithTags("Organisation").WithSummary("Makes sure that a project of this name is there")
            .WithDescription("Idempotent. Upper and lower case mean the same project.")
            .Produces<ProjectResponse>(StatusCodes.Status201Created).ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<Ok<OrganisationResponse>> GetAsync(HttpContext http, Tenants tenants)
    {
        var tenant = http.User.RequiredTenant();
        return TypedResults.Ok(new OrganisationResponse(tenant.Value, await tenants.NameAsync(tenant, http.RequestAborted) ?? ""));
    }

    private static async Task<Results<Ok<OrganisationResponse>, ProblemHttpResult>> PutAsync(HttpContext http, Tenants tenants)
    {
        if (await ApiBody.ReadAsync<OrganisationRequest>(http) is not { Name: { } name })
            return new ApiProblem("body", "The body must be a JSON object with the organisation's name.").ToResult();
        try
        {
            await tenants.RenameAsync(http.User.RequiredTenant(), name, ApiBody.ActorOf(http), http.RequestAborted);
        }
        catch (TenancyException refusal)
        {
            return ApiBody.Conflict(refusal);
        }

        return await GetAsync(http, tenants);
    }

    private static async Task<Ok<ProjectsResponse>> ListProjectsAsync(HttpContext http, Tenants tenants) => TypedResults.Ok(new ProjectsResponse(
        [.. (await tenants.ProjectsAsync(http.User.RequiredTenant(), http.RequestAborted)).Select(project => new ProjectResponse(project.Id.Value, project.Name))]));

    private static async Task<Results<Ok<ProjectResponse>, Created<ProjectResponse>, ProblemHttpResult>> PutProjectAsync(string name, HttpContext http, Tenants tenants)
    {
        try
        {
            var (project, made) = await tenants.EnsureProjectAsync(http.User.RequiredTenant(), name, ApiBody.ActorOf(http), http.RequestAborted);
            var answer = new ProjectResponse(project.Id.Value, project.Name);
            return made ? TypedResults.Created($"/api/v1/projects/{Uri.EscapeDataString(project.Name)}", answer) : TypedResults.Ok(answer);
        }
        catch (TenancyException refusal)
        {
            return ApiBody.Conflict(refusal);
        }
    }
}
