using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using FinOps.Domain.Usage;
using FinOps.Gateway.Metering;
using Microsoft.AspNetCore.Http;

namespace FinOps.Gateway.Tests.Leases;

/// <summary>How a call goes at the provider, or what its caller does.</summary>
internal enum Going
{
    Plain,
    Stream,

    /// <summary>The caller leaves after a few pieces.</summary>
    Leaves,

    /// <summary>The stream breaks after a few pieces.</summary>
    Breaks,

    /// <summary>Every model fails.</summary>
    Fails,

    /// <summary>429 at the first time, then an answer.</summary>
    Throttled,

    /// <summary>The model that was asked for is down; another one streams.</summary>
    Down,

    /// <summary>The caller leaves before anything came.</summary>
    LeavesEarly,
}

/// <summary>A provider that writes a bill of its own for everything that it did: what it told as usage, and of what was cut off the pieces that went out, four bytes a token.</summary>
internal sealed class BillingVendor
{
    public const string Piece = "abcdefgh";
    public const int Pieces = 3;

    private static readonly EdgePrices Prices = new();

    private readonly ConcurrentDictionary<int, bool> _seen = new();
    private readonly ConcurrentDictionary<int, TaskCompletionSource> _read = new();
    private readonly Lock _gate = new();
    private int _busy;

    public decimal Bill { get; private set; }

    public int Billed { get; private set; }

    public int Busy => Volatile.Read(ref _busy);

