using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using FinOps.Ingest.Health;
using FinOps.Ingest.Otlp.Bodies;
using FinOps.Ingest.Pipeline;
using FinOps.Ingest.Tests.Otlp.Protos;
using Google.Protobuf;

namespace FinOps.Ingest.Tests.Otlp;

public sealed class OtlpHttpTests
{
    private const string Protobuf = "application/x-protobuf";
    private const string Json = "application/json";

    [Theory]
    [InlineData("vercel-ai-sdk-7/01-http-traces.bin.gz", Protobuf, "http_protobuf")]
    [InlineData("vercel-ai-sdk-7/02-http-traces.json.gz", Json, "http_json")]
    [InlineData("openinference/01-http-traces.bin", Protobuf, "http_protobuf")]
    [InlineData("openlit/02-http-traces.json", Json, "http_json")]
    public async Task Post_CapturedTraces_AreAcceptedCountedAndAnsweredInKind(string capture, string contentType, string transport)
    {
        await using var door = await FrontDoor.OpenAsync();
        using var response = await PostAsync(door.Http, "/v1/traces", Capture.ReadRaw(capture), contentType, gzip: capture.EndsWith(".gz", StringComparison.Ordinal));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(contentType, response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(contentType == Json ? "{}" : "", await response.Content.ReadAsStringAsync());
        Assert.NotEmpty(door.Responses);
        var accepted = await door.EventAsync("accepted");
        Assert.Equal((door.Tenant, transport, "traces", 1), (accepted.Tenant, accepted.Transport, accepted.Signal, accepted.Requests));
        Assert.True(accepted.Items > 0 && accepted.Bytes > 0);
        Assert.Equal(0, door.BufferedBytes);
    }

    [Theory]
    [InlineData("/v1/logs", "openlit/01-http-logs.json")]
    [InlineData("/v1/metrics", "openlit/15-http-metrics.json")]
    [InlineData("/api/public/otel/v1/traces", "openlit/02-http-traces.json")]
    public async Task Post_EverySignalAndPrefixOnEitherPort_IsAccepted(string path, string capture)
    {
        await using var door = await FrontDoor.OpenAsync();
        foreach (var client in new[] { door.Main, door.Http })
        {
            using var response = await PostAsync(client, path, Capture.Read(capture), Json);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }

    [Theory]
    [InlineData("Bearer", FrontDoor.Key, HttpStatusCode.OK, "accepted")]
    [InlineData("bearer", FrontDoor.Key, HttpStatusCode.OK, "accepted")]
    [InlineData("x-api-key", FrontDoor.Key, HttpStatusCode.OK, "accepted")]
    [InlineData("Basic", "anyone:" + FrontDoor.Key, HttpStatusCode.OK, "accepted")]
    [InlineData("Basic", FrontDoor.Key + ":", HttpStatusCode.OK, "accepted")]
    [InlineData("Basic", "no colon", HttpStatusCode.Unauthorized, "unknown_key")]
    [InlineData("Digest", "whatever", HttpStatusCode.Unauthorized, "unknown_key")]
    [InlineData("", "", HttpStatusCode.Unauthorized, "missing_key")]
    [InlineData("Bearer", "short", HttpStatusCode.Unauthorized, "unknown_key")]
    [InlineData("Bearer", "nobody-knows-this-key-0123456789", HttpStatusCode.Unauthorized, "unknown_key")]
    [InlineData("Bearer", FrontDoor.RevokedKey, HttpStatusCode.Unauthorized, "revoked_key")]
    [InlineData("Bearer", FrontDoor.ExpiredKey, HttpStatusCode.Unauthorized, "expired_key")]
    [InlineData("Bearer", FrontDoor.ApiKey, HttpStatusCode.Forbidden, "wrong_key_kind")]
    public async Task Post_WithKey_IsAnsweredAndCountedByItsState(string scheme, string value, HttpStatusCode expected, string reason)
    {
        await using var door = await FrontDoor.OpenAsync();
        using var request = Request("/v1/traces", Capture.Read("openlit/02-http-traces.json"), Json);
        request.Headers.Authorization = null;
        if (scheme == "x-api-key") request.Headers.Add(scheme, value);
        else if (scheme == "Basic") request.Headers.Authorization = new AuthenticationHeaderValue(scheme, Convert.ToBase64String(Encoding.UTF8.GetBytes(value)));
        else if (scheme.Length > 0) request.Headers.Authorization = new AuthenticationHeaderValue(scheme, value);
        using var response = await door.Http.SendAsync(request);

        Assert.Equal(expected, response.StatusCode);
        var counted = await door.EventAsync(reason);
        Assert.Equal(reason is "unknown_key" or "missing_key" ? default : door.Tenant, counted.Tenant);
        if (expected == HttpStatusCode.OK) return;
        var status = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        Assert.Equal(expected == HttpStatusCode.Forbidden ? 7 : 16, (int)status["code"]!);
        Assert.NotEmpty((string)status["message"]!);
        Assert.Empty(door.Responses);
    }

    [Theory]
    [InlineData("{\"resourceSpans\":", Json, false, HttpStatusCode.BadRequest, "malformed")]
    [InlineData("\u000a\u00ff", Protobuf, false, HttpStatusCode.BadRequest, "malformed")]
    [InlineData("not gzip at all", Protobuf, true, HttpStatusCode.BadRequest, "gzip_invalid")]
    [InlineData("{}", "text/plain", false, HttpStatusCode.UnsupportedMediaType, "unsupported_media_type")]
    public async Task Post_BadBody_IsRefusedForGood(string body, string contentType, bool gzip, HttpStatusCode expected, string reason)
    {
        await using var door = await FrontDoor.OpenAsync();
        using var response = await PostAsync(door.Http, "/v1/traces", Encoding.Latin1.GetBytes(body), contentType, gzip);

        Assert.Equal(expected, response.StatusCode);
        Assert.Null(response.Headers.RetryAfter);
        Assert.Equal(1, (await door.EventAsync(reason)).Requests);
        if (contentType == Protobuf) Assert.Equal(3, Protos.Rpc.Status.Parser.ParseFrom(await response.Content.ReadAsByteArrayAsync()).Code);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(700)]
    public async Task Post_TruncatedGzip_Is400AndStoresNothing(int missing)
    {
        await using var door = await FrontDoor.OpenAsync();
        var whole = Capture.ReadRaw("vercel-ai-sdk-7/01-http-traces.bin.gz");
        using var response = await PostAsync(door.Http, "/v1/traces", whole[..^missing], Protobuf, gzip: true);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        await door.EventAsync("gzip_truncated");
        Assert.Equal(0, door.Batches);
    }

    [Fact]
    public async Task Post_OverTheLimits_Is413WithAndWithoutLength()
    {
        await using var door = await FrontDoor.OpenAsync(("FinOps:Ingest:MaxBodyBytes", "100000"));
        using var bomb = await PostAsync(door.Http, "/v1/traces", Capture.Zip(new byte[10_000_000]), Protobuf, gzip: true);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, bomb.StatusCode);
        await door.EventAsync("gzip_bomb");

        using var large = await PostAsync(door.Http, "/v1/traces", new byte[200_000], Protobuf);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
        using var chunkedRequest = Request("/v1/traces", new byte[200_000], Protobuf);
        chunkedRequest.Headers.TransferEncodingChunked = true;
        using var chunked = await door.Http.SendAsync(chunkedRequest);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, chunked.StatusCode);
        await door.EventAsync("too_large");
        Assert.Equal(0, door.BufferedBytes);
    }

