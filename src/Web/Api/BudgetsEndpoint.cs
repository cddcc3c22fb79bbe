using FinOps.Analytics.Budgets;
using FinOps.Analytics.Quotas;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Budgets;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FinOps.Web.Api;

/// <summary><c>/api/v1/budgets</c>: what may be spent, and how it stands.</summary>
internal static class BudgetsEndpoint
{
    /// <summary>Budgets of one answer. Default 100.</summary>
    private const int MaxLimit = 1_000;

    /// <summary>The last page: beyond it an organisation has no budgets.</summary>
    private const int MaxPage = 100_000;

    private const string Shape = "The body must be a JSON object with name and amount, and optionally currency, period, timeZone, rollOver, scope, thresholds, owner and ceilingPerUnpricedCall; to change one, with version.";

    private static readonly IReadOnlyList<ApiParameter> ListParameters =
    [
        new("search", "Only budgets whose name or owner contains this text, in any case.", "rag"), new("archived", "Archived ones instead; they have no standing. Default: false.", "false", Allowed: ["false", "true"]),
        new("limit", $"Budgets of one answer, 1 to {MaxLimit}. Default: 100.", "100"), new("page", "Which part of the list, from 1 on. Default: 1.", "1"),
    ];

    public static void MapBudgets(this RouteGroupBuilder api)
    {
        api.MapGet("/budgets", ListAsync).RequireAuthorization(AccessPolicies.ApiReadBudgets)
            .WithName("listBudgets").WithTags("Budgets").WithSummary("Budgets with how they stand, those first that have used most")
            .WithDescription("Needs the scope `budgets.read`.").ProducesProblem(StatusCodes.Status400BadRequest).AddOpenApiOperationTransformer(ApiDocument.Describe(ListParameters));
        api.MapGet("/budgets/{id:guid}", GetAsync).RequireAuthorization(AccessPolicies.ApiReadBudgets)
            .WithName("getBudget").WithTags("Budgets").WithSummary("One budget with how it stands, and what it asks of a gateway").ProducesProblem(StatusCodes.Status404NotFound);
        api.MapGet("/budgets/{id:guid}/history", HistoryAsync).RequireAuthorization(AccessPolicies.ApiReadBudgets)
            .WithName("getBudgetHistory").WithTags("Budgets").WithSummary("Who changed it, and how its periods stood").ProducesProblem(StatusCodes.Status404NotFound);
        api.MapGet("/budgets/{id:guid}/leases", LeasesAsync).RequireAuthorization(AccessPolicies.ApiReadBudgets)
            .WithName("getBudgetLeases").WithTags("Budgets").WithSummary("Which policies enforce a budget at the gateways, and what is leased to whom").ProducesProblem(StatusCodes.Status404NotFound);
        api.MapPost("/budgets/preview", PreviewAsync).RequireAuthorization(AccessPolicies.ApiReadBudgets).WithMetadata(AsksAnalytics.Instance)
            .WithName("previewBudget").WithTags("Budgets").WithSummary("When a budget would have alerted in the last whole period").WithDescription("Stores nothing.")
            .Accepts<BudgetRequest>("application/json").ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status409Conflict);
        Acts(api.MapPost("/budgets", AddAsync)).WithName("addBudget").WithSummary("Makes a budget").WithDescription("It is evaluated at once, and then twice a minute. Needs the scope `budgets.manage`, as all that changes something.")
            .Accepts<BudgetRequest>("application/json").ProducesProblem(StatusCodes.Status400BadRequest);
        Acts(api.MapPut("/budgets/{id:guid}", ChangeAsync)).WithName("changeBudget").WithSummary("Changes a budget")
            .WithDescription("What is left out gets its default. Somebody else's change since `version` is a conflict, and nothing is saved.")
            .Accepts<BudgetRequest>("application/json").ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        Acts(api.MapPost("/budgets/{id:guid}/undo", UndoAsync)).WithName("undoBudget").WithSummary("Puts an earlier version back, as a new one")
            .Accepts<BudgetUndoRequest>("application/json").ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        Acts(api.MapDelete("/budgets/{id:guid}", ArchiveAsync)).WithName("archiveBudget").WithSummary("Archives a budget")
            .WithDescription("Idempotent. It is evaluated no more; its history and its alerts stay.").ProducesProblem(StatusCodes.Status404NotFound);
        Acts(api.MapPost("/budgets/{id:guid}/restore", RestoreAsync)).WithName("restoreBudget").WithSummary("Restores an archived budget").WithDescription("Idempotent.").ProducesProblem(StatusCodes.Status404NotFound);
        Acts(api.MapPost("/budgets/{id:guid}/evaluation", EvaluateAsync)).WithMetadata(AsksAnalytics.Instance).WithName("evaluateBudget").WithSummary("Evaluates a budget now, and raises what it passed")
            .ProducesProblem(StatusCodes.Status404NotFound);

