using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using FinOps.Gateway.Metering;
using FinOps.Gateway.Reporting;
using FinOps.Gateway.Tests.Control;
using FinOps.Gateway.Tests.Leases;

namespace FinOps.Gateway.Tests.Metering;

/// <summary>Usage that is told after its call: it counts once, however often somebody looks.</summary>
public sealed class LaterUsageTests
{
    private const string Question = """{"model":"gpt-4o-mini","max_output_tokens":50,"background":true,"input":"hi"}""";

    private static async Task<string> LookAsync(RunningGateway gateway, string path)
    {
        using var look = new HttpRequestMessage(HttpMethod.Get, path);
        look.Headers.Authorization = new AuthenticationHeaderValue("Bearer", gateway.Key);
        using var response = await gateway.Client.SendAsync(look);
        Assert.Equal(200, (int)response.StatusCode);
        return await response.Content.ReadAsStringAsync();
    }

    private static string Succeeded(int n) =>
        $$$$"""{"custom_id":"{{{{n}}}}","result":{"message":{"id":"msg_{{{{n}}}}","type":"message","model":"claude-haiku-4-5-20251001","content":[{"type":"text","text":"Grüße"}],"stop_reason":"end_turn","usage":{"input_tokens":1000,"cache_read_input_tokens":0,"output_tokens":{{{{n}}}}000,"service_tier":"batch"}},"type":"succeeded"}}""";

    private static string Response(string status, string usage) =>
        $$"""{"id":"resp_1","object":"response","background":true,"status":"{{status}}","model":"gpt-4o-mini-2024-07-18","output":[{{(status == "queued" ? "" : """{"type":"text","text":"Half of it"}""")}}],"usage":{{usage}}}""";

    [Fact]
    public async Task ResultsOfABatch_AreCallsOfTheirOwn_AtHalfPrice_HoweverOftenTheyAreFetched()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        var gateway = await RunningGateway.StartAsync(vendor, sink, file => file["limits"] = new JsonObject { ["max_event_megabytes"] = 1 });
        var tooLong = Succeeded(7).Replace("Grüße", new string('z', 2_000_000), StringComparison.Ordinal);
        var results = string.Join(
            '\n', Succeeded(1), """{"custom_id":"b","result":{"type":"errored","error":{"type":"error","error":{"type":"invalid_request_error"}}}}""", "no json", tooLong, """{"custom_id":"c","result":{"type":"expired"}}""", "", Succeeded(2));
        vendor.First = async (http, request) =>
        {
            Assert.Equal("/v1/messages/batches/msgbatch_1/results", request.Path);
            http.Response.ContentType = "application/x-jsonl";
            foreach (var piece in Encoding.UTF8.GetBytes(results).Chunk(1_000)) await http.Response.Body.WriteAsync(piece);
            return true;
        };

        Assert.Equal(results, await LookAsync(gateway, "/v1/messages/batches/msgbatch_1/results"));
        Assert.Equal(results, await LookAsync(gateway, "/v1/messages/batches/msgbatch_1/results"));
        await gateway.DisposeAsync();

