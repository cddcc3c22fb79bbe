using System.Diagnostics;
using FinOps.Domain.Budgets;
using FinOps.Domain.Policies;
using FinOps.Gateway.Caching;
using FinOps.Gateway.Configuration;
using FinOps.Gateway.Leases;
using FinOps.Gateway.Policies;
using FinOps.Gateway.Providers;
using FinOps.Gateway.Reporting;
using FinOps.Gateway.Sharing;
using Microsoft.AspNetCore.Http;

namespace FinOps.Gateway.Forwarding;

/// <summary>The way of one call through the gateway, in numbered steps (docs/gateway.md has the same numbers).</summary>
internal sealed class ForwardCall(GatewaySettings settings, PolicyState policies, FindKeys keys, ApplyPolicies apply, LeaseBook leases, AskProviders ask, ShareCalls share, AnswerCall answer, GatewayCounters counters, ILogger log, TimeProvider time)
{
    private static readonly string[] KeyHeaders = ["x-finops-key", "Helicone-Auth", "x-portkey-api-key", "x-litellm-api-key", "api-key", "x-api-key", "Authorization"];

    private readonly BodyMemory _bodies = new(settings.Limits.MaxBodyMemoryBytes);
    private int _inFlight;
    private long _calls;

    /// <summary>Since the start.</summary>
    public long Calls => Interlocked.Read(ref _calls);

    public int InFlight => Volatile.Read(ref _inFlight);

