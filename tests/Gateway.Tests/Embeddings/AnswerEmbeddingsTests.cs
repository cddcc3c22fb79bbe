using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using FinOps.Gateway.Embeddings;
using FinOps.Gateway.Tests.Policies;
using Microsoft.AspNetCore.Http;

namespace FinOps.Gateway.Tests.Embeddings;

public sealed class AnswerEmbeddingsTests
{
    private const string Policy = """{"id":"texts","version":4,"name":"Each text once","kind":"embedding_cache","match":{"all":true},"body":{"ttl_seconds":60,"scope":"tenant"}}""";

    private static string Ask(string input, string more = "") => $$"""{"model":"text-embedding-3-small","input":{{input}}{{more}}}""";

    /// <summary>The texts of a request, each as it stands there, and what the provider gives for it: its first number is the length of the text, which is also what it costs.</summary>
    private static string[] Items(JsonNode input) =>
        input is JsonArray list && list[0]!.GetValueKind() != System.Text.Json.JsonValueKind.Number ? [.. list.Select(one => one!.ToJsonString())] : [input.ToJsonString()];

    private static string Vector(string item, bool isBase64)
    {
        float[] numbers = [item.Length, item.Sum(letter => letter) / 7f];
        return isBase64 ? $"\"{Convert.ToBase64String(MemoryMarshal.AsBytes<float>(numbers))}\"" : $"[{item.Length}.0, {((double)numbers[1]).ToString("R", CultureInfo.InvariantCulture)}]";
    }

    private static string Answer(string[] items, bool isBase64)
    {
        var data = string.Join(',', items.Select((item, i) => $$$"""{"object":"embedding","index":{{{i}}},"embedding":{{{Vector(item, isBase64)}}}}"""));
        var tokens = items.Sum(one => one.Length);
        return $$$"""{"object":"list","data":[{{{data}}}],"model":"text-embedding-3-small","usage":{"prompt_tokens":{{{tokens}}},"total_tokens":{{{tokens}}}}}""";
    }

    private static async Task<bool> EmbedAsync(HttpContext http, VendorRequest request)
    {
        var asked = JsonNode.Parse(request.Text)!;
        await VendorServer.AnswerAsync(http, 200, Answer(Items(asked["input"]!), asked["encoding_format"]?.ToString() == "base64"));
        return true;
    }

    private static string Header((HttpResponseMessage Response, string Body) answer, string name) => answer.Response.Headers.GetValues(name).Single();

    [Fact]
    public async Task NewText_InAList_CostsOneEmbedding()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await PolicyTests.StartAsync(vendor, sink, Policy);
        vendor.First = EmbedAsync;

        var first = await gateway.AskAsync("/v1/embeddings", Ask("""["a","bb"]"""));
        var second = await gateway.AskAsync("/v1/embeddings", Ask("""["bb","ccc", "a","ccc"]"""));
        var third = await gateway.AskAsync("/v1/embeddings", Ask(" \"ccc\" "));

