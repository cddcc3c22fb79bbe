using FinOps.Analytics.Commitments;
using FinOps.Analytics.PriceTimelines;
using FinOps.Analytics.Spend;
using FinOps.Domain.Commitments;
using FinOps.Domain.Currencies;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FinOps.Web.Api;

/// <summary><c>/api/v1/commitments</c>: what was promised to sellers, and how it is used.</summary>
internal static class CommitmentsEndpoint
{
    /// <summary>Days of a range of which the use is told. Default 1,100: three years.</summary>
    private const int MaxDays = 1_100;

    private const string Shape = "The body must be a JSON object with name, kind, seller, amount and reason, and hostPlatform, models, period, currency, exchangeRate, rateDay, validFrom, validTo and change where they are needed.";

    private static readonly IReadOnlyList<ApiParameter> Range = [ApiParameter.From, ApiParameter.To, ApiParameter.TimeZone];

    private static readonly IReadOnlyList<ApiParameter> End =
    [
        new("change", "Of the commitment that you looked at. If it was changed since, the answer is 409.", "3"),
        new("endAt", "Midnight of a UTC day, RFC 3339; of spend, where one of its periods ends: from then on it holds no more. Left out: it never held.", "2026-12-01T00:00:00Z"),
        new("reason", "Why; it stands in the history and in the audit record.", "contract ended"),
    ];

