using System.Text.Json;
using System.Text.Json.Serialization;
using FinOps.Web.Authentication;
using FinOps.Web.Features.Exports;
using FinOps.Web.Roles;
using Scalar.AspNetCore;

namespace FinOps.Web.Api;

internal static class ApiExtensions
{
    public const string DocumentPath = "/openapi/{documentName}.json";
    public const string ReferencePath = "/docs/api";

    public static IServiceCollection AddFinOpsApi(this IServiceCollection services)
    {
        services.AddOptions<ApiOptions>().BindConfiguration(ApiOptions.Section)
            .Validate(options => options.ConcurrentRequestsPerKey >= 1, $"{ApiOptions.Section}:{nameof(ApiOptions.ConcurrentRequestsPerKey)} must be at least 1.")
            .Validate(options => options.WaitingRequestsPerKey >= 0, $"{ApiOptions.Section}:{nameof(ApiOptions.WaitingRequestsPerKey)} must not be negative.")
            .ValidateOnStart();
        services.AddSingleton<ApiRateLimit>();
        services.AddSingleton<ApiCurrency>();
        services.ConfigureHttpJsonOptions(json => Configure(json.SerializerOptions));
        services.AddOpenApi("v1", ApiDocument.Configure);
        return services;
    }

    /// <summary>How JSON is read and written.</summary>
    internal static void Configure(JsonSerializerOptions options)
    {
        options.NumberHandling = JsonNumberHandling.Strict;
        options.Converters.Add(new Rfc3339Converter());
    }

    /// <summary>The REST API under <c>/api/v1</c>, its OpenAPI document, and the page that shows it.</summary>
    public static IEndpointRouteBuilder MapFinOpsApi(this IEndpointRouteBuilder app)
    {
        app.MapOpenApi(DocumentPath).AllowAnonymous();
        app.MapScalarApiReference(ReferencePath, (options, context) => options
            .WithTitle("FinOps for AI: REST API")
            .WithOpenApiRoutePattern(DocumentPath)
            // Nothing of it comes from, or goes to, anyone else's server.
            .DisableDefaultFonts().DisableTelemetry().DisableAgent().DisableMcp().HideClientButton().WithNonce(SecurityHeaders.NonceOf(context))).AllowAnonymous();

        var limit = app.ServiceProvider.GetRequiredService<ApiRateLimit>();
        var api = app.MapGroup("/api/v1").RequireAuthorization(AccessPolicies.Api).AddEndpointFilter(limit)
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status403Forbidden)
            .ProducesProblem(StatusCodes.Status429TooManyRequests).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        api.MapGet("/costs", CostsEndpoint.GetAsync).RequireAuthorization(AccessPolicies.ApiReadCosts).WithMetadata(AsksAnalytics.Instance)
            .WithName("getCosts").WithTags("Costs").WithSummary("What calls cost, by period and dimension")
            .WithDescription("Sums over all calls of the key's tenant that started in the range. Figures of the last seconds are provisional until their trace is settled.")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status409Conflict)
            .AddOpenApiOperationTransformer(ApiDocument.Describe(CostsEndpoint.Parameters));
        api.MapGet("/calls", CallsEndpoint.ListAsync).RequireAuthorization(AccessPolicies.ApiReadCalls).WithMetadata(AsksAnalytics.Instance)
            .WithName("listCalls").WithTags("Calls").WithSummary("Calls, the latest first")
            .WithDescription("One page; `nextCursor` leads to the next. New calls that arrive meanwhile do not shift the pages.")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .AddOpenApiOperationTransformer(ApiDocument.Describe(CallsEndpoint.Parameters));
        api.MapGet("/calls/{id}", CallsEndpoint.GetAsync).RequireAuthorization(AccessPolicies.ApiReadCalls).WithMetadata(AsksAnalytics.Instance)
            .WithName("getCall").WithTags("Calls").WithSummary("One call: line items, reports, trace")
            .WithDescription("The id of a report that was merged into another call leads to that call.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        api.MapResources();
        api.MapVectors();
        api.MapAudit();
        api.MapKeys();
        api.MapOrganisation();
        api.MapMembers();
        api.MapOrganisations();
        api.MapPeople();
        api.MapQuotas();
        api.MapRetention();
        api.MapErasures();
        api.MapSamples();
        api.MapCostChanges();
        api.MapUnitCosts();
        api.MapOutcomes();
        api.MapExports();
        api.MapCurrency();
        api.MapPrices();
        api.MapPriceChecks();
        api.MapCommitments();
        api.MapBills();
        api.MapBudgets();
        api.MapAlerts();
        api.MapChannels();
        api.MapMetrics();
        api.MapDetection();
        api.MapForecast();
        api.MapReratings();
        api.MapPolicies();
        api.MapAgents();
        api.MapGatewayKeys();
        app.MapGroup("/agent/v1").MapAgentControl(limit);
        // Not MapFallback: the compiler's version of it forgets the path, and answers for every page that there is not.
        app.Map("/api/{**path}", (string path) => TypedResults.Problem(
                title: "Not found", detail: $"There is no /api/{path}. The API is described at /openapi/v1.json.", statusCode: StatusCodes.Status404NotFound))
            .RequireAuthorization(AccessPolicies.Api).WithOrder(int.MaxValue).ExcludeFromDescription();
        return app;
    }
}
