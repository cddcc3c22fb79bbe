using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace FinOps.Gateway.Tests.Forwarding;

public sealed class PassThroughTests
{
    public const string Chat = """{ "model" : "gpt-4o-mini", "messages":[{"role":"user","content":"Grüße \u00fc 🙂"}] , "unknown_to_us": [1.0, 2e5, {"a":null}] }""";

    [Theory]
    [InlineData("/v1/chat/completions", Chat)]
    [InlineData("/openai/v1/chat/completions", Chat)]
    [InlineData("/openai/chat/completions", Chat)]
    [InlineData("/v1/responses", """{"model":"gpt-4o-mini","input":"hi","store":false}""")]
    [InlineData("/v1/embeddings", """{"model":"text-embedding-3-small","input":["a"],"encoding_format":"base64"}""")]
    [InlineData("/v1/messages", """{"model":"claude-haiku-4-5","max_tokens":64,"messages":[{"role":"user","content":"hi"}]}""")]
    [InlineData("/anthropic/v1/messages/count_tokens", """{"model":"claude-haiku-4-5","messages":[]}""")]
    [InlineData("/azure/openai/deployments/mini/chat/completions?api-version=2026-01-01", """{"messages":[{"role":"user","content":"hi"}]}""")]
    public async Task Body_OfAnyCall_ArrivesByteForByte_BothWays(string path, string body)
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor);

        var (response, answer) = await gateway.AskAsync(path, body, ("traceparent", "00-3103306040d944be3f42b49d45b80274-2fc693392efc20c7-01"));

        Assert.True(response.IsSuccessStatusCode, answer);
        var seen = Assert.Single(vendor.Received);
        Assert.Equal(body, seen.Text);
        Assert.EndsWith(path.Split('?')[0].Replace("/openai/v1/", "/v1/", StringComparison.Ordinal).Replace("/azure", "", StringComparison.Ordinal).Replace("/anthropic", "", StringComparison.Ordinal).Replace("/openai/chat", "/v1/chat", StringComparison.Ordinal), seen.Path.Split('?')[0]);
        Assert.Equal(path.Contains('?', StringComparison.Ordinal), seen.Path.Contains("?api-version=2026-01-01", StringComparison.Ordinal));
        Assert.Equal("00-3103306040d944be3f42b49d45b80274-2fc693392efc20c7-01", seen.Headers["traceparent"]);
        Assert.False(string.IsNullOrEmpty(answer));
        // The same answer, asked of the provider itself.
        vendor.First = async (http, _) =>
        {
            await VendorServer.AnswerAsync(http, 200, answer);
            return true;
        };
        var (_, again) = await gateway.AskAsync(path, body);
        Assert.Equal(answer, again);
    }

    [Fact]
    public async Task Keys_OfCallers_StayAtTheGateway_AndOursStayWithUs()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor);

        await gateway.AskAsync("/v1/chat/completions", Chat, ("x-finops-feature", "search"), ("Helicone-User-Id", "u1"), ("x-portkey-metadata", "{}"), ("x-litellm-tags", "team:a"), ("Cookie", "a=b"), ("OpenAI-Beta", "x"),
            ("Connection", "x-hop"), ("x-hop", "1"), ("X-Forwarded-For", "10.0.0.1"));
        await gateway.AskAsync("/v1/messages", """{"model":"claude-haiku-4-5","max_tokens":1,"messages":[]}""", ("x-api-key", gateway.Key), ("anthropic-version", "2023-06-01"));
        await gateway.AskAsync("/v1/messages", """{"model":"claude-haiku-4-5","max_tokens":1,"messages":[]}""", ("anthropic-version", "2026-10-21"));
        await gateway.AskAsync("/azure/openai/deployments/mini/chat/completions", """{"messages":[]}""");

        Assert.Equal(["Bearer " + RunningGateway.RealKey, null, "Bearer " + RunningGateway.RealKey, null], vendor.Received.Select(one => one.Headers.GetValueOrDefault("Authorization")));
        Assert.Equal([null, RunningGateway.RealKey, null, null], vendor.Received.Select(one => one.Headers.GetValueOrDefault("x-api-key")));
        Assert.Equal(RunningGateway.RealKey, vendor.Received[3].Headers["api-key"]);
        Assert.Equal(["2023-06-01", "2026-10-21"], vendor.Received.Skip(1).Take(2).Select(one => one.Headers["anthropic-version"]));
        Assert.Equal("x", vendor.Received[0].Headers["OpenAI-Beta"]);
        Assert.DoesNotContain(vendor.Received[0].Headers.Keys, name => name.StartsWith("x-finops", StringComparison.OrdinalIgnoreCase) || name.StartsWith("helicone", StringComparison.OrdinalIgnoreCase)
            || name.StartsWith("x-portkey", StringComparison.OrdinalIgnoreCase) || name.StartsWith("x-litellm", StringComparison.OrdinalIgnoreCase) || name is "Cookie" or "x-hop" or "X-Forwarded-For");
        Assert.DoesNotContain(vendor.Received, one => one.Headers.Values.Any(value => value.Contains(gateway.Key, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Answer_TellsItsCallAndItsCost()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor);
        // 120 input, 64 of them cached, 45 output: 56 × 0.15 + 64 × 0.075 + 45 × 0.6 USD for a million.
        vendor.First = async (http, _) =>
        {
            await VendorServer.AnswerAsync(http, 200, """{"id":"chatcmpl-1","model":"gpt-4o-mini-2024-07-18","choices":[],"usage":{"prompt_tokens":120,"completion_tokens":45,"prompt_tokens_details":{"cached_tokens":64}}}""");
            return true;
        };

        var (response, _) = await gateway.AskAsync("/v1/chat/completions", Chat);

        Assert.Equal("0.0000402", response.Headers.GetValues("x-finops-cost").Single());
        Assert.Matches("^[0-9a-f]{32}-[0-9a-f]{16}$", response.Headers.GetValues("x-finops-call-id").Single());
        Assert.Equal("none", response.Headers.GetValues("x-finops-cache").Single());
    }

    [Fact]
    public async Task Error_OfTheProvider_IsPassedOnAsItIs_WithRetryAfter()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor);

        var (response, body) = await gateway.AskAsync("/v1/chat/completions", """{"model":"rate-limited","messages":[]}""");
        var (overloaded, _) = await gateway.AskAsync("/v1/messages", """{"model":"overloaded","max_tokens":1,"messages":[]}""");

        Assert.Equal(429, (int)response.StatusCode);
        Assert.Equal("1", response.Headers.GetValues("Retry-After").Single());
        Assert.Contains("rate_limit_exceeded", body, StringComparison.Ordinal);
        Assert.Equal(529, (int)overloaded.StatusCode);
        Assert.Contains("outcome=\"rate_limit_exceeded\"} 1", await gateway.MetricsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Upload_IsPassedOnAsItComes_AndAnyPathOfAProviderIsReached()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor);
        vendor.First = async (http, request) =>
        {
            await VendorServer.AnswerAsync(http, 200, $$"""{"id":"file-1","bytes":{{request.Body.Length}}}""");
            return true;
        };
        using var upload = new HttpRequestMessage(HttpMethod.Post, "/v1/files") { Content = new MultipartFormDataContent { { new StringContent("batch"), "purpose" }, { new ByteArrayContent(new byte[3_000_000]), "file", "a.jsonl" } } };
        upload.Headers.Authorization = new AuthenticationHeaderValue("Bearer", gateway.Key);
        var length = (await upload.Content.ReadAsByteArrayAsync()).Length;

        var response = await gateway.Client.SendAsync(upload);

        Assert.Equal($$"""{"id":"file-1","bytes":{{length}}}""", await response.Content.ReadAsStringAsync());
        Assert.Equal("/v1/files", vendor.Received[0].Path);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public async Task Transcription_IsPricedByTheModelThatItsFormNames_WhateverStandsBeforeIt(int pieces)
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor, sink);
        vendor.First = async (http, _) =>
        {
            await VendorServer.AnswerAsync(http, 200, """{"text":"Hello","usage":{"type":"duration","seconds":120}}""");
            return true;
        };
        var sound = "RIFF--\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\ngpt-4o\r\n"u8.ToArray();
        using var form = new MultipartFormDataContent { { new ByteArrayContent(sound), "file", "model.wav" }, { new StringContent("en"), "language" }, { new StringContent("whisper-1"), "model" } };
        var bytes = await form.ReadAsByteArrayAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/audio/transcriptions") { Content = new StreamContent(new PieceStream(bytes, Math.Max(1, bytes.Length / pieces))) };
        request.Content.Headers.ContentType = form.Headers.ContentType;
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", gateway.Key);

        var response = await gateway.Client.SendAsync(request);

        Assert.Equal("0.012", response.Headers.GetValues("x-finops-cost").Single());
        Assert.Equal(bytes, vendor.Received[0].Body);
        var span = (await sink.WaitAsync(1))[0];
        Assert.Equal(("whisper-1", "120000"), (span["gen_ai.request.model"], span["finops.usage.audio_milliseconds"]));
    }

    /// <summary>What no policy could read would pass beside all of them.</summary>
    [Theory]
    [InlineData("text/plain", null)]
    [InlineData("application/json", "gzip")]
    public async Task Question_ThatIsNotSentAsPlainJson_IsRefused(string type, string? encoding)
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor);
        using var request = gateway.Post("/v1/chat/completions", """{"model":"gpt-4o-mini","messages":[]}""");
        request.Content!.Headers.ContentType = new MediaTypeHeaderValue(type);
        if (encoding is not null) request.Content.Headers.ContentEncoding.Add(encoding);

        var response = await gateway.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
        Assert.Contains("finops_not_plain_json", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(vendor.Received);
    }

    [Fact]
    public async Task Upload_WithAKeyForSomeModels_IsRefused()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor, change: file => file["keys"]![0]!["models"] = new System.Text.Json.Nodes.JsonArray("gpt-4o*"));
        using var upload = new HttpRequestMessage(HttpMethod.Post, "/v1/audio/transcriptions") { Content = new MultipartFormDataContent { { new StringContent("whisper-1"), "model" } } };
        upload.Headers.Authorization = new AuthenticationHeaderValue("Bearer", gateway.Key);

        Assert.Equal(HttpStatusCode.Forbidden, (await gateway.Client.SendAsync(upload)).StatusCode);
        Assert.Empty(vendor.Received);
    }

    [Fact]
    public async Task KillSwitch_StopsWhateverIsBilled_AndNoLookAtABatch()
    {
        await using var vendor = await VendorServer.StartAsync();
        var folder = TestFolders.New();
        await File.WriteAllTextAsync(Path.Combine(folder, "policies.json"), """{"schema":1,"policies":[{"id":"stop","name":"Stop","kind":"budget","match":{"all":true},"body":{"action":"block","kill":true}}]}""");
        await using var gateway = await RunningGateway.StartAsync(vendor, change: file => file["policies"] = "policies.json", folder: folder);
        using var upload = new HttpRequestMessage(HttpMethod.Post, "/v1/audio/transcriptions") { Content = new MultipartFormDataContent { { new StringContent("whisper-1"), "model" } } };
        upload.Headers.Authorization = new AuthenticationHeaderValue("Bearer", gateway.Key);

        Assert.Equal(HttpStatusCode.Forbidden, (await gateway.Client.SendAsync(upload)).StatusCode);
        foreach (var path in (string[])["/v1/images/generations", "/v1/completions", "/v1/chat/completions"])
            Assert.Equal(HttpStatusCode.Forbidden, (await gateway.AskAsync(path, """{"model":"gpt-image-1","prompt":"A cat"}""")).Response.StatusCode);
        Assert.Empty(vendor.Received);
        await gateway.AskAsync("/v1/messages/count_tokens", """{"model":"claude-haiku-4-5","messages":[]}""");
        await gateway.AskAsync("/v1/batches/batch_1/cancel", "{}");
        Assert.Equal(2, vendor.Received.Count);
    }

    /// <summary>Bytes that come in pieces.</summary>
    private sealed class PieceStream(byte[] bytes, int size) : MemoryStream(bytes)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            return await base.ReadAsync(buffer[..Math.Min(size, buffer.Length)], cancellationToken);
        }
    }

    [Fact]
    public async Task Prompt_OfTwentyMegabytes_Arrives_AndALongerOneThanAllowedIsRefused()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor);
        var prompt = new string('x', 20_000_000);

        var (response, _) = await gateway.AskAsync("/v1/chat/completions", $$"""{"model":"gpt-4o-mini","messages":[{"role":"user","content":"{{prompt}}"}]}""");
        var (refused, body) = await gateway.AskAsync("/v1/chat/completions", $$"""{"model":"gpt-4o-mini","messages":[{"role":"user","content":"{{prompt}}{{prompt}}"}]}""");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True(vendor.Received.Single().Body.Length > 20_000_000);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, refused.StatusCode);
        Assert.Contains("limits.max_request_megabytes", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bodies_ThatTakeTogetherMoreThanAllowed_AreToldToComeAgain()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor, change: file => file["limits"] = new JsonObject { ["max_body_memory_megabytes"] = 2 });
        var (come, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        vendor.First = async (_, _) =>
        {
            come.TrySetResult();
            await go.Task;
            return false;
        };
        var body = $$"""{"model":"gpt-4o-mini","messages":[{"role":"user","content":"{{new string('x', 900_000)}}"}]}""";

        var first = gateway.AskAsync("/v1/chat/completions", body);
        await come.Task.WaitAsync(TimeSpan.FromSeconds(20));
        var (full, why) = await gateway.AskAsync("/v1/chat/completions", body + new string(' ', 900_000));
        go.SetResult();

        Assert.Equal((503, 200), ((int)full.StatusCode, (int)(await first).Response.StatusCode));
        Assert.Contains("limits.max_body_memory_megabytes", why, StringComparison.Ordinal);
        await gateway.WaitIdleAsync();
        Assert.Equal(200, (int)(await gateway.AskAsync("/v1/chat/completions", body)).Response.StatusCode);
    }

    /// <summary>It is not the provider that is slow: its time does not pass meanwhile.</summary>
    [Fact]
    public async Task Caller_ThatDoesNotTakeItsAnswer_IsGivenUp()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor, sink, file =>
        {
            file["limits"] = new JsonObject { ["slow_caller_seconds"] = 3 };
            file["providers"]![0]!["idle_timeout_seconds"] = 1;
        });
        vendor.First = async (http, _) =>
        {
            http.Response.ContentType = "text/event-stream";
            var word = Encoding.UTF8.GetBytes($$$"""data: {"model":"gpt-4o-mini","choices":[{"index":0,"delta":{"content":"{{{new string('x', 1000)}}}"}}]}""" + "\n\n");
            while (!http.RequestAborted.IsCancellationRequested) await http.Response.Body.WriteAsync(word, http.RequestAborted);
            return true;
        };
        var address = new Uri(gateway.Address);
        // Little lies between the two.
        using var client = new TcpClient { ReceiveBufferSize = 4096 };
        await client.ConnectAsync(address.Host, address.Port);
        await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(
            $"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {gateway.Key}\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(Chat)}\r\n\r\n{Chat}"));

        for (var waited = 0; sink.Spans.Count == 0 && waited < 600; waited++) await Task.Delay(50);
        Assert.Equal("client_disconnected", (await sink.WaitAsync(1))[0]["error.type"]);
    }

    [Fact]
    public async Task Smuggling_IsRefused_BeforeAProviderSeesIt()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor);
        var address = new Uri(gateway.Address);
        foreach (var head in (string[])["Content-Length: 4\r\nTransfer-Encoding: chunked", "Content-Length: 4\r\nContent-Length: 8", "Transfer-Encoding: chunked, identity"])
        {
            using var client = new TcpClient();
            await client.ConnectAsync(address.Host, address.Port);
            var stream = client.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {gateway.Key}\r\nContent-Type: application/json\r\n{head}\r\n\r\n0\r\n\r\nGET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n"));
            var buffer = new byte[4096];
            var count = await stream.ReadAsync(buffer);
            Assert.Matches("^HTTP/1.1 4", Encoding.ASCII.GetString(buffer, 0, count));
        }

        Assert.DoesNotContain(vendor.Received, one => one.Method == "GET");
    }

    /// <summary>No client of HTTP writes so, and a provider would get it as POST.</summary>
    [Fact]
    public async Task MethodInSmallLetters_IsLookedAtAsWhatItBecomes()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor, change: file => file["keys"]![0]!["models"] = new JsonArray("gpt-4o-mini"));
        var address = new Uri(gateway.Address);
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port);
        var stream = client.GetStream();
        const string Dear = """{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}""";
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"post /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {gateway.Key}\r\nContent-Type: application/json\r\nContent-Length: {Dear.Length}\r\n\r\n{Dear}"));

        var buffer = new byte[4096];
        var count = await stream.ReadAsync(buffer);

        Assert.StartsWith("HTTP/1.1 403", Encoding.ASCII.GetString(buffer, 0, count), StringComparison.Ordinal);
        Assert.Empty(vendor.Received);
    }

    [Fact]
    public async Task AnswerInChunks_ThatTellsALengthToo_ComesToItsEnd()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor, change: file => file["providers"]![0]!["base_url"] = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/v1");
        var answering = AnswerAsync();

        var (response, body) = await gateway.AskAsync("/v1/chat/completions", """{"model":"gpt-4o-mini","messages":[]}""");

        Assert.Equal((HttpStatusCode.OK, """{"id":"chatcmpl-1"}"""), (response.StatusCode, body));
        await answering;

        async Task AnswerAsync()
        {
            using var client = await listener.AcceptTcpClientAsync();
            var stream = client.GetStream();
            _ = await stream.ReadAsync(new byte[4096]);
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n{\"id\":\r\n"u8.ToArray());
            await Task.Delay(100);
            await stream.WriteAsync("d\r\n\"chatcmpl-1\"}\r\n0\r\n\r\n"u8.ToArray());
        }
    }
}
