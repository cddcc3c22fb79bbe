using System.Globalization;
using FinOps.Analytics.Bills;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Bills;
using FinOps.Domain.Pricing;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;

namespace FinOps.Web.Api;

/// <summary>Bills beside our figures, what was accepted of the difference, and the close of books: <c>/api/v1/bills</c>, <c>/adjustments</c>, <c>/months</c>.</summary>
internal static class BillsEndpoint
{
    private const string Csv = "text/csv";

    /// <summary>Rows of a reconciliation that one answer tells.</summary>
    private const int MaxRows = 1_000;

    private static readonly IReadOnlyList<ApiParameter> ImportParameters =
    [
        new("name", "The file's name, for people.", "openai-2026-10.csv"),
        new("mapping", "Name of a kept mapping. Default: what the heads of the file suggest; a FOCUS file needs none."),
        new("provider", "Who sent the bill, where neither mapping nor file says it.", "openai"),
        new("dryRun", "true: only says what would be imported.", Allowed: ["false", "true"]),
        new("replace", "true: takes the place of the bill of the same provider, account and time.", Allowed: ["false", "true"]),
    ];

    private static readonly IReadOnlyList<ApiParameter> AdjustmentParameters =
    [
        new("from", "First day that they count for. Default: 400 days before `to`.", "2026-10-01"),
        new("to", "The day after the last. Default: tomorrow.", "2026-11-01"),
    ];

    private static readonly ApiParameter Why = new("why", "The reason, for the record.");

