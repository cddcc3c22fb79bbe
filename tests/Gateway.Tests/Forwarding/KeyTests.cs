using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace FinOps.Gateway.Tests.Forwarding;

public sealed class KeyTests
{
    private const string Chat = """{"model":"gpt-4o-mini","messages":[{"role":"user","content":"hi"}]}""";
    private const string Message = """{"model":"claude-haiku-4-5","max_tokens":1,"messages":[]}""";

    private static string Hash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    [Fact]
    public async Task Call_WithoutAKeyOfOurs_IsRefused_InTheProvidersOwnForm()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor);

        var (openAi, first) = await gateway.AskAsync("/v1/chat/completions", Chat, ("Authorization", "Bearer sk-someone"));
        var (anthropic, second) = await gateway.AskAsync("/v1/messages", Message, ("x-api-key", "sk-ant-someone"));
        using var without = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
        var third = await gateway.Client.SendAsync(without);

        Assert.Equal([HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized], [openAi.StatusCode, anthropic.StatusCode, third.StatusCode]);
        Assert.Equal(("invalid_request_error", "finops_key_unknown"), (JsonNode.Parse(first)!["error"]!["type"]!.ToString(), JsonNode.Parse(first)!["error"]!["code"]!.ToString()));
        Assert.Equal(("error", "authentication_error"), (JsonNode.Parse(second)!["type"]!.ToString(), JsonNode.Parse(second)!["error"]!["type"]!.ToString()));
        Assert.Contains("finops_key_missing", await third.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(vendor.Received);
        Assert.Contains("finops_gateway_refused_total{reason=\"finops_key_unknown\"} 2", await gateway.MetricsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_OfAnother_ReachesNeitherItsModelsNorItsProviders()
    {
        var other = "fgw_" + RandomNumberGenerator.GetHexString(24);
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor, change: file => ((JsonArray)file["keys"]!).Add(new JsonObject
        {
            ["id"] = "other",
            ["sha256"] = Hash(other),
            ["models"] = new JsonArray("text-embedding-*", "gpt-4o-mini"),
            ["providers"] = new JsonArray("openai"),
        }));
        (string, string) key = ("Authorization", "Bearer " + other);

        var allowed = await gateway.AskAsync("/v1/chat/completions", Chat, key);
        var model = await gateway.AskAsync("/v1/chat/completions", """{"model":"gpt-4o","messages":[]}""", key);
        var unnamed = await gateway.AskAsync("/v1/chat/completions", """{"messages":[]}""", key);
        var provider = await gateway.AskAsync("/v1/messages", Message, key);
        var twice = await gateway.AskAsync("/v1/chat/completions", """{"model":"gpt-4o-mini","mod\u0065l":"gpt-4o","messages":[]}""", key);

        Assert.Equal([200, 403, 403, 403, 400], new[] { allowed, model, unnamed, provider, twice }.Select(one => (int)one.Response.StatusCode));
        Assert.Contains("finops_model_not_allowed", model.Body, StringComparison.Ordinal);
        Assert.Contains("permission_error", provider.Body, StringComparison.Ordinal);
        Assert.Contains("'model' twice", twice.Body, StringComparison.Ordinal);
        Assert.Single(vendor.Received);
    }

    /// <summary>Their users change the address alone: the key that they have for Helicone is known here by its hash, and the provider's comes from them.</summary>
    [Fact]
    public async Task Callers_OfOtherGateways_AreKnownByTheKeysTheyHave()
    {
        var (helicone, portkey) = ("sk-helicone-" + RandomNumberGenerator.GetHexString(8), "pk-" + RandomNumberGenerator.GetHexString(8));
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor, sink, file =>
        {
            ((JsonArray)file["keys"]!).Add(new JsonObject { ["id"] = "from-helicone", ["sha256"] = Hash(helicone) });
            ((JsonArray)file["keys"]!).Add(new JsonObject { ["id"] = "from-portkey", ["sha256"] = Hash(portkey) });
            var openAi = (JsonObject)file["providers"]![0]!;
            openAi.Remove("api_key");
            openAi["client_keys"] = true;
        });

        await gateway.AskAsync("/v1/chat/completions", Chat, ("Authorization", "Bearer sk-their-own"), ("Helicone-Auth", "Bearer " + helicone), ("Helicone-User-Id", "ada"), ("Helicone-Session-Id", "s1"), ("Helicone-Property-Feature", "search"));
        await gateway.AskAsync("/v1/chat/completions", Chat, ("Authorization", "Bearer sk-their-own"), ("x-portkey-api-key", portkey), ("x-portkey-provider", "openai"), ("x-portkey-custom-host", "http://169.254.169.254/"), ("x-portkey-metadata", """{"_user":"bob","team":"core","n":1}"""));
        await gateway.AskAsync("/v1/chat/completions", """{"model":"gpt-4o-mini","messages":[],"metadata":{"tags":["feature:chat","x"],"session_id":"s9"},"user":"carl"}""", ("Authorization", "Bearer sk-their-own"), ("x-litellm-customer-id", "dora"), ("x-litellm-tags", "team:ops, other"));

        Assert.Equal(["Bearer sk-their-own", "Bearer sk-their-own", "Bearer sk-their-own"], vendor.Received.Select(one => one.Headers["Authorization"]));
        var spans = await sink.WaitAsync(3);
        Assert.Equal(("from-helicone", "ada", "s1", "search"), (spans[0]["finops.key"], spans[0]["user.id"], spans[0]["session.id"], spans[0]["feature"]));
        Assert.Equal(("from-portkey", "bob", "core"), (spans[1]["finops.key"], spans[1]["user.id"], spans[1]["team"]));
        Assert.Equal((null, "dora", "ops", "chat", "s9"), (spans[2].GetValueOrDefault("finops.key"), spans[2]["user.id"], spans[2]["team"], spans[2]["feature"], spans[2]["session.id"]));
    }

    /// <summary>What their users write for LiteLLM into a body tells here whose a call is, and goes to no provider, which would refuse it.</summary>
    [Theory]
    [InlineData("/v1/chat/completions", """{"litellm_session_id":"s1","model":"m","messages":[]}""", """{"model":"m","messages":[]}""", "s1", null)]
    [InlineData("/v1/chat/completions", """{ "litellm_session_id":"s1", "metadata":{"tags":["feature:faq"]} ,"model":"m","messages":[] }""", """{ "model":"m","messages":[] }""", "s1", "faq")]
    [InlineData("/v1/chat/completions", """{"model":"m" , "metadata":{"spend_logs_metadata":{"feature":"faq"}}, "messages":[],"litellm_trace_id":"s2"}""", """{"model":"m", "messages":[]}""", "s2", "faq")]
    [InlineData("/v1/chat/completions", """{"model":"m","metadata":{"feature":"faq"},"messages":[]}""", """{"model":"m","metadata":{"feature":"faq"},"messages":[]}""", null, "faq")]
    [InlineData("/v1/messages", """{"model":"m","max_tokens":1,"metadata":{"tags":["feature:faq"], "user_id":"u", "session_id":"s3"},"messages":[]}""", """{"model":"m","max_tokens":1,"metadata":{"user_id":"u"},"messages":[]}""", "s3", "faq")]
    [InlineData("/v1/messages", """{"metadata":{"feature":"faq"},"model":"m","max_tokens":1,"messages":[]}""", """{"model":"m","max_tokens":1,"messages":[]}""", null, "faq")]
    public async Task Body_ThatSpeaksToAnotherGateway_TellsUs_AndNoProvider(string path, string sent, string arrived, string? session, string? feature)
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor, sink);

        await gateway.AskAsync(path, sent);

        Assert.Equal(arrived, vendor.Received.Single().Text);
        var span = (await sink.WaitAsync(1))[0];
        Assert.Equal((session, feature), (span.GetValueOrDefault("session.id"), span.GetValueOrDefault("feature")));
    }

    [Fact]
    public async Task Provider_ThatIsNotKnownHere_IsNotGuessed()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor);

        var known = await gateway.AskAsync("/v1/chat/completions", Chat, ("x-portkey-provider", "@azure"));
        var unknown = await gateway.AskAsync("/v1/chat/completions", Chat, ("x-portkey-provider", "groq"));

        Assert.Equal((200, 404), ((int)known.Response.StatusCode, (int)unknown.Response.StatusCode));
        Assert.Contains("finops_no_provider", unknown.Body, StringComparison.Ordinal);
        Assert.Equal(RunningGateway.RealKey, vendor.Received.Single().Headers["api-key"]);
    }

    [Fact]
    public async Task Tags_OfTheKey_CannotBeChangedByItsCaller()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor, sink);

        await gateway.AskAsync("/v1/chat/completions", Chat, ("x-finops-team", "somebody-else"), ("x-finops-feature", "search"), ("x-finops-user", "ada"), ("x-finops-customer", "acme"), ("x-finops-session", "s1"), ("x-finops-environment", "staging"), ("x-finops-service", "web"));

        var span = (await sink.WaitAsync(1))[0];
        Assert.Equal(("care", "search", "ada", "acme", "s1", "staging", "web"),
            (span["team"], span["feature"], span["user.id"], span["customer.id"], span["session.id"], span["deployment.environment.name"], span["service.name"]));
    }

    [Theory]
    [InlineData("not json", "finops_not_json")]
    [InlineData("[]", "finops_not_json")]
    [InlineData("{\"model\":\"a\"} {}", "finops_not_json")]
    [InlineData("{\"model\":\"a\",\"model\":\"b\"}", "finops_field_twice")]
    public async Task Body_ThatCannotBeUnderstood_IsRefused(string body, string code)
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor);

        var (response, answer) = await gateway.AskAsync("/v1/chat/completions", body);

        Assert.Equal(400, (int)response.StatusCode);
        Assert.Contains(code, answer, StringComparison.Ordinal);
        Assert.Empty(vendor.Received);
    }

    [Fact]
    public async Task Provider_ThatIsAway_OrAtAnInternalAddress_IsSaidToBe()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await RunningGateway.StartAsync(vendor, change: file =>
        {
            file["providers"]![0]!["base_url"] = "http://127.0.0.1:9";
            file["providers"]![1]!["internal"] = false;
        });

        var (away, body) = await gateway.AskAsync("/v1/chat/completions", Chat);
        var (inside, second) = await gateway.AskAsync("/v1/messages", Message);
        var (nobody, _) = await gateway.AskAsync("/v2/chat", Chat);

        Assert.Equal((502, 502), ((int)away.StatusCode, (int)inside.StatusCode));
        Assert.Contains("finops_provider_unreachable", body, StringComparison.Ordinal);
        Assert.Contains("own network", second, StringComparison.Ordinal);
        Assert.Equal(502, (int)nobody.StatusCode);
        Assert.Empty(vendor.Received);
    }
}
