using System.Buffers;
using System.Security.Cryptography;
using FinOps.Domain.Policies;
using FinOps.Domain.Usage;
using FinOps.Gateway.Caching;
using FinOps.Gateway.Configuration;
using FinOps.Gateway.Forwarding;
using FinOps.Gateway.Policies;
using FinOps.Gateway.Reporting;
using Microsoft.AspNetCore.Http;

namespace FinOps.Gateway.Embeddings;

/// <summary>A policy that keeps vectors, and what makes a text's vector another one: whose it is, the model, and every other field of the request.</summary>
internal readonly record struct EmbeddingQuestion(CompiledPolicy Policy, CacheKey Key);

/// <summary>
/// Answers a list of texts with the vectors that are kept, and asks the provider for the others only, each once. Where the provider's answer cannot be joined with what is kept, the whole
/// list is asked for as the caller sent it.
/// </summary>
internal sealed class AnswerEmbeddings(AskProviders ask, AnswerCall answer, AnswerCache cache, GatewayLimits limits, GatewayCounters counters, TimeProvider time)
{
    public Task RunAsync(HttpContext http, GatewayCall call) => call.Embeds is null && call.EmbedsOnTrial is null ? ask.RunAsync(http, call) : PartAsync(http, call);

    private async Task PartAsync(HttpContext http, GatewayCall call)
    {
        // A list can be thousands of files: they are not read where all connections' bytes come.
        await EventLoop.Leave();
        var items = EmbeddingRequest.Items(call.Body!.Span, call.Facts.Content);
        if (items is null) counters.CountEmbeddings("unread", 1);
        if (items is not null && call.EmbedsOnTrial is { } trial)
        {
            await TryAsync(http, call, trial, items);
            return;
        }

        await AnswerAsync(http, call, items);
    }

    /// <summary>A policy on trial: what is asked is noted, and none of the vectors.</summary>
    private async Task TryAsync(HttpContext http, GatewayCall call, EmbeddingQuestion trial, IReadOnlyList<Place> items)
    {
        var keys = Keys(trial.Key, call.Body!, items);
        var found = keys.Count(key => cache.Find(key, null) is not null);
        call.Trace.Set(trial.Policy, found == keys.Length ? PolicyEffect.Hit : found > 0 ? PolicyEffect.Partial : PolicyEffect.Miss);
        await AnswerAsync(http, call, items);
        if (call.LastAttempt is not { Error.Length: 0, Status: 200 }) return;
        await EventLoop.Leave();
        var now = time.GetUtcNow();
        foreach (var key in keys) cache.Keep(key, new AnswerHead("", 0, now, ExpiresAt(trial.Policy, now), "", "", "", default), []);
    }

    private async Task AnswerAsync(HttpContext http, GatewayCall call, IReadOnlyList<Place>? items)
    {
        if (items is null || call.Embeds is not { } question)
        {
            await ask.RunAsync(http, call);
            return;
        }

        var control = call.CacheControl;
        var keys = Keys(question.Key, call.Body!, items);
        var plan = Plan(keys, control);
        counters.CountEmbeddings("kept", keys.Length - plan.Missing);
        counters.CountEmbeddings("asked", plan.Asked.Count);
        if (plan.Asked.Count == 0)
        {
            call.CacheState = "hit";
            call.Trace.Set(question.Policy, PolicyEffect.Hit);
            await answer.FromCacheAsync(http, call, Whole(plan.Kept, plan.Model));
            return;
        }

        var isKept = plan.Missing < keys.Length;
        call.CacheState = control.NoCache || control.NoStore ? "bypass" : isKept ? "partial" : "miss";
        call.Trace.Set(question.Policy, control.NoCache || control.NoStore ? PolicyEffect.Bypassed : isKept ? PolicyEffect.Partial : PolicyEffect.Miss);
        if (plan.Asked.Count < keys.Length)
        {
            // What is answered to a part of the list is no answer to the list.
            call.CacheKey = null;
            call.Input = new Splice(call.Facts.Content, List(call.Body!, items, plan.Asked));
            call.TokensAvoided = plan.Kept.Sum(vector => (long)vector.Tokens);
        }

        await AskAsync(http, call, question, items, keys, plan);
    }

