using FinOps.Analytics.Deletion;
using FinOps.Analytics.Tenancy;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FinOps.Web.Api;

/// <summary><c>/api/v1/people</c>: accounts, which are no single organisation's, for whoever runs the installation.</summary>
internal static class PeopleEndpoint
{
    public static void MapPeople(this RouteGroupBuilder api) =>
        api.MapDelete("/people/{email}", DeleteAsync).RequireAuthorization(AccessPolicies.ApiManageInstallation)
            .WithName("deletePerson").WithTags("Installation").WithSummary("Removes a person's account from every organisation, for good")
            .WithDescription("Memberships, sessions, second factor, sign-ins by a provider, invitations and mails to the address, and the account; the audit record stays. All of it or nothing. "
                + "Once it is gone, the same again answers 404. The last administrator of an organisation and the last who runs the installation stay (409, which says of what).")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);

    private static async Task<Results<Ok<PersonDeletionResponse>, ProblemHttpResult>> DeleteAsync(string email, HttpContext http, DeleteAccount accounts)
    {
        try
        {
            return await accounts.FindAsync(email, http.RequestAborted) is { } user && await accounts.DeleteAsync(user, ApiBody.ActorOf(http), http.RequestAborted) is { } deletion
                ? TypedResults.Ok(new PersonDeletionResponse(deletion.Email, deletion.Organisations, deletion.Rows))
                : ApiBody.NotFound($"There is no account {email}.");
        }
        catch (TenancyException refusal)
        {
            return ApiBody.Conflict(refusal);
        }
    }
}

/// <summary>An account that was removed.</summary>
/// <param name="Email">Whose it was.</param>
/// <param name="Organisations">Those that they were a member of, by name.</param>
/// <param name="Rows">Rows that were removed, by table.</param>
public sealed record PersonDeletionResponse(string Email, IReadOnlyList<string> Organisations, IReadOnlyDictionary<string, long> Rows);