    [Fact]
    public async Task Post_ChunkedOverThirtyMegabytes_IsAccepted()
    {
        await using var door = await FrontDoor.OpenAsync();
        var padding = new ExportTraceServiceRequest { ResourceSpans = { new ResourceSpans { SchemaUrl = new string('x', 40_000_000) } } };
        using var request = Request("/v1/traces", padding.ToByteArray(), Protobuf);
        request.Headers.TransferEncodingChunked = true;
        using var response = await door.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData(Json)]
    [InlineData(Protobuf)]
    public async Task Post_SomeItemsRefused_IsAPartialSuccess(string contentType)
    {
        await using var door = await FrontDoor.OpenAsync();
        var json = JsonNode.Parse(Capture.Read("openlit/02-http-traces.json"))!;
        var spans = json["resourceSpans"]![0]!["scopeSpans"]![0]!["spans"]!.AsArray();
        var bad = spans[0]!.DeepClone();
        bad["traceId"] = "";
        spans.Add(bad);
        var body = contentType == Json ? Encoding.UTF8.GetBytes(json.ToJsonString())
            : Transcoding.Of(IngestSignal.Traces, json.ToJsonString()).Protobuf;
        using var response = await PostAsync(door.Http, "/v1/traces", body, contentType);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var answer = await response.Content.ReadAsByteArrayAsync();
        var partial = contentType == Json
            ? JsonParser.Default.Parse<ExportTraceServiceResponse>(Encoding.UTF8.GetString(answer))
            : ExportTraceServiceResponse.Parser.ParseFrom(answer);
        Assert.Equal(1, partial.PartialSuccess.RejectedSpans);
        Assert.Contains("missing_ids", partial.PartialSuccess.ErrorMessage, StringComparison.Ordinal);
        Assert.NotEmpty(door.Responses);
        Assert.Equal(1, (await door.EventAsync("missing_ids")).Items);
    }

