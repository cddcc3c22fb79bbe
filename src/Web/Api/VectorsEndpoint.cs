using FinOps.Analytics.PriceTimelines;
using FinOps.Analytics.Quotas;
using FinOps.Analytics.Vectors;
using FinOps.Domain.Allocation;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FinOps.Web.Api;

/// <summary>Vector databases and storage, <c>/api/v1/resources/vectors</c>, and what they cost, <c>/api/v1/data-store-prices</c>.</summary>
internal static class VectorsEndpoint
{
    private const string Shape = "The body must be a JSON object with system, places, meter, price and reason, and tier, validFrom, validTo and change where they are needed.";

    private static readonly ApiParameter Basis = new("basis", "usage: collections that nobody asked are a row of their own; allocation: who used the database in a quarter hour carries them, too.", Allowed: ["usage", "allocation"]);
    private static readonly ApiParameter GroupBy = new("groupBy", "What money is told apart by; name is the collection or bucket.", Allowed: [.. Enum.GetValues<VectorDimension>().Select(CallsEndpoint.Word)]);

    private static readonly IReadOnlyList<ApiParameter> Range = [ApiParameter.From, ApiParameter.To, ApiParameter.TimeZone];
    private static readonly IReadOnlyList<ApiParameter> Costs = [.. Range, Basis, GroupBy];

