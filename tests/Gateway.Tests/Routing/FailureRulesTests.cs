using System.Net;
using System.Text;
using FinOps.Domain.Policies;
using FinOps.Gateway.Forwarding;
using FinOps.Gateway.Routing;

namespace FinOps.Gateway.Tests.Routing;

/// <summary>The vendors' own tables of errors.</summary>
public sealed class FailureRulesTests
{
    [Theory]
    [InlineData(402, "", "Money")]
    [InlineData(402, "billing_error", "Money")]
    [InlineData(429, "insufficient_quota", "Money")]
    [InlineData(429, "enforced_spend_limit_reached", "Money")]
    [InlineData(429, "rate_limit_error", "Throttled")]
    [InlineData(429, "", "Throttled")]
    [InlineData(503, "server_is_overloaded", "Throttled")]
    [InlineData(529, "overloaded_error", "Throttled")]
    [InlineData(500, "api_error", "Transient")]
    [InlineData(504, "timeout_error", "Transient")]
    [InlineData(413, "request_too_large", null)]
    [InlineData(400, "invalid_request_error", null)]
    public void Status_IsAFailureOfItsClass(int status, string code, string? failure) => Assert.Equal(failure, FailureRules.Of(status, code)?.ToString());

    [Theory]
    [InlineData("overloaded_error", "Throttled")]
    [InlineData("rate_limit_exceeded", "Throttled")]
    [InlineData("insufficient_quota", "Money")]
    [InlineData("api_error", "Transient")]
    [InlineData("", "Transient")]
    [InlineData("invalid_request_error", null)]
    [InlineData("context_length_exceeded", null)]
    public void Error_InAStream_IsAFailureOfItsClass(string code, string? failure) => Assert.Equal(failure, FailureRules.OfStream(code)?.ToString());

    [Theory]
    [InlineData("""[{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay": "7.5s"}]}}]""", null, null, 7.5)]
    [InlineData("""{"error":{"details":[{"retryDelay":"7s"}]}}""", "3", null, 3.0)]
    [InlineData("{}", "3", "1500", 1.5)]
    [InlineData("{}", "3", "NaN", 3.0)]
    [InlineData("""{"retryDelay":"soon"}""", null, null, null)]
    public void Wait_IsWhatTheProviderAsksFor_WhereverItTellsIt(string body, string? seconds, string? milliseconds, double? wait)
    {
        using var response = new HttpResponseMessage(HttpStatusCode.TooManyRequests);
        if (seconds is not null) response.Headers.TryAddWithoutValidation("Retry-After", seconds);
        if (milliseconds is not null) response.Headers.TryAddWithoutValidation("retry-after-ms", milliseconds);
        using var failed = new FailedAnswer(null!, FailureClass.Throttled, response, Encoding.UTF8.GetBytes(body), null);

        Assert.Equal(wait, failed.RetryAfter(DateTimeOffset.UnixEpoch)?.TotalSeconds);
    }
}
