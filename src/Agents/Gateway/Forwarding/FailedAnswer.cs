using FinOps.Domain.Policies;
using FinOps.Gateway.Providers;
using FinOps.Gateway.Reporting;
using Microsoft.AspNetCore.Http;

namespace FinOps.Gateway.Forwarding;

/// <summary>How an attempt failed, held until it is known whether somebody else answers.</summary>
/// <param name="Attempt">The one that failed.</param>
/// <param name="Failure">Null: it is the caller's own, and passed on.</param>
/// <param name="Response">The provider's answer; null: it gave none.</param>
/// <param name="Refusal">What the gateway says where the provider gave no answer.</param>
internal sealed record FailedAnswer(Attempt Attempt, FailureClass? Failure, HttpResponseMessage? Response, ReadOnlyMemory<byte> Body, Refusal? Refusal) : IDisposable
{
    /// <summary>A whole answer that is not as it was asked for; null: there is none.</summary>
    public HeldAnswer? Held { get; init; }

    /// <summary>How long the provider asks to wait.</summary>
    public TimeSpan? RetryAfter(DateTimeOffset now)
    {
        if (Response?.Headers.NonValidated.TryGetValues("retry-after-ms", out var exact) == true && double.TryParse(exact.ToString(), System.Globalization.CultureInfo.InvariantCulture, out var milliseconds) && double.IsFinite(milliseconds))
            return TimeSpan.FromMilliseconds(Math.Clamp(milliseconds, 0, int.MaxValue));
        return Response?.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - now,
            _ => null,
        };
    }

    public async Task WriteAsync(HttpContext http, Protocol protocol)
    {
        if (Held is not null)
        {
            await Held.PassOnAsync();
            return;
        }

        if (Response is null)
        {
            await Refusal!.WriteAsync(http, protocol, Attempt.CallId);
            return;
        }

        http.Response.StatusCode = (int)Response.StatusCode;
        HeaderRules.CopyAnswer(Response, http.Response);
        http.Response.ContentLength = Body.Length;
        await http.Response.Body.WriteAsync(Body, http.RequestAborted);
    }

    public void Dispose() => Response?.Dispose();
}
