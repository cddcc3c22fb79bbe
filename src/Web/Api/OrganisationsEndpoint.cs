using FinOps.Analytics.Deletion;
using FinOps.Analytics.Installation;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FinOps.Web.Api;

/// <summary><c>/api/v1/organisations</c>: all organisations of the installation, for whoever runs it.</summary>
internal static class OrganisationsEndpoint
{
    private static readonly ApiParameter Search = new("search", "Only organisations with this in their name or short name.");
    private static readonly ApiParameter Page = new("page", $"From 1; a page has at most {Installations.PageSize}.", "1");

    private static readonly ApiParameter Confirm = new("confirm", "The organisation's short name, so that it is no slip.", "acme");

    private const int MaxPage = 10_000;

    public static void MapOrganisations(this RouteGroupBuilder api)
    {
        api.MapGet("/organisations", ListAsync).RequireAuthorization(AccessPolicies.ApiManageInstallation)
            .WithName("listOrganisations").WithTags("Installation").WithSummary("All organisations of the installation, by name")
            .WithDescription("Needs the scope `installation.manage`, as everything under `/organisations`. Only who runs the installation gives it.")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .AddOpenApiOperationTransformer(ApiDocument.Describe([Search, Page]));
        api.MapGet("/organisations/{name}", GetAsync).RequireAuthorization(AccessPolicies.ApiManageInstallation)
            .WithName("getOrganisationOfInstallation").WithTags("Installation").WithSummary("One organisation with what it uses, by its name or short name")
            .ProducesProblem(StatusCodes.Status404NotFound);
        api.MapPut("/organisations/{name}", PutAsync).RequireAuthorization(AccessPolicies.ApiManageInstallation)
            .WithName("putOrganisationOfInstallation").WithTags("Installation").WithSummary("Makes sure that an organisation of this name is there, suspended or not")
            .WithDescription("Idempotent. The name or the short name finds one that is there; a new one needs its first administrator. A first password is in the answer that made the account, and in no other.")
            .Accepts<OrganisationPutRequest>("application/json").Produces<OrganisationPutResponse>(StatusCodes.Status201Created)
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status409Conflict);
        api.MapDelete("/organisations/{name}", DeleteAsync).RequireAuthorization(AccessPolicies.ApiManageInstallation)
            .WithName("deleteOrganisationOfInstallation").WithTags("Installation").WithSummary("Removes an organisation from both databases, for good")
            .WithDescription("Idempotent: while it is under way, the same again answers how far it is. It cannot be undone.")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict)
            .AddOpenApiOperationTransformer(ApiDocument.Describe([Confirm], keepPath: true));
    }

    private static async Task<Results<Accepted<OrganisationDeletionResponse>, ProblemHttpResult>> DeleteAsync(
        string name, HttpContext http, Installations installations, TenantDeletions deletions)
    {
        var query = new ApiQuery(http.Request.Query, default);
        query.RequireKnown([Confirm]);
        var typed = query.Single(Confirm.Name) ?? "";
        if (query.Problem is { } problem) return problem.ToResult();
        if (await FindAsync(installations, name, http.RequestAborted) is not { } tenant) return ApiBody.NotFound($"There is no organisation \"{name}\".");
        if (tenant.Id == http.User.RequiredTenant()) return ApiBody.Conflict(new TenancyException("A key cannot delete its own organisation."));
        try
        {
            await deletions.RequestAsync(tenant, typed, ApiBody.ActorOf(http), http.RequestAborted);
            var deletion = (await deletions.FindAsync(tenant.Id, http.RequestAborted))!;
            return TypedResults.Accepted((string?)null, new OrganisationDeletionResponse(deletion.Id, deletion.Name, deletion.RequestedAt, deletion.Step, deletion.Rows));
        }
        catch (TenancyException refusal)
        {
            return ApiBody.Conflict(refusal);
        }
    }

    private static async Task<Results<Ok<OrganisationsResponse>, ProblemHttpResult>> ListAsync(HttpContext http, Installations installations)
    {
        var query = new ApiQuery(http.Request.Query, default);
        query.RequireKnown([Search, Page]);
        var (search, page) = (query.Single(Search.Name) ?? "", query.Number(Page.Name, 1, MaxPage));
        if (query.Problem is { } problem) return problem.ToResult();
        var rows = await installations.ListAsync(search, page - 1, http.RequestAborted);
        return TypedResults.Ok(new OrganisationsResponse(
            [.. rows.Take(Installations.PageSize).Select(InstalledOrganisation.Of)], rows.Count > Installations.PageSize ? page + 1 : null));
    }

    private static async Task<Results<Ok<OrganisationUsageResponse>, ProblemHttpResult>> GetAsync(
        string name, HttpContext http, Installations installations, TenantUsageReader usage, TimeProvider clock)
    {
        if (await FindAsync(installations, name, http.RequestAborted) is not { } tenant) return ApiBody.NotFound($"There is no organisation \"{name}\".");
        var used = await usage.AskAsync(new TenantUsageQuestion(tenant.Id, clock.GetUtcNow()), http.RequestAborted);
        return TypedResults.Ok(new OrganisationUsageResponse(InstalledOrganisation.Of(tenant), OrganisationUsage.Of(used)));
    }

    private static async Task<Results<Ok<OrganisationPutResponse>, Created<OrganisationPutResponse>, ProblemHttpResult>> PutAsync(
        string name, HttpContext http, Installations installations, NewOrganisations organisations)
    {
        if (await ApiBody.ReadAsync<OrganisationPutRequest>(http) is not { } request)
            return new ApiProblem("body", "The body must be a JSON object with administrator and suspended, or one of these.").ToResult();
        var actor = ApiBody.ActorOf(http);
        try
        {
            var present = await FindAsync(installations, name, http.RequestAborted);
            string? password = null;
            if (present is null)
            {
                if (request.Administrator is not { } email) return new ApiProblem("administrator", "A new organisation needs the e-mail address of its first administrator.").ToResult();
                password = (await organisations.MakeAsync(name, email, actor, http.RequestAborted)).Administrator.FirstPassword;
            }

            var tenant = present ?? (await FindAsync(installations, name, http.RequestAborted))!;
            if (request.Suspended is { } reason && reason.Trim() != tenant.Suspension?.Reason) await installations.SuspendAsync(tenant, reason, actor, http.RequestAborted);
            else if (request.Suspended is null && tenant.Suspension is not null) await installations.ResumeAsync(tenant, actor, http.RequestAborted);
            var answer = new OrganisationPutResponse(InstalledOrganisation.Of((await installations.FindAsync(tenant.Slug, http.RequestAborted))!), password);
            return present is null ? TypedResults.Created($"/api/v1/organisations/{tenant.Slug}", answer) : TypedResults.Ok(answer);
        }
        catch (TenancyException refusal)
        {
            return ApiBody.Conflict(refusal);
        }
    }

    /// <summary>By its name or short name.</summary>
    public static Task<TenantRow?> FindAsync(Installations installations, string name, CancellationToken cancellationToken) =>
        installations.FindAsync(Tenants.Slug(name), cancellationToken);
}
