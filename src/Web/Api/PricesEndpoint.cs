using System.Globalization;
using FinOps.Analytics.Prices;
using FinOps.Domain.Currencies;
using FinOps.Domain.Pricing;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FinOps.Web.Api;

/// <summary><c>/api/v1/prices</c>: the price book, its history, and what an organisation changes in it.</summary>
internal static class PricesEndpoint
{
    private const string Shape = "The body must be a JSON object with prices (a list) and reason.";
    private const string ChangeShape = "The body must be a JSON object with recordedAt, price, reason, and from for a new price instead of a correction.";
    private const string AliasShape = "The body must be a JSON object with match, provider, model and reason, and toldProvider, project, validFrom and validTo where they are needed.";

    private static readonly ApiParameter Provider = new("provider", "The seller, by the list's id.", "openai");
    private static readonly ApiParameter Model = new("model", "The entry's name.", "gpt-4o");
    private static readonly ApiParameter MeterName = new("meter", "Only prices of this meter.", "input", Allowed: [.. Enum.GetValues<Meter>().Select(CallsEndpoint.Word)]);
    private static readonly ApiParameter At = new("at", "For calls that start then, RFC 3339. Default: now.", "2026-11-22T14:05:00Z");
    private static readonly ApiParameter AsKnownAt = new("asKnownAt", "What was believed then, RFC 3339. Default: now.", "2026-11-22T14:05:00Z");
    private static readonly ApiParameter Own = new("own", "Only models with a price of the organisation's own.", Allowed: ["false", "true"]);
    private static readonly ApiParameter RecordedAt = new("recordedAt", "Of the version that you looked at. If it was superseded since, the answer is 409.", "2026-11-22T14:05:00.123456Z");
    private static readonly ApiParameter EndAt = new("endAt", "From then on it holds no more, RFC 3339. Left out: it never held.", "2026-12-01T00:00:00Z");
    private static readonly ApiParameter Reason = new("reason", "Why; it stands in the history and in the audit record.", "contract ended");
    private static readonly ApiParameter Before = new("before", "Only changes before this one: `nextBefore` of the page before.", "1842");

    private static readonly IReadOnlyList<ApiParameter> ListParameters =
    [
        new("search", "Words that the seller's or the model's name contains.", "gpt 4o"), Provider, Model, MeterName, At, AsKnownAt, Own,
        new("limit", $"Models on a page, 1 to {PricesQuestion.MaxLimit}. Default: {PricesQuestion.DefaultLimit}.", "50"), new("cursor", "`nextCursor` of the page before."),
    ];

    private static readonly IReadOnlyList<ApiParameter> ChangesParameters = [Before, new("limit", $"Changes on a page, 1 to {PriceBookReader.MaxChanges}. Default: 50.", "50")];

    private static readonly IReadOnlyList<ApiParameter> DifferenceParameters =
        [new("page", "Of the rows, from 1.", "1"), new("limit", $"Rows on a page, 1 to {PriceBookReader.MaxDifferenceRows}. Default: 500.", "500")];

    public static void MapPrices(this RouteGroupBuilder api)
    {
        Reads(api.MapGet("/prices", ListAsync)).WithName("listPrices").WithSummary("Models with the prices that hold at an instant, as known at another")
            .WithDescription("The public list and the organisation's own prices. One page; `nextCursor` leads to the next. Needs the scope `prices.read`, as everything under `/prices` that only reads.")
            .ProducesProblem(StatusCodes.Status400BadRequest).AddOpenApiOperationTransformer(ApiDocument.Describe(ListParameters));
        Reads(api.MapGet("/prices/history", HistoryAsync)).WithName("getPriceHistory").WithSummary("All that was ever believed of one model's prices")
            .ProducesProblem(StatusCodes.Status400BadRequest).AddOpenApiOperationTransformer(ApiDocument.Describe([Provider, Model]));
        Reads(api.MapGet("/prices/changes", ChangesAsync)).WithName("listPriceChanges").WithSummary("Imports of the list and own edits, the latest first")
            .ProducesProblem(StatusCodes.Status400BadRequest).AddOpenApiOperationTransformer(ApiDocument.Describe(ChangesParameters));
        Reads(api.MapGet("/prices/changes/{id}", ChangeAsync)).WithName("getPriceChange").WithSummary("One change with its exact difference")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).AddOpenApiOperationTransformer(ApiDocument.Describe(DifferenceParameters, keepPath: true));
        Reads(api.MapGet("/prices/aliases", AliasesAsync)).WithName("listPriceAliases").WithSummary("The organisation's aliases");

