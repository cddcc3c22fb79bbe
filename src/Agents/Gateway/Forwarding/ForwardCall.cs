using System.Diagnostics;
using System.Security.Cryptography;
using FinOps.Gateway.Configuration;
using FinOps.Gateway.Keys;
using FinOps.Gateway.Metering;
using FinOps.Gateway.Providers;
using FinOps.Gateway.Reporting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace FinOps.Gateway.Forwarding;

/// <summary>The way of one call through the gateway, in numbered steps (docs/gateway.md has the same numbers).</summary>
internal sealed class ForwardCall(GatewaySettings settings, UpstreamClients clients, CallReporter reporter, EdgePrices prices, GatewayCounters counters, ILogger log, TimeProvider time)
{
    private static readonly string[] KeyHeaders = ["x-finops-key", "Helicone-Auth", "x-portkey-api-key", "x-litellm-api-key", "api-key", "x-api-key", "Authorization"];

    private readonly RelayAnswer _relay = new(settings.Limits, prices, counters);
    private int _inFlight;

    public int InFlight => Volatile.Read(ref _inFlight);

    public async Task RunAsync(HttpContext http)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            // 1. Room: what is beyond the limit is refused at once, so that what was taken is answered.
            if (Interlocked.Increment(ref _inFlight) > settings.Limits.MaxCalls) await RefuseAsync(http, Protocol.OpenAi, Refusal.Busy);
            else await AnswerAsync(http, started);
        }
        catch (Exception e) when (http.RequestAborted.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            // The caller has left: there is nobody to answer.
        }
        catch (BadHttpRequestException e)
        {
            if (!http.Response.HasStarted) http.Response.StatusCode = e.StatusCode;
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    private async Task AnswerAsync(HttpContext http, long started)
    {
        // 2. Where to, and what for.
        if (settings.Providers.Resolve(http.Request, out var path) is not { } provider)
        {
            await RefuseAsync(http, Protocol.OpenAi, Refusal.NoProvider);
            return;
        }

        var operation = Operations.Of(http.Request.Method, path);

        // 3. Who.
        if (Identify(http.Request.Headers, provider, out var key, out var callersKey) is { } refusal)
        {
            await RefuseAsync(http, provider.Protocol, refusal);
            return;
        }

        // 4. The body: once read, once walked over. An upload is passed on as it comes.
        if (!IsJson(http.Request))
        {
            await SendAsync(http, new Call(provider, operation, path, key, callersKey, started), body: null, default);
            return;
        }

        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = null;
        using var body = await RequestBody.ReadAsync(http.Request.BodyReader, http.Request.ContentLength, settings.Limits.MaxRequestBytes, http.RequestAborted);
        if (body is null)
        {
            await RefuseAsync(http, provider.Protocol, Refusal.TooLong(settings.Limits.MaxRequestBytes));
            return;
        }

        var facts = RequestFacts.Read(body.Span);
        if (provider.Kind == ProviderKind.Azure && facts.Model.Length == 0 && Operations.Deployment(path) is { } deployment) facts.Model = deployment;
        refusal = facts.Fault switch
        {
            BodyFault.NotJson => Refusal.NotJson,
            BodyFault.Twice => Refusal.TwoFields(facts.FaultyField),
            _ when key is not null && facts.Model.Length != 0 && !key.MayAsk(facts.Model) => Refusal.Model(facts.Model),
            // A key for some models opens nothing that names none.
            _ when key is { Models.Length: > 0 } && facts.Model.Length == 0 && operation != Operation.Free => Refusal.Model(""),
            _ => null,
        };
        if (refusal is not null)
        {
            await RefuseAsync(http, provider.Protocol, refusal);
            return;
        }

        await SendAsync(http, new Call(provider, operation, path, key, callersKey, started), body, facts);
    }

    private static bool IsJson(HttpRequest request) =>
        request.Method == "POST" && request.ContentType is { } type && type.StartsWith("application/json", StringComparison.OrdinalIgnoreCase) && request.Headers.ContentEncoding.Count == 0;

    /// <summary>The virtual key among what the caller sent; without one, the provider's own key if it takes callers who bring it.</summary>
    private Refusal? Identify(IHeaderDictionary headers, Provider provider, out VirtualKey? key, out string? callersKey)
    {
        key = null;
        callersKey = null;
        var any = false;
        foreach (var name in KeyHeaders)
        {
            if (!headers.TryGetValue(name, out var values) || values.ToString() is not { Length: > 0 } sent) continue;
            var bare = sent.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? sent[7..].Trim() : sent;
            any = true;
            if (key is null && settings.Keys.Find(bare) is { } found) key = found;
            else if (name is "api-key" or "x-api-key" or "Authorization") callersKey = bare;
        }

        if (provider.ApiKey is not null || !provider.ClientKeys)
        {
            // The gateway's key opens the provider: only who has one of ours may use it.
            if (key is null) return any ? Refusal.WrongKey : Refusal.NoKey;
        }
        else if (callersKey is null)
        {
            return Refusal.NoKey;
        }

        return key is not null && !key.MayReach(provider.Name) ? Refusal.Provider(provider.Name) : null;
    }

    private async Task SendAsync(HttpContext http, Call call, RequestBody? body, RequestFacts facts)
    {
        var attempt = Begin(http, call, body, facts);
        http.Response.Headers["x-finops-call-id"] = attempt.CallId;

        // 5. Streams that would not tell their usage are asked for it.
        var asksUsage = body is not null && facts is { Stream: true, WantsUsage: false } && call.Operation == Operation.Chat && call.Provider.StreamUsage;
        using var request = NewRequest(http, call, body, asksUsage ? UsageSplices.For(facts) : []);
        using var upstream = new UpstreamCall(http.RequestAborted);
        try
        {
            // 6. The provider.
            upstream.Allow(call.Provider.FirstByteTimeout);
            using var response = await clients.For(call.Provider).SendAsync(request, upstream.Token);
            attempt.Status = (int)response.StatusCode;

            // 7. The answer, as it comes; what it says of itself is read on its way.
            await _relay.RunAsync(http, response, attempt, facts, upstream, hidesUsage: asksUsage);
        }
        catch (Exception e) when (e is HttpRequestException or InternalAddressException or OperationCanceledException or IOException)
        {
            await FailAsync(http, attempt, upstream, e);
        }
        finally
        {
            if (request.Content is SplicedContent { IsBeingSent: true }) body!.Abandon();
            // 8. The report.
            End(attempt, facts, counted: call.Operation != Operation.Free);
        }
    }

    private async Task FailAsync(HttpContext http, Attempt attempt, UpstreamCall upstream, Exception e)
    {
        if (http.RequestAborted.IsCancellationRequested)
        {
            attempt.Error = "client_disconnected";
            return;
        }

        var provider = attempt.Provider;
        var refusal = e switch
        {
            InternalAddressException or HttpRequestException { InnerException: InternalAddressException } => Refusal.InternalAddress(provider.Name),
            OperationCanceledException when upstream.IsTimedOut => Refusal.Timeout(provider.Name, upstream.Allowed),
            _ => Refusal.Unreachable(provider.Name),
        };
        attempt.Error = refusal.Code["finops_".Length..];
        Log.Unreachable(log, provider.Name, e.Message);
        if (http.Response.HasStarted) http.Abort();
        else await RefuseAsync(http, provider.Protocol, refusal, attempt.CallId);
    }

    private Attempt Begin(HttpContext http, Call call, RequestBody? body, in RequestFacts facts)
    {
        var now = time.GetUtcNow();
        var model = facts.Model ?? "";
        var span = call.Operation == Operation.Free ? null : reporter.Begin(call.Operation, model, http.Request.Headers.TraceParent, http.Request.Headers.TraceState, now);
        return new Attempt
        {
            Provider = call.Provider,
            Operation = call.Operation,
            RequestedModel = model,
            Tags = TagHeaders.Read(http.Request.Headers, call.Key, facts),
            StartedAt = now,
            Started = call.Started,
            KeyId = call.Key?.Id ?? "",
            RequestedTier = facts.ServiceTier ?? "",
            MaxTokens = facts.MaxTokens,
            Streamed = facts.Stream,
            MessageCount = facts.MessageCount,
            ToolCount = facts.ToolCount,
            InputHash = body is null || facts.Content.IsEmpty ? 0 : settings.HashKey.Hash(body.Span.Slice(facts.Content.Start, facts.Content.Length)),
            Span = span,
            CallId = span is null ? NewCallId() : $"{span.TraceId.ToHexString()}-{span.SpanId.ToHexString()}",
        };
    }

    private static string NewCallId() => $"{RandomNumberGenerator.GetHexString(32, lowercase: true)}-{RandomNumberGenerator.GetHexString(16, lowercase: true)}";

    private static HttpRequestMessage NewRequest(HttpContext http, Call call, RequestBody? body, IReadOnlyList<Splice> splices)
    {
        var from = http.Request;
        var request = new HttpRequestMessage(new HttpMethod(from.Method), call.Provider.Address(call.Path, from.QueryString.Value ?? ""))
        {
            Version = call.Provider.BaseUrl.Scheme == "https" ? System.Net.HttpVersion.Version20 : System.Net.HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        if (body is not null) request.Content = new SplicedContent(body, splices, from.ContentType);
        else if (from.ContentLength is > 0 || from.Headers.TransferEncoding.Count != 0) request.Content = new StreamedContent(from.Body, from.ContentLength, from.ContentType);
        HeaderRules.CopyRequest(from, request, call.Provider, call.CallersKey);
        return request;
    }

    private void End(Attempt attempt, in RequestFacts facts, bool counted)
    {
        counters.ObserveDuration(attempt.Provider.Name, attempt.MicrosSinceStart() / 1e6);
        // What is free, and what never was a call of a model, is no call.
        if (!counted || (attempt.Operation == Operation.Other && !attempt.Facts.Usage.IsTold))
        {
            CallReporter.Forget(attempt);
            return;
        }

        _relay.Meter(attempt, facts);
        counters.CountAttempt(attempt);
        reporter.End(attempt, attempt.StartedAt + Stopwatch.GetElapsedTime(attempt.Started));
    }

    private Task RefuseAsync(HttpContext http, Protocol protocol, Refusal refusal, string? callId = null)
    {
        counters.CountRefusal(refusal.Code);
        return refusal.WriteAsync(http, protocol, callId ?? NewCallId());
    }

    /// <param name="Path">Behind the provider's base URL.</param>
    /// <param name="CallersKey">The provider's key, if the caller brings it.</param>
    private sealed record Call(Provider Provider, Operation Operation, string Path, VirtualKey? Key, string? CallersKey, long Started);
}