    public async Task RunAsync(HttpContext http)
    {
        var started = Stopwatch.GetTimestamp();
        Interlocked.Increment(ref _calls);
        try
        {
            // 1. Room: what is beyond the limit is refused at once, so that what was taken is answered.
            if (Interlocked.Increment(ref _inFlight) > settings.Limits.MaxCalls) await RefuseAsync(http, ProtocolOf(http), Refusal.Busy);
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
        catch (Exception e)
        {
            // The request pipeline's boundary: one call fails, the gateway goes on.
            Log.CallFailed(log, e);
            if (http.Response.HasStarted) http.Abort();
            else await Refusal.Failed.WriteAsync(http, ProtocolOf(http), "");
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    private async Task AnswerAsync(HttpContext http, long started)
    {
        // 2. Where to, and what for. "post" goes to the provider as POST, and is looked at as one.
        http.Request.Method = HttpMethods.GetCanonicalizedValue(http.Request.Method);
        if (!CallPath.IsPlain(http.Request.Path.Value ?? ""))
        {
            await RefuseAsync(http, ProtocolOf(http), Refusal.Path);
            return;
        }

        if (settings.Providers.Resolve(http.Request, out var path) is not { } provider)
        {
            await RefuseAsync(http, ProtocolOf(http), Refusal.NoProvider);
            return;
        }

        var lenient = CallPath.Lenient(path);
        var operation = Operations.Of(http.Request.Method, lenient);
        // A question is sent as it was looked at. Elsewhere an encoded slash may be a part of a name.
        if (operation != Operation.Other && http.Request.Method == "POST") path = lenient;

        // 3. Who.
        var snapshot = policies.Current;
        if (Identify(snapshot, http.Request.Headers, provider, out var key, out var callersKey) is { } refusal)
        {
            await RefuseAsync(http, provider.Protocol, refusal);
            return;
        }

        // 4. The body: once read, once walked over. An upload is passed on as it comes.
        if (!IsJson(http.Request))
        {
            if (CheckUnread(http.Request, operation, key) is { } closed)
            {
                await RefuseAsync(http, provider.Protocol, closed);
                return;
            }

            var upload = new GatewayCall
            {
                Provider = provider,
                Operation = operation,
                IsUnmetered = operation.IsUnmetered(http.Request.Method, path),
                Path = path,
                Key = key,
                CallersKey = callersKey,
                Started = started,
                Facts = BodyFacts.None,
                Upload = UploadModel.Of(http.Request.ContentType),
                Tags = TagHeaders.Read(http.Request.Headers, key, BodyFacts.None),
            };
            if (apply.Decide(snapshot, upload, "").RefusedBy is { } limit)
            {
                await RefuseByPolicyAsync(http, upload, RefusalOf(limit));
                return;
            }

            using var held = await leases.ReserveAsync(upload, http.RequestAborted);
            upload.Lease = held;
            if (held?.Refusal is { } tooDear) await RefuseByPolicyAsync(http, upload, tooDear);
            else await ask.RunAsync(http, upload);
            return;
        }

        var (read, unread) = await RequestBody.ReadAsync(http.Request.BodyReader, http.Request.ContentLength, settings.Limits.MaxRequestBytes, _bodies, http.RequestAborted);
        using var body = read;
        if (body is null)
        {
            await RefuseAsync(http, provider.Protocol, unread!);
            return;
        }

        var facts = BodyFacts.Read(body.Span, operation);
        // What is no question to a model need not be an object, nor anything at all.
        if (facts.Fault == BodyFault.NotJson && operation is Operation.Other or Operation.Free) facts = new BodyFacts();
        // Azure asks the model of the path, whatever the body says.
        if (provider.Kind == ProviderKind.Azure && Operations.Deployment(path) is { } deployment) facts.Model = deployment;
        if (Check(key, operation, facts) is { } wrong)
        {
            await RefuseAsync(http, provider.Protocol, wrong);
            return;
        }

        var call = new GatewayCall { Provider = provider, Operation = operation, IsUnmetered = operation.IsUnmetered(http.Request.Method, path), Path = path, Key = key, CallersKey = callersKey, Started = started, Body = body, Facts = facts, Version = Version(http.Request), Tags = TagHeaders.Read(http.Request.Headers, key, facts) };

        // 5. Policies: perhaps it is answered here, perhaps it goes elsewhere.
        var cacheControl = http.Request.Headers.CacheControl.ToString();
        var decision = apply.Decide(snapshot, call, cacheControl);
        if (decision.RefusedBy is { } budget) await RefuseByPolicyAsync(http, call, RefusalOf(budget));
        else if (decision.Kept is { } kept) await answer.FromCacheAsync(http, call, kept);
        else if (decision.Fixed is { } text) await answer.FixedAsync(http, call, text);
        else
        {
            // Money of leased budgets is held back before a provider is asked, and what is not spent of it is free again whatever becomes of the call.
            using var lease = await leases.ReserveAsync(call, http.RequestAborted);
            call.Lease = lease;
            if (lease?.Refusal is { } tooLittle) await RefuseByPolicyAsync(http, call, tooLittle);
            else if (lease?.Downgrade is { } spent && SendCheaper(call, spent, cacheControl) is { } cheaper) await answer.FromCacheAsync(http, call, cheaper);
            // 6. to 8. The provider, its answer, the report.
            else await share.RunAsync(http, call);
        }
    }

    private KeptAnswer? SendCheaper(GatewayCall call, CompiledPolicy spent, string cacheControl)
    {
        var kept = apply.SendCheaper(call, spent, cacheControl);
        leases.CountDowngrade(call, spent);
        return kept;
    }

    /// <summary>Before it is known who is asked: the form of errors that the caller's SDK reads.</summary>
    private static Protocol ProtocolOf(HttpContext http) => http.Request.Headers.ContainsKey("anthropic-version") ? Protocol.Anthropic : Protocol.OpenAi;

    private static string Version(HttpRequest request)
    {
        var headers = request.Headers;
        return request.QueryString.HasValue || headers.ContainsKey("anthropic-version") || headers.ContainsKey("anthropic-beta") || headers.ContainsKey("openai-beta")
            ? $"{request.QueryString.Value}\n{headers["anthropic-version"]}\n{headers["anthropic-beta"]}\n{headers["openai-beta"]}"
            : "";
    }

    private static bool IsJson(HttpRequest request) =>
        request.Method == "POST" && request.ContentType is { } type && type.StartsWith("application/json", StringComparison.OrdinalIgnoreCase) && request.Headers.ContentEncoding.Count == 0;

    /// <summary>What nobody reads here no policy bounds: a question to a model comes as JSON, and a key for some models opens nothing whose model is not known before it goes.</summary>
    private static Refusal? CheckUnread(HttpRequest request, Operation operation, CompiledKey? key) => operation switch
    {
        Operation.Chat or Operation.Responses or Operation.Embeddings or Operation.Messages or Operation.Completions => Refusal.NotPlainJson,
        Operation.Other when key is { Key.Models.Count: > 0 } && request.Method == "POST" => Refusal.Model(""),
        _ => null,
    };

    private static Refusal? Check(CompiledKey? key, Operation operation, BodyFacts facts) => facts.Fault switch
    {
        BodyFault.NotJson => Refusal.NotJson,
        BodyFault.Twice => Refusal.TwoFields(facts.FaultyField),
        _ when key is not null && facts.Model.Length != 0 && !key.AllowsModel(facts.Model) => Refusal.Model(facts.Model),
        // A key for some models opens nothing that names none.
        _ when key is { Key.Models.Count: > 0 } && facts.Model.Length == 0 && operation != Operation.Free => Refusal.Model(""),
        _ => null,
    };

    /// <summary>The virtual key among what the caller sent; without one, the provider's own key if it takes callers who bring it.</summary>
    private Refusal? Identify(PolicySnapshot snapshot, IHeaderDictionary headers, Provider provider, out CompiledKey? key, out string? callersKey)
    {
        key = null;
        callersKey = null;
        var any = false;
        foreach (var name in KeyHeaders)
        {
            if (!headers.TryGetValue(name, out var values) || values.ToString() is not { Length: > 0 } sent) continue;
            var bare = sent.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? sent.AsSpan(7).Trim() : sent;
            any = true;
            // One of ours is shown to no provider, however often it was sent.
            if (keys.Find(snapshot, bare) is { } found) key ??= found;
            else if (name is "api-key" or "x-api-key" or "Authorization") callersKey = bare.ToString();
        }

        if (key is not null && !key.IsLive(time.GetUtcNow())) return key.Key.Enabled ? Refusal.ExpiredKey : Refusal.RevokedKey;
        if (provider.ApiKey is not null || !provider.ClientKeys)
        {
            // The gateway's key opens the provider: only who has one of ours may use it.
            if (key is null) return any ? Refusal.WrongKey : Refusal.NoKey;
        }
        else if (callersKey is null)
        {
            return Refusal.NoKey;
        }

        return key is not null && !key.AllowsProvider(provider.Name) ? Refusal.Provider(provider.Name) : null;
    }

    private static Refusal RefusalOf(CompiledPolicy budget)
    {
        var limit = (BudgetLimit)budget.Policy.Body;
        return limit.Kill ? Refusal.Killed(budget.Policy.Name) : limit.Action == BudgetAction.Throttle ? Refusal.Throttled(budget.Policy.Name) : Refusal.Blocked(budget.Policy.Name);
    }

    private async Task RefuseByPolicyAsync(HttpContext http, GatewayCall call, Refusal refusal)
    {
        var attempt = ask.Begin(http, call, call.Provider, call.Facts.Model, 0);
        attempt.Error = refusal.Code;
        counters.CountRefusal(refusal.Code);
        try
        {
            await refusal.WriteAsync(http, call.Provider.Protocol, attempt.CallId);
        }
        finally
        {
            ask.End(attempt, call);
        }
    }

    private Task RefuseAsync(HttpContext http, Protocol protocol, Refusal refusal)
    {
        counters.CountRefusal(refusal.Code);
        return refusal.WriteAsync(http, protocol, CallIds.New());
    }
}

/// <summary>Ids of calls that nothing reports.</summary>
internal static class CallIds
{
    private const int TraceBytes = 16;
    private const int SpanBytes = 8;

    /// <summary>Unlike any other, and no secret: as those that are reported, a trace and a span in hexadecimal digits.</summary>
    public static string New() => string.Create((2 * (TraceBytes + SpanBytes)) + 1, 0, static (text, _) =>
    {
        Span<byte> random = stackalloc byte[TraceBytes + SpanBytes];
        Random.Shared.NextBytes(random);
        Convert.TryToHexStringLower(random[..TraceBytes], text, out var length);
        text[length] = '-';
        Convert.TryToHexStringLower(random[TraceBytes..], text[(length + 1)..], out length);
    });
}
