using FinOps.Domain.Policies;
using FinOps.Domain.Usage;
using FinOps.Gateway.Caching;
using FinOps.Gateway.Embeddings;
using FinOps.Gateway.Forwarding;
using FinOps.Gateway.Policies;
using FinOps.Gateway.Reporting;
using Microsoft.AspNetCore.Http;

namespace FinOps.Gateway.Sharing;

/// <summary>A policy that lets a call be shared, and what it asks.</summary>
internal readonly record struct SharedQuestion(CompiledPolicy Policy, CacheKey Key);

/// <summary>
/// Sends equal calls that are in flight at one time once. The first leads: its call is the one that is paid, reported, repeated and kept. The others follow: each gets the same answer, from its
/// beginning, and is reported as a call of its own that cost nothing. What becomes of one caller is nothing to the others; the call ends early only when all have left.
/// </summary>
internal sealed class ShareCalls(CallsInFlight calls, AnswerEmbeddings embeddings, AskProviders ask, GatewayCounters counters)
{
    public Task RunAsync(HttpContext http, GatewayCall call) =>
        call.SharesOnTrial is { } trial ? TryAsync(http, call, trial) : call.Shares is { } question ? JoinAsync(http, call, question) : embeddings.RunAsync(http, call);

    /// <summary>A policy on trial: it is noted whether an equal call is in flight.</summary>
    private async Task TryAsync(HttpContext http, GatewayCall call, SharedQuestion trial)
    {
        call.Trace.Set(trial.Policy, calls.BeginTrial(trial.Key) ? PolicyEffect.Shared : PolicyEffect.Unchanged);
        try
        {
            await (call.Shares is { } question ? JoinAsync(http, call, question) : embeddings.RunAsync(http, call));
        }
        finally
        {
            calls.EndTrial(trial.Key);
        }
    }

    private async Task JoinAsync(HttpContext http, GatewayCall call, SharedQuestion question)
    {
        var place = calls.Join(question.Key, ((Coalesce)question.Policy.Policy.Body).MaxWaiters);
        call.Trace.Set(question.Policy, PolicyEffect.Unchanged);
        if (place.Answer is not { } answer)
        {
            counters.CountShared("too_many");
            await embeddings.RunAsync(http, call);
        }
        else if (place.Leads)
        {
            await LeadAsync(http, call, question.Key, answer, place.Listener!);
        }
        else if (!await FollowAsync(http, call, question.Policy, answer, place.Listener!))
        {
            await embeddings.RunAsync(http, call);
        }
    }

    /// <summary>Returns when the call has ended, whether its own caller has stayed or not: its request is what is sent.</summary>
    private async Task LeadAsync(HttpContext http, GatewayCall call, CacheKey key, SharedAnswer answer, SharedAnswer.Listener listener)
    {
        call.IsShared = true;
        var passing = PassOnAsync(http, answer, listener, attempt: null);
        var detached = DetachedRequest.Of(http, answer);
        try
        {
            await embeddings.RunAsync(detached, call);
            await detached.Response.CompleteAsync();
            answer.Complete(call.LastAttempt);
        }
        catch (OperationCanceledException) when (answer.Gone.IsCancellationRequested)
        {
            // Between two attempts all have left.
        }
        finally
        {
            calls.Remove(key, answer);
            answer.Break();
            await passing;
        }
    }