    /// <summary>The caller has read the pieces of its call.</summary>
    public TaskCompletionSource Read(int call) => _read.GetOrAdd(call, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    public static string Request(int call, Going going)
    {
        var stream = going is Going.Stream or Going.Leaves or Going.Breaks or Going.Down ? "true" : "false";
        var text = string.Create(CultureInfo.InvariantCulture, $"call {call} going {(int)going}");
        return (call % 3) switch
        {
            0 => $$"""{"model":"gpt-4o-mini","stream":{{stream}},"messages":[{"role":"user","content":"{{text}}"}]}""",
            1 => $$"""{"model":"gpt-4o-mini","stream":{{stream}},"input":"{{text}}"}""",
            _ => $$"""{"model":"claude-haiku-4-5","max_tokens":1000,"stream":{{stream}},"messages":[{"role":"user","content":"{{text}}"}]}""",
        };
    }

    public static string Path(int call) => (call % 3) switch { 0 => "/v1/chat/completions", 1 => "/v1/responses", _ => "/v1/messages" };

    public async Task<bool> ServeAsync(HttpContext http, VendorRequest request)
    {
        Interlocked.Increment(ref _busy);
        try
        {
            using var body = JsonDocument.Parse(request.Body);
            var content = body.RootElement.TryGetProperty("messages", out var messages) ? messages : body.RootElement.GetProperty("input");
            var words = content.GetRawText().Split(' ', '"');
            var call = int.Parse(words[Array.IndexOf(words, "call") + 1], CultureInfo.InvariantCulture);
            var going = (Going)int.Parse(words[Array.IndexOf(words, "going") + 1], CultureInfo.InvariantCulture);
            await AnswerAsync(http, call, going, body.RootElement.GetProperty("model").GetString()!, content.GetRawText().Length);
            return true;
        }
        finally
        {
            Interlocked.Decrement(ref _busy);
        }
    }

    private async Task AnswerAsync(HttpContext http, int call, Going going, string model, int contentBytes)
    {
        // Some answers are longer than anybody expects.
        var (input, output) = (20u + ((uint)call * 13 % 400), call % 3 != 2 && call % 11 == 0 ? 1_500u : 50u + ((uint)call * 37 % 800));
        switch (going)
        {
            case Going.Fails:
                await VendorServer.AnswerAsync(http, 500, """{"error":{"message":"failed","type":"server_error"}}""");
                return;
            case Going.Throttled when _seen.TryAdd(call, true):
                http.Response.Headers["retry-after-ms"] = "5";
                await VendorServer.AnswerAsync(http, 429, """{"error":{"message":"slow down","type":"requests","code":"rate_limit_exceeded"}}""");
                return;
            case Going.Down when model is "gpt-4o-mini" or "claude-haiku-4-5":
                await VendorServer.AnswerAsync(http, 503, """{"error":{"message":"down","type":"server_error"}}""");
                return;
            case Going.LeavesEarly:
                await UntilLeftAsync(http);
                return;
            case Going.Plain or Going.Throttled:
                await Task.Delay(30);
                await VendorServer.AnswerAsync(http, 200, Whole(call, model, input, output));
                Charge(call, model, input, output);
                return;
        }

        http.Response.ContentType = "text/event-stream";
        var isClaude = call % 3 == 2;
        await SendAsync(http, call switch
        {
            _ when isClaude => $$$"""{"type":"message_start","message":{"id":"m{{{call}}}","model":"{{{model}}}","usage":{"input_tokens":{{{input}}},"output_tokens":1} }}""",
            _ when call % 3 == 1 => $$$"""{"type":"response.created","response":{"id":"r{{{call}}}","model":"{{{model}}}","status":"in_progress","output":[]}}""",
            _ => $$$"""{"id":"c{{{call}}}","model":"{{{model}}}","choices":[{"index":0,"delta":{"role":"assistant"},"finish_reason":null}]}""",
        });
        for (var piece = 0; piece < Pieces; piece++)
        {
            await Task.Delay(15);
            await SendAsync(http, (call % 3) switch
            {
                2 => $$$"""{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"{{{Piece}}}"}}""",
                1 => $$"""{"type":"response.output_text.delta","delta":"{{Piece}}"}""",
                _ => $$$"""{"id":"c{{{call}}}","model":"{{{model}}}","choices":[{"index":0,"delta":{"content":"{{{Piece}}}"},"finish_reason":null}]}""",
            });
        }

        if (going is Going.Leaves or Going.Breaks)
        {
            // What was cut off is billed by what its caller has got.
            if (going == Going.Leaves) await UntilLeftAsync(http);
            else await Read(call).Task.WaitAsync(TimeSpan.FromSeconds(20));
            Charge(call, model, isClaude ? input : Tokens(contentBytes), Tokens(Pieces * Piece.Length));
            http.Abort();
            return;
        }

        await SendAsync(http, (call % 3) switch
        {
            2 => $$$"""{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":{{{output}}}}}""",
            1 => $$$"""{"type":"response.completed","response":{{{Whole(call, model, input, output)}}}}""",
            _ => $$$"""{"id":"c{{{call}}}","model":"{{{model}}}","choices":[],"usage":{"prompt_tokens":{{{input}}},"completion_tokens":{{{output}}}}}""",
        });
        await SendAsync(http, isClaude ? """{"type":"message_stop"}""" : "[DONE]");
        Charge(call, model, input, output);
    }

    private static string Whole(int call, string model, uint input, uint output) => (call % 3) switch
    {
        2 => $$$"""{"id":"m{{{call}}}","type":"message","model":"{{{model}}}","content":[],"stop_reason":"end_turn","usage":{"input_tokens":{{{input}}},"output_tokens":{{{output}}}}}""",
        1 => $$$"""{"id":"r{{{call}}}","object":"response","model":"{{{model}}}","status":"completed","output":[],"usage":{"input_tokens":{{{input}}},"output_tokens":{{{output}}}}}""",
        _ => $$$"""{"id":"c{{{call}}}","model":"{{{model}}}","choices":[{"index":0,"message":{"role":"assistant","content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":{{{input}}},"completion_tokens":{{{output}}}}}""",
    };

    private static async Task SendAsync(HttpContext http, string data)
    {
        await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes($"data: {data}\n\n"));
        await http.Response.Body.FlushAsync();
    }

    private static async Task UntilLeftAsync(HttpContext http)
    {
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var _ = http.RequestAborted.Register(left.SetResult);
        await left.Task.WaitAsync(TimeSpan.FromSeconds(20));
    }

    private static uint Tokens(int bytes) => (uint)((bytes + 3) / 4);

    private void Charge(int call, string model, uint input, uint output)
    {
        var usage = new UsageVector { InputFresh = input, OutputText = output };
        var cost = Prices.Cost(new PricedCall(call % 3 == 2 ? "anthropic" : "openai", model, model, "", "", "", TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() * 1000, usage, UsageSource.Reported, false));
        Assert.NotNull(cost);
        lock (_gate)
        {
            Bill += cost.Value;
            Billed++;
        }
    }
}