        Assert.Equal([Ask("""["a","bb"]"""), Ask("""["ccc"]""")], vendor.Received.Select(one => one.Text));
        Assert.Equal(Answer(["\"a\"", "\"bb\""], false), first.Body);
        Assert.Equal(Answer(["\"bb\"", "\"ccc\"", "\"a\"", "\"ccc\""], false), second.Body);
        Assert.Equal(Answer(["\"ccc\""], false), third.Body);
        Assert.Equal(["miss", "partial", "hit"], new[] { first, second, third }.Select(one => Header(one, "x-finops-cache")));
        // Five tokens at 0.02 dollars a million.
        Assert.Equal(("0.0000001", "0"), (Header(second, "x-finops-cost"), Header(third, "x-finops-cost")));
        var spans = await sink.WaitAsync(3);
        Assert.Equal(("texts@4:treatment:partial", "partial", "5", "7", null), (spans[1]["finops.policies"], spans[1]["finops.cache"], spans[1]["gen_ai.usage.input_tokens"], spans[1]["finops.tokens_avoided"], spans[1].GetValueOrDefault("finops.cache_hit")));
        Assert.Equal(("texts@4:treatment:hit", "5", "true"), (spans[2]["finops.policies"], spans[2]["finops.tokens_avoided"], spans[2]["finops.cache_hit"]));
        var metrics = await gateway.MetricsAsync();
        Assert.Contains("finops_gateway_embeddings_total{outcome=\"kept\"} 3", metrics, StringComparison.Ordinal);
        Assert.Contains("finops_gateway_embeddings_total{outcome=\"asked\"} 3", metrics, StringComparison.Ordinal);
    }

    /// <summary>Against a model of it: whatever is asked, the answer is the provider's own, and no text is paid for twice.</summary>
    [Fact]
    public async Task AnyLists_AreAnsweredAsTheProviderWould_AndEachTextIsAskedOnce()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await PolicyTests.StartAsync(vendor, null, Policy);
        vendor.First = EmbedAsync;
        var random = new Random(11);
        string[] texts = ["\"\"", "\"a\"", "\"\\u6771\\u4EAC \"", "\"a \\u0022 b\"", "\"x\\\\\"", "\"\\n\"", "\"[1,2]\"", .. Enumerable.Range(0, 12).Select(i => $"\"text {i}\"")];
        string[] tokens = [.. Enumerable.Range(1, 9).Select(i => $"[{i},{i * i}]")];
        HashSet<string> known = [];
        for (var round = 0; round < 120; round++)
        {
            var from = random.Next(3) == 0 ? tokens : texts;
            string[] items = [.. Enumerable.Range(0, random.Next(1, 9)).Select(_ => from[random.Next(from.Length)])];
            var isSingle = random.Next(4) == 0;
            if (isSingle) items = items[..1];
            var isBase64 = random.Next(2) == 0;
            var before = vendor.Received.Count;

            var (_, body) = await gateway.AskAsync("/v1/embeddings", Ask(isSingle ? items[0] : $"[{string.Join(" , ", items)}]", isBase64 ? ",\"encoding_format\":\"base64\"" : ""));

            var parsed = items.Select(item => JsonNode.Parse(item)!.ToJsonString()).ToArray();
            Assert.Equal(Answer(parsed, isBase64), body);
            var missing = items.Where(item => known.Add($"{isBase64} {item}")).Select(item => JsonNode.Parse(item)!.ToJsonString()).ToArray();
            var asked = vendor.Received.Skip(before).SelectMany(one => Items(JsonNode.Parse(one.Text)!["input"]!)).ToArray();
            Assert.Equal(missing, asked);
        }
    }

    [Theory]
    [InlineData("""{"object":"list","data":[],"model":"m","usage":{"prompt_tokens":1,"total_tokens":1}}""")]
    [InlineData("""{"object":"list","data":[{"object":"embedding","index":1,"embedding":[1]}],"model":"text-embedding-3-small","usage":{"prompt_tokens":1,"total_tokens":1}}""")]
    [InlineData("""{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1]}],"model":"another","usage":{"prompt_tokens":1,"total_tokens":1}}""")]
    [InlineData("""{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1]}],"model":"text-embedding-3-small"}""")]
    [InlineData("""{"embeddings":[[1]]}""")]
    public async Task Answer_ThatDoesNotFit_IsNotJoined_AndTheWholeListIsAsked(string odd)
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await PolicyTests.StartAsync(vendor, sink, Policy);
        vendor.First = EmbedAsync;
        await gateway.AskAsync("/v1/embeddings", Ask("""["a"]"""));
        vendor.First = async (http, request) =>
        {
            if (!request.Text.Contains("[\"b\"]", StringComparison.Ordinal)) return await EmbedAsync(http, request);
            await VendorServer.AnswerAsync(http, 200, odd);
            return true;
        };

        var joined = await gateway.AskAsync("/v1/embeddings", Ask("""["a","b"]"""));
        var alone = await gateway.AskAsync("/v1/embeddings", Ask("""["b"]"""));

        Assert.Equal(Answer(["\"a\"", "\"b\""], false), joined.Body);
        Assert.Equal("miss", Header(joined, "x-finops-cache"));
        Assert.Equal([Ask("""["a"]"""), Ask("""["b"]"""), Ask("""["a","b"]"""), Ask("""["b"]""")], vendor.Received.Select(one => one.Text));
        Assert.Equal(odd, alone.Body);
        Assert.All(await sink.WaitAsync(4), span => Assert.DoesNotContain("finops.tokens_avoided", span.Keys));
        Assert.Matches("finops_gateway_embeddings_total{outcome=\"unexpected\"} [12]", await gateway.MetricsAsync());
    }

    [Fact]
    public async Task Vectors_OfOtherModels_Keys_AndOptions_AreOthers_AndErrorsPass()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await PolicyTests.StartAsync(vendor, null, Policy.Replace("tenant", "key", StringComparison.Ordinal) + """, {"id":"away","name":"Away","kind":"fallback","match":{"feature":"f"},"body":{"on":["throttled"],"retries":0,"chain":[{"model":"other"}]}}""",
            file => file["keys"]!.AsArray().Add(new JsonObject { ["id"] = "other", ["sha256"] = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("other-key"u8)) }));
        vendor.First = EmbedAsync;
        var list = Ask("""["a"]""");

        await gateway.AskAsync("/v1/embeddings", list);
        await gateway.AskAsync("/v1/embeddings", list, ("Authorization", "Bearer other-key"));
        await gateway.AskAsync("/v1/embeddings", list.Replace("-small", "-large", StringComparison.Ordinal));
        await gateway.AskAsync("/v1/embeddings", Ask("""["a"]""", ",\"dimensions\":256"));
        await gateway.AskAsync("/v1/embeddings", list, ("Cache-Control", "no-cache"));
        Assert.Equal("bypass", Header(await gateway.AskAsync("/v1/embeddings", Ask("""["n"]"""), ("Cache-Control", "no-store")), "x-finops-cache"));
        Assert.Equal(6, vendor.Received.Count);
        Assert.Equal("miss", Header(await gateway.AskAsync("/v1/embeddings", Ask("""["n"]""")), "x-finops-cache"));
        Assert.Equal("hit", Header(await gateway.AskAsync("/v1/embeddings", Ask("""["a"]""", ",\"user\":\"u\"")), "x-finops-cache"));
        Assert.Equal(7, vendor.Received.Count);

        // The one that is asked has no room: what another model answers is neither joined with its vectors nor kept as one.
        vendor.First = async (http, request) =>
        {
            if (request.Text.Contains("\"other\"", StringComparison.Ordinal)) return await EmbedAsync(http, request);
            await VendorServer.AnswerAsync(http, 429, """{"error":{"message":"slow","type":"requests","code":"rate_limit_exceeded"}}""");
            return true;
        };
        var (_, fell) = await gateway.AskAsync("/v1/embeddings", Ask("""["a","b"]"""), ("x-finops-feature", "f"));
        Assert.Equal(Answer(["\"a\"", "\"b\""], false), fell);
        Assert.Contains("""["a","b"]""", vendor.Received[^1].Text, StringComparison.Ordinal);
        var (failed, error) = await gateway.AskAsync("/v1/embeddings", Ask("""["a","b"]"""));
        Assert.Equal(429, (int)failed.StatusCode);
        Assert.Contains("rate_limit_exceeded", error, StringComparison.Ordinal);
        // What is no list of texts passes as it is.
        vendor.First = (_, _) => Task.FromResult(false);
        foreach (var input in (string[])["[]", "[\"a\",1]", "{\"a\":1}", "[[]]", "null"]) await gateway.AskAsync("/v1/embeddings", Ask(input));
        Assert.Equal(Ask("null"), vendor.Received[^1].Text);
        Assert.Contains("finops_gateway_embeddings_total{outcome=\"unread\"} 5", await gateway.MetricsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Vectors_AreFoundAfterARestart_AndATrialKeepsNone()
    {
        var folder = TestFolders.New();
        await using var vendor = await VendorServer.StartAsync();
        vendor.First = EmbedAsync;
        await using (var first = await PolicyTests.StartAsync(vendor, null, Policy, folder: folder)) await first.AskAsync("/v1/embeddings", Ask("""["a","b"]""", ",\"encoding_format\":\"base64\""));
        await using (var second = await PolicyTests.StartAsync(vendor, null, Policy, folder: folder))
            Assert.Equal(Answer(["\"b\"", "\"a\""], true), (await second.AskAsync("/v1/embeddings", Ask("""["b","a"]""", ",\"encoding_format\":\"base64\""))).Body);
        Assert.Single(vendor.Received);

        await using var sink = await ReportSink.StartAsync();
        await using var trial = await PolicyTests.StartAsync(vendor, sink, Policy.Replace("\"version\":4", "\"dry_run\":true", StringComparison.Ordinal));
        foreach (var list in (string[])["""["a"]""", """["a","b"]""", "\"b\""])
        {
            Assert.Equal("none", Header(await trial.AskAsync("/v1/embeddings", Ask(list)), "x-finops-cache"));
            await trial.WaitIdleAsync();
        }

        Assert.Equal(4, vendor.Received.Count);
        Assert.Equal(["texts@1:dry_run:miss", "texts@1:dry_run:partial", "texts@1:dry_run:hit"], (await sink.WaitAsync(3)).Select(span => span["finops.policies"]));
    }

    [Fact]
    public async Task Sdk_OfNpm_GetsItsVectorsBack()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await PolicyTests.StartAsync(vendor, null, Policy);
        vendor.First = EmbedAsync;

        var told = await ClientProgram.RunAsync("node", ["embeddings.mjs"], ClientProgram.Folder("Gateway.Tests"), new Dictionary<string, string> { ["GATEWAY"] = gateway.Address, ["GATEWAY_KEY"] = gateway.Key });

        Assert.Contains("fine", told, StringComparison.Ordinal);
        Assert.Equal(3, vendor.Received.Count);
    }

    [Fact]
    public void Tokens_OfAList_AreSharedOutExactly()
    {
        Assert.Equal([9u], ShareOfTokens.Of(9, [400]));
        Assert.Equal([3u, 3u, 4u], ShareOfTokens.Of(10, [5, 5, 5]));
        Assert.Equal([0u, 0u], ShareOfTokens.Of(0, [5, 5]));
        Assert.Equal(uint.MaxValue, ShareOfTokens.Of(uint.MaxValue, [1, int.MaxValue, int.MaxValue]).Sum(part => (long)part));
    }
}
