using System.Text.Json;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Tenancy;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FinOps.Web.Api;

/// <summary>What the addresses that change something share: who asks, what they sent, and how they are refused.</summary>
internal static class ApiBody
{
    public static Actor ActorOf(HttpContext http) => http.User.ToKeyActor(http.Connection.RemoteIpAddress?.ToString());

    /// <summary>Null for what is no such JSON object.</summary>
    public static async Task<T?> ReadAsync<T>(HttpContext http) where T : class
    {
        try
        {
            return await http.Request.ReadFromJsonAsync<T>(http.RequestAborted);
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            return null;
        }
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
