using System.Security.Cryptography;
using FinOps.Domain.Usage;
using FinOps.Gateway.Caching;
using FinOps.Gateway.Reporting;
using FinOps.Gateway.Routing;
using Microsoft.AspNetCore.Http;

namespace FinOps.Gateway.Forwarding;

/// <summary>Answers a call here, without a model: from what was kept, or with a text of a policy. It costs nothing, and is reported as a call all the same.</summary>
internal sealed class AnswerCall(AskProviders ask, TimeProvider time)
{
    public async Task FromCacheAsync(HttpContext http, GatewayCall call, KeptAnswer kept)
    {
        var attempt = ask.Begin(http, call, call.Target!, call.Model, 0);
        var head = kept.Head;
        attempt.IsCacheHit = true;
        attempt.Status = 200;
        // Not its id: that is the call's that was paid for.
        (attempt.Facts.Model, attempt.Facts.ServiceTier, attempt.Facts.FinishReason) = (head.Model, head.ServiceTier, head.FinishReason);
        (attempt.Usage, attempt.UsageSource, attempt.Cost) = (head.Usage, UsageSource.Reported, 0);
        http.Response.Headers.Age = ((long)(time.GetUtcNow() - head.KeptAt).TotalSeconds).ToString(System.Globalization.CultureInfo.InvariantCulture);
        await WriteAsync(http, call, attempt, head.ContentType, kept.Body);
    }

    public async Task FixedAsync(HttpContext http, GatewayCall call, string text)
    {
        var attempt = ask.Begin(http, call, call.Provider, call.Facts.Model, 0);
        attempt.IsCacheHit = true;
        attempt.Status = 200;
        (attempt.UsageSource, attempt.Cost) = (UsageSource.Reported, 0);
        attempt.Facts.FinishReason = "stop";
        var (type, body) = FixedAnswer.Make(call.RequestOperation, text, call.Facts.Model, RandomNumberGenerator.GetHexString(24, lowercase: true), call.Facts.Stream, time.GetUtcNow().ToUnixTimeSeconds());
        await WriteAsync(http, call, attempt, type, body);
    }

    private async Task WriteAsync(HttpContext http, GatewayCall call, Attempt attempt, string contentType, byte[] body)
    {
        try
        {
            http.Response.ContentType = contentType;
            http.Response.ContentLength = body.Length;
            http.Response.Headers["x-finops-call-id"] = attempt.CallId;
            http.Response.Headers["x-finops-cache"] = call.CacheState;
            http.Response.Headers["x-finops-cost"] = "0";
            await InPieces.WriteAsync(http.Response.Body, body, http.RequestAborted);
        }
        finally
        {
            ask.End(attempt, call);
        }
    }
}