        Changes(api.MapPost("/prices", AddAsync)).WithName("addPrices").WithSummary("Adds own prices or discounts: all of them, or none")
            .WithDescription("A price that would hold beside another one is a conflict; the answer has both. Needs the scope `prices.manage`, as everything under `/prices` that changes something.")
            .Accepts<PricesRequest>("application/json");
        Changes(api.MapPut("/prices/{id}", ChangePriceAsync)).WithName("changePrice").WithSummary("Another price under the same conditions, from an instant on or as a correction")
            .Accepts<PriceChangeRequest>("application/json");
        Changes(api.MapDelete("/prices/{id}", EndPriceAsync)).WithName("endPrice").WithSummary("Ends an own price, or takes it back")
            .AddOpenApiOperationTransformer(ApiDocument.Describe([RecordedAt, EndAt, Reason], keepPath: true));
        Changes(api.MapPost("/prices/aliases", AddAliasAsync)).WithName("addPriceAlias").WithSummary("Says which model of the list a told name stands for").Accepts<AliasRequest>("application/json");
        Changes(api.MapDelete("/prices/aliases/{id}", EndAliasAsync)).WithName("endPriceAlias").WithSummary("Ends an alias, or takes it back")
            .AddOpenApiOperationTransformer(ApiDocument.Describe([RecordedAt, EndAt, Reason], keepPath: true));
        Changes(api.MapPost("/prices/changes/{id}/undo", UndoAsync)).WithName("undoPriceChange").WithSummary("Undoes the organisation's last change; another one since is a conflict")
            .Accepts<ReasonRequest>("application/json");

        static RouteHandlerBuilder Reads(RouteHandlerBuilder route) => route.RequireAuthorization(AccessPolicies.ApiReadPrices).WithTags("Prices");

        static RouteHandlerBuilder Changes(RouteHandlerBuilder route) => route.RequireAuthorization(AccessPolicies.ApiManagePrices).WithTags("Prices")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<Results<Ok<PricesResponse>, ProblemHttpResult>> ListAsync(HttpContext http, PriceBookReader book, TimeProvider clock)
    {
        var query = new ApiQuery(http.Request.Query, clock.GetUtcNow());
        query.RequireKnown(ListParameters);
        PriceCursor? after = null;
        if (query.Single("cursor") is { } cursor && (after = PriceCursor.Parse(cursor)) is null) query.Refuse("cursor", "\"cursor\" must be the nextCursor of an answer.");
        Meter? meter = query.Single(MeterName.Name) is null ? null : ApiBody.TryWord<Meter>(query.Word(MeterName), out var named) ? named : null;
        var question = new PricesQuestion(http.User.RequiredTenant(), query.Instant(At.Name) ?? clock.GetUtcNow())
        {
            AsKnownAt = query.Instant(AsKnownAt.Name),
            Search = query.Single("search"),
            Provider = query.Single(Provider.Name),
            Model = query.Single(Model.Name),
            Meter = meter,
            OwnOnly = query.Word(Own) == "true",
            Limit = query.Number("limit", PricesQuestion.DefaultLimit, PricesQuestion.MaxLimit),
            After = after,
        };
        if (query.Problem is { } problem) return problem.ToResult();
        return TypedResults.Ok(PricesResponse.Of(await book.AskAsync(question, http.RequestAborted)));
    }