        var spans = (await sink.WaitAsync(2)).OrderBy(span => span["gen_ai.response.id"], StringComparer.Ordinal).ToList();
        Assert.Equal([("msg_1", "chat", "true", "1000", "1000", "care"), ("msg_2", "chat", "true", "1000", "2000", "care")],
            spans.Select(span => (span["gen_ai.response.id"], span["gen_ai.operation.name"], span["finops.batch"], span["gen_ai.usage.input_tokens"], span["gen_ai.usage.output_tokens"], span["team"])));
        Assert.Equal(2, sink.Spans.Select(one => one.Span.TraceId).Distinct().Count());
        var metrics = await gateway.MetricsAsync();
        // Half of a dollar and five a million.
        Assert.Contains("finops_gateway_cost_usd_total{provider=\"anthropic\",model=\"claude-haiku-4-5-20251001\"} 0.0085", metrics, StringComparison.Ordinal);
        Assert.Contains("finops_gateway_unread_total{reason=\"long_line\"} 2", metrics, StringComparison.Ordinal);
        Assert.Contains("finops_gateway_unread_total{reason=\"malformed_line\"} 2", metrics, StringComparison.Ordinal);
        Assert.Contains("finops_gateway_later_usage_total{outcome=\"repeated\"} 2", metrics, StringComparison.Ordinal);
    }

    /// <summary>A batch has more results than spans may wait.</summary>
    [Fact]
    public async Task ResultsOfABatch_WaitUntilThereIsRoomForTheirReports()
    {
        var (counters, asked) = (new GatewayCounters(), 0);
        using var reporter = new CallReporter();
        var results = new BatchResults(1_000, new MeterAnswer(new EdgePrices()), new LaterUsage(counters), reporter, counters, () => ++asked < 4, TimeProvider.System);
        using var download = results.Begin(null!, null!);

        await download.WaitAsync(CancellationToken.None);

        Assert.Equal(4, asked);
    }

    [Theory]
    [InlineData("/v1/responses/resp_1", false)]
    [InlineData("/v1/responses/resp_1?stream=true&starting_after=5", true)]
    public async Task AnswerInTheBackground_IsTheCallOfWhoBeganIt_OnceItsUsageIsTold(string path, bool streams)
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        var gateway = await RunningGateway.StartAsync(vendor, sink);
        var answer = Response("queued", "null");
        vendor.First = async (http, request) =>
        {
            if (streams && request.Method == "GET") await VendorServer.StreamAsync(http, $"data: {{\"type\":\"response.output_text.delta\",\"delta\":\"Hello\"}}\n\ndata: {{\"type\":\"response.completed\",\"response\":{answer}}}\n\n");
            else await VendorServer.AnswerAsync(http, 200, answer);
            return true;
        };

        var (begun, _) = await gateway.AskAsync("/v1/responses", Question, ("x-finops-feature", "research"));
        answer = Response("in_progress", "null");
        await LookAsync(gateway, "/v1/responses/resp_1");
        answer = Response("completed", """{"input_tokens":1000,"input_tokens_details":{"cached_tokens":400},"output_tokens":500}""");
        await LookAsync(gateway, "/v1/responses/resp_1/input_items");
        await LookAsync(gateway, path);
        await LookAsync(gateway, path);
        await gateway.DisposeAsync();

        Assert.False(begun.Headers.Contains("x-finops-cost"));
        var spans = await sink.WaitAsync(2);
        Assert.Equal([(null, "research"), ("1000", "research")], spans.Select(span => (span.GetValueOrDefault("gen_ai.usage.input_tokens"), span["feature"])).Order());
        Assert.Equal([("resp_1", "gpt-4o-mini", "tests")], spans.Select(span => (span["gen_ai.response.id"], span["gen_ai.request.model"], span["finops.key"])).Distinct());
        Assert.Single(sink.Spans.Select(one => one.Span.TraceId).Distinct());
        var metrics = await gateway.MetricsAsync();
        Assert.Contains("finops_gateway_later_usage_total{outcome=\"begun\"} 1", metrics, StringComparison.Ordinal);
        Assert.Contains("finops_gateway_later_usage_total{outcome=\"told\"} 1", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnswerThatToldItsUsageAtOnce_IsNoCall_WhenItIsFetchedLater()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        var gateway = await RunningGateway.StartAsync(vendor, sink);
        vendor.First = async (http, _) =>
        {
            await VendorServer.AnswerAsync(http, 200, Response("completed", """{"input_tokens":10,"output_tokens":5}"""));
            return true;
        };

        await gateway.AskAsync("/v1/responses", Question);
        await LookAsync(gateway, "/v1/responses/resp_1");
        await LookAsync(gateway, "/v1/responses/resp_2");
        await gateway.DisposeAsync();

        await sink.WaitAsync(1);
        Assert.Single(sink.Spans);
    }

    [Fact]
    public async Task AnswerInTheBackground_IsChargedWhatWasExpected_UntilItsUsageIsTold()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var control = await ControlServer.StartAsync();
        var ledger = control.Ledgers["b"] = new LeaseLedger(1);
        var answer = Response("queued", "null");
        vendor.First = async (http, _) =>
        {
            await VendorServer.AnswerAsync(http, 200, answer);
            return true;
        };
        var gateway = await LeaseTests.StartAsync(vendor, control, LeaseTests.Month());

        await gateway.AskAsync("/v1/responses", Question);
        answer = Response("completed", """{"input_tokens":1000000,"output_tokens":5}""");
        await LookAsync(gateway, "/v1/responses/resp_1");
        await gateway.DisposeAsync();

        // 20 tokens of the body and 50 of the answer.
        Assert.Equal((((Question.Length + 3) / 4 * 0.15m + 50 * 0.6m) / 1_000_000, 1, 0m, null), (ledger.Spent, ledger.Calls, ledger.Outstanding, ledger.Fault));
    }
}
