using FinOps.Analytics.Quotas;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.Postgres;
using Microsoft.AspNetCore.Diagnostics;

namespace FinOps.Web.Roles;

/// <summary>The request pipeline's boundary: a store that is away is 503 and said so; what is over a quota is 429; all else is a mistake of ours and logged once by the host.</summary>
internal sealed class AnswerFailures(IProblemDetailsService problems) : IExceptionHandler
{
    private const int RetryAfterSeconds = 5;

    public ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken) => AnswerAsync(httpContext, exception, cancellationToken);

    /// <summary>The answer to a failure, thrown or foreseen.</summary>
    public async ValueTask<bool> AnswerAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        var refused = exception as QuotaExceededException;
        var away = refused is null && IsStoreAway(exception);
        var (status, title, detail) = refused is not null
            ? (StatusCodes.Status429TooManyRequests, "Over a quota", refused.Advice)
            : away
            ? (StatusCodes.Status503ServiceUnavailable, "A store is away", "PostgreSQL or ClickHouse does not answer. Nothing is lost; try again in a moment.")
            : (StatusCodes.Status500InternalServerError, "Something went wrong", "The server made a mistake. It is in its log.");
        httpContext.Response.StatusCode = status;
        if (refused is not null) httpContext.Response.Headers.RetryAfter = refused.RetryAfterSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (away) httpContext.Response.Headers.RetryAfter = RetryAfterSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (WantsPage(httpContext))
        {
            httpContext.Response.ContentType = "text/html; charset=utf-8";
            await httpContext.Response.WriteAsync(Page(title, detail), cancellationToken);
            return true;
        }

        return await problems.TryWriteAsync(new ProblemDetailsContext
        {
            HttpContext = httpContext,
            ProblemDetails = { Status = status, Title = title, Detail = detail },
        });
    }

    private static bool IsStoreAway(Exception exception) =>
        exception is not OperationCanceledException && (PostgresMigrator.IsAway(exception) || ClickHouseStore.IsAway(exception));

    private static bool WantsPage(HttpContext context) =>
        context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase)
        && !context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal);

    private static string Page(string title, string detail) => $"""
        <!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{title} · FinOps for AI</title><link rel="stylesheet" href="/app.css"><link rel="stylesheet" href="/plain.css"></head>
        <body><div class="plain"><main class="panel"><h1>{title}</h1><p class="lead">{detail}</p><p><a href="">Try again</a></p></main></div></body></html>
        """;
}