    private static async Task<Results<Ok<PriceHistoryResponse>, ProblemHttpResult>> HistoryAsync(HttpContext http, PriceBookReader book)
    {
        var query = new ApiQuery(http.Request.Query, default);
        query.RequireKnown([Provider, Model]);
        var (provider, model) = (query.Single(Provider.Name), query.Single(Model.Name));
        if (provider is null || model is null) query.Refuse(provider is null ? Provider.Name : Model.Name, "Name both the provider and the model.");
        if (query.Problem is { } problem) return problem.ToResult();
        return TypedResults.Ok(PriceHistoryResponse.Of(await book.HistoryAsync(http.User.RequiredTenant(), provider!, model!, http.RequestAborted)));
    }

    private static async Task<Results<Ok<PriceChangesResponse>, ProblemHttpResult>> ChangesAsync(HttpContext http, PriceBookReader book)
    {
        var query = new ApiQuery(http.Request.Query, default);
        query.RequireKnown(ChangesParameters);
        var limit = query.Number("limit", 50, PriceBookReader.MaxChanges);
        long? before = null;
        if (query.Single(Before.Name) is { } text)
        {
            if (TryId(text, out var id)) before = id;
            else query.Refuse(Before.Name, "\"before\" must be the id of a change.");
        }

        if (query.Problem is { } problem) return problem.ToResult();
        var changes = await book.ChangesAsync(http.User.RequiredTenant(), before, limit + 1, http.RequestAborted);
        return TypedResults.Ok(new PriceChangesResponse(
            [.. changes.Take(limit).Select(PriceChangeEntry.Of)], changes.Count > limit ? changes[limit - 1].Id.ToString(CultureInfo.InvariantCulture) : null));
    }

    private static async Task<Results<Ok<PriceDifferenceResponse>, ProblemHttpResult>> ChangeAsync(string id, HttpContext http, PriceBookReader book)
    {
        var query = new ApiQuery(http.Request.Query, default);
        query.RequireKnown(DifferenceParameters);
        var (page, limit) = (query.Number("page", 1, 100_000), query.Number("limit", 500, PriceBookReader.MaxDifferenceRows));
        if (query.Problem is { } problem) return problem.ToResult();
        return TryId(id, out var change) && await book.DifferenceAsync(http.User.RequiredTenant(), change, (page - 1) * limit, limit, http.RequestAborted) is { } difference
            ? TypedResults.Ok(PriceDifferenceResponse.Of(difference))
            : ApiBody.NotFound($"There is no change \"{id}\".");
    }

    private static async Task<Ok<AliasesResponse>> AliasesAsync(HttpContext http, PriceBookReader book) =>
        TypedResults.Ok(new AliasesResponse([.. (await book.AliasesAsync(http.User.RequiredTenant(), http.RequestAborted)).Select(AliasEntry.Of)]));

    private static async Task<Results<Ok<PriceEditResponse>, ProblemHttpResult>> AddAsync(HttpContext http, EditPrices edit)
    {
        if (await ApiBody.ReadAsync<PricesRequest>(http) is not { Prices: { } prices } request) return new ApiProblem("body", Shape).ToResult();
        List<PriceRow> rows = [];
        foreach (var price in prices)
        {
            if (price is null) return new ApiProblem("prices", Shape).ToResult();
            var (row, problem) = price.ToRow();
            if (row is null) return problem!.ToResult();
            rows.Add(row);
        }

        return Answer(await edit.AddPricesAsync(http.User.RequiredTenant(), rows, By(http, request.Reason), http.RequestAborted));
    }