        static RouteHandlerBuilder Acts(RouteHandlerBuilder route) => route.RequireAuthorization(AccessPolicies.ApiManageBudgets).WithTags("Budgets").ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<Results<Ok<BudgetsResponse>, ProblemHttpResult>> ListAsync(HttpContext http, BudgetBook book, TimeProvider clock)
    {
        var query = new ApiQuery(http.Request.Query, clock.GetUtcNow());
        query.RequireKnown(ListParameters);
        var (search, isArchived) = (query.Single("search") ?? "", query.Word(ListParameters[1]) == "true");
        var (limit, page) = (query.Number("limit", 100, MaxLimit), query.Number("page", 1, MaxPage));
        if (query.Problem is { } problem) return problem.ToResult();
        var reader = http.User.RequiredScope();
        var all = isArchived
            ? [.. (await book.ArchivedAsync(reader, http.RequestAborted)).Select(row => BudgetResponse.Of(row, row.ToBudget(), null))]
            : (await book.ListAsync(reader, http.RequestAborted)).Select(BudgetResponse.Of).ToList();
        var found = all.FindAll(budget => budget.Name.Contains(search, StringComparison.OrdinalIgnoreCase) || budget.Owner.Contains(search, StringComparison.OrdinalIgnoreCase));
        return TypedResults.Ok(new BudgetsResponse([.. found.Skip((page - 1) * limit).Take(limit)], found.Count));
    }

    private static async Task<Results<Ok<BudgetResponse>, ProblemHttpResult>> GetAsync(Guid id, HttpContext http, BudgetBook book) =>
        await book.FindAsync(http.User.RequiredScope(), id, http.RequestAborted) is { } standing ? TypedResults.Ok(BudgetResponse.Of(standing)) : None(id);

    private static async Task<Results<Ok<BudgetHistoryResponse>, ProblemHttpResult>> HistoryAsync(Guid id, HttpContext http, BudgetBook book)
    {
        var reader = http.User.RequiredScope();
        if (await book.FindAsync(reader, id, http.RequestAborted) is null) return None(id);
        var versions = await book.VersionsAsync(reader, id, http.RequestAborted);
        return TypedResults.Ok(new BudgetHistoryResponse(
            [.. versions.Select(version => new BudgetVersionEntry(version.Version, CallsEndpoint.Word(version.Act), version.ChangedAt, version.ChangedBy, BudgetDefinition.Of(version.ToBudget())))],
            [.. (await book.PeriodsAsync(reader, id, http.RequestAborted)).Select(BudgetPeriodEntry.Of)]));
    }

    private static async Task<Results<Ok<BudgetLeasesResponse>, ProblemHttpResult>> LeasesAsync(Guid id, HttpContext http, LeaseLedger ledger) =>
        await ledger.FindAsync(http.User.RequiredScope(), id, http.RequestAborted) is { } leases ? TypedResults.Ok(BudgetLeasesResponse.Of(leases)) : None(id);

    private static async Task<Results<Ok<BudgetPreviewResponse>, ProblemHttpResult>> PreviewAsync(HttpContext http, BudgetSpendReader spends, TimeProvider clock)
    {
        var (_, budget, problem) = await ReadAsync(http, Guid.Empty);
        if (budget is null) return problem!;
        try
        {
            return TypedResults.Ok(BudgetPreviewResponse.Of(await spends.PreviewAsync(http.User.RequiredTenant(), budget, clock.GetUtcNow(), http.RequestAborted)));
        }
        catch (NoRateException missing)
        {
            return TypedResults.Problem(title: "No rate", detail: missing.Message, statusCode: StatusCodes.Status409Conflict);
        }
    }

