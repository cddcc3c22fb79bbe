using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace FinOps.Gateway.Tests;

/// <summary>A request as the provider got it.</summary>
internal sealed record VendorRequest(string Method, string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);
}

/// <summary>
/// A provider on loopback that answers by the vendors' documented protocols (and as their SDKs were seen to read them): each answer has its own id and usage.
/// What a model's name asks for, it does: <c>rate-limited</c> answers 429, <c>overloaded</c> 529, and a test can put its own behaviour in front.
/// </summary>
internal sealed class VendorServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<VendorRequest> _received = new();
    private int _count;

    private VendorServer()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
        });
        _app = builder.Build();
        _app.Run(ServeAsync);
    }

    public static async Task<VendorServer> StartAsync(bool keeps = true)
    {
        var server = new VendorServer { Keeps = keeps };
        await server._app.StartAsync();
        return server;
    }

    public string Address => _app.Urls.First();

    public IReadOnlyList<VendorRequest> Received => [.. _received];

    /// <summary>Whether requests are kept for <see cref="Received"/>.</summary>
    public bool Keeps { get; private init; } = true;

    /// <summary>True = it has answered.</summary>
    public Func<HttpContext, VendorRequest, Task<bool>> First { get; set; } = (_, _) => Task.FromResult(false);

    private async Task ServeAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        var request = new VendorRequest(
            http.Request.Method, http.Request.Path + http.Request.QueryString, http.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase), body.ToArray());
        if (Keeps) _received.Enqueue(request);
        http.Response.Headers["x-request-id"] = $"req_{Guid.NewGuid():N}";
        if (await First(http, request)) return;
        var n = Interlocked.Increment(ref _count);
        if (request.Text.Contains("\"rate-limited\"", StringComparison.Ordinal))
        {
            http.Response.Headers.RetryAfter = "1";
            await AnswerAsync(http, 429, """{"error":{"message":"Rate limit reached","type":"requests","param":null,"code":"rate_limit_exceeded"}}""");
        }
        else if (request.Text.Contains("\"overloaded\"", StringComparison.Ordinal))
        {
            await AnswerAsync(http, 529, """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"}""");
        }
        else
        {
            var streams = request.Text.Contains("\"stream\":true", StringComparison.Ordinal);
            var asked = request.Text.Contains("\"include_usage\":true", StringComparison.Ordinal);
            var answer = (http.Request.Path.Value!.Split('/')[^1], streams) switch
            {
                ("completions", false) => AnswerAsync(http, 200, Chat(n)),
                ("completions", true) => StreamAsync(http, ChatStream(n, asked)),
                ("responses", false) => AnswerAsync(http, 200, Response(n)),
                ("responses", true) => StreamAsync(http, ResponseStream(n)),
                ("embeddings", _) => AnswerAsync(http, 200, Embedding(n)),
                ("messages", false) => AnswerAsync(http, 200, Message(n)),
                ("messages", true) => StreamAsync(http, MessageStream(n)),
                ("count_tokens", _) => AnswerAsync(http, 200, """{"input_tokens":12}"""),
                ("files", _) => AnswerAsync(http, 200, """{"id":"file-1","object":"file","bytes":3,"created_at":1790000000,"filename":"a.jsonl","purpose":"batch","status":"processed"}"""),
                ("batches", _) => AnswerAsync(http, 200, http.Request.Path.Value!.Contains("/messages/", StringComparison.Ordinal) ? MessageBatch : Batch("validating", "null")),
                ("msgbatch_1", _) => AnswerAsync(http, 200, MessageBatch),
                ("batch_1", _) => AnswerAsync(http, 200, Batch("completed", """{"input_tokens":1000,"input_tokens_details":{"cached_tokens":0},"output_tokens":50,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":1050}""")),
                ("results", _) => AnswerAsync(http, 200, $$$"""{"custom_id":"a","result":{"type":"succeeded","message":{{{Message(0)}}}}}""" + "\n", "application/x-jsonl"),
                ("models", _) => AnswerAsync(http, 200, """{"object":"list","data":[{"id":"gpt-4o-mini","object":"model","created":1,"owned_by":"openai"}]}"""),
                _ => AnswerAsync(http, 404, """{"error":{"message":"Unknown request URL","type":"invalid_request_error","param":null,"code":"unknown_url"}}"""),
            };
            await answer;
        }
    }

    public static async Task AnswerAsync(HttpContext http, int status, string json, string type = "application/json")
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = type;
        var bytes = Encoding.UTF8.GetBytes(json);
        http.Response.ContentLength = bytes.Length;
        await http.Response.Body.WriteAsync(bytes);
    }

    public static async Task StreamAsync(HttpContext http, string events)
    {
        http.Response.ContentType = "text/event-stream; charset=utf-8";
        foreach (var one in events.Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(one + "\n\n"));
            await http.Response.Body.FlushAsync();
        }
    }

    /// <summary>Its results lie at the vendor's own address, whatever it was asked by.</summary>
    private const string MessageBatch =
        """{"id":"msgbatch_1","type":"message_batch","processing_status":"ended","request_counts":{"processing":0,"succeeded":1,"errored":0,"canceled":0,"expired":0},"created_at":"2026-11-20T10:00:00Z","expires_at":"2026-11-21T10:00:00Z","ended_at":"2026-11-20T10:05:00Z","archived_at":null,"cancel_initiated_at":null,"results_url":"https://api.anthropic.com/v1/messages/batches/msgbatch_1/results"}""";

    private static string Batch(string status, string usage) =>
        $$"""{"id":"batch_1","object":"batch","endpoint":"/v1/chat/completions","model":"gpt-4o-mini-2024-07-18","errors":null,"input_file_id":"file-1","completion_window":"24h","status":"{{status}}","output_file_id":"file-2","created_at":1790000000,"request_counts":{"total":1,"completed":1,"failed":0},"usage":{{usage}},"metadata":null}""";

    public static string Chat(int n) =>
        $$$"""{"id":"chatcmpl-{{{n:d29}}}","object":"chat.completion","created":1790000000,"model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"message":{"role":"assistant","content":"Grüße {{{n}}}","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{{{ChatUsage(n)}}},"service_tier":"default"}""";

    private static string ChatUsage(int n) =>
        $$$"""{"prompt_tokens":{{{100 + (13 * n)}}},"completion_tokens":{{{30 + (5 * n)}}},"total_tokens":{{{130 + (18 * n)}}},"prompt_tokens_details":{"cached_tokens":{{{64 + (4 * n)}}},"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":{{{10 + (2 * n)}}},"audio_tokens":0}}""";

    public static string ChatStream(int n, bool tellsUsage)
    {
        var head = $$"""{"id":"chatcmpl-{{n:d29}}","object":"chat.completion.chunk","created":1790000000,"model":"gpt-4o-mini-2024-07-18","service_tier":"default",""";
        var end = tellsUsage ? ",\"usage\":null}" : "}";
        var text = new StringBuilder();
        text.Append("data: ").Append(head).Append("""  "choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]""").Append(end).Append("\n\n");
        foreach (var word in (string[])["Grüße", " aus", " 東京", " 🙂"])
            text.Append("data: ").Append(head).Append(CultureInfo.InvariantCulture, $$"""  "choices":[{"index":0,"delta":{"content":"{{word}}"},"finish_reason":null}]""").Append(end).Append("\n\n");
        text.Append("data: ").Append(head).Append("""  "choices":[{"index":0,"delta":{},"finish_reason":"stop"}]""").Append(end).Append("\n\n");
        if (tellsUsage) text.Append("data: ").Append(head).Append(CultureInfo.InvariantCulture, $$"""  "choices":[],"usage":{{ChatUsage(n)}}}""").Append("\n\n");
        return text.Append("data: [DONE]\n\n").ToString();
    }

    private static string ResponseUsage(int n) =>
        $$$"""{"input_tokens":{{{100 + (13 * n)}}},"input_tokens_details":{"cached_tokens":{{{64 + (4 * n)}}}},"output_tokens":{{{30 + (5 * n)}}},"output_tokens_details":{"reasoning_tokens":{{{10 + (2 * n)}}}},"total_tokens":{{{130 + (18 * n)}}}}""";

    private static string Response(int n) =>
        $$$"""{"id":"resp_{{{n:d48}}}","object":"response","created_at":1790000000,"status":"completed","error":null,"incomplete_details":null,"instructions":null,"model":"gpt-4o-mini-2024-07-18","output":[{"type":"web_search_call","id":"ws_1","status":"completed"},{"type":"message","id":"msg_{{{n:d48}}}","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Hello","annotations":[]}]}],"parallel_tool_calls":true,"service_tier":"default","tool_choice":"auto","tools":[],"usage":{{{ResponseUsage(n)}}},"metadata":{}}""";

    private static string ResponseStream(int n) =>
        $"event: response.created\ndata: {{\"type\":\"response.created\",\"sequence_number\":0,\"response\":{Response(n).Replace("\"status\":\"completed\",\"error\"", "\"status\":\"in_progress\",\"error\"", StringComparison.Ordinal).Replace(ResponseUsage(n), "null", StringComparison.Ordinal)}}}\n\n"
        + "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"sequence_number\":1,\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,\"delta\":\"Hello\",\"logprobs\":[]}\n\n"
        + $"event: response.completed\ndata: {{\"type\":\"response.completed\",\"sequence_number\":2,\"response\":{Response(n)}}}\n\n";

    private static string Embedding(int n) =>
        $$$"""{"object":"list","data":[{"object":"embedding","index":0,"embedding":"AACAPwAAAAA="}],"model":"text-embedding-3-small","usage":{"prompt_tokens":{{{5 + n}}},"total_tokens":{{{5 + n}}}}}""";

    private static string MessageUsage(int n, int output) =>
        $$$"""{"input_tokens":{{{20 + (3 * n)}}},"cache_creation_input_tokens":{{{30 + (3 * n)}}},"cache_read_input_tokens":{{{100 + (10 * n)}}},"cache_creation":{"ephemeral_5m_input_tokens":{{{25 + (2 * n)}}},"ephemeral_1h_input_tokens":{{{5 + n}}}},"output_tokens":{{{output}}},"server_tool_use":{"web_search_requests":{{{1 + (n % 2)}}},"web_fetch_requests":0},"service_tier":"standard"}""";

    private static string Message(int n) =>
        $$$"""{"id":"msg_01{{{n:d22}}}","type":"message","role":"assistant","model":"claude-haiku-4-5-20251001","content":[{"type":"text","text":"Hello"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{{{MessageUsage(n, 40 + (4 * n))}}}}""";

    private static string MessageStream(int n) =>
        $"event: message_start\ndata: {{\"type\":\"message_start\",\"message\":{{\"id\":\"msg_01{n:d22}\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-haiku-4-5-20251001\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{MessageUsage(n, 1)}}}}}\n\n"
        + "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"
        + "event: ping\ndata: {\"type\":\"ping\"}\n\n"
        + "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hello\"}}\n\n"
        + "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
        + $"event: message_delta\ndata: {{\"type\":\"message_delta\",\"delta\":{{\"stop_reason\":\"end_turn\",\"stop_sequence\":null}},\"usage\":{MessageUsage(n, 40 + (4 * n))}}}\n\n"
        + "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