    public static void MapBills(this RouteGroupBuilder api)
    {
        api.MapGet("/bills", ListAsync).RequireAuthorization(AccessPolicies.ApiReadBills)
            .WithName("listBills").WithTags("Bills").WithSummary("Bills that were imported").WithDescription("Needs the scope `bills.read`.");
        api.MapPost("/bills", ImportAsync).RequireAuthorization(AccessPolicies.ApiManageBills)
            .WithName("importBill").WithTags("Bills").WithSummary("Imports a provider's bill, a CSV in UTF-8 or UTF-16")
            .WithDescription("Needs the scope `bills.manage`. A file with a single mistake is refused whole; each mistake is told with line, column, what was found and what was expected. The same file, or one of the same provider, account and time, is refused with the earlier bill.")
            .Accepts<string>(Csv).Produces<BillImportResponse>(StatusCodes.Status201Created)
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict)
            .AddOpenApiOperationTransformer(ApiDocument.Describe(ImportParameters));
        api.MapGet("/bills/{id:guid}", GetAsync).RequireAuthorization(AccessPolicies.ApiReadBills).WithMetadata(AsksAnalytics.Instance)
            .WithName("getBill").WithTags("Bills").WithSummary("A bill beside our figures, by period, model and meter, with the causes of each difference")
            .WithDescription("Needs the scope `bills.read`. Compared anew at each asking: late calls, new prices and mappings change it.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        api.MapDelete("/bills/{id:guid}", WithdrawAsync).RequireAuthorization(AccessPolicies.ApiManageBills)
            .WithName("withdrawBill").WithTags("Bills").WithSummary("Withdraws a bill, and takes back what was accepted from it").WithDescription("Needs the scope `bills.manage`.")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).AddOpenApiOperationTransformer(ApiDocument.Describe([Why]));
        api.MapPost("/bills/{id:guid}/adjustments", AcceptAsync).RequireAuthorization(AccessPolicies.ApiManageBills).WithMetadata(AsksAnalytics.Instance)
            .WithName("acceptAdjustments").WithTags("Bills").WithSummary("Accepts parts of the difference between a bill and our figures")
            .WithDescription("Needs the scope `bills.manage`. Idempotent: what was accepted before is not added again.")
            .Accepts<AcceptRequest>("application/json").ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        api.MapGet("/bill-mappings", ListMappingsAsync).RequireAuthorization(AccessPolicies.ApiReadBills)
            .WithName("listBillMappings").WithTags("Bills").WithSummary("How kinds of files are read").WithDescription("Needs the scope `bills.read`.");
        api.MapPut("/bill-mappings/{name}", PutMappingAsync).RequireAuthorization(AccessPolicies.ApiManageBills)
            .WithName("putBillMapping").WithTags("Bills").WithSummary("Keeps how a kind of file is read").WithDescription("Needs the scope `bills.manage`.")
            .Accepts<BillMappingBody>("application/json").ProducesProblem(StatusCodes.Status400BadRequest);
        api.MapPut("/bill-words", PutWordsAsync).RequireAuthorization(AccessPolicies.ApiManageBills)
            .WithName("putBillWords").WithTags("Bills").WithSummary("Says which model and meter words of a bill mean").WithDescription("Needs the scope `bills.manage`.")
            .Accepts<BillWordsRequest>("application/json").ProducesProblem(StatusCodes.Status400BadRequest);
        api.MapGet("/adjustments", ListAdjustmentsAsync).RequireAuthorization(AccessPolicies.ApiReadBills)
            .WithName("listAdjustments").WithTags("Bills").WithSummary("Accepted differences, by the day that they count for").WithDescription("Needs the scope `bills.read`. They are in no figure of `/costs`, which tells their sum beside its own.")
            .ProducesProblem(StatusCodes.Status400BadRequest).AddOpenApiOperationTransformer(ApiDocument.Describe(AdjustmentParameters));
        api.MapDelete("/adjustments/{id:guid}", WithdrawAdjustmentAsync).RequireAuthorization(AccessPolicies.ApiManageBills)
            .WithName("withdrawAdjustment").WithTags("Bills").WithSummary("Takes an accepted difference back, by its opposite").WithDescription("Needs the scope `bills.manage`.")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).AddOpenApiOperationTransformer(ApiDocument.Describe([Why]));
        api.MapGet("/months", ListMonthsAsync).RequireAuthorization(AccessPolicies.ApiReadBills)
            .WithName("listMonths").WithTags("Months").WithSummary("Months whose books were closed").WithDescription("Needs the scope `bills.read`. Months are of UTC. An administrator opens one again on the page.");
        api.MapPost("/months/{month}", CloseAsync).RequireAuthorization(AccessPolicies.ApiManageBills).WithMetadata(AsksAnalytics.Instance)
            .WithName("closeMonth").WithTags("Months").WithSummary("Closes the books of a month that is over, as 2026-10").WithDescription("Needs the scope `bills.manage`. Idempotent; a job writes the lines down. From then on its figures stand, and what changes is a correction.")
            .Produces<MonthResponse>(StatusCodes.Status202Accepted).ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status409Conflict);
        api.MapGet("/months/{month}/corrections", CorrectionsAsync).RequireAuthorization(AccessPolicies.ApiReadBills).WithMetadata(AsksAnalytics.Instance)
            .WithName("listCorrections").WithTags("Months").WithSummary("What changed a month after it was closed").WithDescription("Needs the scope `bills.read`.")
            .ProducesProblem(StatusCodes.Status400BadRequest);
    }

    private static async Task<Ok<BillsResponse>> ListAsync(HttpContext http, Bills bills) =>
        TypedResults.Ok(new BillsResponse([.. (await bills.ListAsync(http.User.RequiredTenant(), http.RequestAborted)).Select(BillResponse.Of)]));

    private static async Task<Results<Ok<BillImportResponse>, Created<BillImportResponse>, ProblemHttpResult>> ImportAsync(
        HttpContext http, Bills bills, ReadForeignBill reader, IOptions<BillOptions> options, TimeProvider clock)
    {
        var tenant = http.User.RequiredTenant();
        var query = new ApiQuery(http.Request.Query, clock.GetUtcNow());
        query.RequireKnown(ImportParameters);
        var (name, kept, provider) = (query.Single("name") ?? "", query.Single("mapping"), query.Single("provider"));
        var (isTrial, replaces) = (query.Word(ImportParameters[3]) == "true", query.Word(ImportParameters[4]) == "true");
        if (query.Problem is { } problem) return problem.ToResult();
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = options.Value.MaxFileBytes + GuessMapping.PeekBytes;
        await using var file = new FileBufferingReadStream(http.Request.Body, GuessMapping.PeekBytes, options.Value.MaxFileBytes + GuessMapping.PeekBytes, Path.GetTempPath());
        var peek = await GuessMapping.OfAsync(file, http.RequestAborted);
        var mapping = peek.Mapping;
        if (kept is not null)
        {
            if ((await bills.MappingsAsync(tenant, http.RequestAborted)).FirstOrDefault(one => one.Name == kept) is not { } found) return ApiBody.NotFound($"There is no mapping \"{kept}\".");
            mapping = BillMapping.FromJson(found.Mapping);
        }

        if (provider is not null) mapping = mapping with { Provider = provider };
        var bill = await reader.ReadAsync(tenant, file, mapping, http.RequestAborted);
        if (bill.Errors.Count > 0) return Refuse(bill);
        var import = isTrial ? await bills.FindEarlierAsync(tenant, bill, http.RequestAborted) : await bills.ImportAsync(tenant, bill, mapping, name, replaces, ApiBody.ActorOf(http), http.RequestAborted);
        var answer = new BillImportResponse
        {
            Bill = import.Bill is { } made ? BillResponse.Of(made) : null,
            Earlier = import.Earlier is { } earlier ? BillResponse.Of(earlier) : null,
            Lines = bill.Lines.Count,
            Billed = bill.Cost,
            From = bill.From,
            To = bill.To,
            Mapping = BillMappingBody.Of(mapping),
            Heads = peek.Heads,
        };
        if (isTrial) return TypedResults.Ok(answer);
        if (import.Bill is { } stored) return TypedResults.Created($"/api/v1/bills/{stored.Id}", answer);
        var detail = import.IsSameFile
            ? $"This file was imported before, as bill {import.Earlier!.Id}."
            : $"Bill {import.Earlier!.Id} is of the same provider, account and time. With replace=true this file takes its place.";
        return TypedResults.Problem(title: "Conflict", detail: detail, statusCode: StatusCodes.Status409Conflict, extensions: new Dictionary<string, object?> { ["earlier"] = answer.Earlier });
    }

    private static ProblemHttpResult Refuse(BillFile bill) => TypedResults.Problem(
        title: "Bad request", detail: $"Nothing was imported. {bill.Errors[0]}", statusCode: StatusCodes.Status400BadRequest,
        extensions: new Dictionary<string, object?>
        {
            ["errors"] = bill.Errors.Select(error => new BillErrorResponse(error.Line, error.Column, error.ColumnNumber, error.Found, error.Expected)).ToList(),
            ["moreErrors"] = bill.MoreErrors,
        });

    private static async Task<Results<Ok<ReconciliationResponse>, ProblemHttpResult>> GetAsync(Guid id, HttpContext http, ReconcileBill reconcile)
    {
        try
        {
            return await reconcile.OpenAsync(http.User.RequiredTenant(), id, http.RequestAborted) is { } dossier ? TypedResults.Ok(ReconciliationResponse.Of(dossier, MaxRows)) : NoBill(id);
        }
        catch (TenancyException refusal)
        {
            return ApiBody.Conflict(refusal);
        }
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> WithdrawAsync(Guid id, HttpContext http, Bills bills)
    {
        if (http.Request.Query["why"].ToString() is not { Length: > 0 } why) return new ApiProblem("why", "Say why the bill is withdrawn.").ToResult();
        return await bills.WithdrawAsync(http.User.RequiredTenant(), id, why, ApiBody.ActorOf(http), http.RequestAborted) ? TypedResults.NoContent() : NoBill(id);
    }

    private static async Task<Results<Ok<AdjustmentsResponse>, ProblemHttpResult>> AcceptAsync(Guid id, HttpContext http, ReconcileBill reconcile, Adjustments adjustments)
    {
        if (await ApiBody.ReadAsync<AcceptRequest>(http) is not { } request) return new ApiProblem("body", "The body must be a JSON object with causes and reason.").ToResult();
        var causes = new List<ResidualCause?>();
        foreach (var word in request.Causes)
        {
            if (word == Adjustments.Word(null)) causes.Add(null);
            else if (ApiBody.TryWord<ResidualCause>(word, out var cause)) causes.Add(cause);
            else return ApiBody.NoWord<ResidualCause>("causes", word).ToResult();
        }

        try
        {
            if (await reconcile.OpenAsync(http.User.RequiredTenant(), id, http.RequestAborted) is not { } dossier) return NoBill(id);
            var added = await adjustments.AcceptAsync(http.User.RequiredTenant(), id, dossier.Reconciled, causes, request.Reason, ApiBody.ActorOf(http), http.RequestAborted);
            return TypedResults.Ok(new AdjustmentsResponse([.. added.Select(AdjustmentResponse.Of)]));
        }
        catch (TenancyException refusal)
        {
            return ApiBody.Conflict(refusal);
        }
    }

    private static async Task<Ok<BillMappingsResponse>> ListMappingsAsync(HttpContext http, Bills bills) => TypedResults.Ok(new BillMappingsResponse(
        (await bills.MappingsAsync(http.User.RequiredTenant(), http.RequestAborted)).ToDictionary(kept => kept.Name, kept => BillMappingBody.Of(BillMapping.FromJson(kept.Mapping)))));

    private static async Task<Results<Ok<BillMappingBody>, ProblemHttpResult>> PutMappingAsync(string name, HttpContext http, Bills bills)
    {
        if (await ApiBody.ReadAsync<BillMappingBody>(http) is not { } request) return new ApiProblem("body", "The body must be a JSON object with columns and, if wanted, how they are written.").ToResult();
        if (request.ToMapping(out var problem) is not { } mapping) return problem!.ToResult();
        try
        {
            return TypedResults.Ok(BillMappingBody.Of(BillMapping.FromJson((await bills.KeepMappingAsync(http.User.RequiredTenant(), name, mapping, ApiBody.ActorOf(http), http.RequestAborted)).Mapping)));
        }
        catch (TenancyException refusal)
        {
            return new ApiProblem("body", refusal.Message).ToResult();
        }
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> PutWordsAsync(HttpContext http, Bills bills)
    {
        if (await ApiBody.ReadAsync<BillWordsRequest>(http) is not { } request) return new ApiProblem("body", "The body must be a JSON object with provider, words and model, and if wanted meter, tier and batch.").ToResult();
        Meter? meter = null;
        if (request.Meter is { } word)
        {
            if (!ApiBody.TryWord<Meter>(word, out var named)) return ApiBody.NoWord<Meter>("meter", word).ToResult();
            meter = named;
        }

        try
        {
            await bills.MapWordsAsync(http.User.RequiredTenant(), BillProvider.Of(request.Provider), request.Words, new SkuReading(request.Model, meter, request.Tier ?? "", request.Batch), ApiBody.ActorOf(http), http.RequestAborted);
            return TypedResults.NoContent();
        }
        catch (TenancyException refusal)
        {
            return new ApiProblem("model", refusal.Message).ToResult();
        }
    }

    private static async Task<Results<Ok<AdjustmentsResponse>, ProblemHttpResult>> ListAdjustmentsAsync(HttpContext http, Adjustments adjustments, TimeProvider clock)
    {
        var query = new ApiQuery(http.Request.Query, clock.GetUtcNow());
        query.RequireKnown(AdjustmentParameters);
        var to = Day(query, "to") ?? DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime).AddDays(1);
        var from = Day(query, "from") ?? to.AddDays(-400);
        if (query.Problem is { } problem) return problem.ToResult();
        return TypedResults.Ok(new AdjustmentsResponse([.. (await adjustments.ListAsync(http.User.RequiredTenant(), from, to, http.RequestAborted)).Select(AdjustmentResponse.Of)]));
    }

    private static async Task<Results<Ok<AdjustmentResponse>, ProblemHttpResult>> WithdrawAdjustmentAsync(Guid id, HttpContext http, Adjustments adjustments)
    {
        try
        {
            var opposite = await adjustments.WithdrawAsync(http.User.RequiredTenant(), id, http.Request.Query["why"].ToString(), ApiBody.ActorOf(http), http.RequestAborted);
            return opposite is null ? ApiBody.NotFound($"There is no adjustment \"{id}\" that could be taken back.") : TypedResults.Ok(AdjustmentResponse.Of(opposite));
        }
        catch (TenancyException refusal)
        {
            return new ApiProblem("why", refusal.Message).ToResult();
        }
    }

    private static async Task<Ok<MonthsResponse>> ListMonthsAsync(HttpContext http, CloseMonths months) =>
        TypedResults.Ok(new MonthsResponse([.. (await months.ListAsync(http.User.RequiredTenant(), http.RequestAborted)).Select(MonthResponse.Of)]));

    private static async Task<Results<Ok<MonthResponse>, Accepted<MonthResponse>, ProblemHttpResult>> CloseAsync(string month, HttpContext http, CloseMonths months)
    {
        if (Month(month) is not { } first) return NoMonth(month);
        try
        {
            var close = await months.RequestAsync(http.User.RequiredTenant(), first, ApiBody.ActorOf(http), http.RequestAborted);
            return close.State == MonthState.Closed ? TypedResults.Ok(MonthResponse.Of(close)) : TypedResults.Accepted("/api/v1/months", MonthResponse.Of(close));
        }
        catch (TenancyException refusal)
        {
            return ApiBody.Conflict(refusal);
        }
    }

    private static async Task<Results<Ok<CorrectionsResponse>, ProblemHttpResult>> CorrectionsAsync(string month, HttpContext http, CloseMonths months) =>
        Month(month) is { } first ? TypedResults.Ok(new CorrectionsResponse(await months.CorrectionsAsync(http.User.RequiredTenant(), first, http.RequestAborted))) : NoMonth(month);

    private static DateOnly? Month(string text) => DateOnly.TryParseExact(text + "-01", "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var month) ? month : null;

    private static DateOnly? Day(ApiQuery query, string name)
    {
        if (query.Single(name) is not { } text) return null;
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) return day;
        query.Refuse(name, $"\"{text}\" is not a day, for example 2026-11-22.");
        return null;
    }

    private static ProblemHttpResult NoBill(Guid id) => ApiBody.NotFound($"There is no bill \"{id}\".");

    private static ProblemHttpResult NoMonth(string month) => new ApiProblem("month", $"\"{month}\" is not a month, for example 2026-10.").ToResult();
}