    private static async Task<Results<Ok<PriceEditResponse>, ProblemHttpResult>> ChangePriceAsync(string id, HttpContext http, EditPrices edit)
    {
        if (await ApiBody.ReadAsync<PriceChangeRequest>(http) is not { RecordedAt: { } seen, Price: { } price } request) return new ApiProblem("body", ChangeShape).ToResult();
        if (request.ExchangeRate is null != request.RateDay is null) return new ApiProblem("rateDay", "A rate and the day that it is of go together.").ToResult();
        DailyRate? rate = request is { ExchangeRate: { } value, RateDay: { } day } ? new DailyRate(day, value) : null;
        return TryId(id, out var row)
            ? Answer(await edit.ChangePriceAsync(http.User.RequiredTenant(), new SeenRow(row, seen), price, rate, request.From, By(http, request.Reason), http.RequestAborted))
            : ApiBody.NotFound($"There is no own price \"{id}\".");
    }

    private static Task<Results<Ok<PriceEditResponse>, ProblemHttpResult>> EndPriceAsync(string id, HttpContext http, EditPrices edit) =>
        EndAsync(id, http, (seen, at, by) => edit.EndPriceAsync(http.User.RequiredTenant(), seen, at, by, http.RequestAborted));

    private static Task<Results<Ok<PriceEditResponse>, ProblemHttpResult>> EndAliasAsync(string id, HttpContext http, EditPrices edit) =>
        EndAsync(id, http, (seen, at, by) => edit.EndAliasAsync(http.User.RequiredTenant(), seen, at, by, http.RequestAborted));

    private static async Task<Results<Ok<PriceEditResponse>, ProblemHttpResult>> EndAsync(
        string id, HttpContext http, Func<SeenRow, DateTimeOffset?, PriceEdit, Task<PriceEditResult>> end)
    {
        var query = new ApiQuery(http.Request.Query, default);
        query.RequireKnown([RecordedAt, EndAt, Reason]);
        var (seen, at, reason) = (query.Instant(RecordedAt.Name), query.Instant(EndAt.Name), query.Single(Reason.Name));
        if (seen is null) query.Refuse(RecordedAt.Name, "Give the recordedAt of the version that you looked at.");
        if (query.Problem is { } problem) return problem.ToResult();
        return TryId(id, out var row) ? Answer(await end(new SeenRow(row, seen!.Value), at, By(http, reason))) : ApiBody.NotFound($"There is no own row \"{id}\".");
    }

    private static async Task<Results<Ok<PriceEditResponse>, ProblemHttpResult>> AddAliasAsync(HttpContext http, EditPrices edit)
    {
        if (await ApiBody.ReadAsync<AliasRequest>(http) is not { } request) return new ApiProblem("body", AliasShape).ToResult();
        var (alias, problem) = request.ToAlias();
        return alias is null ? problem!.ToResult() : Answer(await edit.AddAliasAsync(http.User.RequiredTenant(), alias, By(http, request.Reason), http.RequestAborted));
    }

    private static async Task<Results<Ok<PriceEditResponse>, ProblemHttpResult>> UndoAsync(string id, HttpContext http, EditPrices edit)
    {
        if (await ApiBody.ReadAsync<ReasonRequest>(http) is not { } request) return new ApiProblem("body", "The body must be a JSON object with reason.").ToResult();
        return TryId(id, out var change)
            ? Answer(await edit.UndoAsync(http.User.RequiredTenant(), change, By(http, request.Reason), http.RequestAborted))
            : ApiBody.NotFound($"There is no change \"{id}\".");
    }

    private static PriceEdit By(HttpContext http, string? reason) => new(ApiBody.ActorOf(http), reason ?? "");

    private static bool TryId(string text, out long id) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out id);

    private static Results<Ok<PriceEditResponse>, ProblemHttpResult> Answer(PriceEditResult result) => result.Outcome switch
    {
        PriceEditOutcome.Done => TypedResults.Ok(PriceEditResponse.Of(result)),
        PriceEditOutcome.Refused => new ApiProblem("body", result.Problem!).ToResult(),
        PriceEditOutcome.NotFound => ApiBody.NotFound(result.Problem!),
        _ => TypedResults.Problem(title: "Conflict", detail: result.Problem, statusCode: StatusCodes.Status409Conflict, extensions: PriceEditResponse.ConflictOf(result)),
    };
}
