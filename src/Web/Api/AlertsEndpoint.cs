using FinOps.Analytics.Alerts;
using FinOps.Analytics.Audit;
using FinOps.Domain.Alerts;
using FinOps.Domain.Tenancy;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FinOps.Web.Api;

/// <summary><c>/api/v1/alerts</c>: what people should know of, and what became of it.</summary>
internal static class AlertsEndpoint
{
    /// <summary>The last page; older alerts are found by their state and kind.</summary>
    private const int MaxPage = 1_000;

    private static readonly ApiParameter State = new("state", "Only alerts in this state. Default: all.", "open", Allowed: ["all", .. Enum.GetValues<AlertState>().Select(CallsEndpoint.Word)]);
    private static readonly ApiParameter Kind = new("kind", "Only alerts of this kind. Default: all.", "budget", Allowed: ["all", .. Enum.GetValues<AlertKind>().Select(CallsEndpoint.Word)]);

    private static readonly IReadOnlyList<ApiParameter> ListParameters =
        [State, Kind, new("limit", $"Alerts of one answer, 1 to {AlertBook.MaxListed}. Default: 50.", "50"), new("page", "Which part of the list, from 1 on. Default: 1.", "1")];

    public static void MapAlerts(this RouteGroupBuilder api)
    {
        api.MapGet("/alerts", ListAsync).RequireAuthorization(AccessPolicies.ApiReadAlerts)
            .WithName("listAlerts").WithTags("Alerts").WithSummary("Alerts, the latest first, and how many there are in each state").WithDescription("Needs the scope `alerts.read`.")
            .ProducesProblem(StatusCodes.Status400BadRequest).AddOpenApiOperationTransformer(ApiDocument.Describe(ListParameters));
        api.MapGet("/alerts/{id:guid}", GetAsync).RequireAuthorization(AccessPolicies.ApiReadAlerts)
            .WithName("getAlert").WithTags("Alerts").WithSummary("One alert with what became of it").ProducesProblem(StatusCodes.Status404NotFound);
        Acts(api.MapPost("/alerts/{id:guid}/acknowledge", AcknowledgeAsync)).WithName("acknowledgeAlert").WithSummary("Says that somebody looks after it")
            .WithDescription("Needs the scope `alerts.manage`, as the next ones. Of what is acknowledged or resolved already nothing changes.");
        Acts(api.MapPost("/alerts/{id:guid}/resolve", ResolveAsync)).WithName("resolveAlert").WithSummary("Says that it is over").WithDescription("Idempotent.");
        Acts(api.MapPost("/alerts/{id:guid}/reopen", ReopenAsync)).WithName("reopenAlert").WithSummary("Says that it is not over, or that nobody looks after it").WithDescription("Idempotent.");
        Acts(api.MapPost("/alerts/{id:guid}/snooze", SnoozeAsync)).WithName("snoozeAlert").WithSummary("Puts an open alert off")
            .WithDescription("If it is still open at `until`, it is told again wherever it was told. Of one that is not open nothing changes.")
            .Accepts<SnoozeRequest>("application/json").ProducesProblem(StatusCodes.Status400BadRequest);
        Acts(api.MapPut("/alerts/{id:guid}/judgement", JudgeAsync)).WithName("judgeAlert").WithSummary("Says whether it was worth telling").WithDescription("Idempotent. The precision of all alerts follows from it.")
            .Accepts<JudgementRequest>("application/json").ProducesProblem(StatusCodes.Status400BadRequest);

        static RouteHandlerBuilder Acts(RouteHandlerBuilder route) => route.RequireAuthorization(AccessPolicies.ApiManageAlerts).WithTags("Alerts").ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<Results<Ok<AlertsResponse>, ProblemHttpResult>> ListAsync(HttpContext http, AlertBook book, TimeProvider clock)
    {
        var query = new ApiQuery(http.Request.Query, clock.GetUtcNow());
        query.RequireKnown(ListParameters);
        var (limit, page) = (query.Number("limit", 50, AlertBook.MaxListed), query.Number("page", 1, MaxPage));
        var question = new AlertsQuestion(
            ApiBody.TryWord<AlertState>(query.Word(State), out var state) ? state : null, ApiBody.TryWord<AlertKind>(query.Word(Kind), out var kind) ? kind : null, (page - 1) * limit, limit);
        if (query.Problem is { } problem) return problem.ToResult();
        var reader = http.User.RequiredScope();
        var found = await book.ListAsync(reader, question, http.RequestAborted);
        return TypedResults.Ok(new AlertsResponse(
            [.. found.Take(limit).Select(AlertResponse.Of)], found.Count > limit, AlertCountsEntry.Of(await book.CountAsync(reader, http.RequestAborted))));
    }

    private static async Task<Results<Ok<AlertResponse>, ProblemHttpResult>> GetAsync(Guid id, HttpContext http, AlertBook book) =>
        Result(id, await book.FindAsync(http.User.RequiredScope(), id, http.RequestAborted));

    private static Task<Results<Ok<AlertResponse>, ProblemHttpResult>> AcknowledgeAsync(Guid id, HttpContext http, AlertBook book) => ActAsync(id, http, book.AcknowledgeAsync);

    private static Task<Results<Ok<AlertResponse>, ProblemHttpResult>> ResolveAsync(Guid id, HttpContext http, AlertBook book) => ActAsync(id, http, book.ResolveAsync);

    private static Task<Results<Ok<AlertResponse>, ProblemHttpResult>> ReopenAsync(Guid id, HttpContext http, AlertBook book) => ActAsync(id, http, book.ReopenAsync);

    private static async Task<Results<Ok<AlertResponse>, ProblemHttpResult>> SnoozeAsync(Guid id, HttpContext http, AlertBook book, TimeProvider clock)
    {
        if (await ApiBody.ReadAsync<SnoozeRequest>(http) is not { } body) return new ApiProblem("body", "The body must be a JSON object with until, RFC 3339.").ToResult();
        var now = clock.GetUtcNow();
        if (body.Until <= now || body.Until > now + AlertBook.MaxSnooze) return new ApiProblem("until", $"An alert is put off until some time of the next {AlertBook.MaxSnooze.TotalDays:0} days.").ToResult();
        return Result(id, await book.SnoozeAsync(http.User.RequiredTenant(), id, body.Until, ApiBody.ActorOf(http), http.RequestAborted));
    }

    private static async Task<Results<Ok<AlertResponse>, ProblemHttpResult>> JudgeAsync(Guid id, HttpContext http, AlertBook book)
    {
        if (await ApiBody.ReadAsync<JudgementRequest>(http) is not { } body) return new ApiProblem("body", "The body must be a JSON object with useful: true or false.").ToResult();
        return Result(id, await book.JudgeAsync(http.User.RequiredTenant(), id, body.Useful, ApiBody.ActorOf(http), http.RequestAborted));
    }

    private static async Task<Results<Ok<AlertResponse>, ProblemHttpResult>> ActAsync(Guid id, HttpContext http, Func<TenantId, Guid, Actor, CancellationToken, Task<AlertEntry?>> act) =>
        Result(id, await act(http.User.RequiredTenant(), id, ApiBody.ActorOf(http), http.RequestAborted));

    private static Results<Ok<AlertResponse>, ProblemHttpResult> Result(Guid id, AlertEntry? alert) =>
        alert is null ? ApiBody.NotFound($"There is no alert {id}.") : TypedResults.Ok(AlertResponse.Of(alert));
}
