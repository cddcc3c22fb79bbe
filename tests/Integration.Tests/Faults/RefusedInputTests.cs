using System.Net;
using System.Text;
using FinOps.Domain.Tenancy;
using FinOps.Ingest.Tests.Otlp.Protos;
using FinOps.Integration.Tests.Captures;
using FinOps.Integration.Tests.Wire;
using FinOps.Testing;
using Google.Protobuf;

namespace FinOps.Integration.Tests.Faults;

/// <summary>What is wrong with a request is answered as documented, counted by its reason, and harms nobody else.</summary>
public sealed class RefusedInputTests(Installation installation)
{
    private const string Traces = "/v1/traces";
    private const string Json = "application/json";
    private const int OverTheLimit = (64 << 20) + 1;
    private static readonly Tokens Usage = new(100, 10);

    /// <summary>Counters are written every few seconds.</summary>
    private static readonly TimeSpan Counted = TimeSpan.FromSeconds(15);

    [Theory]
    [InlineData("malformed protobuf", HttpStatusCode.BadRequest, "malformed")]
    [InlineData("malformed JSON", HttpStatusCode.BadRequest, "malformed")]
    [InlineData("truncated gzip", HttpStatusCode.BadRequest, "gzip_truncated")]
    [InlineData("gzip bomb", HttpStatusCode.RequestEntityTooLarge, "gzip_bomb")]
    [InlineData("large body", HttpStatusCode.RequestEntityTooLarge, "too_large")]
    [InlineData("text", HttpStatusCode.UnsupportedMediaType, "unsupported_media_type")]
    [InlineData("brotli", HttpStatusCode.UnsupportedMediaType, "unsupported_encoding")]
    public async Task Request_ThatCannotBeRead_IsRefusedAndCounted(string what, HttpStatusCode status, string reason)
    {
        await using var sent = await Sent.NewAsync(installation);
        var good = SpanInPlace.Together([new TraceBuilder().Call(Usage)]).ToByteArray();

        var answer = what switch
        {
            "malformed protobuf" => await sent.Sender.HttpAsync(Traces, [.. good, 0x0A, 0x7F]),
            "malformed JSON" => await sent.Sender.HttpAsync(Traces, Encoding.UTF8.GetBytes("""{"resourceSpans": [{"""), Json),
            "truncated gzip" => await sent.Sender.HttpAsync(Traces, CapturedBody.Gzip(good)[..^9], contentEncoding: "gzip"),
            "gzip bomb" => await sent.Sender.HttpAsync(Traces, CapturedBody.Gzip(new byte[OverTheLimit]), contentEncoding: "gzip"),
            "large body" => await sent.Sender.HttpAsync(Traces, new byte[OverTheLimit]),
            "text" => await sent.Sender.HttpAsync(Traces, good, "text/plain"),
            _ => await sent.Sender.HttpAsync(Traces, good, contentEncoding: "br"),
        };

        Assert.Equal(status, answer.Http);
        await SpendApi.BecomesAsync(() => installation.Server.RequestsAsync(sent.Tenant.Id, reason), 1, Counted);
        Assert.Equal(Spend.None, await sent.Api.TotalAsync());
    }

    [Fact]
    public async Task GrpcRequest_ThatCannotBeRead_IsInvalidArgument()
    {
        await using var sent = await Sent.NewAsync(installation);

        var answer = await sent.Sender.GrpcAsync("/opentelemetry.proto.collector.trace.v1.TraceService/Export", OtlpSender.Frame([0x0A, 0x7F]));

        Assert.Equal((HttpStatusCode.OK, 3), (answer.Http, answer.Grpc));
    }

    [Fact]
    public async Task Key_UnknownRevokedOrForReading_IsRefused()
    {
        await using var sent = await Sent.NewAsync(installation);
        var server = installation.Server;
        var body = SpanInPlace.Together([new TraceBuilder().Call(Usage)]);
        var revoked = await server.Tenants.NewKeyAsync(sent.Tenant.Id, sent.Tenant.Project, KeyKind.Ingest);
        Assert.True(await server.Tenants.Keys.RevokeAsync(sent.Tenant.Id, revoked.Id, TenantMaker.Author));

        Assert.Equal((HttpStatusCode.Unauthorized, 16), await AnswersAsync("unknown-key-0123456789-abcdef"));
        Assert.Equal((HttpStatusCode.Unauthorized, 16), await AnswersAsync(revoked.Token));
        Assert.Equal((HttpStatusCode.Forbidden, 7), await AnswersAsync(sent.Tenant.ApiKey));

        await SpendApi.BecomesAsync(() => server.RequestsAsync(sent.Tenant.Id, "revoked_key"), 2, Counted);
        await SpendApi.BecomesAsync(() => server.RequestsAsync(sent.Tenant.Id, "wrong_key_kind"), 2, Counted);
        Assert.NotEqual(0, await server.RequestsAsync(new TenantId(Guid.Empty), "unknown_key"));
        Assert.Equal(Spend.None, await sent.Api.TotalAsync());

        async Task<(HttpStatusCode, int?)> AnswersAsync(string key)
        {
            using var sender = new OtlpSender(server.Process, key);
            return ((await sender.HttpAsync(body)).Http, (await sender.GrpcAsync(body)).Grpc);
        }
    }

