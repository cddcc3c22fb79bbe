using System.Text;

namespace FinOps.Gateway.Tests.Policies;

/// <summary>As long as a stream has said nothing, somebody else can answer.</summary>
public sealed class StreamFallbackTests
{
    private const string Policy = """{"id":"away","name":"Away","kind":"fallback","match":{"all":true},"body":{"on":["throttled","transient","timeout"],"retries":0,"chain":[{"model":"other"}]}}""";
    private const string Chat = """{"model":"gpt-4o-mini","stream":true,"messages":[{"role":"user","content":"hi"}]}""";
    private const string Begun = "data: {\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n";
    private const string Word = "data: {\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello\"},\"finish_reason\":null}]}\n\n";
    private const string Overloaded = "data: {\"error\":{\"message\":\"slow\",\"type\":\"server_error\",\"code\":\"rate_limit_exceeded\"}}\n\n";
    private const string WrongKind = "data: {\"error\":{\"message\":\"no\",\"type\":\"invalid_request_error\",\"code\":null}}\n\n";

    /// <summary>The first model says this, and then ends, breaks or stalls; the other one answers.</summary>
    private static void Says(VendorServer vendor, string events, string then, Task? heard = null) => vendor.First = async (http, request) =>
    {
        if (request.Text.Contains("\"other\"", StringComparison.Ordinal)) return false;
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers["x-of-the-first"] = "1";
        await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(events));
        await http.Response.Body.FlushAsync();
        if (heard is not null) await heard;
        if (then == "break") http.Abort();
        if (then == "stall") await Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        return true;
    };

    [Theory]
    [InlineData(Begun, "stall", "provider_timeout")]
    [InlineData(Begun, "break", "provider_unreachable")]
    [InlineData(Begun, "end", "stream_incomplete")]
    [InlineData(Begun + Overloaded, "end", "rate_limit_exceeded")]
    public async Task Stream_ThatFailsBeforeItSaysAnything_IsAnsweredByTheNext(string events, string then, string error)
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await PolicyTests.StartAsync(vendor, sink, Policy, file => file["providers"]![0]!["first_byte_timeout_seconds"] = 3);
        Says(vendor, events, then);

        var (response, stream) = await gateway.AskAsync("/v1/chat/completions", Chat);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.StartsWith(VendorServer.ChatStream(1, tellsUsage: false), stream, StringComparison.Ordinal);
        Assert.False(response.Headers.Contains("x-of-the-first"));
        var spans = await sink.WaitAsync(2);
        Assert.Equal([error, null], spans.Select(span => span.GetValueOrDefault("error.type")));
        Assert.Equal("away@1:treatment:fell_back", spans[1]["finops.policies"]);
    }

    [Fact]
    public async Task Stream_WhoseErrorIsTheCallersOwn_IsPassedOnAsItCame()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await PolicyTests.StartAsync(vendor, null, Policy);
        Says(vendor, Begun + WrongKind, "end");

        var (response, stream) = await gateway.AskAsync("/v1/chat/completions", Chat);

        Assert.StartsWith(Begun + WrongKind, stream, StringComparison.Ordinal);
        Assert.Equal(("1", "text/event-stream"), (response.Headers.GetValues("x-of-the-first").Single(), response.Content.Headers.ContentType!.MediaType));
        Assert.Single(vendor.Received);
    }

    /// <summary>Who has seen nothing of an answer that is held for its structure can have another one, however far it had come.</summary>
    [Fact]
    public async Task Stream_ThatIsHeld_AndBreaks_IsAnsweredByTheNext()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await PolicyTests.StartAsync(vendor, null, Policy.Replace("\"timeout\"", "\"invalid_output\"", StringComparison.Ordinal));
        Says(vendor, Begun + Word, "break");

        var (response, stream) = await gateway.AskAsync("/v1/chat/completions", Chat[..^1] + ""","response_format":{"type":"json_object"}}""");

        Assert.Equal((200, 2), ((int)response.StatusCode, vendor.Received.Count));
        Assert.StartsWith(VendorServer.ChatStream(1, tellsUsage: false), stream, StringComparison.Ordinal);
    }

    /// <summary>What has spoken is not begun again, but who breaks again and again is passed over.</summary>
    [Fact]
    public async Task Streams_ThatBreakWhenTheyHaveSpoken_OpenTheBreaker()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await PolicyTests.StartAsync(vendor, null, Policy);
        for (var i = 0; i < 5; i++)
        {
            var heard = new TaskCompletionSource();
            Says(vendor, Begun + Word, "break", heard.Task);
            using var response = await gateway.Client.SendAsync(gateway.Post("/v1/chat/completions", Chat), HttpCompletionOption.ResponseHeadersRead);
            heard.SetResult();
            await Assert.ThrowsAnyAsync<Exception>(() => response.Content.ReadAsStringAsync());
            await gateway.WaitIdleAsync();
        }

        Assert.Equal(5, vendor.Received.Count);
        var (other, _) = await gateway.AskAsync("/v1/chat/completions", Chat);
        Assert.Equal(200, (int)other.StatusCode);
        Assert.Contains("\"other\"", vendor.Received[^1].Text, StringComparison.Ordinal);
        Assert.Contains("finops_gateway_breakers_opened_total{provider=\"openai\"} 1", await gateway.MetricsAsync(), StringComparison.Ordinal);
    }
}