    private async Task AskAsync(HttpContext http, GatewayCall call, EmbeddingQuestion question, IReadOnlyList<Place> items, CacheKey[] keys, EmbeddingPlan plan)
    {
        var held = new HeldAnswer(http, limits.MaxBufferedAnswerBytes, passesLong: call.Input is null);
        EmbeddingAnswer? told = null;
        call.Check = attempt =>
        {
            if (attempt.Error.Length != 0) return null;
            told = Read(call, attempt, held, plan);
            // Nothing was avoided if all is asked for again.
            if (told is null) attempt.TokensAvoided = 0;
            return null;
        };
        var detached = DetachedRequest.Of(http, held);
        await ask.RunAsync(detached, call);
        await detached.Response.CompleteAsync();
        call.Check = null;
        if (http.RequestAborted.IsCancellationRequested) return;
        if (told is not null)
        {
            var vectors = Vectors(call, question, items, keys, plan, held.Body, told);
            if (call.Input is null) await held.PassOnAsync();
            else await held.PassOnAsync(Joined(held.Body.Span, told, vectors));
            return;
        }

        if (held.Status == 200) counters.CountEmbeddings(held.IsTooLong ? "too_long" : "unexpected", plan.Asked.Count);
        if (call.Input is null || held.Status != 200)
        {
            await held.PassOnAsync();
            return;
        }

        (call.Input, call.TokensAvoided, call.CacheState) = (null, 0, "miss");
        call.Trace.Set(question.Policy, PolicyEffect.Miss);
        await ask.RunAsync(http, call);
    }

    /// <summary>Vectors of two models do not go together, and what a fallback answered is another model's.</summary>
    private static EmbeddingAnswer? Read(GatewayCall call, Attempt attempt, HeldAnswer held, EmbeddingPlan plan)
    {
        if (held.Status != 200 || held.IsTooLong || held.IsBroken || attempt.Provider != call.Target || attempt.AskedModel != call.Model) return null;
        var told = EmbeddingAnswer.Read(held.Body.Span, call.Input is null ? plan.Places.Count : plan.Asked.Count);
        return told is not null && (plan.Model.Length == 0 || plan.Model == told.Model) ? told : null;
    }

    private EmbeddingPlan Plan(CacheKey[] keys, CacheControl control)
    {
        var plan = new EmbeddingPlan(keys.Length);
        var asked = new Dictionary<CacheKey, int>();
        for (var i = 0; i < keys.Length; i++)
        {
            if (!control.NoCache && !asked.ContainsKey(keys[i]) && cache.Find(keys[i], control.MaxAge) is { Body.Length: > 0 } kept && (plan.Model.Length == 0 || plan.Model == kept.Head.Model))
            {
                plan.Model = kept.Head.Model;
                plan.Places.Add(~plan.Kept.Count);
                plan.Kept.Add(new KeptVector(kept.Head.ContentType, kept.Body, kept.Head.Usage.InputFresh));
                continue;
            }

            plan.Missing++;
            if (!asked.TryGetValue(keys[i], out var place))
            {
                asked[keys[i]] = place = plan.Asked.Count;
                plan.Asked.Add(i);
            }

            plan.Places.Add(place);
        }

        return plan;
    }

    /// <summary>All of the list in its order; what came is kept.</summary>
    private List<KeptVector> Vectors(GatewayCall call, EmbeddingQuestion question, IReadOnlyList<Place> items, CacheKey[] keys, EmbeddingPlan plan, ReadOnlyMemory<byte> body, EmbeddingAnswer told)
    {
        // Where the list went as it was, each place has its own vector.
        var sent = call.Input is null ? [.. Enumerable.Range(0, items.Count)] : plan.Asked;
        var tokens = ShareOfTokens.Of(told.PromptTokens, [.. sent.Select(at => items[at].Length)]);
        var came = sent.Select((at, i) => KeptVector.Of(body.Span.Slice(told.Vectors[i].Start, told.Vectors[i].Length), tokens[i])).ToArray();
        if (!call.CacheControl.NoStore)
        {
            var now = time.GetUtcNow();
            for (var i = 0; i < came.Length; i++)
            {
                var usage = new UsageVector { InputFresh = came[i].Tokens };
                cache.Keep(keys[sent[i]], new AnswerHead(came[i].Form, came[i].Bytes.Length, now, ExpiresAt(question.Policy, now), told.Model, "", "", usage), came[i].Bytes.Span);
            }
        }

        return call.Input is null ? [] : [.. plan.Places.Select(place => place < 0 ? plan.Kept[~place] : came[place])];
    }

