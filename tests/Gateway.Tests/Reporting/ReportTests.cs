using System.Text.Json.Nodes;
using FinOps.Gateway.Tests.Policies;

namespace FinOps.Gateway.Tests.Reporting;

public sealed class ReportTests
{
    private const string Chat = """{"model":"gpt-4o-mini","max_tokens":99,"messages":[{"role":"user","content":"my secret question"}]}""";

    [Fact]
    public async Task Span_TellsWhatTheCallWas_AndNothingOfItsContent()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor, sink);

        var (response, _) = await gateway.AskAsync("/v1/chat/completions", Chat, ("traceparent", "00-3103306040d944be3f42b49d45b80274-2fc693392efc20c7-01"));
        await gateway.AskAsync("/v1/chat/completions", Chat);
        await gateway.AskAsync("/v1/messages/count_tokens", """{"model":"claude-haiku-4-5","messages":[]}""");

        var attributes = (await sink.WaitAsync(2))[0];
        var (span, scope, key) = sink.Spans.Single(one => one.Span.TraceId.Span.SequenceEqual(Convert.FromHexString("3103306040d944be3f42b49d45b80274")));
        Assert.Equal(("finops.gateway", "Bearer " + RunningGateway.RealKey, "chat gpt-4o-mini"), (scope, key, span.Name));
        Assert.Equal("2fc693392efc20c7", Convert.ToHexStringLower(span.ParentSpanId.Span));
        Assert.Equal($"3103306040d944be3f42b49d45b80274-{Convert.ToHexStringLower(span.SpanId.Span)}", response.Headers.GetValues("x-finops-call-id").Single());
        Assert.Equal(("chat", "openai", "gpt-4o-mini", "gpt-4o-mini-2024-07-18", "chatcmpl-00000000000000000000000000001", "tests", "99", "1", "200"),
            (attributes["gen_ai.operation.name"], attributes["gen_ai.provider.name"], attributes["gen_ai.request.model"], attributes["gen_ai.response.model"], attributes["gen_ai.response.id"], attributes["finops.key"],
                attributes["gen_ai.request.max_tokens"], attributes["finops.message_count"], attributes["http.response.status_code"]));
        Assert.Equal(("113", "35", "68", "12"), (attributes["gen_ai.usage.input_tokens"], attributes["gen_ai.usage.output_tokens"], attributes["gen_ai.usage.cache_read.input_tokens"], attributes["gen_ai.usage.reasoning.output_tokens"]));
        Assert.DoesNotContain(sink.Spans, one => one.Span.ToString().Contains("secret", StringComparison.Ordinal));
        // The same question has the same hash; counting tokens is no call.
        Assert.Single(sink.Spans.Select(one => ReportSink.Attributes(one.Span)["finops.input_hash"]).Distinct());
        Assert.Equal(2, sink.Spans.Count);
    }

    [Fact]
    public async Task Batch_ThatIsDone_IsACallOfItsId_AndOneThatIsNotIsNone()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor, sink);
        var (status, tokens) = ("in_progress", 0);
        vendor.First = async (http, _) =>
        {
            await VendorServer.AnswerAsync(http, 200, $$$"""{"id":"batch_1","object":"batch","endpoint":"/v1/chat/completions","model":"gpt-4o-mini","status":"{{{status}}}","usage":{"input_tokens":{{{tokens}}},"output_tokens":{{{tokens}}},"total_tokens":{{{2 * tokens}}}} }""");
            return true;
        };
        async Task LookAsync()
        {
            using var look = new HttpRequestMessage(HttpMethod.Get, "/v1/batches/batch_1");
            look.Headers.Authorization = new System.Net.Http.Headers.AuthenticationHeaderValue("Bearer", gateway.Key);
            Assert.Equal(200, (int)(await gateway.Client.SendAsync(look)).StatusCode);
        }

        await LookAsync();
        (status, tokens) = ("completed", 500);
        for (var i = 0; i < 10; i++) await LookAsync();

        var span = (await sink.WaitAsync(1)).Single();
        Assert.Equal(("batch_1", "true", "500", "gpt-4o-mini"), (span["gen_ai.response.id"], span["finops.batch"], span["gen_ai.usage.input_tokens"], span["gen_ai.response.model"]));
        Assert.Contains("finops_gateway_later_usage_total{outcome=\"repeated\"} 9", await gateway.MetricsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Span_OfARoutedCall_TellsTheModelThatWasAsked_ForAnAnswerThatIsNotRead()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await PolicyTests.StartAsync(
            vendor, sink, """{"id":"cheap","name":"Cheap","kind":"route","match":{"feature":"quick"},"body":{"sticky_seconds":0,"rules":[{"tier":1,"targets":[{"model":"gpt-4o-mini"}]}]}}""");
        vendor.First = async (http, _) =>
        {
            http.Response.Headers.ContentEncoding = "zstd";
            await VendorServer.AnswerAsync(http, 200, "nobody reads this");
            return true;
        };
        await gateway.AskAsync("/v1/chat/completions", """{"model":"gpt-4o","messages":[]}""", ("x-finops-feature", "quick"));
        await gateway.AskAsync("/v1/chat/completions", """{"model":"gpt-4o","messages":[]}""");

        var spans = await sink.WaitAsync(2);

        Assert.All(spans, span => Assert.Equal(("gpt-4o", false), (span["gen_ai.request.model"], span.ContainsKey("gen_ai.response.model"))));
        Assert.Equal(["gpt-4o-mini", null], spans.Select(span => span.GetValueOrDefault("finops.asked_model")));
    }

    [Fact]
    public async Task Reports_WhileIngestIsAway_WaitOnDisk_AndOutliveARestart()
    {
        await using var vendor = await VendorServer.StartAsync();
        var port = Testing.FreePort.Next();
        var away = new JsonObject { ["endpoint"] = $"http://127.0.0.1:{port}", ["key"] = new JsonObject { ["file"] = "provider.key" }, ["max_memory_megabytes"] = 1 };
        string folder;
        await using (var gateway = await RunningGateway.StartAsync(vendor, change: file => file["report"] = away.DeepClone()))
        {
            folder = gateway.Folder;
            for (var i = 0; i < 5; i++) Assert.Equal(200, (int)(await gateway.AskAsync("/v1/chat/completions", Chat)).Response.StatusCode);
        }

        Assert.NotEmpty(Directory.GetFiles(Path.Combine(folder, "data", "reports"), "*.otlp"));
        await using var back = await ReportSink.StartAsync(port);
        await using (await RunningGateway.StartAsync(vendor, change: file => file["report"] = away.DeepClone(), folder: folder))
        {
            await back.WaitAsync(5);
        }

        Assert.Equal(5, back.Spans.Select(one => one.Span.SpanId).Distinct().Count());
        Assert.Empty(Directory.GetFiles(Path.Combine(folder, "data", "reports"), "*.otlp"));
    }

    [Theory]
    [InlineData(503, false)]
    [InlineData(200, true)]
    public async Task Reports_OfAGatewayThatIsKilledWhileIngestIsAway_AreSentByTheNext(int status, bool hangs)
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var away = await ReportSink.StartAsync();
        (away.Status, away.Hangs) = (status, hangs);
        // It ends only after the test: what it would keep then is too late.
        await using var killed = await RunningGateway.StartAsync(vendor, away);
        for (var i = 0; i < 3; i++) await killed.AskAsync("/v1/chat/completions", Chat);
        var left = await WaitForSpansOnDiskAsync(killed.Folder, 3);
        await killed.AskAsync("/v1/chat/completions", Chat);
        left = await WaitForSpansOnDiskAsync(killed.Folder, 4);

        var folder = TestFolders.New();
        var reports = Directory.CreateDirectory(Path.Combine(folder, "data", "reports")).FullName;
        foreach (var file in left) File.Copy(file, Path.Combine(reports, Path.GetFileName(file)));
        await using var sink = await ReportSink.StartAsync();
        await using (await RunningGateway.StartAsync(vendor, sink, folder: folder))
        {
            await sink.WaitAsync(4);
            for (var waited = 0; Directory.GetFiles(reports).Length > 0 && waited < 200; waited++) await Task.Delay(50);
        }

        Assert.Empty(Directory.GetFiles(reports));
        Assert.Equal(4, sink.Spans.Count);
        Assert.Equal(4, sink.Spans.Select(one => one.Span.SpanId).Distinct().Count());
    }

    private static async Task<string[]> WaitForSpansOnDiskAsync(string gateway, int count)
    {
        for (var waited = 0; ; waited++)
        {
            var files = Directory.GetFiles(Path.Combine(gateway, "data", "reports"), "*.otlp");
            var spans = files.Sum(file => int.Parse(Path.GetFileNameWithoutExtension(file).Split('-')[1], System.Globalization.CultureInfo.InvariantCulture));
            if (spans == count) return files;
            Assert.True(waited < 400, $"Of {count} spans {spans} are on disk.");
            await Task.Delay(50);
        }
    }

    [Fact]
    public async Task Report_ThatIngestRefusesForGood_IsDroppedAndCounted_AndTheNextGoes()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor, sink);
        sink.Status = 400;
        await gateway.AskAsync("/v1/chat/completions", Chat);
        for (var waited = 0; sink.Asked == 0 && waited < 100; waited++) await Task.Delay(50);
        sink.Status = 200;
        await gateway.AskAsync("/v1/chat/completions", Chat);

        await sink.WaitAsync(1);

        Assert.Contains("finops_gateway_reports_dropped_total{reason=\"refused\"} 1", await gateway.MetricsAsync(), StringComparison.Ordinal);
    }
}
