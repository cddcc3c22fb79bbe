using System.Text.Json.Nodes;

namespace FinOps.Gateway.Tests.Policies;

/// <summary>What a policy does with questions that are not as plain as they look.</summary>
public sealed class QuestionTests
{
    private const string Chat = """{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}""";
    private const string Cache = """{"id":"keep","version":2,"name":"Keep","kind":"exact_cache","match":{"all":true},"body":{"ttl_seconds":60,"scope":"tenant"}}""";
    private const string Share = """{"id":"share","name":"Share","kind":"coalesce","match":{"all":true},"body":{}}""";

    [Theory]
    [InlineData("""{"model":"gpt-4o","max_tokens":1e5,"messages":[]}""", """{"model":"gpt-4o","max_tokens":100,"messages":[]}""")]
    [InlineData("""{"model":"gpt-4o","max_tokens":5000000000,"messages":[]}""", """{"model":"gpt-4o","max_tokens":100,"messages":[]}""")]
    [InlineData("""{"model":"gpt-4o","max_tokens":"900","messages":[]}""", """{"model":"gpt-4o","max_tokens":100,"messages":[]}""")]
    [InlineData("""{"model":"gpt-4o","max_tokens":-1,"messages":[]}""", """{"model":"gpt-4o","max_tokens":100,"messages":[]}""")]
    [InlineData("""{"model":"gpt-4o","max_tokens":null,"messages":[]}""", """{"model":"gpt-4o","max_tokens":100,"messages":[]}""")]
    [InlineData("""{"model":"gpt-4o","max_completion_tokens":100000,"max_tokens":10,"messages":[]}""", """{"model":"gpt-4o","max_completion_tokens":100,"max_tokens":100,"messages":[]}""")]
    [InlineData("""{"model":"gpt-4o","max_output_tokens":1,"messages":[]}""", """{"model":"gpt-4o","max_output_tokens":1,"messages":[],"max_completion_tokens":100}""")]
    [InlineData("""{"model":"gpt-4o","max_tokens":90.0,"messages":[]}""", """{"model":"gpt-4o","max_tokens":90.0,"messages":[]}""")]
    public async Task OutputLimit_HoldsHoweverItIsWritten(string sent, string arrived)
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await PolicyTests.StartAsync(vendor, null, """{"id":"cap","name":"Cap","kind":"output_limit","match":{"all":true},"body":{"mode":"set","max_tokens":100}}""");

        await gateway.AskAsync("/v1/chat/completions", sent);

