using System.Net;
using System.Net.Http.Headers;
using FinOps.Ingest.Pipeline;
using FinOps.Ingest.Tests.Otlp.Protos;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace FinOps.Ingest.Tests.Otlp;

public sealed class OtlpGrpcTests
{
    private static readonly ExportTraceServiceRequest Traces = ExportTraceServiceRequest.Parser.ParseFrom(Capture.Read("openinference/01-http-traces.bin"));

    [Fact]
    public async Task Export_RawCapturedFrame_IsAccepted()
    {
        await using var door = await FrontDoor.OpenAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/opentelemetry.proto.collector.trace.v1.TraceService/Export")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(Capture.ReadRaw("vercel-ai-sdk-7/03-grpc-traces.bin")),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.Add("grpc-encoding", "gzip");
        request.Headers.Add("grpc-timeout", "9961m");
        request.Headers.Add("te", "trailers");
        request.Headers.Add("x-api-key", FrontDoor.Key);
        using var response = await door.Grpc.SendAsync(request);

        Assert.Equal([0, 0, 0, 0, 0], await response.Content.ReadAsByteArrayAsync());
        Assert.Equal("0", response.TrailingHeaders.GetValues("grpc-status").Single());
        Assert.NotEmpty(door.Responses);
        Assert.Equal("grpc", (await door.EventAsync("accepted")).Transport);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("gzip")]
    public async Task Export_EverySignal_Succeeds(string? encoding)
    {
        await using var door = await FrontDoor.OpenAsync();
        using var channel = Channel(door);
        var metadata = Key(FrontDoor.Key, encoding);
        var answer = await new TraceService.TraceServiceClient(channel).ExportAsync(Traces, metadata);
        Assert.Null(answer.PartialSuccess);
        await new MetricsService.MetricsServiceClient(channel).ExportAsync(new ExportMetricsServiceRequest(), metadata);
        await new LogsService.LogsServiceClient(channel).ExportAsync(new ExportLogsServiceRequest(), metadata);
        Assert.NotEmpty(door.Responses);
    }