    /// <returns>Whether it was answered; if not, nothing was sent yet.</returns>
    private async Task<bool> FollowAsync(HttpContext http, GatewayCall call, CompiledPolicy policy, SharedAnswer answer, SharedAnswer.Listener listener)
    {
        var attempt = ask.Begin(http, call, call.Target!, call.Model, 0);
        (attempt.IsCacheHit, attempt.UsageSource, attempt.Cost) = (true, UsageSource.Reported, 0);
        var before = call.CacheState;
        call.CacheState = "shared";
        var last = await PassOnAsync(http, answer, listener, attempt);
        if (last == SharedPart.Fallen && !http.Response.HasStarted && !http.RequestAborted.IsCancellationRequested)
        {
            CallReporter.Forget(attempt);
            call.CacheState = before;
            counters.CountShared("too_slow");
            return false;
        }

        // It ended without an answer, which is the gateway's own fault and in its log.
        if (last == SharedPart.Broken && !http.Response.HasStarted) await Refusal.Failed.WriteAsync(http, call.Provider.Protocol, attempt.CallId);
        call.Trace.Set(policy, PolicyEffect.Shared);
        attempt.Status = answer.HasStarted ? answer.Status : 0;
        attempt.Error = last switch
        {
            SharedPart.End => answer.Paid?.Error ?? "",
            SharedPart.Fallen => "follower_too_slow",
            SharedPart.Broken => "stream_broken",
            _ => AskProviders.CallerLeft,
        };
        if (last == SharedPart.End && answer.Paid is { } paid) Tell(attempt, paid);
        counters.CountShared(last switch
        {
            SharedPart.Fallen => "too_slow",
            SharedPart.End when attempt.Error.Length == 0 => "shared",
            SharedPart.End or SharedPart.Broken => "failed",
            _ => "left",
        });
        ask.End(attempt, call);
        return true;
    }

    /// <summary>What its own call would have used. Not its id: that is the call's that was paid for.</summary>
    private static void Tell(Attempt attempt, Attempt paid)
    {
        (attempt.Facts.Model, attempt.Facts.ServiceTier, attempt.Facts.FinishReason) = (paid.Facts.Model, paid.Facts.ServiceTier, paid.Facts.FinishReason);
        if (attempt.Error.Length != 0 || paid.UsageSource == UsageSource.Missing) return;
        (attempt.Usage, attempt.UsageSource) = (paid.Usage with { InputFresh = (uint)(paid.Usage.InputFresh + paid.TokensAvoided) }, paid.UsageSource);
    }

    /// <summary>Writes the answer to one of its callers, each piece when it is there.</summary>
    /// <param name="attempt">The follower's; null: it is the caller whose call is sent.</param>
    /// <returns>The last part; <see cref="SharedPart.Piece"/>: the caller has left in between.</returns>
    private static async Task<SharedPart> PassOnAsync(HttpContext http, SharedAnswer answer, SharedAnswer.Listener listener, Attempt? attempt)
    {
        try
        {
            while (true)
            {
                if (!answer.TryRead(listener, out var part, out var piece, out var changed))
                {
                    await changed.WaitAsync(http.RequestAborted);
                    continue;
                }

                switch (part)
                {
                    case SharedPart.Head:
                        WriteHead(http, answer, attempt);
                        if (IsStream(answer)) await http.Response.StartAsync(http.RequestAborted);
                        break;
                    case SharedPart.Piece:
                        if (attempt is { FirstPieceMicros: 0 }) attempt.FirstPieceMicros = attempt.MicrosSinceStart();
                        await http.Response.Body.WriteAsync(piece, http.RequestAborted);
                        answer.HasRead(listener, piece.Length);
                        break;
                    case SharedPart.End:
                        if (attempt is null && IsStream(answer) && answer.Paid?.Cost is { } cost) await http.Response.Body.WriteAsync(RelayAnswer.CostComment(cost), http.RequestAborted);
                        return part;
                    default:
                        if (http.Response.HasStarted) http.Abort();
                        return part;
                }
            }
        }
        catch (Exception e) when (http.RequestAborted.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            return SharedPart.Piece;
        }
        finally
        {
            answer.Leave(listener);
        }
    }

    private static bool IsStream(SharedAnswer answer) => answer.Headers.ContentType.ToString().StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase);

    private static void WriteHead(HttpContext http, SharedAnswer answer, Attempt? attempt)
    {
        http.Response.StatusCode = answer.Status;
        foreach (var (name, values) in answer.Headers) http.Response.Headers[name] = values;
        if (attempt is null) return;
        http.Response.Headers["x-finops-call-id"] = attempt.CallId;
        http.Response.Headers["x-finops-cache"] = "shared";
        http.Response.Headers["x-finops-cost"] = "0";
    }
}