    private static async Task<Results<Created<BudgetResponse>, ProblemHttpResult>> AddAsync(HttpContext http, BudgetBook book, TimeProvider clock)
    {
        var (_, budget, problem) = await ReadAsync(http, Guid.CreateVersion7(clock.GetUtcNow()));
        if (budget is null) return problem!;
        try
        {
            var made = await book.AddAsync(http.User.RequiredTenant(), budget, ApiBody.ActorOf(http), http.RequestAborted);
            return TypedResults.Created($"/api/v1/budgets/{made.Id}", BudgetResponse.Of(made, made.ToBudget(), null));
        }
        catch (TenancyException refusal)
        {
            return ApiBody.Conflict(refusal);
        }
    }

    private static async Task<Results<Ok<BudgetResponse>, ProblemHttpResult>> ChangeAsync(Guid id, HttpContext http, BudgetBook book)
    {
        var (request, budget, problem) = await ReadAsync(http, id);
        if (budget is null) return problem!;
        if (request!.Version is not { } seen) return new ApiProblem("version", "Give the version that you have seen, as GET /api/v1/budgets/{id} tells it.").ToResult();
        return await ActAsync(id, () => book.ChangeAsync(http.User.RequiredTenant(), budget, seen, ApiBody.ActorOf(http), http.RequestAborted));
    }

    private static async Task<Results<Ok<BudgetResponse>, ProblemHttpResult>> UndoAsync(Guid id, HttpContext http, BudgetBook book)
    {
        if (await ApiBody.ReadAsync<BudgetUndoRequest>(http) is not { Version: > 0, Seen: > 0 } body) return new ApiProblem("body", "The body must be a JSON object with version and seen.").ToResult();
        return await ActAsync(id, () => book.UndoAsync(http.User.RequiredTenant(), id, body.Version, body.Seen, ApiBody.ActorOf(http), http.RequestAborted));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> ArchiveAsync(Guid id, HttpContext http, BudgetBook book) =>
        await book.ArchiveAsync(http.User.RequiredTenant(), id, ApiBody.ActorOf(http), http.RequestAborted) is null ? None(id) : TypedResults.NoContent();

    private static Task<Results<Ok<BudgetResponse>, ProblemHttpResult>> RestoreAsync(Guid id, HttpContext http, BudgetBook book) =>
        ActAsync(id, () => book.RestoreAsync(http.User.RequiredTenant(), id, ApiBody.ActorOf(http), http.RequestAborted));

    private static async Task<Results<Ok<BudgetResponse>, ProblemHttpResult>> EvaluateAsync(Guid id, HttpContext http, BudgetBook book, EvaluateBudgets evaluate)
    {
        var reader = http.User.RequiredScope();
        if (await book.FindAsync(reader, id, http.RequestAborted) is not { } standing) return None(id);
        if (standing.Row.ArchivedAt is not null) return ApiBody.Conflict(new TenancyException($"\"{standing.Row.Name}\" is archived. Restore it first."));
        await evaluate.RunOneAsync(reader.Tenant.Value, id, http.RequestAborted);
        return TypedResults.Ok(BudgetResponse.Of((await book.FindAsync(reader, id, http.RequestAborted))!));
    }

    private static async Task<Results<Ok<BudgetResponse>, ProblemHttpResult>> ActAsync(Guid id, Func<Task<RecordedBudget?>> act)
    {
        try
        {
            return await act() is { } row ? TypedResults.Ok(BudgetResponse.Of(row, row.ToBudget(), null)) : None(id);
        }
        catch (TenancyException refusal)
        {
            return ApiBody.Conflict(refusal);
        }
        catch (BudgetConflictException conflict)
        {
            return TypedResults.Problem(title: "Conflict", detail: conflict.Message, statusCode: StatusCodes.Status409Conflict);
        }
    }

    private static async Task<(BudgetRequest? Request, Budget? Budget, ProblemHttpResult? Problem)> ReadAsync(HttpContext http, Guid id)
    {
        if (await ApiBody.ReadAsync<BudgetRequest>(http) is not { } request) return (null, null, new ApiProblem("body", Shape).ToResult());
        var (budget, problem) = request.ToBudget(id);
        return (request, budget, problem?.ToResult());
    }

    private static ProblemHttpResult None(Guid id) => ApiBody.NotFound($"There is no budget {id}.");
}
