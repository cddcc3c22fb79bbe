using System.Buffers.Text;
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
            _ => ToldBy(Body.Span),
        };
    }

    /// <summary>Google tells it in the body: <c>"retryDelay":"30s"</c>, among the error's details.</summary>
    private static TimeSpan? ToldBy(ReadOnlySpan<byte> body)
    {
        var name = "\"retryDelay\""u8;
        if (body.IndexOf(name) is not (>= 0 and var at)) return null;
        var value = body[(at + name.Length)..].TrimStart(" \t\r\n:\""u8);
        return Utf8Parser.TryParse(value, out double seconds, out var length) && length < value.Length && value[length] == 's' && seconds is >= 0 and <= int.MaxValue ? TimeSpan.FromSeconds(seconds) : null;
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