        Assert.Equal(arrived, vendor.Received.Single().Text);
    }

    [Fact]
    public async Task Stream_WithoutOptions_IsAskedForItsUsage_Once()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor);

        await gateway.AskAsync("/v1/chat/completions", """{"model":"gpt-4o","stream_options":null,"stream":true,"messages":[]}""");

        Assert.Equal("""{"model":"gpt-4o","stream_options":{"include_usage":true},"stream":true,"messages":[]}""", vendor.Received.Single().Text);
    }

    /// <summary>A stored template and what is asked of it.</summary>
    [Fact]
    public async Task Response_ToAStoredPrompt_HasAPromptAndAnInput()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor);
        const string Body = """{"model":"gpt-4o","prompt":{"id":"pmpt_1","version":"2"},"input":"hi"}""";

        var (response, _) = await gateway.AskAsync("/v1/responses", Body);

        Assert.Equal((200, Body), ((int)response.StatusCode, vendor.Received.Single().Text));
    }

    [Theory]
    [InlineData("\\ud83d")]
    [InlineData("\\ude00 and more")]
    public async Task HalfALetter_InAPrompt_IsTheProvidersToJudge(string text)
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await PolicyTests.StartAsync(
            vendor, null,
            """{"id":"r","name":"R","kind":"route","match":{"all":true},"body":{"rules":[{"when":{"task":["code"]},"tier":2,"targets":[{"model":"coder"}]}],"classifier":{"threshold":0.5,"strong":{"tier":3,"targets":[{"model":"gpt-4o"}]},"weak":{"tier":2,"targets":[{"model":"gpt-4o"}]}}}}""");

        var (response, _) = await gateway.AskAsync("/v1/chat/completions", Chat.Replace("hi", text, StringComparison.Ordinal));

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Contains(text, vendor.Received.Single().Text, StringComparison.Ordinal);
    }

    /// <summary>What is kept on trial is that it was asked; the answer is only asked for when the policy is obeyed.</summary>
    [Fact]
    public async Task Cache_ThatEndsItsTrial_AsksTheProvider()
    {
        await using var vendor = await VendorServer.StartAsync();
        var folder = TestFolders.New();
        await using (var before = await PolicyTests.StartAsync(vendor, null, Cache.Replace("\"version\":2", "\"dry_run\":true", StringComparison.Ordinal), folder: folder)) await before.AskAsync("/v1/chat/completions", Chat);

        await using var gateway = await PolicyTests.StartAsync(vendor, null, Cache, folder: folder);
        var (response, body) = await gateway.AskAsync("/v1/chat/completions", Chat);

        Assert.Equal("miss", response.Headers.GetValues("x-finops-cache").Single());
        Assert.StartsWith("{\"id\":\"chatcmpl-", body, StringComparison.Ordinal);
        Assert.Equal(2, vendor.Received.Count);
    }

    [Fact]
    public async Task Answer_OfWhoeverStoodIn_IsNotKeptForTheOneThatWasAsked()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await PolicyTests.StartAsync(vendor, null, Cache + """,{"id":"away","name":"Away","kind":"fallback","match":{"all":true},"body":{"on":["throttled"],"retries":0,"chain":[{"model":"other"}]}}""");
        var isAway = true;
        vendor.First = async (http, request) =>
        {
            if (!isAway || request.Text.Contains("\"other\"", StringComparison.Ordinal)) return false;
            await VendorServer.AnswerAsync(http, 503, """{"error":{"message":"down","type":"server_error"}}""");
            return true;
        };

        await gateway.AskAsync("/v1/chat/completions", Chat);
        await gateway.WaitIdleAsync();
        isAway = false;
        var (response, _) = await gateway.AskAsync("/v1/chat/completions", Chat);

        Assert.Equal("miss", response.Headers.GetValues("x-finops-cache").Single());
        Assert.Equal(["gpt-4o", "other", "gpt-4o"], vendor.Received.Select(one => JsonNode.Parse(one.Text)!["model"]!.ToString()));
    }

    [Theory]
    [InlineData("/v1/responses", """{"model":"gpt-4o","conversation":"conv_1","input":"continue"}""")]
    [InlineData("/v1/messages", """{"model":"claude-haiku-4-5","max_tokens":9,"container":"container_1","messages":[]}""")]
    public async Task Question_WhoseProviderRemembers_IsAskedEachTime(string path, string body)
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await PolicyTests.StartAsync(vendor, sink, Cache + "," + Share);

        for (var i = 0; i < 2; i++)
        {
            var (response, _) = await gateway.AskAsync(path, body);
            await gateway.WaitIdleAsync();
            Assert.Equal("bypass", response.Headers.GetValues("x-finops-cache").Single());
        }

        Assert.Equal(2, vendor.Received.Count);
        Assert.All(await sink.WaitAsync(2), span => Assert.Equal("keep@2:treatment:bypassed,share@1:treatment:bypassed", span["finops.policies"]));
    }

    /// <summary>Who has no key of the gateway brings the provider's own, and is not sent on to another one at our cost.</summary>
    [Theory]
    [InlineData("""{"id":"away","name":"Away","kind":"fallback","match":{"all":true},"body":{"on":["throttled"],"retries":0,"chain":[{"provider":"azure","model":"mini"}]}}""")]
    [InlineData("""{"id":"cheap","name":"Cheap","kind":"route","match":{"all":true},"body":{"rules":[{"when":{"all":true},"tier":2,"targets":[{"provider":"azure","model":"mini"}]}]}}""")]
    public async Task Caller_WithoutAKeyOfOurs_IsNotSentWhereOursOpens(string policy)
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await PolicyTests.StartAsync(vendor, null, policy, file =>
        {
            var openAi = (JsonObject)file["providers"]![0]!;
            openAi.Remove("api_key");
            openAi["client_keys"] = true;
        });
        vendor.First = async (http, _) =>
        {
            await VendorServer.AnswerAsync(http, 503, """{"error":{"message":"down","type":"server_error"}}""");
            return true;
        };

        await gateway.AskAsync("/v1/chat/completions", Chat, ("Authorization", "Bearer anything"));

        Assert.Equal("Bearer anything", vendor.Received.Single().Headers["Authorization"]);
    }

    [Fact]
    public async Task Key_ThatIsSentTwice_IsShownToNoProvider()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor, change: file =>
        {
            var openAi = (JsonObject)file["providers"]![0]!;
            openAi.Remove("api_key");
            openAi["client_keys"] = true;
        });

        var (response, _) = await gateway.AskAsync("/v1/chat/completions", Chat, ("x-finops-key", gateway.Key), ("Authorization", "Bearer " + gateway.Key));

        Assert.Equal(401, (int)response.StatusCode);
        Assert.Empty(vendor.Received);
    }
}