    private static DateTimeOffset ExpiresAt(CompiledPolicy policy, DateTimeOffset now) => now.AddSeconds(((EmbeddingCache)policy.Policy.Body).TtlSeconds);

    private static CacheKey[] Keys(CacheKey question, RequestBody body, IReadOnlyList<Place> items)
    {
        var keys = new CacheKey[items.Count];
        var prefix = question.ToBytes();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> bytes = stackalloc byte[SHA256.HashSizeInBytes];
        for (var i = 0; i < keys.Length; i++)
        {
            hash.AppendData(prefix);
            hash.AppendData(body.Span.Slice(items[i].Start, items[i].Length));
            hash.GetHashAndReset(bytes);
            keys[i] = CacheKey.FromBytes(bytes);
        }

        return keys;
    }

    private static byte[] List(RequestBody body, IReadOnlyList<Place> items, List<int> asked)
    {
        var list = new ArrayBufferWriter<byte>(asked.Sum(at => items[at].Length + 1) + 2);
        for (var i = 0; i < asked.Count; i++)
        {
            list.Write(i == 0 ? "["u8 : ","u8);
            list.Write(body.Span.Slice(items[asked[i]].Start, items[asked[i]].Length));
        }

        list.Write("]"u8);
        return list.WrittenSpan.ToArray();
    }

    /// <summary>The provider's answer with all vectors in the place of its own, and the usage that they have together.</summary>
    private static ReadOnlyMemory<byte> Joined(ReadOnlySpan<byte> body, EmbeddingAnswer told, List<KeptVector> vectors)
    {
        var to = new ArrayBufferWriter<byte>(body.Length + vectors.Sum(vector => vector.Length + 64));
        var tokens = vectors.Sum(vector => (long)vector.Tokens);
        var (first, second) = told.Data.Start < told.Usage.Start ? (told.Data, told.Usage) : (told.Usage, told.Data);
        to.Write(body[..first.Start]);
        WritePart(first);
        to.Write(body[first.End..second.Start]);
        WritePart(second);
        to.Write(body[second.End..]);
        return to.WrittenMemory;

        void WritePart(Place part)
        {
            if (part == told.Data) EmbeddingAnswer.WriteData(to, vectors);
            else EmbeddingAnswer.WriteUsage(to, tokens);
        }
    }

    private KeptAnswer Whole(List<KeptVector> vectors, string model)
    {
        var to = new ArrayBufferWriter<byte>(vectors.Sum(vector => vector.Length + 64) + 256);
        var tokens = vectors.Sum(vector => (long)vector.Tokens);
        to.Write("{\"object\":\"list\",\"data\":"u8);
        EmbeddingAnswer.WriteData(to, vectors);
        to.Write(",\"model\":\""u8);
        to.Write(System.Text.Json.JsonEncodedText.Encode(model).EncodedUtf8Bytes);
        to.Write("\",\"usage\":"u8);
        EmbeddingAnswer.WriteUsage(to, tokens);
        to.Write("}"u8);
        var now = time.GetUtcNow();
        return new KeptAnswer(new AnswerHead("application/json", to.WrittenCount, now, now, model, "", "", new UsageVector { InputFresh = (uint)Math.Min(uint.MaxValue, tokens) }), to.WrittenSpan.ToArray());
    }
}

/// <summary>Which vectors of a list are there, and which are asked for.</summary>
internal sealed class EmbeddingPlan(int count)
{
    /// <summary>The served model of those that are kept; empty: none is.</summary>
    public string Model { get; set; } = "";

    /// <summary>How many of the list are not kept, repetitions among them.</summary>
    public int Missing { get; set; }

    /// <summary>The first place in the list of each text that is asked for.</summary>
    public List<int> Asked { get; } = [];
    public List<KeptVector> Kept { get; } = [];

    /// <summary>For each place of the list its number in <see cref="Asked"/>, or the complement of its number in <see cref="Kept"/>.</summary>
    public List<int> Places { get; } = new(count);
}