    public static void MapVectors(this RouteGroupBuilder api)
    {
        api.MapGet("/resources/vectors", VectorsAsync).RequireAuthorization(AccessPolicies.ApiReadResources).WithMetadata(AsksAnalytics.Instance)
            .WithName("getVectors").WithTags("Resources").WithSummary("What vector databases and storage hold, were asked and cost")
            .WithDescription("Of whole quarter hours that are over. Needs the scope `resources.read`, as everything under `/resources`.")
            .ProducesProblem(StatusCodes.Status400BadRequest).AddOpenApiOperationTransformer(ApiDocument.Describe(Range));
        api.MapGet("/resources/vectors/costs", CostsAsync).RequireAuthorization(AccessPolicies.ApiReadResources).WithMetadata(AsksAnalytics.Instance)
            .WithName("getVectorCosts").WithTags("Resources").WithSummary("Money of vector databases and storage by who it was spent for, with idle and unallocated rows")
            .WithDescription("The rows sum to what the priced quantities cost, in both bases.")
            .ProducesProblem(StatusCodes.Status400BadRequest).AddOpenApiOperationTransformer(ApiDocument.Describe(Costs));
        api.MapGet("/data-store-prices", ListAsync).RequireAuthorization(AccessPolicies.ApiReadPrices)
            .WithName("listDataStorePrices").WithTags("Resources").WithSummary("What vector databases and storage are paid by").WithDescription("Needs the scope `prices.read`.");
        Changes(api.MapPost("/data-store-prices", AddAsync)).WithName("addDataStorePrice").WithSummary("Adds a price of a vector database or of storage")
            .WithDescription("Needs the scope `prices.manage`, as everything here that changes something. The quarter hours concerned are rated anew within minutes.").Accepts<DataStorePriceRequest>("application/json");
        Changes(api.MapPut("/data-store-prices/{id:guid}", ChangeAsync)).WithName("changeDataStorePrice").WithSummary("Another price from a quarter hour on, or as a correction")
            .Accepts<DataStorePriceRequest>("application/json");
        Changes(api.MapDelete("/data-store-prices/{id:guid}", EndAsync)).WithName("endDataStorePrice").WithSummary("Ends a price, or takes it back")
            .AddOpenApiOperationTransformer(ApiDocument.Describe(PriceTimelineApi.End, keepPath: true));

        static RouteHandlerBuilder Changes(RouteHandlerBuilder route) => route.RequireAuthorization(AccessPolicies.ApiManagePrices).WithTags("Resources")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<Results<Ok<VectorsResponse>, ProblemHttpResult>> VectorsAsync(HttpContext http, VectorReader vectors, TimeProvider clock)
    {
        var query = new ApiQuery(http.Request.Query, clock.GetUtcNow());
        query.RequireKnown(Range);
        var question = new VectorQuestion(http.User.RequiredTenant(), query.Range(query.TimeZone()));
        if (query.Problem is { } problem) return problem.ToResult();
        var answer = await vectors.AskAsync(question, http.RequestAborted);
        var parts = await vectors.PartsAsync(question, http.RequestAborted);
        return TypedResults.Ok(new VectorsResponse([.. answer.Meters.Select(StoreMeterResponse.Of)], [.. parts.Select(StorePartResponse.Of)], answer.Unpriced, answer.RatedUntil, answer.Truncated));
    }

    private static async Task<Results<Ok<VectorCostsResponse>, ProblemHttpResult>> CostsAsync(HttpContext http, VectorReader vectors, TimeProvider clock)
    {
        var query = new ApiQuery(http.Request.Query, clock.GetUtcNow());
        query.RequireKnown(Costs);
        var question = new VectorQuestion(http.User.RequiredTenant(), query.Range(query.TimeZone()));
        var (allocation, word) = (query.Word(Basis) == "allocation", query.Word(GroupBy));
        if (query.Problem is { } problem) return problem.ToResult();
        ApiBody.TryWord<VectorDimension>(word, out var groupBy);
        var answer = await vectors.CostsAsync(question, groupBy, http.RequestAborted);
        return TypedResults.Ok(new VectorCostsResponse([.. answer.Rows.Select(row => StoreCostResponse.Of(row, allocation)).OrderByDescending(row => row.Cost)], answer.Coverage, answer.Truncated));
    }

    private static async Task<Ok<DataStorePricesResponse>> ListAsync(HttpContext http, DataStorePrices prices) => TypedResults.Ok(new DataStorePricesResponse(
        [.. (await prices.ListAsync(http.User.RequiredTenant(), http.RequestAborted)).Select(DataStorePriceResponse.Of)], [.. ReferenceStorePrice.All.Select(ReferenceStorePriceResponse.Of)]));

    private static async Task<Results<Ok<DataStorePriceResponse>, ProblemHttpResult>> AddAsync(HttpContext http, DataStorePrices prices, TimeProvider clock)
    {
        var (request, price, problem) = await ReadAsync(http, clock);
        if (price is null) return problem!.ToResult();
        return Answer(await prices.AddAsync(http.User.RequiredTenant(), price, PriceTimelineApi.EditOf(http, request!.Reason), http.RequestAborted));
    }

    private static async Task<Results<Ok<DataStorePriceResponse>, ProblemHttpResult>> ChangeAsync(Guid id, HttpContext http, DataStorePrices prices, TimeProvider clock)
    {
        var tenant = http.User.RequiredTenant();
        var (request, price, problem) = await ReadAsync(http, clock);
        if (price is null) return problem!.ToResult();
        if (request!.Change is not { } change) return new ApiProblem("change", "Hand in \"change\" of the price that you looked at.").ToResult();
        var held = (await prices.ListAsync(tenant, http.RequestAborted)).Where(row => row.Id == id).MaxBy(row => row.ValidFrom);
        if (held is null) return ApiBody.NotFound("There is no such price.");
        // A correction holds for the time of what it corrects.
        var wanted = price with { ValidFrom = request.ValidFrom ?? held.ValidFrom, ValidTo = request.ValidTo ?? held.ValidTo };
        return Answer(await prices.ChangeAsync(tenant, new SeenResourcePrice(id, change), wanted, request.ValidFrom, PriceTimelineApi.EditOf(http, request.Reason), http.RequestAborted));
    }

    private static async Task<Results<Ok<DataStorePriceResponse>, NoContent, ProblemHttpResult>> EndAsync(Guid id, HttpContext http, DataStorePrices prices, TimeProvider clock)
    {
        var (seen, at, edit, problem) = PriceTimelineApi.ReadEnd(http, id, clock.GetUtcNow());
        if (problem is not null) return problem.ToResult();
        var result = await prices.EndAsync(http.User.RequiredTenant(), seen, at, edit, http.RequestAborted);
        if (PriceTimelineApi.Refusal(result) is { } refused) return refused;
        return result.Row is { } row ? TypedResults.Ok(DataStorePriceResponse.Of(row)) : TypedResults.NoContent();
    }

    private static async Task<(DataStorePriceRequest? Request, DataStorePrice? Price, ApiProblem? Problem)> ReadAsync(HttpContext http, TimeProvider clock)
    {
        if (await ApiBody.ReadAsync<DataStorePriceRequest>(http) is not { } request) return (null, null, new ApiProblem("body", Shape));
        if (!ApiBody.TryWord<DataStoreMeter>(request.Meter, out var meter)) return (request, null, ApiBody.NoWord<DataStoreMeter>("meter", request.Meter));
        return (request, new DataStorePrice
        {
            System = request.System,
            Places = request.Places,
            Tier = request.Tier,
            Meter = meter,
            Price = request.Price,
            ValidFrom = request.ValidFrom ?? DeviceTime.CellOf(clock.GetUtcNow()),
            ValidTo = request.ValidTo,
        }, null);
    }

    private static Results<Ok<DataStorePriceResponse>, ProblemHttpResult> Answer(ResourcePriceResult<RecordedStorePrice> result) =>
        PriceTimelineApi.Refusal(result) is { } refused ? refused : TypedResults.Ok(DataStorePriceResponse.Of(result.Row!));
}
