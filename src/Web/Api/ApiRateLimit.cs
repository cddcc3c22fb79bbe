using System.Diagnostics.Metrics;
using System.Threading.RateLimiting;
using FinOps.Web.Authentication;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace FinOps.Web.Api;

/// <summary>One key's requests never crowd out another's: each has a few places and a short queue.</summary>
internal sealed class ApiRateLimit : IEndpointFilter, IDisposable
{
    private const int RetryAfterSeconds = 1;

    private static readonly Meter Meter = new("FinOps.Web.Api");
    private static readonly Counter<long> Refused = Meter.CreateCounter<long>("finops.api.requests_refused", description: "Requests over the limit of their key");

    private readonly PartitionedRateLimiter<string> _limiter;

    public ApiRateLimit(IOptions<ApiOptions> options)
    {
        var limits = options.Value;
        _limiter = PartitionedRateLimiter.Create<string, string>(key => RateLimitPartition.GetConcurrencyLimiter(key, _ => new ConcurrencyLimiterOptions
        {
            PermitLimit = limits.ConcurrentRequestsPerKey,
            QueueLimit = limits.WaitingRequestsPerKey,
            QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
        }));
    }

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        using var place = await _limiter.AcquireAsync(http.User.FindFirst(TenantClaims.Key)?.Value ?? "", cancellationToken: http.RequestAborted);
        if (place.IsAcquired) return await next(context);
        Refused.Add(1);
        http.Response.Headers[HeaderNames.RetryAfter] = RetryAfterSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return TypedResults.Problem(
            title: "Too many requests", detail: "This key has too many requests under way. Wait for their answers and try again.", statusCode: StatusCodes.Status429TooManyRequests);
    }

    public void Dispose() => _limiter.Dispose();
}