    [Theory]
    [InlineData(Json, "{}")]
    [InlineData(Protobuf, "")]
    public async Task Post_EmptyRequest_Succeeds(string contentType, string body)
    {
        await using var door = await FrontDoor.OpenAsync();
        using var response = await PostAsync(door.Http, "/v1/traces", Encoding.UTF8.GetBytes(body), contentType);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await door.EventAsync("empty");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Post_NothingCanBeStored_IsRetryable(bool full)
    {
        await using var door = await FrontDoor.OpenAsync(("FinOps:Ingest:RetryAfterSeconds", "7"));
        door.Outcome = full ? WriteOutcome.Full : null;
        using var response = await PostAsync(door.Http, "/v1/traces", Capture.Read("openlit/02-http-traces.json"), Json);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(7), response.Headers.RetryAfter?.Delta);
        Assert.True((await door.EventAsync(full ? "spool_full" : "store_failed")).Items > 0);
        Assert.DoesNotContain(door.Events, row => row.Reason == "accepted");
    }

    [Fact]
    public async Task Post_MoreAtOnceThanAllowed_IsRetryable()
    {
        await using var door = await FrontDoor.OpenAsync(("FinOps:Ingest:MaxConcurrentRequests", "1"));
        var gate = new TaskCompletionSource();
        door.WriteGate = gate.Task;
        var body = Capture.Read("openlit/02-http-traces.json");
        var first = PostAsync(door.Http, "/v1/traces", body, Json);
        HttpResponseMessage? second = null;
        // The one place is the first request's before the second comes.
        for (var attempt = 0; attempt < 500 && door.BufferedBytes == 0; attempt++) await Task.Delay(10);
        for (var attempt = 0; attempt < 100 && second?.StatusCode != HttpStatusCode.ServiceUnavailable; attempt++)
        {
            second = await PostAsync(door.Http, "/v1/traces", "{"u8.ToArray(), Json);
        }

        Assert.Equal(HttpStatusCode.ServiceUnavailable, second?.StatusCode);
        await door.EventAsync("busy");
        gate.SetResult();
        using var answer = await first;
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        second?.Dispose();
    }

