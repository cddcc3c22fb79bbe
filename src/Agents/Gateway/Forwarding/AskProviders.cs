using System.Diagnostics;
using FinOps.Domain.Policies;
using FinOps.Gateway.Caching;
using FinOps.Gateway.Configuration;
using FinOps.Gateway.Limits;
using FinOps.Gateway.Metering;
using FinOps.Gateway.Policies;
using FinOps.Gateway.Providers;
using FinOps.Gateway.Reporting;
using FinOps.Gateway.Routing;
using FinOps.Gateway.Structure;
using Microsoft.AspNetCore.Http;

namespace FinOps.Gateway.Forwarding;

/// <summary>
/// Steps 6 to 8: asks the call's target, and where a fallback says so the next one, until one answers. What has begun to be passed on is not begun again. Each attempt is reported.
/// </summary>
internal sealed class AskProviders(
    GatewaySettings settings, UpstreamClients clients, RelayAnswer relay, LaterUsage later, ApplyPolicies apply, KeepWarm warm, Breakers breakers, RetryBudget retries, MinuteLimits limits, AnswerCache cache, CallReporter reporter,
    GatewayCounters counters, ILogger log, TimeProvider time)
{
    /// <summary>A provider that asks to wait longer is not waited for: the next one is asked, or the caller is told.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(10);

    /// <summary>Before the first retry; twice as long before each further one, half of it at random.</summary>
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(250);

    /// <summary>Error of an attempt whose caller has left.</summary>
    public const string CallerLeft = "client_disconnected";

    /// <summary>Error of an attempt that was not answered within its time.</summary>
    public const string TimedOut = "provider_timeout";

    /// <summary>Of an error's body that is looked at.</summary>
    private const int MaxErrorBytes = 1 << 20;

    public async Task RunAsync(HttpContext http, GatewayCall call)
    {
        retries.CountCall();
        var fallback = call.Fallback?.Policy.Body as Fallback;
        var targets = Targets(call, fallback);
        if (fallback is not null && fallback.On.Contains(FailureClass.InvalidOutput) && call.Body is { } body) call.Output = ExpectedOutput.Of(call.RequestOperation, body.Span);
        FailedAnswer? failed = null, invalid = null;
        ushort number = 0;
        try
        {
            for (var at = 0; at < targets.Count; at++)
            {
                var (provider, model) = targets[at];
                // What is known to fail is passed over, but somebody has to be asked.
                if (at < targets.Count - 1 && !breakers.MayAsk(provider, model)) continue;
                for (var tries = 0; ; tries++)
                {
                    failed?.Dispose();
                    failed = call.Output is null ? await TryAsync(http, call, provider, model, number++) : await TryHeldAsync(http, call, provider, model, number++);
                    if (failed is null) return;
                    // An answer of another structure than was asked for goes one tier up, and no further: the later one is given, whatever it is.
                    var isSecond = invalid is not null && failed.Failure == FailureClass.InvalidOutput;
                    if (failed.Failure == FailureClass.InvalidOutput) invalid = failed;
                    if (isSecond || failed.Failure is not { } failure || fallback is null || !fallback.On.Contains(failure))
                    {
                        // An answer, if not as it should be, is what the caller would have had without the policy.
                        await (invalid ?? failed).WriteAsync(http, call.Provider.Protocol);
                        return;
                    }

                    if (tries >= fallback.Retries || failure is not (FailureClass.Throttled or FailureClass.Transient) || !await WaitAsync(http, failed, tries)) break;
                }

                if (at < targets.Count - 1) call.Trace.Set(call.Fallback!, PolicyEffect.FellBack);
            }

            if ((invalid ?? failed) is { } last) await last.WriteAsync(http, call.Provider.Protocol);
        }
        finally
        {
            failed?.Dispose();
        }
    }

    private List<(Provider Provider, string Model)> Targets(GatewayCall call, Fallback? fallback)
    {
        List<(Provider, string)> targets = [(call.Target!, call.Model)];
        foreach (var target in fallback?.Chain ?? [])
            if (apply.Resolve(call, target) is { } found && !targets.Contains(found)) targets.Add(found);
        return targets;
    }

    /// <summary>Whether it was waited, and is to be tried again.</summary>
    private async Task<bool> WaitAsync(HttpContext http, FailedAnswer failed, int tries)
    {
        var wait = Jitter.Of(FirstWait * Math.Pow(2, tries));
        if (failed.RetryAfter(time.GetUtcNow()) is { } asked && asked > wait) wait = asked;
        if (wait > MaxWait || !retries.TryTake()) return false;
        await Task.Delay(wait, time, http.RequestAborted);
        return true;
    }

    /// <summary>An answer that must have a structure is held until it is whole and was looked at. Null: it is answered.</summary>
    private async Task<FailedAnswer?> TryHeldAsync(HttpContext http, GatewayCall call, Provider provider, string model, ushort number)
    {
        var held = new HeldAnswer(http, settings.Limits.MaxBufferedAnswerBytes, passesLong: true);
        var detached = DetachedRequest.Of(http, held);
        call.Check = asked => CheckOutput.Fail(call.Output!, call.RequestOperation, held, asked, counters);
        var failed = await TryAsync(detached, call, provider, model, number);
        call.Check = null;
        if (failed is not null) return failed;
        // It broke before anybody saw it.
        if (held is { IsBroken: true, IsPassedOn: false } && call.LastAttempt is { BrokeBy: { } broke } attempt) return new FailedAnswer(attempt, broke, null, default, null) { Held = held };
        await detached.Response.CompleteAsync();
        await held.PassOnAsync();
        return null;
    }

    /// <summary>Null: it is answered.</summary>
    private async Task<FailedAnswer?> TryAsync(HttpContext http, GatewayCall call, Provider provider, string model, ushort number)
    {
        var attempt = Begin(http, call, provider, model, number);
        http.Response.Headers["x-finops-call-id"] = attempt.CallId;

        // Streams that would not tell their usage are asked for it.
        var asksUsage = call.Body is not null && call.Facts is { Stream: true, WantsUsage: false } && call.Operation is Operation.Chat or Operation.Completions && provider.StreamUsage;
        using var request = NewRequest(http, call, provider, model, asksUsage);
        using var upstream = UpstreamCall.Begin(http.RequestAborted);
        FailedAnswer? failed = null;
        HttpResponseMessage? response = null;
        var isKnown = false;
        try
        {
            upstream.Allow(provider.FirstByteTimeout);
            response = await clients.For(provider).SendAsync(request, upstream.Token);
            attempt.Status = (int)response.StatusCode;
            if (call.Upload is { Model.Length: > 0 } upload) (attempt.RequestedModel, attempt.AskedModel) = (upload.Model, upload.Model);
            if (attempt.Status >= 400)
            {
                failed = await FailAsync(response, attempt, upstream);
                response = null;
            }
            else
            {
                using var copy = call.CacheKey is null ? null : new AnswerCopy(((ExactCache)call.CachePolicy!.Policy.Body).MaxEntryBytes);
                failed = await relay.RunAsync(http, response, attempt, call, upstream, asksUsage, copy);
                if (failed is not null) response = null;
                // A schema may take its time on an answer.
                if (call.Check is not null && failed is null) await EventLoop.Leave();
                failed ??= call.Check?.Invoke(attempt);
                if (copy is not null && response is not null) Keep(call, attempt, response, copy);
            }

            isKnown = true;
        }
        catch (Exception e) when (e is HttpRequestException or InternalAddressException or OperationCanceledException or IOException or InvalidDataException)
        {
            failed = Fail(http, attempt, upstream, e);
            isKnown = true;
        }
        finally
        {
            if (request.Content is SplicedContent { IsBeingSent: true })
            {
                call.Body!.Lend();
                upstream.Lend();
            }

            response?.Dispose();
            End(attempt, call);
            warm.Learn(call, attempt);
            Note(attempt, isKnown, failed);
        }

        if (failed is not null && !http.Response.HasStarted)
        {
            // Of an answer that did not come nothing is told.
            http.Response.Headers.Clear();
            http.Response.Headers["x-finops-call-id"] = attempt.CallId;
        }

        return failed;
    }

    /// <summary>What the attempt tells of whether its provider is there.</summary>
    private void Note(Attempt attempt, bool isKnown, FailedAnswer? failed)
    {
        var failure = failed is null ? attempt.BrokeBy : failed.Failure;
        if (!isKnown || attempt.Error == CallerLeft) breakers.Forget(attempt.Provider, attempt.AskedModel);
        // One that answers, if not as it should, is there.
        else breakers.Note(attempt.Provider, attempt.AskedModel, failure is FailureClass.InvalidOutput ? null : failure);
    }

    private static async Task<FailedAnswer> FailAsync(HttpResponseMessage response, Attempt attempt, UpstreamCall upstream)
    {
        upstream.Allow(attempt.Provider.IdleTimeout);
        var body = new MemoryStream();
        var buffer = new byte[4096];
        await using var stream = PlainAnswer.Open(response);
        int count;
        while (body.Length < MaxErrorBytes && (count = await stream.ReadAsync(buffer, upstream.Token)) > 0) body.Write(buffer, 0, count);
        if (body.Length > EventLoop.MaxBytes) await EventLoop.Leave();
        var bytes = body.GetBuffer().AsMemory(0, (int)body.Length);
        attempt.Facts.Read(bytes.Span);
        attempt.Error = attempt.Facts.ErrorCode.Length != 0 ? attempt.Facts.ErrorCode : attempt.Status.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return new FailedAnswer(attempt, FailureRules.Of(attempt.Status, attempt.Facts.ErrorCode), response, bytes, null);
    }

    /// <summary>Null: the caller has left, or has seen the beginning of an answer that broke.</summary>
    private FailedAnswer? Fail(HttpContext http, Attempt attempt, UpstreamCall upstream, Exception e)
    {
        if (http.RequestAborted.IsCancellationRequested)
        {
            attempt.Error = CallerLeft;
            return null;
        }

        var name = attempt.Provider.Name;
        var (refusal, failure) = e switch
        {
            InternalAddressException or HttpRequestException { InnerException: InternalAddressException } => (Refusal.InternalAddress(name), (FailureClass?)FailureClass.Transient),
            OperationCanceledException when upstream.IsTimedOut => (Refusal.Timeout(name, upstream.Allowed), FailureClass.Timeout),
            _ => (Refusal.Unreachable(name), FailureClass.Transient),
        };
        attempt.Error = refusal.Code["finops_".Length..];
        Log.Unreachable(log, name, e.Message);
        counters.CountRefusal(refusal.Code);
        if (http.Response.HasStarted)
        {
            attempt.BrokeBy = failure;
            http.Abort();
            return null;
        }

        return new FailedAnswer(attempt, failure, null, default, refusal);
    }

    private void Keep(GatewayCall call, Attempt attempt, HttpResponseMessage response, AnswerCopy copy)
    {
        // What another one answered in its place is not what is kept of it: when it is back, it is asked.
        if (attempt.Provider != call.Target || attempt.AskedModel != call.Model) return;
        if (attempt.Error.Length != 0 || attempt.Status != 200 || attempt.UsageSource != Domain.Usage.UsageSource.Reported) return;
        if (copy.IsTooLong)
        {
            counters.CountCacheDrop("too_long");
            return;
        }

        var policy = call.CachePolicy!.Policy;
        var now = time.GetUtcNow();
        // On trial only that it was asked is kept, and nothing of the answer.
        var body = policy.DryRun ? [] : copy.Bytes;
        var type = response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var told) ? told.ToString() : "application/json";
        cache.Keep(
            call.CacheKey!.Value,
            new AnswerHead(type, body.Length, now, now.AddSeconds(((ExactCache)policy.Body).TtlSeconds), attempt.Facts.Model, attempt.Facts.ServiceTier, attempt.Facts.FinishReason, attempt.Usage),
            body);
    }

    public Attempt Begin(HttpContext http, GatewayCall call, Provider provider, string model, ushort number)
    {
        var now = time.GetUtcNow();
        var facts = call.Facts;
        // What is free to ask may tell what was not.
        var begun = call.Operation == Operation.Free && http.Request.Method == HttpMethods.Get ? later.Find(call.Path) : null;
        var operation = begun is null ? call.Operation : Operation.Responses;
        if (begun is not null) (call.TraceId, model) = (begun.TraceId, begun.AskedModel);
        var span = operation == Operation.Free ? null : reporter.Begin(operation, model, http.Request.Headers.TraceParent, http.Request.Headers.TraceState, call.TraceId, now);
        if (span is not null) call.TraceId = span.TraceId;
        return new Attempt
        {
            Provider = provider,
            Operation = operation,
            RequestedModel = begun?.RequestedModel ?? facts.Model,
            AskedModel = model,
            Tags = begun?.Tags ?? call.Tags,
            StartedAt = now,
            Started = number == 0 ? call.Started : Stopwatch.GetTimestamp(),
            Number = number,
            KeyId = begun?.KeyId ?? call.Key?.Key.Id ?? "",
            RequestedTier = begun?.RequestedTier ?? facts.ServiceTier,
            MaxTokens = (uint)Math.Min(uint.MaxValue, call.MaxTokens ?? facts.MaxTokens ?? 0),
            Streamed = facts.Stream,
            IsBatch = call.IsOfBatch,
            Begun = begun,
            MessageCount = facts.MessageCount,
            ToolCount = facts.ToolCount,
            ContentBytes = call.Input?.Bytes.Length ?? facts.Content.Length,
            TokensAvoided = call.TokensAvoided,
            InputHash = span is null || call.Body is null || facts.Content.IsEmpty ? 0 : settings.HashKey.Hash(call.Body.Span.Slice(facts.Content.Start, facts.Content.Length)),
            Span = span,
            CallId = span is null ? CallIds.New() : $"{span.TraceId.ToHexString()}-{span.SpanId.ToHexString()}",
        };
    }

    private static HttpRequestMessage NewRequest(HttpContext http, GatewayCall call, Provider provider, string model, bool asksUsage)
    {
        var from = http.Request;
        var path = provider == call.Provider && model == call.Facts.Model ? call.Path : provider.PathFrom(call.Provider, call.Path, model);
        var request = new HttpRequestMessage(HttpMethod.Parse(from.Method), provider.Address(path, provider.Kind == call.Provider.Kind ? from.QueryString.Value ?? "" : ""))
        {
            Version = provider.BaseUrl.Scheme == "https" ? System.Net.HttpVersion.Version20 : System.Net.HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        if (call.Body is { } body) request.Content = new SplicedContent(body, BodySplices.For(call.Facts, provider, call.RequestOperation, model, asksUsage, call.MaxTokens, call.Input), from.ContentType);
        else if (from.ContentLength is > 0 || from.Headers.TransferEncoding.Count != 0) request.Content = new StreamedContent(from.Body, from.ContentLength, from.ContentType, call.Upload);
        HeaderRules.CopyRequest(from, request, provider, call.CallersKey);
        return request;
    }

    public void End(Attempt attempt, GatewayCall call)
    {
        call.LastAttempt = attempt;
        counters.ObserveDuration(attempt.Provider.Name, attempt.MicrosSinceStart() / 1e6);
        if (IsNoCall(attempt))
        {
            // It may be billed all the same.
            if (call.IsUnmetered) call.Lease?.ChargeUntold(attempt);
            CallReporter.Forget(attempt);
            return;
        }

        relay.Meter(attempt);
        if (call.Applied.BudgetCount > 0) limits.Settle(in call.Applied, attempt.IsCacheHit ? default : attempt.Usage, attempt.Cost);
        if (attempt.IsInBackground) later.Begin(attempt);
        if (attempt.IsInBackground) call.Lease?.ChargeExpected(attempt, call);
        else call.Lease?.Charge(attempt);
        counters.CountAttempt(attempt);
        reporter.End(attempt, call, attempt.StartedAt + Stopwatch.GetElapsedTime(attempt.Started));
    }

    /// <summary>What is free, what never was a call of a model, and a look at what was one that tells nothing of it, or nothing new.</summary>
    private bool IsNoCall(Attempt attempt)
    {
        if (attempt.Operation == Operation.Free) return true;
        if (attempt.Operation != Operation.Other && attempt.Begun is null) return false;
        if (!attempt.Facts.Usage.HasAny) return true;
        return attempt.Begun is { } begun ? !later.TryTell(begun) : attempt.IsBatch && !later.TryTell(attempt.Facts);
    }
}
