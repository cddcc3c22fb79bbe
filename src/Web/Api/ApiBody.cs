using System.Text.Json;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Tenancy;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FinOps.Web.Api;

/// <summary>What the addresses that change something share: who asks, what they sent, and how they are refused.</summary>
internal static class ApiBody
{
    /// <summary>As everywhere in the API, and strict: null where there must be a value is a mistake of the sender, told before anything is done.</summary>
    private static readonly JsonSerializerOptions Strict = Reading();

    public static Actor ActorOf(HttpContext http) => http.User.ToKeyActor(http.Connection.RemoteIpAddress?.ToString());

    /// <summary>Null for what is no such JSON object.</summary>
    public static async Task<T?> ReadAsync<T>(HttpContext http) where T : class
    {
        try
        {
            var told = await http.Request.ReadFromJsonAsync<JsonElement>(Strict, http.RequestAborted);
            return HasGap(told) ? null : told.Deserialize<T>(Strict);
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>A list with null among its items, which annotations of types do not forbid.</summary>
    private static bool HasGap(JsonElement told) => told.ValueKind switch
    {
        JsonValueKind.Array => told.EnumerateArray().Any(item => item.ValueKind == JsonValueKind.Null || HasGap(item)),
        JsonValueKind.Object => told.EnumerateObject().Any(member => HasGap(member.Value)),
        _ => false,
    };

    private static JsonSerializerOptions Reading()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web) { RespectNullableAnnotations = true };
        ApiExtensions.Configure(options);
        return options;
    }

    /// <summary>The member that the API calls so; a misspelt word must not silently mean the default.</summary>
    public static bool TryWord<T>(string word, out T value) where T : struct, Enum
    {
        foreach (var candidate in Enum.GetValues<T>())
        {
            if (CallsEndpoint.Word(candidate) != word) continue;
            value = candidate;
            return true;
        }

        value = default;
        return false;
    }

    public static ApiProblem NoWord<T>(string parameter, string word) where T : struct, Enum =>
        new(parameter, $"There is no {parameter} \"{word}\".", [.. Enum.GetValues<T>().Select(CallsEndpoint.Word)]);

    public static ProblemHttpResult Conflict(TenancyException refusal) => TypedResults.Problem(title: "Conflict", detail: refusal.Message, statusCode: StatusCodes.Status409Conflict);

    public static ProblemHttpResult NotFound(string detail) => TypedResults.Problem(title: "Not found", detail: detail, statusCode: StatusCodes.Status404NotFound);
}