    [Theory]
    [InlineData(-5, "quarantined_negative")]
    [InlineData(100_000_001, "quarantined_huge")]
    public async Task Call_WithImpossibleCounts_IsSetAsideWithItsReason(int inputTokens, string reason)
    {
        await using var sent = await Sent.NewAsync(installation);
        var trace = new TraceBuilder();

        await sent.Sender.HttpAsync(SpanInPlace.Together([trace.Call(new Tokens(inputTokens, 1)), trace.Call(Usage, null, TraceBuilder.NewResponseId())]));

        await sent.Api.TotalBecomesAsync(Spend.Of(Usage));
        await SpendApi.BecomesAsync(() => installation.Server.ItemsAsync(sent.Tenant.Id, reason), 1, Counted);
        var kept = await installation.Server.RowsAsync($"SELECT reason FROM quarantined_spans FINAL WHERE tenant_id = '{sent.Tenant.Id.Value}'");
        Assert.Contains(Assert.Single(kept)[0], reason);
    }

    [Theory]
    [InlineData(-401 * 24 * 60, "start_too_old")]
    [InlineData(30, "start_in_future")]
    public async Task Span_OutOfTime_IsRefusedBesideItsGoodNeighbours(int minutes, string reason)
    {
        await using var sent = await Sent.NewAsync(installation);
        var bad = new TraceBuilder(start: TimeProvider.System.GetUtcNow().AddMinutes(minutes)).Call(Usage);
        var good = new TraceBuilder().Call(Usage);

        var answer = await sent.Sender.HttpAsync(SpanInPlace.Together([bad, good, bad]));

        Assert.True(answer.IsAcknowledged);
        Assert.Equal(2, answer.PartialSuccess!.RejectedSpans);
        Assert.NotEqual("", answer.PartialSuccess.ErrorMessage);
        await sent.Api.TotalBecomesAsync(Spend.Of(Usage));
        await SpendApi.BecomesAsync(() => installation.Server.ItemsAsync(sent.Tenant.Id, reason), 2, Counted);
    }

    [Theory]
    [InlineData(-399 * 24 * 60)]
    [InlineData(9)]
    public async Task Span_JustInTime_IsTaken(int minutes)
    {
        await using var sent = await Sent.NewAsync(installation);

        await sent.Sender.AcceptAsync(new TraceBuilder(start: TimeProvider.System.GetUtcNow().AddMinutes(minutes)).Call(Usage));

        await sent.Api.TotalBecomesAsync(Spend.Of(Usage));
    }

    [Fact]
    public async Task Span_WithoutIds_HarmsNoNeighbour()
    {
        await using var sent = await Sent.NewAsync(installation);
        var bad = new TraceBuilder().Call(Usage);
        bad.Span.SpanId = ByteString.Empty;

        var answer = await sent.Sender.GrpcAsync(SpanInPlace.Together([new TraceBuilder().Call(Usage), bad, new TraceBuilder().Call(Usage)]));

        Assert.True(answer.IsAcknowledged);
        Assert.Equal(1, answer.PartialSuccess!.RejectedSpans);
        await sent.Api.TotalBecomesAsync(Spend.Of(Usage, Usage));
        await SpendApi.BecomesAsync(() => installation.Server.ItemsAsync(sent.Tenant.Id, "missing_ids"), 1, Counted);
    }

    [Theory]
    [InlineData("too_many_attributes")]
    [InlineData("nested_too_deep")]
    [InlineData("invalid_utf8")]
    public async Task Call_WithExcessiveAttributes_IsCountedWithoutThem(string reason)
    {
        await using var sent = await Sent.NewAsync(installation);
        var call = new TraceBuilder().Call(Usage);
        const string marker = "@@@@@@@@";
        if (reason == "too_many_attributes") call.Span.Attributes.Add(Enumerable.Range(0, 100_000).Select(n => TraceBuilder.Attribute($"extra.{n}", n)));
        else if (reason == "nested_too_deep") call.Span.Attributes.Add(new KeyValue { Key = "deep", Value = Nested(500) });
        else call.Span.Attributes.Add(TraceBuilder.Attribute("feature", marker));
        var body = SpanInPlace.Together([call, new TraceBuilder().Call(Usage)]).ToByteArray();
        if (body.AsSpan().IndexOf(Encoding.UTF8.GetBytes(marker)) is var at and >= 0) body.AsSpan(at, marker.Length).Fill(0xFF);

        var answer = await sent.Sender.HttpAsync(Traces, body);

        Assert.Equal(HttpStatusCode.OK, answer.Http);
        await sent.Api.TotalBecomesAsync(Spend.Of(Usage, Usage));
        await SpendApi.BecomesAsync(() => installation.Server.ItemsAsync(sent.Tenant.Id, reason), 1, Counted);
    }

    private static AnyValue Nested(int levels)
    {
        var value = new AnyValue { StringValue = "core" };
        for (var level = 0; level < levels; level++)
        {
            var list = new ArrayValue();
            list.Values.Add(value);
            value = new AnyValue { ArrayValue = list };
        }

        return value;
    }
}
