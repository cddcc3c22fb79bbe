using FinOps.Analytics.Digests;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using FinOps.Web.Authentication;
using FinOps.Web.Mail;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace FinOps.Web.Api;

/// <summary><c>/api/v1/members</c> and <c>/api/v1/invitations</c>: people by their e-mail address, so that a script can be run again and again.</summary>
internal static class MembersEndpoint
{
    public static void MapMembers(this RouteGroupBuilder api)
    {
        api.MapGet("/members", ListAsync).RequireAuthorization(AccessPolicies.ApiManageMembers)
            .WithName("listMembers").WithTags("Members").WithSummary("The organisation's members, by address")
            .WithDescription("Needs the scope `members.manage`, as everything under `/members` and `/invitations`.");
        api.MapPut("/members/{email}", PutAsync).RequireAuthorization(AccessPolicies.ApiManageMembers)
            .WithName("putMember").WithTags("Members").WithSummary("Gives a member this role and these teams")
            .WithDescription("Idempotent. Who is no member yet is invited (`PUT /invitations/{email}`): nobody is made a member without their doing. The last administrator stays one (409).")
            .Accepts<MemberRequest>("application/json").ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        api.MapDelete("/members/{email}", DeleteAsync).RequireAuthorization(AccessPolicies.ApiManageMembers)
            .WithName("removeMember").WithTags("Members").WithSummary("Takes a person out of the organisation")
            .WithDescription("Idempotent: 204, too, where they are no member. Their account stays, and the organisation's last administrator (409).")
            .ProducesProblem(StatusCodes.Status409Conflict);
        api.MapGet("/members/{email}/digest", GetDigestAsync).RequireAuthorization(AccessPolicies.ApiManageMembers)
            .WithName("getMemberDigest").WithTags("Members").WithSummary("Which digests a member gets by e-mail").ProducesProblem(StatusCodes.Status404NotFound);
        api.MapPut("/members/{email}/digest", PutDigestAsync).RequireAuthorization(AccessPolicies.ApiManageMembers)
            .WithName("putMemberDigest").WithTags("Members").WithSummary("Sets which digests a member gets by e-mail")
            .WithDescription("Idempotent. They tell nothing but what the member sees on the pages, and each has a link that ends them. The first is the one of the week or month that is going on.")
            .Accepts<DigestRequest>("application/json").ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        api.MapGet("/invitations", ListInvitationsAsync).RequireAuthorization(AccessPolicies.ApiManageMembers)
            .WithName("listInvitations").WithTags("Members").WithSummary("Invitations that are neither accepted nor revoked, the latest first");
        api.MapPut("/invitations/{email}", InviteAsync).RequireAuthorization(AccessPolicies.ApiManageMembers)
            .WithName("putInvitation").WithTags("Members").WithSummary("Makes sure that this person is invited, as described")
            .WithDescription("Idempotent: an open invitation that says the same stays, and its link with it. One that differs or has expired is issued anew; then the former link is dead. "
                + "With a mail server the link is sent; without one it is in the answer that issued it, and in no other.")
            .Accepts<MemberRequest>("application/json").Produces<InvitationPutResponse>(StatusCodes.Status201Created)
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status409Conflict);
        api.MapDelete("/invitations/{email}", RevokeAsync).RequireAuthorization(AccessPolicies.ApiManageMembers)
            .WithName("revokeInvitation").WithTags("Members").WithSummary("Makes an open invitation's link open nothing any more")
            .WithDescription("Idempotent: 204, too, where there is none.");
    }

    private static async Task<Ok<MembersResponse>> ListAsync(HttpContext http, Members members) => TypedResults.Ok(new MembersResponse(
        [.. (await members.ListAsync(http.User.RequiredTenant(), http.RequestAborted)).Select(MemberResponse.Of)]));

    private static async Task<Results<Ok<MemberResponse>, ProblemHttpResult>> PutAsync(string email, HttpContext http, Members members)
    {
        var (request, role, problem) = await ReadAsync(http);
        if (problem is not null) return problem.ToResult();
        var tenant = http.User.RequiredTenant();
        if (await FindAsync(members, tenant, email, http.RequestAborted) is not { } present) return ApiBody.NotFound($"{email} is no member. Invite them: PUT /api/v1/invitations/{email}.");
        try
        {
            await members.SetAsync(tenant, present.UserId, role, request!.Teams, ApiBody.ActorOf(http), http.RequestAborted);
        }
        catch (TenancyException refusal)
        {
            return ApiBody.Conflict(refusal);
        }

        return TypedResults.Ok(MemberResponse.Of((await FindAsync(members, tenant, email, http.RequestAborted))!));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(string email, HttpContext http, Members members)
    {
        var tenant = http.User.RequiredTenant();
        try
        {
            if (await FindAsync(members, tenant, email, http.RequestAborted) is { } present) await members.RemoveAsync(tenant, present.UserId, ApiBody.ActorOf(http), http.RequestAborted);
            return TypedResults.NoContent();
        }
        catch (TenancyException refusal)
        {
            return ApiBody.Conflict(refusal);
        }
    }

    private static async Task<Results<Ok<DigestResponse>, ProblemHttpResult>> GetDigestAsync(string email, HttpContext http, Members members, DigestBook digests)
    {
        var tenant = http.User.RequiredTenant();
        return await FindAsync(members, tenant, email, http.RequestAborted) is { } present
            ? TypedResults.Ok(DigestResponse.Of(await digests.FindAsync(tenant, present.UserId, http.RequestAborted)))
            : ApiBody.NotFound($"{email} is no member.");
    }

    private static async Task<Results<Ok<DigestResponse>, ProblemHttpResult>> PutDigestAsync(string email, HttpContext http, Members members, DigestBook digests)
    {
        if (await ApiBody.ReadAsync<DigestRequest>(http) is not { } request) return new ApiProblem("body", "The body must be a JSON object with weekly, monthly and timeZone, each optional.").ToResult();
        var tenant = http.User.RequiredTenant();
        if (await FindAsync(members, tenant, email, http.RequestAborted) is not { } present) return ApiBody.NotFound($"{email} is no member.");
        try
        {
            return TypedResults.Ok(DigestResponse.Of(await digests.SetAsync(
                tenant, present.UserId, new DigestChoice(request.Weekly, request.Monthly, request.TimeZone ?? "UTC"), ApiBody.ActorOf(http), http.RequestAborted)));
        }
        catch (TenancyException refusal)
        {
            return ApiBody.Conflict(refusal);
        }
    }

    private static async Task<Ok<InvitationsResponse>> ListInvitationsAsync(HttpContext http, Invitations invitations) => TypedResults.Ok(new InvitationsResponse(
        [.. (await invitations.OpenAsync(http.User.RequiredTenant(), http.RequestAborted)).Select(InvitationResponse.Of)]));

    private static async Task<Results<Ok<InvitationPutResponse>, Created<InvitationPutResponse>, ProblemHttpResult>> InviteAsync(
        string email, HttpContext http, Invitations invitations, InvitationMail letters, IOptions<InvitationOptions> lifetimes, TimeProvider clock)
    {
        var (request, role, problem) = await ReadAsync(http);
        if (problem is not null) return problem.ToResult();
        var tenant = http.User.RequiredTenant();
        try
        {
            if (await FindOpenAsync(invitations, tenant, email, http.RequestAborted) is { } open && IsAsAsked(open, role, request!.Teams, clock.GetUtcNow()))
                return TypedResults.Ok(new InvitationPutResponse(InvitationResponse.Of(open), null));
            var wanted = new InvitationRequest(email, role, ApiBody.ActorOf(http)) { Teams = request!.Teams };
            var made = await invitations.InviteAsync(tenant, wanted, lifetimes.Value.Lifetime, letters.Write, http.RequestAborted);
            var row = (await FindOpenAsync(invitations, tenant, email, http.RequestAborted))!;
            return TypedResults.Created("/api/v1/invitations", new InvitationPutResponse(InvitationResponse.Of(row), row.Mail is null ? InvitationPage.Path + made.Token : null));
        }
        catch (TenancyException refusal)
        {
            return ApiBody.Conflict(refusal);
        }
    }

    private static async Task<NoContent> RevokeAsync(string email, HttpContext http, Invitations invitations)
    {
        var tenant = http.User.RequiredTenant();
        if (await FindOpenAsync(invitations, tenant, email, http.RequestAborted) is { } open) await invitations.RevokeAsync(tenant, open.Id, ApiBody.ActorOf(http), http.RequestAborted);
        return TypedResults.NoContent();
    }

    private static bool IsAsAsked(InvitationRow open, TenantRole role, IReadOnlyList<string>? teams, DateTimeOffset now) =>
        open.Role == role && open.ExpiresAt > now && (open.Teams ?? []).SequenceEqual(teams is null ? [] : Members.CheckedTeams(role, teams), StringComparer.Ordinal);

    private static async Task<MemberRow?> FindAsync(Members members, TenantId tenant, string email, CancellationToken cancellationToken) =>
        (await members.ListAsync(tenant, cancellationToken)).FirstOrDefault(member => member.Email.Equals(email.Trim(), StringComparison.OrdinalIgnoreCase));

    private static async Task<InvitationRow?> FindOpenAsync(Invitations invitations, TenantId tenant, string email, CancellationToken cancellationToken) =>
        (await invitations.OpenAsync(tenant, cancellationToken)).FirstOrDefault(row => row.Email.Equals(email.Trim(), StringComparison.OrdinalIgnoreCase));

    private static async Task<(MemberRequest? Request, TenantRole Role, ApiProblem? Problem)> ReadAsync(HttpContext http)
    {
        if (await ApiBody.ReadAsync<MemberRequest>(http) is not { Role: { } word } request)
            return (null, default, new ApiProblem("body", "The body must be a JSON object with a role, and teams where the person shall see theirs only."));
        return ApiBody.TryWord<TenantRole>(word, out var role) ? (request, role, null) : (null, default, ApiBody.NoWord<TenantRole>("role", word));
    }
}
