using System.Text.Encodings.Web;
using System.Text.Json;
using FinOps.Analytics.Calls;
using FinOps.Analytics.Quotas;
using FinOps.Analytics.Samples;
using FinOps.Domain.Samples;
using FinOps.Domain.Tenancy;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FinOps.Web.Api;

/// <summary>Samples of prompts and answers: <c>/api/v1/samples</c>, <c>/api/v1/calls/{id}/sample</c>, and which projects keep them, <c>/api/v1/sampling</c>.</summary>
internal static class SamplesEndpoint
{
    private const string Lines = "application/x-ndjson";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Converters = { new Rfc3339Converter() } };

    private static readonly IReadOnlyList<ApiParameter> Parameters =
    [
        ApiParameter.From, ApiParameter.To, ApiParameter.TimeZone,
        new("project", "Only samples of this project, by its id."),
        new("limit", $"Samples of one answer, 1 to {SamplesQuestion.MaxLimit}. Default: {SamplesQuestion.DefaultLimit}.", "100"),
        new("cursor", "`cursor` of the last line of the answer before."),
    ];

    public static void MapSamples(this RouteGroupBuilder api)
    {
        api.MapGet("/calls/{id}/sample", GetAsync).RequireAuthorization(AccessPolicies.ApiReadSamples).WithMetadata(AsksAnalytics.Instance)
            .WithName("getSample").WithTags("Samples").WithSummary("What was sent to the model and what it answered, where it is kept")
            .WithDescription("Needs the scope `samples.read`. Each reading is in the audit record.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        api.MapGet("/samples", ExportAsync).RequireAuthorization(AccessPolicies.ApiReadSamples).WithMetadata(AsksAnalytics.Instance)
            .WithName("exportSamples").WithTags("Samples").WithSummary("Samples of calls that started in a range, as JSON lines, the earliest first")
            .WithDescription("Needs the scope `samples.read`. Each answer is in the audit record. An answer of fewer lines than `limit` is the last.")
            .Produces<SampleResponse>(StatusCodes.Status200OK, Lines).ProducesProblem(StatusCodes.Status400BadRequest)
            .AddOpenApiOperationTransformer(ApiDocument.Describe(Parameters));
        api.MapGet("/sampling", ListSettingsAsync).RequireAuthorization(AccessPolicies.ApiManageData)
            .WithName("listSampling").WithTags("Samples").WithSummary("Which projects keep samples of prompts and answers")
            .WithDescription("Needs the scope `data.manage`, as everything under `/sampling`.");
        api.MapPut("/sampling/{project:guid}", PutSettingAsync).RequireAuthorization(AccessPolicies.ApiManageData)
            .WithName("putSampling").WithTags("Samples").WithSummary("Sets how much of a project's prompts and answers is kept")
            .WithDescription("Idempotent, and in force at every door within seconds. With 0 nothing more is kept; what is kept goes when it is as old as `callSampleDays` says.")
            .Accepts<SamplingRequest>("application/json").ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<Results<Ok<SampleResponse>, ProblemHttpResult>> GetAsync(string id, HttpContext http, SamplesReader samples)
    {
        // Another tenant's call, one that never was, and one without a sample look the same.
        var sample = CallId.TryParse(id, out var call) ? await samples.OpenAsync(http.User.RequiredTenant(), call, ApiBody.ActorOf(http), http.RequestAborted) : null;
        if (sample is null) return ApiBody.NotFound($"There is no sample of a call \"{id}\".");
        return sample.Parts is null
            ? TypedResults.Problem(title: "Conflict", detail: "The sample does not open: its key is gone, or it was changed.", statusCode: StatusCodes.Status409Conflict)
            : TypedResults.Ok(SampleResponse.Of(sample));
    }

    private static async Task<Results<EmptyHttpResult, ProblemHttpResult>> ExportAsync(HttpContext http, SamplesReader samples, QueryGate gate, TimeProvider clock)
    {
        var (question, problem) = Read(http, clock.GetUtcNow());
        if (question is null) return problem!.ToResult();
        using var place = gate.EnterExport(question.Tenant);
        http.Response.ContentType = Lines + "; charset=utf-8";
        await foreach (var sample in samples.ExportAsync(question, ApiBody.ActorOf(http), http.RequestAborted))
            await http.Response.WriteAsync(JsonSerializer.Serialize(SampleResponse.Of(sample, withCursor: true), Json) + "\n", http.RequestAborted);
        return TypedResults.Empty;
    }

    private static (SamplesQuestion? Question, ApiProblem? Problem) Read(HttpContext http, DateTimeOffset now)
    {
        var query = new ApiQuery(http.Request.Query, now);
        query.RequireKnown(Parameters);
        var question = new SamplesQuestion(http.User.RequiredTenant(), query.Range(query.TimeZone()))
        {
            Limit = query.Number("limit", SamplesQuestion.DefaultLimit, SamplesQuestion.MaxLimit),
            Project = Project(query),
            After = CallsEndpoint.Cursor(query),
        };
        return query.Problem is null ? (question, null) : (null, query.Problem);
    }

    private static ProjectId? Project(ApiQuery query)
    {
        if (query.Single("project") is not { } text) return null;
        if (Guid.TryParse(text, out var id)) return new ProjectId(id);
        query.Refuse("project", $"\"{text}\" is not a project's id.");
        return null;
    }

    private static async Task<Ok<SamplingListResponse>> ListSettingsAsync(HttpContext http, SampleSettings settings) =>
        TypedResults.Ok(new SamplingListResponse([.. (await settings.ListAsync(http.User.RequiredTenant(), http.RequestAborted)).Select(SamplingResponse.Of)]));

    private static async Task<Results<Ok<SamplingResponse>, ProblemHttpResult>> PutSettingAsync(Guid project, HttpContext http, SampleSettings settings)
    {
        if (await ApiBody.ReadAsync<SamplingRequest>(http) is not { } request) return new ApiProblem("body", "The body must be a JSON object with percent.").ToResult();
        if (SampleShare.OfPercent(request.Percent) is not { } share) return new ApiProblem("percent", "\"percent\" must be 0 to 100, with one decimal at most; 0 is off.").ToResult();
        var state = await settings.SetAsync(http.User.RequiredTenant(), new ProjectId(project), share, ApiBody.ActorOf(http), http.RequestAborted);
        return state is null ? ApiBody.NotFound($"There is no project \"{project}\".") : TypedResults.Ok(SamplingResponse.Of(state));
    }
}
