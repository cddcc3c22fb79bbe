using System.Net;
using FinOps.Integration.Tests.Wire;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Captures;

/// <summary>Bodies of real SDKs, sent to the real server as they were recorded, become exactly the calls, tokens and costs that can be known from them.</summary>
public sealed class CapturedBodiesTests(Installation installation)
{
    public static TheoryData<string> Folders() => [.. CaptureFolder.Names];

    [Theory]
    [MemberData(nameof(Folders))]
    public async Task Costs_OfCapturedBodies_AreExactlyWhatIsObservable(string name)
    {
        var folder = new CaptureFolder(name);
        var tenant = await installation.NewTenantAsync();

        await SendAsync(folder, tenant);

        using var api = new SpendApi(installation.Server.Process, tenant.ApiKey);
        await api.TotalBecomesAsync(folder.Spend);
        var listed = await api.CallsAsync();
        foreach (var call in folder.Calls) call.AssertListed(listed);
        Assert.Equal(folder.Spend.FailedCalls, listed.Count(call => call.Status == "failed"));
    }

    [Fact]
    public async Task Costs_OfBodiesSentTwice_StayTheSame()
    {
        var folder = new CaptureFolder("openlit");
        var tenant = await installation.NewTenantAsync();
        using var api = new SpendApi(installation.Server.Process, tenant.ApiKey);
        await SendAsync(folder, tenant);
        await api.TotalBecomesAsync(folder.Spend);

        await SendAsync(folder, tenant);

        await Task.Delay(TimeSpan.FromSeconds(3));
        await api.TotalBecomesAsync(folder.Spend);
    }

    [Theory]
    [InlineData("openlit-gpu-qdrant", 2, 11)]
    [InlineData("traceloop-qdrant", 2, 0)]
    public async Task Bodies_OfVectorDatabasesAndGpus_AreStoredNormalised(string name, int operations, int samples)
    {
        var tenant = await installation.NewTenantAsync();

        await SendAsync(new CaptureFolder(name), tenant);

        var server = installation.Server;
        var stored = await server.RowsAsync($"SELECT operation, system FROM vector_operations FINAL WHERE tenant_id = '{tenant.Id.Value}' ORDER BY operation");
        Assert.Equal(operations, stored.Count);
        Assert.Equal(["search", "upsert"], stored.Select(row => row[0]));
        Assert.All(stored, row => Assert.Equal("qdrant", row[1]));
        var gauges = await server.RowsAsync($"SELECT metric FROM resource_samples FINAL WHERE tenant_id = '{tenant.Id.Value}' AND kind = 'gpu'");
        Assert.Equal(samples, gauges.Count);
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Recent_BodiesTooOldForTheServer_MoveByTheSameTimeAndChangeNothingElse(string name)
    {
        var bodies = new CaptureFolder(name).Bodies;
        var later = TimeProvider.System.GetUtcNow().AddDays(800);

        var moved = CaptureFolder.Recent(bodies, later);

        List<SpanInPlace> before = [.. bodies.Where(body => body.HasSpans).SelectMany(body => SpanInPlace.Of(body.Spans()))];
        List<SpanInPlace> after = [.. moved.Where(body => body.HasSpans).SelectMany(body => SpanInPlace.Of(body.Spans()))];
        var by = after[0].Span.StartTimeUnixNano - before[0].Span.StartTimeUnixNano;
        Assert.Equal(TraceBuilder.Nanoseconds(later.AddHours(-1)) / 100, after.Min(span => span.Span.StartTimeUnixNano) / 100);
        Assert.All(before.Zip(after), pair =>
        {
            Assert.Equal((by, by), (pair.Second.Span.StartTimeUnixNano - pair.First.Span.StartTimeUnixNano, pair.Second.Span.EndTimeUnixNano - pair.First.Span.EndTimeUnixNano));
            Assert.Equal(pair.First.Span.Attributes, pair.Second.Span.Attributes);
            Assert.Equal((pair.First.Span.TraceId, pair.First.Span.SpanId, pair.First.Span.ParentSpanId), (pair.Second.Span.TraceId, pair.Second.Span.SpanId, pair.Second.Span.ParentSpanId));
        });
    }

    private async Task SendAsync(CaptureFolder folder, TestTenant tenant)
    {
        using var sender = new OtlpSender(installation.Server.Process, tenant.IngestKey);
        foreach (var body in folder.Bodies)
        {
            var answer = await body.SendAsync(sender);
            Assert.Equal((HttpStatusCode.OK, body.IsGrpc ? 0 : null), (answer.Http, answer.Grpc));
            if (!body.IsJson) Assert.Equal(body.IsGrpc ? OtlpSender.FrameBytes : 0, answer.Body.Length);
        }
    }
}
