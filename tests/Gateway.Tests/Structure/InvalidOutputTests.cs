using System.Text.Json.Nodes;
using FinOps.Gateway.Tests.Policies;

namespace FinOps.Gateway.Tests.Structure;

public sealed class InvalidOutputTests
{
    private const string Policy = """{"id":"up","name":"Up","kind":"fallback","match":{"all":true},"body":{"on":["invalid_output","throttled"],"retries":0,"chain":[{"model":"large"},{"model":"largest"}]}}""";
    private const string Ask = """{"model":"small","messages":[],"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"object","required":["n"]}}}}""";

    private static string Chat(string content, string reason = "stop") => new JsonObject
    {
        ["id"] = "chatcmpl-1",
        ["model"] = "gpt-4o-mini-2024-07-18",
        ["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = content }, ["finish_reason"] = reason }),
        ["usage"] = new JsonObject { ["prompt_tokens"] = 10, ["completion_tokens"] = 5, ["total_tokens"] = 15 },
    }.ToJsonString();

    private static string Stream(params string[] parts) => string.Concat(parts.Select(part => "data: " + new JsonObject
    {
        ["id"] = "chatcmpl-1",
        ["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["delta"] = new JsonObject { ["content"] = part }, ["finish_reason"] = null }),
    }.ToJsonString() + "\n\n")) + "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5}}\n\ndata: [DONE]\n\n";

    /// <summary>Each model answers with what it is given here.</summary>
    private static void Answers(VendorServer vendor, params (string Model, string Answer)[] answers) => vendor.First = async (http, request) =>
    {
        var answer = answers.First(one => request.Text.Contains($"\"{one.Model}\"", StringComparison.Ordinal)).Answer;
        if (answer.StartsWith("data:", StringComparison.Ordinal)) await VendorServer.StreamAsync(http, answer);
        else await VendorServer.AnswerAsync(http, answer.StartsWith("{\"error\"", StringComparison.Ordinal) ? 500 : 200, answer);
        return true;
    };

    private static IEnumerable<string> Models(VendorServer vendor) => vendor.Received.Select(one => JsonNode.Parse(one.Text)!["model"]!.ToString());

    [Fact]
    public async Task Answer_ThatIsNotAsAsked_GoesOneTierUp_AndBothArePaid()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await PolicyTests.StartAsync(vendor, sink, Policy + """, {"id":"keep","name":"Keep","kind":"exact_cache","match":{"all":true},"body":{"ttl_seconds":60}}""");
        Answers(vendor, ("small", Chat("sorry")), ("large", Chat("{\"n\":1}")));

        var (response, body) = await gateway.AskAsync("/v1/chat/completions", Ask);

        Assert.Equal(["small", "large"], Models(vendor));
        Assert.Equal(Chat("{\"n\":1}"), body);
        Assert.Equal("miss", response.Headers.GetValues("x-finops-cache").Single());
        var spans = await sink.WaitAsync(2);
        Assert.Equal(["invalid_output", null], spans.Select(span => span.GetValueOrDefault("error.type")));
        Assert.All(spans, span => Assert.Equal(("10", "5"), (span["gen_ai.usage.input_tokens"], span["gen_ai.usage.output_tokens"])));
        Assert.Contains("up@1:treatment:fell_back", spans[1]["finops.policies"], StringComparison.Ordinal);
        Assert.EndsWith(spans[1]["gen_ai.response.id"], "chatcmpl-1", StringComparison.Ordinal);
        // A request without a structure goes through as it is.
        await gateway.AskAsync("/v1/chat/completions", """{"model":"small","messages":[]}""");
        Assert.Equal(3, vendor.Received.Count);
        var metrics = await gateway.MetricsAsync();
        Assert.Contains("finops_gateway_outputs_total{verdict=\"not_json\"} 1", metrics, StringComparison.Ordinal);
        Assert.Contains("finops_gateway_outputs_total{verdict=\"valid\"} 1", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_ThatIsStillNotAsAsked_IsGivenAsItIs_AndNotKept()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await PolicyTests.StartAsync(vendor, null, Policy + """, {"id":"keep","name":"Keep","kind":"exact_cache","match":{"all":true},"body":{"ttl_seconds":60}}""");
        Answers(vendor, ("small", Chat("{}")), ("large", Chat("{\"n\":", "length")), ("largest", Chat("{\"n\":1}")));

        for (var i = 0; i < 2; i++) Assert.Equal(Chat("{\"n\":", "length"), (await gateway.AskAsync("/v1/chat/completions", Ask)).Body);

        Assert.Equal(["small", "large", "small", "large"], Models(vendor));
    }

    /// <summary>An answer that is not quite right is better than none: the caller would have had it without the policy.</summary>
    [Fact]
    public async Task Answer_IsGivenAsItIs_IfTheNextHasNone()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await PolicyTests.StartAsync(vendor, null, Policy);
        Answers(vendor, ("small", Chat("{}")), ("large", """{"error":{"message":"down","type":"server_error"}}"""));

        var (response, body) = await gateway.AskAsync("/v1/chat/completions", Ask);

        Assert.Equal((200, Chat("{}")), ((int)response.StatusCode, body));
        Assert.Equal(["small", "large"], Models(vendor));
    }

    [Fact]
    public async Task Stream_IsHeldUntilItIsWhole_ThenGivenAsItCame()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await PolicyTests.StartAsync(vendor, null, Policy);
        var ask = Ask.Insert(1, "\"stream\":true,");
        Answers(vendor, ("small", Stream("{\"m\"", ":1}")), ("large", Stream("{\"n\"", ":1}")));

        var (response, body) = await gateway.AskAsync("/v1/chat/completions", ask);

        Assert.Equal(["small", "large"], Models(vendor));
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        var events = body.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Where(one => !one.StartsWith(": x-finops", StringComparison.Ordinal));
        Assert.Equal(Stream("{\"n\"", ":1}").Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Where(one => !one.Contains("usage", StringComparison.Ordinal)), events);
    }

    /// <summary>What is longer than is held passes on as it comes.</summary>
    [Fact]
    public async Task Stream_ThatIsTooLongToHold_PassesUnchecked()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await PolicyTests.StartAsync(vendor, null, Policy, file => file["limits"] = new JsonObject { ["max_buffered_answer_megabytes"] = 1 });
        var parts = Enumerable.Range(0, 40).Select(_ => new string('x', 50_000)).ToArray();
        Answers(vendor, ("small", Stream(parts)));

        var (_, body) = await gateway.AskAsync("/v1/chat/completions", Ask.Insert(1, "\"stream\":true,"));

        Assert.Equal(["small"], Models(vendor));
        Assert.Equal(40, body.Split(parts[0]).Length - 1);
        Assert.Contains("data: [DONE]", body, StringComparison.Ordinal);
        Assert.Contains("finops_gateway_outputs_total{verdict=\"unchecked\"} 1", await gateway.MetricsAsync(), StringComparison.Ordinal);
    }
}
