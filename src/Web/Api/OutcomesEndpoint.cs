using System.Globalization;
using FinOps.Analytics.Outcomes;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Outcomes;
using FinOps.Domain.Usage;
using FinOps.Ingest.Mapping;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace FinOps.Web.Api;

/// <summary><c>/api/v1/outcomes</c>: how something ended, told by who knows it later; <c>/api/v1/outcome-definitions</c>: what counts.</summary>
internal static class OutcomesEndpoint
{
    public static void MapOutcomes(this RouteGroupBuilder api)
    {
        api.MapPost("/outcomes", TellAsync).RequireAuthorization(AccessPolicies.ApiWriteOutcomes)
            .WithName("tellOutcomes").WithTags("Outcomes").WithSummary("Tells how things ended, up to 1,000 at once")
            .WithDescription("Needs the scope `outcomes.write`. Idempotent: an outcome takes the place of what was told before under its name and id. All are stored, or none.")
            .Accepts<IReadOnlyList<OutcomeRequest>>("application/json").ProducesProblem(StatusCodes.Status400BadRequest);
        api.MapGet("/outcome-definitions", ListAsync).RequireAuthorization(AccessPolicies.ApiManageOutcomes)
            .WithName("listOutcomeDefinitions").WithTags("Outcomes").WithSummary("What counts as an outcome")
            .WithDescription("Needs the scope `outcomes.manage`, as everything under `/outcome-definitions`.");
        api.MapPost("/outcome-definitions", AddAsync).RequireAuthorization(AccessPolicies.ApiManageOutcomes)
            .WithName("addOutcomeDefinition").WithTags("Outcomes").WithSummary("Defines an outcome")
            .WithDescription("It holds within seconds, for what arrives from then on. A definition never changes: end it and make another.")
            .Accepts<OutcomeDefinitionRequest>("application/json").ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status409Conflict);
        api.MapDelete("/outcome-definitions/{id:guid}", EndAsync).RequireAuthorization(AccessPolicies.ApiManageOutcomes)
            .WithName("endOutcomeDefinition").WithTags("Outcomes").WithSummary("Ends a definition")
            .WithDescription("Idempotent. Nothing more counts by it; what was counted stays.")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<Results<Ok<OutcomesResponse>, ProblemHttpResult>> TellAsync(HttpContext http, TellOutcomes tell, IOptions<MappingLimits> limits, TimeProvider clock)
    {
        if (await ApiBody.ReadAsync<List<OutcomeRequest>>(http) is not { } requests || requests.Contains(null!))
            return new ApiProblem("body", "The body must be a JSON array of objects with name, id, success, time and at least one of traceId, session, user and customer.").ToResult();
        if (requests.Count > TellOutcomes.MaxOutcomes)
            return new ApiProblem("body", string.Create(CultureInfo.InvariantCulture, $"One request tells at most {TellOutcomes.MaxOutcomes:N0} outcomes; send the rest in another.")).ToResult();
        var (tenant, project) = (http.User.RequiredTenant(), http.User.FindProject()!.Value);
        List<Outcome> outcomes = new(requests.Count);
        for (var i = 0; i < requests.Count; i++)
        {
            if (FindProblem(requests[i], limits.Value, clock.GetUtcNow()) is { } problem)
                return new ApiProblem(string.Create(CultureInfo.InvariantCulture, $"[{i}].{problem.Parameter}"), problem.Detail).ToResult();
            outcomes.Add(requests[i].ToOutcome(tenant, project));
        }

        var unknown = await tell.FindUnknownAsync(tenant, outcomes, http.RequestAborted);
        if (unknown.Count > 0) return new ApiProblem("name", $"No outcome is defined as \"{unknown[0]}\". Define it first: POST /api/v1/outcome-definitions, or the page Unit cost.").ToResult();
        return await tell.StoreAsync(outcomes, http.RequestAborted) == TellResult.Stored
            ? TypedResults.Ok(new OutcomesResponse(outcomes.Count))
            : TypedResults.Problem(title: "Service unavailable", detail: "The analytics store does not answer. Nothing is stored: tell the same again.", statusCode: StatusCodes.Status503ServiceUnavailable);
    }

    /// <summary>What is wrong with one outcome; null when it can be taken.</summary>
    internal static ApiProblem? FindProblem(OutcomeRequest request, MappingLimits limits, DateTimeOffset now)
    {
        if (request.Id.Length is 0 or > OutcomeRequest.MaxIdLength) return new ApiProblem("id", $"An id has 1 to {OutcomeRequest.MaxIdLength} characters: the ticket's, for example.");
        if (request.Time < now.AddDays(-limits.MaxStartAgeDays)) return new ApiProblem("time", $"It is more than {limits.MaxStartAgeDays} days ago.");
        if (request.Time > now.AddMinutes(limits.MaxStartAheadMinutes)) return new ApiProblem("time", $"It lies more than {limits.MaxStartAheadMinutes} minutes ahead.");
        if (request.TraceId is { } trace && !TraceId.TryParse(trace, out _)) return new ApiProblem("traceId", $"\"{trace}\" is not a trace id of 32 hexadecimal digits.");
        foreach (var (name, text) in request.Texts())
            if (text is not null && (text.Length == 0 || text.Length > limits.MaxTextLength)) return new ApiProblem(name, $"\"{name}\" has 1 to {limits.MaxTextLength} characters, or is left out.");
        if (request.Value is { } value && !double.IsFinite(value)) return new ApiProblem("value", "\"value\" is a number.");
        return request is { TraceId: null, Session: null, User: null, Customer: null }
            ? new ApiProblem("traceId", "An outcome tells at least one of traceId, session, user and customer: otherwise it belongs to nothing.")
            : null;
    }

    private static async Task<Ok<OutcomeDefinitionsResponse>> ListAsync(HttpContext http, OutcomeDefinitions definitions) =>
        TypedResults.Ok(new OutcomeDefinitionsResponse([.. (await definitions.ListAsync(http.User.RequiredTenant(), http.RequestAborted)).Select(OutcomeDefinitionResponse.Of)]));

    private static async Task<Results<Created<OutcomeDefinitionResponse>, ProblemHttpResult>> AddAsync(HttpContext http, OutcomeDefinitions definitions, TimeProvider clock)
    {
        if (await ApiBody.ReadAsync<OutcomeDefinitionRequest>(http) is not { } request)
            return new ApiProblem("body", "The body must be a JSON object with name and source, and, unless it is told by REST, key.").ToResult();
        if (OutcomeDefinitionRequest.SourceOf(request.Source) is not { } source)
            return new ApiProblem("source", $"There is no source \"{request.Source}\".", OutcomeDefinitionRequest.Sources).ToResult();
        var rule = request.ToRule(source, clock.GetUtcNow());
        if (OutcomeDefinitions.FindProblem(rule, request.Features ?? []) is { } problem) return new ApiProblem("body", problem).ToResult();
        try
        {
            var made = await definitions.AddAsync(http.User.RequiredTenant(), rule, request.Features ?? [], ApiBody.ActorOf(http), http.RequestAborted);
            return TypedResults.Created($"/api/v1/outcome-definitions/{made.Id}", OutcomeDefinitionResponse.Of(made));
        }
        catch (TenancyException refusal)
        {
            return ApiBody.Conflict(refusal);
        }
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> EndAsync(Guid id, HttpContext http, OutcomeDefinitions definitions) =>
        await definitions.EndAsync(http.User.RequiredTenant(), id, ApiBody.ActorOf(http), http.RequestAborted)
            ? TypedResults.NoContent()
            : ApiBody.NotFound($"There is no definition \"{id}\".");
}
