using FinOps.Analytics.Gpus;
using FinOps.Analytics.PriceTimelines;
using FinOps.Analytics.Quotas;
using FinOps.Domain.Allocation;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FinOps.Web.Api;

/// <summary>GPUs, <c>/api/v1/resources/gpus</c>, and what an hour of them costs, <c>/api/v1/resource-prices</c>.</summary>
internal static class ResourcesEndpoint
{
    private const string Shape =
        "The body must be a JSON object with accelerator, hosts, purchase, reason and pricePerHour (or owned), and provider, region, validFrom, validTo and change where they are needed.";

    private static readonly ApiParameter Basis = new("basis", "usage: time at work alone is charged, idle time is a row of its own; allocation: who used a quarter hour carries its idle time, too.", Allowed: ["usage", "allocation"]);
    private static readonly ApiParameter GroupBy = new("groupBy", "What money is told apart by.", Allowed: [.. Enum.GetValues<GpuDimension>().Select(CallsEndpoint.Word)]);

    private static readonly IReadOnlyList<ApiParameter> Range = [ApiParameter.From, ApiParameter.To, ApiParameter.TimeZone];
    private static readonly IReadOnlyList<ApiParameter> Costs = [.. Range, Basis, GroupBy];

    public static void MapResources(this RouteGroupBuilder api)
    {
        api.MapGet("/resources/gpus", GpusAsync).RequireAuthorization(AccessPolicies.ApiReadResources).WithMetadata(AsksAnalytics.Instance)
            .WithName("getGpus").WithTags("Resources").WithSummary("What GPUs did and cost, by device and by model of one's own")
            .WithDescription("Of whole quarter hours that are over. Needs the scope `resources.read`, as everything under `/resources`.")
            .ProducesProblem(StatusCodes.Status400BadRequest).AddOpenApiOperationTransformer(ApiDocument.Describe(Range));
        api.MapGet("/resources/gpus/costs", CostsAsync).RequireAuthorization(AccessPolicies.ApiReadResources).WithMetadata(AsksAnalytics.Instance)
            .WithName("getGpuCosts").WithTags("Resources").WithSummary("Money of GPUs by who it was spent for, with idle and unallocated rows")
            .WithDescription("The rows sum to what the priced devices cost, in both bases.")
            .ProducesProblem(StatusCodes.Status400BadRequest).AddOpenApiOperationTransformer(ApiDocument.Describe(Costs));
        api.MapGet("/resource-prices", ListAsync).RequireAuthorization(AccessPolicies.ApiReadPrices)
            .WithName("listResourcePrices").WithTags("Resources").WithSummary("What an hour of each GPU costs").WithDescription("Needs the scope `prices.read`.");
        Changes(api.MapPost("/resource-prices", AddAsync)).WithName("addResourcePrice").WithSummary("Adds a price of GPU hours")
            .WithDescription("Needs the scope `prices.manage`, as everything here that changes something. The quarter hours concerned are rated anew within minutes.").Accepts<ResourcePriceRequest>("application/json");
        Changes(api.MapPut("/resource-prices/{id:guid}", ChangeAsync)).WithName("changeResourcePrice").WithSummary("Another price from a quarter hour on, or as a correction")
            .Accepts<ResourcePriceRequest>("application/json");
        Changes(api.MapDelete("/resource-prices/{id:guid}", EndAsync)).WithName("endResourcePrice").WithSummary("Ends a price, or takes it back")
            .AddOpenApiOperationTransformer(ApiDocument.Describe(PriceTimelineApi.End, keepPath: true));

        static RouteHandlerBuilder Changes(RouteHandlerBuilder route) => route.RequireAuthorization(AccessPolicies.ApiManagePrices).WithTags("Resources")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<Results<Ok<GpusResponse>, ProblemHttpResult>> GpusAsync(HttpContext http, GpuReader gpus, TimeProvider clock)
    {
        var query = new ApiQuery(http.Request.Query, clock.GetUtcNow());
        query.RequireKnown(Range);
        var question = new GpuQuestion(http.User.RequiredTenant(), query.Range(query.TimeZone()));
        if (query.Problem is { } problem) return problem.ToResult();
        var answer = await gpus.AskAsync(question, http.RequestAborted);
        var models = await gpus.ModelsAsync(question, http.RequestAborted);
        return TypedResults.Ok(new GpusResponse([.. answer.Devices.Select(GpuDeviceResponse.Of)], [.. models.Select(GpuModelResponse.Of)], answer.RatedUntil, answer.Truncated));
    }

    private static async Task<Results<Ok<GpuCostsResponse>, ProblemHttpResult>> CostsAsync(HttpContext http, GpuReader gpus, TimeProvider clock)
    {
        var query = new ApiQuery(http.Request.Query, clock.GetUtcNow());
        query.RequireKnown(Costs);
        var question = new GpuQuestion(http.User.RequiredTenant(), query.Range(query.TimeZone()));
        var (allocation, word) = (query.Word(Basis) == "allocation", query.Word(GroupBy));
        if (query.Problem is { } problem) return problem.ToResult();
        ApiBody.TryWord<GpuDimension>(word, out var groupBy);
        var answer = await gpus.CostsAsync(question, groupBy, http.RequestAborted);
        return TypedResults.Ok(new GpuCostsResponse([.. answer.Rows.Select(row => GpuCostResponse.Of(row, allocation)).OrderByDescending(row => row.Cost)], answer.Coverage, answer.Truncated));
    }

    private static async Task<Ok<ResourcePricesResponse>> ListAsync(HttpContext http, ResourcePrices prices) => TypedResults.Ok(new ResourcePricesResponse(
        [.. (await prices.ListAsync(http.User.RequiredTenant(), http.RequestAborted)).Select(ResourcePriceResponse.Of)], ReferencePrice.All));

    private static async Task<Results<Ok<ResourcePriceResponse>, ProblemHttpResult>> AddAsync(HttpContext http, ResourcePrices prices, TimeProvider clock)
    {
        var (request, price, problem) = await ReadAsync(http, clock);
        if (price is null) return problem!.ToResult();
        return Answer(await prices.AddAsync(http.User.RequiredTenant(), price, PriceTimelineApi.EditOf(http, request!.Reason), http.RequestAborted));
    }

    private static async Task<Results<Ok<ResourcePriceResponse>, ProblemHttpResult>> ChangeAsync(Guid id, HttpContext http, ResourcePrices prices, TimeProvider clock)
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

    private static async Task<Results<Ok<ResourcePriceResponse>, NoContent, ProblemHttpResult>> EndAsync(Guid id, HttpContext http, ResourcePrices prices, TimeProvider clock)
    {
        var (seen, at, edit, problem) = PriceTimelineApi.ReadEnd(http, id, clock.GetUtcNow());
        if (problem is not null) return problem.ToResult();
        var result = await prices.EndAsync(http.User.RequiredTenant(), seen, at, edit, http.RequestAborted);
        if (PriceTimelineApi.Refusal(result) is { } refused) return refused;
        return result.Row is { } row ? TypedResults.Ok(ResourcePriceResponse.Of(row)) : TypedResults.NoContent();
    }

    private static async Task<(ResourcePriceRequest? Request, AcceleratorPrice? Price, ApiProblem? Problem)> ReadAsync(HttpContext http, TimeProvider clock)
    {
        if (await ApiBody.ReadAsync<ResourcePriceRequest>(http) is not { } request) return (null, null, new ApiProblem("body", Shape));
        if (!ApiBody.TryWord<PurchaseKind>(request.Purchase, out var purchase)) return (request, null, ApiBody.NoWord<PurchaseKind>("purchase", request.Purchase));
        if (request.Owned?.ToHardware().FindProblem() is { } problem) return (request, null, new ApiProblem("owned", problem));
        if ((request.Owned is null) == (request.PricePerHour is null)) return (request, null, new ApiProblem("pricePerHour", "Tell either pricePerHour or owned."));
        return (request, new AcceleratorPrice
        {
            Accelerator = request.Accelerator,
            Hosts = request.Hosts,
            Provider = request.Provider,
            Region = request.Region,
            Purchase = purchase,
            PricePerHour = request.PricePerHour ?? request.Owned!.ToHardware().PricePerHour,
            ValidFrom = request.ValidFrom ?? DeviceTime.CellOf(clock.GetUtcNow()),
            ValidTo = request.ValidTo,
        }, null);
    }

    private static Results<Ok<ResourcePriceResponse>, ProblemHttpResult> Answer(ResourcePriceResult<RecordedResourcePrice> result) =>
        PriceTimelineApi.Refusal(result) is { } refused ? refused : TypedResults.Ok(ResourcePriceResponse.Of(result.Row!));
}