    public static void MapCommitments(this RouteGroupBuilder api)
    {
        Reads(api.MapGet("/commitments", ListAsync)).WithName("listCommitments").WithSummary("What was promised to sellers").WithDescription("Needs the scope `prices.read`.");
        Reads(api.MapGet("/commitments/{id:guid}/history", HistoryAsync)).WithName("getCommitmentHistory").WithSummary("All that was ever believed of one commitment, the latest change first")
            .WithDescription("Needs the scope `prices.read`.").ProducesProblem(StatusCodes.Status404NotFound);
        Asks(api.MapGet("/commitments/use", UseAsync)).WithName("getCommitmentUse").WithSummary("How commitments are used: each period that the range touches, whole")
            .WithDescription("Found from what calls cost as they are rated now, of the whole organisation. Calls keep their own cost; what a commitment leaves unused stands beside them. Needs the scope `costs.read`.")
            .ProducesProblem(StatusCodes.Status400BadRequest).AddOpenApiOperationTransformer(ApiDocument.Describe(Range));
        Asks(api.MapPost("/commitments/preview", PreviewAsync)).WithName("previewCommitment").WithSummary("How a commitment would have been used by the calls of the last whole months: one, three or twelve, as its period is")
            .WithDescription("Keeps nothing. Needs the scope `costs.read`.").Accepts<CommitmentRequest>("application/json").ProducesProblem(StatusCodes.Status400BadRequest);

        Changes(api.MapPost("/commitments", AddAsync)).WithName("addCommitment").WithSummary("Adds a commitment")
            .WithDescription("One that would hold for some of the same calls as another of its kind is a conflict; the answer tells both. Needs the scope `prices.manage`, as everything here that changes something.")
            .Accepts<CommitmentRequest>("application/json");
        Changes(api.MapPut("/commitments/{id:guid}", ChangeAsync)).WithName("changeCommitment").WithSummary("Another commitment in its place, from a day on or as a correction").Accepts<CommitmentRequest>("application/json");
        Changes(api.MapDelete("/commitments/{id:guid}", EndAsync)).WithName("endCommitment").WithSummary("Ends a commitment, or takes it back")
            .AddOpenApiOperationTransformer(ApiDocument.Describe(End, keepPath: true));
        Changes(api.MapPost("/commitments/{id:guid}/undo", UndoAsync)).WithName("undoCommitmentChange").WithSummary("Undoes the last change of a commitment; another one since is a conflict").Accepts<CommitmentUndoRequest>("application/json");

        static RouteHandlerBuilder Reads(RouteHandlerBuilder route) => route.RequireAuthorization(AccessPolicies.ApiReadPrices).WithTags("Commitments");

        static RouteHandlerBuilder Asks(RouteHandlerBuilder route) => route.RequireAuthorization(AccessPolicies.ApiReadCosts).WithMetadata(AsksAnalytics.Instance).WithTags("Commitments");

        static RouteHandlerBuilder Changes(RouteHandlerBuilder route) => route.RequireAuthorization(AccessPolicies.ApiManagePrices).WithTags("Commitments")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<Ok<CommitmentsResponse>> ListAsync(HttpContext http, Commitments commitments) =>
        TypedResults.Ok(new CommitmentsResponse([.. (await commitments.ListAsync(http.User.RequiredTenant(), http.RequestAborted)).Select(CommitmentResponse.Of)]));

    private static async Task<Results<Ok<CommitmentsResponse>, ProblemHttpResult>> HistoryAsync(Guid id, HttpContext http, Commitments commitments)
    {
        var rows = await commitments.HistoryAsync(http.User.RequiredTenant(), id, http.RequestAborted);
        return rows.Count == 0 ? ApiBody.NotFound("There is no such commitment.") : TypedResults.Ok(new CommitmentsResponse([.. rows.Select(CommitmentResponse.Of)]));
    }

    private static async Task<Results<Ok<CommitmentUseListResponse>, ProblemHttpResult>> UseAsync(HttpContext http, CommitmentReader reader, TimeProvider clock)
    {
        var query = new ApiQuery(http.Request.Query, clock.GetUtcNow());
        query.RequireKnown(Range);
        var range = query.Range(query.TimeZone());
        if (range.Length > TimeSpan.FromDays(MaxDays)) query.Refuse("to", $"A range has at most {MaxDays} days: ask for several.");
        if (query.Problem is { } problem) return problem.ToResult();
        return TypedResults.Ok(new CommitmentUseListResponse([.. (await reader.UseAsync(http.User.RequiredTenant(), range, http.RequestAborted)).Select(CommitmentUseOfResponse.Of)]));
    }

    private static async Task<Results<Ok<CommitmentUseResponse>, ProblemHttpResult>> PreviewAsync(HttpContext http, Commitments commitments, CommitmentReader reader, TimeProvider clock)
    {
        var (_, commitment, problem) = await ReadAsync(http, clock, held: null);
        if (commitment is null) return problem!.ToResult();
        var tenant = http.User.RequiredTenant();
        var (rated, noRate) = await commitments.WithRateAsync(tenant, commitment, http.RequestAborted);
        if ((noRate ?? rated!.FindProblem()) is { } wrong) return new ApiProblem("body", wrong).ToResult();
        return TypedResults.Ok(CommitmentUseResponse.Of(await reader.PreviewAsync(tenant, rated!, http.RequestAborted)));
    }

    private static async Task<Results<Ok<CommitmentResponse>, ProblemHttpResult>> AddAsync(HttpContext http, Commitments commitments, TimeProvider clock)
    {
        var (request, commitment, problem) = await ReadAsync(http, clock, held: null);
        if (commitment is null) return problem!.ToResult();
        var tenant = http.User.RequiredTenant();
        var (rated, noRate) = await commitments.WithRateAsync(tenant, commitment, http.RequestAborted);
        if (rated is null) return new ApiProblem("currency", noRate!).ToResult();
        return Answer(await commitments.AddAsync(tenant, rated, PriceTimelineApi.EditOf(http, request!.Reason), http.RequestAborted));
    }

    private static async Task<Results<Ok<CommitmentResponse>, ProblemHttpResult>> ChangeAsync(Guid id, HttpContext http, Commitments commitments, TimeProvider clock)
    {
        var tenant = http.User.RequiredTenant();
        var held = (await commitments.ListAsync(tenant, http.RequestAborted)).Where(row => row.Id == id).MaxBy(row => row.ValidFrom);
        if (held is null) return ApiBody.NotFound("There is no such commitment.");
        var (request, commitment, problem) = await ReadAsync(http, clock, held);
        if (commitment is null) return problem!.ToResult();
        if (request!.Change is not { } change) return new ApiProblem("change", "Hand in \"change\" of the commitment that you looked at.").ToResult();
        var (rated, noRate) = await commitments.WithRateAsync(tenant, commitment, http.RequestAborted);
        if (rated is null) return new ApiProblem("currency", noRate!).ToResult();
        return Answer(await commitments.ChangeAsync(tenant, new SeenResourcePrice(id, change), rated, request.ValidFrom, PriceTimelineApi.EditOf(http, request.Reason), http.RequestAborted));
    }

    private static async Task<Results<Ok<CommitmentResponse>, NoContent, ProblemHttpResult>> EndAsync(Guid id, HttpContext http, Commitments commitments, TimeProvider clock)
    {
        var (seen, at, edit, problem) = PriceTimelineApi.ReadEnd(http, id, clock.GetUtcNow());
        if (problem is not null) return problem.ToResult();
        return OrNothing(await commitments.EndAsync(http.User.RequiredTenant(), seen, at, edit, http.RequestAborted));
    }

    private static async Task<Results<Ok<CommitmentResponse>, NoContent, ProblemHttpResult>> UndoAsync(Guid id, HttpContext http, Commitments commitments)
    {
        if (await ApiBody.ReadAsync<CommitmentUndoRequest>(http) is not { } request) return new ApiProblem("body", "The body must be a JSON object with change and reason.").ToResult();
        return OrNothing(await commitments.UndoAsync(http.User.RequiredTenant(), new SeenResourcePrice(id, request.Change), PriceTimelineApi.EditOf(http, request.Reason ?? ""), http.RequestAborted));
    }

    /// <summary>Of what is changed (<c>held</c>; null for a new one) a correction keeps the time, and the same currency its rate.</summary>
    private static async Task<(CommitmentRequest? Request, Commitment? Commitment, ApiProblem? Problem)> ReadAsync(HttpContext http, TimeProvider clock, RecordedCommitment? held)
    {
        if (await ApiBody.ReadAsync<CommitmentRequest>(http) is not { Models: not null } request) return (null, null, new ApiProblem("body", Shape));
        if (!ApiBody.TryWord<CommitmentKind>(request.Kind, out var kind)) return (request, null, ApiBody.NoWord<CommitmentKind>("kind", request.Kind));
        if (!ApiBody.TryWord<CommitmentPeriod>(request.Period, out var period)) return (request, null, ApiBody.NoWord<CommitmentPeriod>("period", request.Period));
        if (request.Models.Any(name => name is null)) return (request, null, new ApiProblem("models", "A model's name is missing."));
        var keepsRate = request.ExchangeRate is null && held is not null && held.Currency == request.Currency;
        var today = clock.GetUtcNow().UtcDateTime.Date;
        return (request, new Commitment
        {
            Name = request.Name,
            Kind = kind,
            Seller = request.Seller,
            HostPlatform = request.HostPlatform ?? "",
            Models = request.Models,
            Period = period,
            Amount = request.Amount,
            Currency = request.Currency ?? "",
            Rate = keepsRate ? held!.Rate : request.Currency == ExchangeRates.Usd ? 1m : request.ExchangeRate ?? 0m,
            RateDay = keepsRate ? held!.RateDay : request.RateDay ?? default,
            ValidFrom = request.ValidFrom ?? held?.ValidFrom ?? new DateTimeOffset(today, TimeSpan.Zero),
            ValidTo = request.ValidTo ?? held?.ValidTo,
        }, null);
    }

    private static Results<Ok<CommitmentResponse>, ProblemHttpResult> Answer(ResourcePriceResult<RecordedCommitment> result) =>
        PriceTimelineApi.Refusal(result) is { } refused ? refused : TypedResults.Ok(CommitmentResponse.Of(result.Row!));

    private static Results<Ok<CommitmentResponse>, NoContent, ProblemHttpResult> OrNothing(ResourcePriceResult<RecordedCommitment> result)
    {
        if (PriceTimelineApi.Refusal(result) is { } refused) return refused;
        return result.Row is { } row ? TypedResults.Ok(CommitmentResponse.Of(row)) : TypedResults.NoContent();
    }
}