    [Fact]
    public async Task Post_BodyThatNeverEnds_IsRefusedInTime()
    {
        await using var door = await FrontDoor.OpenAsync(("FinOps:Ingest:BodyTimeoutSeconds", "1"));
        using var socket = new System.Net.Sockets.TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, door.Http.BaseAddress!.Port);
        var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: {Json}\r\nx-api-key: {FrontDoor.Key}\r\nContent-Length: 1000\r\n\r\n{{"));
        using var reader = new StreamReader(stream);
        Assert.Contains("503", await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(10)), StringComparison.Ordinal);
        await door.EventAsync("body_timeout");
    }

    [Fact]
    public async Task Post_KeyStoreAway_KnownKeysGoOnAndUnknownOnesMayComeBack()
    {
        await using var door = await FrontDoor.OpenAsync(("FinOps:Ingest:Keys:MaxAgeSeconds", "0"));
        var body = Capture.Read("openlit/02-http-traces.json");
        using (var known = await PostAsync(door.Http, "/v1/traces", body, Json)) Assert.Equal(HttpStatusCode.OK, known.StatusCode);
        door.KeysAway = true;
        using (var known = await PostAsync(door.Http, "/v1/traces", body, Json)) Assert.Equal(HttpStatusCode.OK, known.StatusCode);
        using var request = Request("/v1/traces", body, Json);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", FrontDoor.RevokedKey);
        using var unknown = await door.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, unknown.StatusCode);
        Assert.NotNull(unknown.Headers.RetryAfter);
        await door.EventAsync("key_store_away");
    }

    [Fact]
    public async Task Connection_AnyPort_ReceivesInLargeBlocks()
    {
        await using var door = await FrontDoor.OpenAsync();

        await door.Main.GetStringAsync("/somewhere");

        Assert.Equal(ReceiveBlocks.BlockBytes, door.BlockBytes);
    }

    [Fact]
    public async Task Get_OtherAddresses_ReachPagesOnTheMainPortOnly()
    {
        await using var door = await FrontDoor.OpenAsync();
        Assert.Equal("page", await door.Main.GetStringAsync("/"));
        Assert.Equal("page", await door.Http.GetStringAsync("/healthz"));
        using var other = await door.Http.GetAsync("/");
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
        using var get = await door.Http.GetAsync("/v1/traces");
        Assert.Equal(HttpStatusCode.MethodNotAllowed, get.StatusCode);
    }

    [Fact]
    public async Task Start_LimitThatCannotBe_NamesItsKey()
    {
        var failure = await Assert.ThrowsAsync<Microsoft.Extensions.Options.OptionsValidationException>(() => FrontDoor.OpenAsync(("FinOps:Ingest:MaxBodyBytes", "5")));
        Assert.Contains("FinOps__Ingest__MaxBodyBytes", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_MutatedCaptures_AreNeverAFaultOfOurs()
    {
        await using var door = await FrontDoor.OpenAsync();
        var random = new Random(20_261_122);
        (byte[] Body, string Type)[] bodies =
            [(Capture.Read("openinference/01-http-traces.bin"), Protobuf), (Capture.Read("vercel-ai-sdk-7/02-http-traces.json.gz"), Json)];
        for (var round = 0; round < 2_000; round++)
        {
            var (body, type) = bodies[round % 2];
            body = [.. body];
            for (var change = random.Next(1, 6); change > 0; change--) body[random.Next(body.Length)] = (byte)random.Next(256);
            if (round % 7 == 0) body = body[..random.Next(body.Length)];
            using var response = await PostAsync(door.Http, "/v1/traces", body, type);
            Assert.True(response.StatusCode is HttpStatusCode.OK or HttpStatusCode.BadRequest, $"Round {round}: {response.StatusCode}");
        }
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient client, string path, byte[] body, string contentType, bool gzip = false)
    {
        using var request = Request(path, body, contentType);
        if (gzip) request.Content!.Headers.ContentEncoding.Add("gzip");
        return await client.SendAsync(request);
    }

    private static HttpRequestMessage Request(string path, byte[] body, string contentType)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", FrontDoor.Key);
        return request;
    }
}
