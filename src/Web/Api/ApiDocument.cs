using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace FinOps.Web.Api;

/// <summary>What the OpenAPI document says beyond the shapes of the answers.</summary>
internal static class ApiDocument
{
    private const string KeyScheme = "apiKey";

    public static void Configure(OpenApiOptions options)
    {
        options.ShouldInclude = description => description.RelativePath?.StartsWith("api/v1", StringComparison.Ordinal) == true;
        options.AddSchemaTransformer((schema, context, _) =>
        {
            var type = Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type;
            if (type == typeof(DateTimeOffset)) schema.Type = JsonSchemaType.String;
            // All decimals count: generators must not take a binary double for it.
            if (type == typeof(decimal)) schema.Format = "decimal";
            return Task.CompletedTask;
        });
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "FinOps for AI",
                Version = "v1",
                Description = "What AI costs, by feature, user, team, customer and model. Costs are USD as JSON numbers with all their decimals; read them as decimals, "
                    + "not as binary floating point. Instants are RFC 3339. Errors are problem details (RFC 9457). The key comes from Settings.",
            };
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
            document.Components.SecuritySchemes[KeyScheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "An API key of your organisation: Authorization: Bearer <key>.",
            };
            document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(KeyScheme, document)] = [] }];
            return Task.CompletedTask;
        });
    }

    /// <summary>These parameters in the query string; with <paramref name="keepPath"/> those in the path, which the framework finds, stay beside them.</summary>
    public static Func<OpenApiOperation, OpenApiOperationTransformerContext, CancellationToken, Task> Describe(IReadOnlyList<ApiParameter> parameters, bool keepPath = false) =>
        (operation, _, _) =>
        {
            operation.Parameters = [.. keepPath ? operation.Parameters ?? [] : [], .. parameters.Select(Describe)];
            return Task.CompletedTask;
        };

    private static OpenApiParameter Describe(ApiParameter parameter)
    {
        var isList = parameter.Name == ApiParameter.GroupBy.Name;
        var value = new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            Enum = parameter.Allowed is null ? null : [.. parameter.Allowed.Select(word => (JsonNode)JsonValue.Create(word))],
        };
        return new OpenApiParameter
        {
            Name = parameter.Name,
            In = ParameterLocation.Query,
            Description = parameter.Description,
            Example = parameter.Example is null || isList ? null : JsonValue.Create(parameter.Example),
            // Filters are repeated, groupBy is one value with commas.
            Explode = parameter.Repeatable,
            Style = ParameterStyle.Form,
            Schema = parameter.Repeatable || isList ? new OpenApiSchema { Type = JsonSchemaType.Array, Items = value } : value,
        };
    }
}
