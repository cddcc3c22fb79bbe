using System.Text;
using System.Text.Json.Nodes;
using FinOps.Gateway.Forwarding;
using FinOps.Gateway.Metering;
using FinOps.Gateway.Reporting;
using System.Buffers;

namespace FinOps.Gateway.Tests.Forwarding;

public sealed class StreamTests
{
    private const string Chat = """{"model":"gpt-4o-mini","stream":true,"messages":[{"role":"user","content":"hi"}]}""";

    private static string WithoutCost(string stream) => string.Concat(stream.Split("\n\n").Where(one => !one.StartsWith(": x-finops-cost", StringComparison.Ordinal) && one.Length != 0).Select(one => one + "\n\n"));

    [Fact]
    public async Task Usage_ThatTheClientDidNotAskFor_IsAskedForAndHidden()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor, sink);

        var (_, stream) = await gateway.AskAsync("/v1/chat/completions", Chat);

        Assert.Equal(Chat[..^1] + ",\"stream_options\":{\"include_usage\":true}}", vendor.Received.Single().Text);
        // What the client would have got without a gateway, and the cost as a comment.
        Assert.Equal(VendorServer.ChatStream(1, tellsUsage: false), WithoutCost(stream));
        Assert.Matches(": x-finops-cost: 0\\.0000[0-9]+\n\n$", stream);
        var span = (await sink.WaitAsync(1))[0];
        Assert.Equal(("113", "35", "68", "12"), (span["gen_ai.usage.input_tokens"], span["gen_ai.usage.output_tokens"], span["gen_ai.usage.cache_read.input_tokens"], span["gen_ai.usage.reasoning.output_tokens"]));
        Assert.Equal("stop", span["gen_ai.response.finish_reasons"]);
    }

    [Theory]
    [InlineData("""{"stream_options":{"include_usage":true},"stream":true,"model":"m","messages":[]}""", """{"stream_options":{"include_usage":true},"stream":true,"model":"m","messages":[]}""", true)]
    [InlineData("""{"stream_options":{"include_usage":false},"stream":true,"model":"m","messages":[]}""", """{"stream_options":{"include_usage":true},"stream":true,"model":"m","messages":[]}""", false)]
    [InlineData("""{"stream_options":{"include_usage":{"x":[1]}},"stream":true,"model":"m","messages":[]}""", """{"stream_options":{"include_usage":true},"stream":true,"model":"m","messages":[]}""", false)]
    [InlineData("""{"stream_options":{ },"stream":true,"model":"m","messages":[]}""", """{"stream_options":{"include_usage":true },"stream":true,"model":"m","messages":[]}""", false)]
    [InlineData("""{"stream_options":{"include_obfuscation":false},"stream":true,"model":"m","messages":[]}""", """{"stream_options":{"include_usage":true,"include_obfuscation":false},"stream":true,"model":"m","messages":[]}""", false)]
    [InlineData("""{"model":"m","stream":true,"messages":[] }""", """{"model":"m","stream":true,"messages":[] ,"stream_options":{"include_usage":true}}""", false)]
    public async Task Options_ThatTheClientSent_StandBesideOurs(string sent, string arrived, bool told)
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor);

        var (_, stream) = await gateway.AskAsync("/v1/chat/completions", sent);

        Assert.Equal(arrived, vendor.Received.Single().Text);
        Assert.Equal(VendorServer.ChatStream(1, told), WithoutCost(stream));
    }

    /// <summary>The older completions tell their usage in the same way as chat.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Usage_OfOlderCompletions_IsAskedForAndHidden(bool asks)
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor, sink);
        const string Told = """data: {"id":"cmpl-1","object":"text_completion","model":"gpt-3.5-turbo-instruct","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12}}""" + "\n\n";
        const string Text = """data: {"id":"cmpl-1","object":"text_completion","model":"gpt-3.5-turbo-instruct","choices":[{"text":"Hello","index":0,"logprobs":null,"finish_reason":"stop"}]""";
        vendor.First = async (http, request) =>
        {
            var tells = request.Text.Contains("\"include_usage\":true", StringComparison.Ordinal);
            await VendorServer.StreamAsync(http, Text + (tells ? ",\"usage\":null}\n\n" + Told : "}\n\n") + "data: [DONE]\n\n");
            return true;
        };
        var body = """{"model":"gpt-3.5-turbo-instruct","stream":true,"prompt":"hi"}""";

        var (_, stream) = await gateway.AskAsync("/v1/completions", asks ? body[..^1] + ",\"stream_options\":{\"include_usage\":true}}" : body);

        Assert.Equal(asks ? Text + ",\"usage\":null}\n\n" + Told + "data: [DONE]\n\n" : Text + "}\n\ndata: [DONE]\n\n", WithoutCost(stream));
        var span = (await sink.WaitAsync(1))[0];
        Assert.Equal(("text_completion", "5", "7", null), (span["gen_ai.operation.name"], span["gen_ai.usage.input_tokens"], span["gen_ai.usage.output_tokens"], span.GetValueOrDefault("finops.usage.estimated")));
    }

    [Fact]
    public async Task Streams_OfOtherProtocols_ArriveByteForByte_AndAreCounted()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor, sink);

        var (_, message) = await gateway.AskAsync("/v1/messages", """{"model":"claude-haiku-4-5","max_tokens":64,"stream":true,"messages":[]}""");
        var (_, response) = await gateway.AskAsync("/v1/responses", """{"model":"gpt-4o-mini","input":"hi","stream":true}""");

        Assert.EndsWith("data: {\"type\":\"message_stop\"}\n\n", WithoutCost(message), StringComparison.Ordinal);
        Assert.Contains("event: ping\ndata: {\"type\":\"ping\"}\n\n", message, StringComparison.Ordinal);
        Assert.StartsWith("event: response.created\n", response, StringComparison.Ordinal);
        var spans = await sink.WaitAsync(2);
        // Fresh 23, read 110, written 33 of which 6 for an hour; the output told last stands.
        Assert.Equal(("166", "44", "110", "33", "6", "2"), (spans[0]["gen_ai.usage.input_tokens"], spans[0]["gen_ai.usage.output_tokens"], spans[0]["gen_ai.usage.cache_read.input_tokens"],
            spans[0]["gen_ai.usage.cache_write.input_tokens"], spans[0]["gen_ai.usage.cache_creation.ephemeral_1h_input_tokens"], spans[0]["finops.usage.web_searches"]));
        Assert.Equal(("126", "40", "1", "stop"), (spans[1]["gen_ai.usage.input_tokens"], spans[1]["gen_ai.usage.output_tokens"], spans[1]["finops.usage.web_searches"], spans[1]["gen_ai.response.finish_reasons"]));
    }

    [Fact]
    public async Task Client_ThatLeaves_EndsTheCallUpstream_AndWhatCameIsCounted()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor, sink);
        var ended = new TaskCompletionSource();
        vendor.First = async (http, _) =>
        {
            http.Response.ContentType = "text/event-stream";
            await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes("data: {\"id\":\"chatcmpl-9\",\"model\":\"gpt-4o-mini-2024-07-18\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + new string('y', 400) + "\"}}],\"usage\":null}\n\n"));
            await http.Response.Body.FlushAsync();
            await using var gone = http.RequestAborted.Register(ended.SetResult);
            await ended.Task.WaitAsync(TimeSpan.FromSeconds(20));
            return true;
        };

        using (var leaving = new CancellationTokenSource())
        {
            using var response = await gateway.Client.SendAsync(gateway.Post("/v1/chat/completions", Chat), HttpCompletionOption.ResponseHeadersRead, leaving.Token);
            await using var stream = await response.Content.ReadAsStreamAsync(leaving.Token);
            Assert.True(await stream.ReadAsync(new byte[100], leaving.Token) > 0);
            await leaving.CancelAsync();
        }

        await ended.Task.WaitAsync(TimeSpan.FromSeconds(20));
        var span = (await sink.WaitAsync(1))[0];
        Assert.Equal(("client_disconnected", "true", "100", "chatcmpl-9"), (span["error.type"], span["finops.usage.estimated"], span["gen_ai.usage.output_tokens"], span["gen_ai.response.id"]));
    }

    [Theory]
    [InlineData("data: {\"id\":\"c\",\"model\":\"gpt-4o-mini\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"12345678\"}}]}\n\n", "stream_incomplete", "2", "true")]
    [InlineData("data: {\"id\":\"c\",\"model\":\"gpt-4o-mini\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"12345678\"}}]}\n\ndata: [DONE]\n\n", null, "2", "true")]
    [InlineData("data: {broken\n\n: comment\n\nid: 7\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1}}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":7}}\n\ndata: [DONE]\n\n", null, "7", null)]
    [InlineData("data: {\"error\":{\"message\":\"Overloaded\",\"type\":\"server_error\",\"code\":\"server_is_overloaded\"}}\n\ndata: [DONE]\n\n", "server_is_overloaded", "0", "true")]
    public async Task Stream_ThatIsBroken_IsPassedOn_AndSaidToBe(string events, string? error, string output, string? estimated)
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor, sink);
        vendor.First = async (http, _) =>
        {
            await VendorServer.StreamAsync(http, events);
            return true;
        };

        var (_, stream) = await gateway.AskAsync("/v1/responses", """{"model":"gpt-4o-mini","input":"hi","stream":true}""");

        Assert.Equal(events, WithoutCost(stream));
        var span = (await sink.WaitAsync(1))[0];
        Assert.Equal((error, output, estimated), (span.GetValueOrDefault("error.type"), span["gen_ai.usage.output_tokens"], span.GetValueOrDefault("finops.usage.estimated")));
    }

    /// <summary>Cut anywhere, in the middle of a letter of three bytes too, it comes out the same.</summary>
    [Fact]
    public void Stream_CutAtAnyByte_ComesOutTheSame()
    {
        var bytes = Encoding.UTF8.GetBytes(VendorServer.ChatStream(3, tellsUsage: true));
        var expected = VendorServer.ChatStream(3, tellsUsage: false);
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            var (text, facts, complete) = Read(bytes[..cut], bytes[cut..]);
            Assert.Equal(expected, text);
            Assert.True(complete);
            Assert.Equal((139, 45, 76, 16), (facts.Usage.Input, facts.Usage.Output, facts.Usage.CacheRead, facts.Usage.Reasoning));
        }

        var (one, _, _) = Read([.. bytes.Select(letter => new[] { letter })]);
        Assert.Equal(expected, one);
        var (crlf, crlfFacts, _) = Read(Encoding.UTF8.GetBytes(VendorServer.ChatStream(3, tellsUsage: true).Replace("\n", "\r\n", StringComparison.Ordinal)));
        Assert.Equal(expected.Replace("\n", "\r\n", StringComparison.Ordinal), crlf);
        Assert.Equal(139, crlfFacts.Usage.Input);
    }

    private static (string Text, AnswerFacts Facts, bool Complete) Read(params byte[][] pieces)
    {
        using var reading = new StreamReading(1 << 20, hidesUsage: true, new GatewayCounters());
        var facts = new AnswerFacts();
        var to = new ArrayBufferWriter<byte>();
        foreach (var piece in pieces) reading.Take(piece, ref facts, to);
        reading.End(ref facts, to);
        return (Encoding.UTF8.GetString(to.WrittenSpan), facts, reading.IsComplete);
    }

    [Fact]
    public async Task Event_LongerThanAllowed_IsPassedOnUnread_AndCounted()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor, change: file => file["limits"] = new JsonObject { ["max_event_megabytes"] = 1 });
        var events = "data: {\"choices\":[{\"delta\":{\"content\":\"" + new string('z', 3_000_000) + "\"}}],\"usage\":null}\n\ndata: [DONE]\n\n";
        vendor.First = async (http, _) =>
        {
            await VendorServer.StreamAsync(http, events);
            return true;
        };

        var (_, stream) = await gateway.AskAsync("/v1/chat/completions", Chat);

        Assert.Equal(events, WithoutCost(stream));
        Assert.Contains("finops_gateway_unread_total{reason=\"long_event\"} 1", await gateway.MetricsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silence_LongerThanAllowed_EndsTheCall()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor, sink, file =>
        {
            file["providers"]![0]!["first_byte_timeout_seconds"] = 1;
            file["providers"]![1]!["idle_timeout_seconds"] = 1;
        });
        vendor.First = async (http, request) =>
        {
            if (request.Path.EndsWith("messages", StringComparison.Ordinal))
            {
                http.Response.ContentType = "text/event-stream";
                await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes("event: ping\ndata: {\"type\":\"ping\"}\n\n"));
                await http.Response.Body.FlushAsync();
            }

            await Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };

        var (late, body) = await gateway.AskAsync("/v1/chat/completions", Chat);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => gateway.AskAsync("/v1/messages", """{"model":"claude-haiku-4-5","max_tokens":64,"stream":true,"messages":[]}"""));

        Assert.Equal(504, (int)late.StatusCode);
        Assert.Contains("did not answer within 1 s", body, StringComparison.Ordinal);
        var spans = await sink.WaitAsync(2);
        Assert.Equal(["provider_timeout", "provider_timeout"], spans.Select(span => span["error.type"]));
    }
}