    [Fact]
    public async Task Export_SomeSpansRefused_IsAPartialSuccess()
    {
        await using var door = await FrontDoor.OpenAsync();
        using var channel = Channel(door);
        var request = Traces.Clone();
        var spans = request.ResourceSpans[0].ScopeSpans[0].Spans;
        var bad = spans[0].Clone();
        bad.TraceId = ByteString.Empty;
        spans.Add(bad);
        var answer = await new TraceService.TraceServiceClient(channel).ExportAsync(request, Key(FrontDoor.Key));
        Assert.Equal(1, answer.PartialSuccess.RejectedSpans);
        Assert.Contains("missing_ids", answer.PartialSuccess.ErrorMessage, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(FrontDoor.ApiKey, StatusCode.PermissionDenied)]
    [InlineData(FrontDoor.RevokedKey, StatusCode.Unauthenticated)]
    [InlineData("nobody-knows-this-key-0123456789", StatusCode.Unauthenticated)]
    [InlineData("", StatusCode.Unauthenticated)]
    public async Task Export_KeyThatDoesNotOpen_IsRefusedForGood(string key, StatusCode expected)
    {
        await using var door = await FrontDoor.OpenAsync();
        var failure = await RefusedAsync(door, Traces, key.Length == 0 ? [] : Key(key));
        Assert.Equal(expected, failure.StatusCode);
        Assert.NotEmpty(failure.Status.Detail);
        Assert.Null(failure.Trailers.GetValueBytes("grpc-status-details-bin"));
    }

    [Fact]
    public async Task Export_NothingCanBeStored_IsUnavailableWithADelay()
    {
        await using var door = await FrontDoor.OpenAsync(("FinOps:Ingest:RetryAfterSeconds", "7"));
        door.Outcome = WriteOutcome.Full;
        var failure = await RefusedAsync(door, Traces, Key(FrontDoor.Key));

        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
        var status = Protos.Rpc.Status.Parser.ParseFrom(failure.Trailers.GetValueBytes("grpc-status-details-bin"));
        Assert.Equal(14, status.Code);
        Assert.Equal(7, status.Details.Single().Unpack<Protos.Rpc.RetryInfo>().RetryDelay.Seconds);
    }

    [Fact]
    public async Task Export_OverAQuota_IsResourceExhaustedWithADelay()
    {
        await using var door = await FrontDoor.OpenAsync();
        door.Limits = Domain.Quotas.TenantLimits.None.With(new Dictionary<Domain.Quotas.Quota, long> { [Domain.Quotas.Quota.IngestBytesPerSecond] = 1 });
        // Taken, because there is credit, and then the credit of ten seconds is overdrawn by a thousand.
        using (var channel = Channel(door))
            await new TraceService.TraceServiceClient(channel).ExportAsync(new() { ResourceSpans = { new ResourceSpans { SchemaUrl = new string('x', 1000) } } }, Key(FrontDoor.Key));

        var failure = await RefusedAsync(door, Traces, Key(FrontDoor.Key));

        Assert.Equal(StatusCode.ResourceExhausted, failure.StatusCode);
        Assert.Contains("ingestBytesPerSecond", failure.Status.Detail, StringComparison.Ordinal);
        var status = Protos.Rpc.Status.Parser.ParseFrom(failure.Trailers.GetValueBytes("grpc-status-details-bin"));
        Assert.Equal(8, status.Code);
        Assert.InRange(status.Details.Single().Unpack<Protos.Rpc.RetryInfo>().RetryDelay.Seconds, 900, 1100);
        await door.EventAsync("over_bytes_rate");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("gzip")]
    public async Task Export_OverTheLimit_IsResourceExhaustedWithoutADelay(string? encoding)
    {
        await using var door = await FrontDoor.OpenAsync(("FinOps:Ingest:MaxBodyBytes", "100000"));
        var large = new ExportTraceServiceRequest { ResourceSpans = { new ResourceSpans { SchemaUrl = new string('x', 1_000_000) } } };
        var failure = await RefusedAsync(door, large, Key(FrontDoor.Key, encoding));

        Assert.Equal(StatusCode.ResourceExhausted, failure.StatusCode);
        Assert.Null(failure.Trailers.GetValueBytes("grpc-status-details-bin"));
        await door.EventAsync(encoding is null ? "too_large" : "gzip_bomb");
    }

    [Fact]
    public async Task Export_DeadlineWhileWriting_IsDeadlineExceeded()
    {
        await using var door = await FrontDoor.OpenAsync();
        var gate = new TaskCompletionSource();
        door.WriteGate = gate.Task;
        using var request = new HttpRequestMessage(HttpMethod.Post, "/opentelemetry.proto.collector.trace.v1.TraceService/Export")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(Capture.ReadRaw("vercel-ai-sdk-7/03-grpc-traces.bin")),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.Add("grpc-encoding", "gzip");
        request.Headers.Add("grpc-timeout", "3S");
        request.Headers.Add("x-api-key", FrontDoor.Key);
        using var response = await door.Grpc.SendAsync(request);
        Assert.Equal("4", response.Headers.GetValues("grpc-status").Single());
        await door.EventAsync("deadline_exceeded");
        gate.SetResult();
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0, 0 }, "3")]
    [InlineData(new byte[] { 0, 0, 0, 0, 9, 1 }, "3")]
    [InlineData(new byte[] { 1, 0, 0, 0, 0 }, "3")]
    [InlineData(new byte[] { 0, 0, 0, 0, 1, 0xFF }, "3")]
    public async Task Export_BrokenFrame_IsInvalid(byte[] body, string expected)
    {
        await using var door = await FrontDoor.OpenAsync();
        Assert.Equal(expected, await StatusAsync(door, "/opentelemetry.proto.collector.trace.v1.TraceService/Export", body));
    }

    [Fact]
    public async Task Export_UnknownMethod_IsUnimplemented()
    {
        await using var door = await FrontDoor.OpenAsync();
        Assert.Equal("12", await StatusAsync(door, "/opentelemetry.proto.collector.profiles.v1.ProfilesService/Export", [0, 0, 0, 0, 0]));
    }

    private static async Task<string> StatusAsync(FrontDoor door, string path, byte[] body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.Add("x-api-key", FrontDoor.Key);
        using var response = await door.Grpc.SendAsync(request);
        return response.Headers.GetValues("grpc-status").Single();
    }

    private static async Task<RpcException> RefusedAsync(FrontDoor door, ExportTraceServiceRequest request, Metadata metadata)
    {
        using var channel = Channel(door);
        var client = new TraceService.TraceServiceClient(channel);
        return await Assert.ThrowsAsync<RpcException>(async () => await client.ExportAsync(request, metadata));
    }

    private static GrpcChannel Channel(FrontDoor door) => GrpcChannel.ForAddress(door.Grpc.BaseAddress!);

    private static Metadata Key(string key, string? encoding = null)
    {
        Metadata metadata = new() { { "authorization", $"Bearer {key}" } };
        if (encoding is not null) metadata.Add("grpc-internal-encoding-request", encoding);
        return metadata;
    }
}
