using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace FinOps.Gateway.Tests.Policies;

public sealed class PolicyTests
{
    private const string Chat = """{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}""";

    /// <summary>A gateway that obeys a file of these policies.</summary>
    internal static async Task<RunningGateway> StartAsync(VendorServer vendor, ReportSink? sink, string policies, Action<JsonObject>? change = null, string? folder = null)
    {
        folder ??= TestFolders.New();
        await File.WriteAllTextAsync(Path.Combine(folder, "policies.json"), $$"""{"schema":1,"policies":[{{policies}}]}""");
        return await RunningGateway.StartAsync(vendor, sink, file =>
        {
            file["policies"] = "policies.json";
            change?.Invoke(file);
        }, folder);
    }

    [Theory]
    [InlineData("set", """{"model":"gpt-4o","max_tokens":900,"messages":[]}""", """{"model":"gpt-4o","max_tokens":100,"messages":[]}""", "limited")]
    [InlineData("set", """{"model":"gpt-4o","max_tokens":50,"messages":[]}""", """{"model":"gpt-4o","max_tokens":50,"messages":[]}""", "unchanged")]
    [InlineData("set", """{"model":"gpt-4o","messages":[]}""", """{"model":"gpt-4o","messages":[],"max_completion_tokens":100}""", "limited")]
    [InlineData("lower", """{"model":"gpt-4o","messages":[]}""", """{"model":"gpt-4o","messages":[]}""", "unchanged")]
    [InlineData("default", """{"model":"gpt-4o","max_completion_tokens":900,"messages":[]}""", """{"model":"gpt-4o","max_completion_tokens":900,"messages":[]}""", "unchanged")]
    public async Task OutputLimit_NeverRaises_AndChangesNothingElse(string mode, string sent, string arrived, string effect)
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await StartAsync(vendor, sink, $$"""{"id":"cap","version":3,"name":"Cap","kind":"output_limit","match":{"all":true},"body":{"mode":"{{mode}}","max_tokens":100} }""");

        await gateway.AskAsync("/v1/chat/completions", sent);

        Assert.Equal(arrived, vendor.Received.Single().Text);
        Assert.Equal($"cap@3:treatment:{effect}", (await sink.WaitAsync(1))[0]["finops.policies"]);
    }

    [Theory]
    [InlineData("/v1/responses", """{"model":"gpt-4o","input":"hi"}""", ",\"max_output_tokens\":100}")]
    [InlineData("/v1/messages", """{"model":"claude-haiku-4-5","max_tokens":4096,"messages":[]}""", "\"max_tokens\":100,")]
    public async Task OutputLimit_HasTheNameOfEachProtocol(string path, string sent, string part)
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await StartAsync(vendor, null, """{"id":"cap","name":"Cap","kind":"output_limit","match":{"all":true},"body":{"max_tokens":100}}""");

        await gateway.AskAsync(path, sent);

        Assert.Contains(part, vendor.Received.Single().Text, StringComparison.Ordinal);
    }

    private const string Cache = """{"id":"keep","version":2,"name":"Keep","kind":"exact_cache","match":{"all":true},"body":{"ttl_seconds":60,"scope":"tenant"}}""";

    [Fact]
    public async Task Cache_AnswersTheSameQuestionAgain_AtNoCost_AndTellsWhatItAvoided()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await StartAsync(vendor, sink, Cache);

        var (first, one) = await gateway.AskAsync("/v1/chat/completions", """{"model":"gpt-4o-mini","user":"a","messages":[{"role":"user","content":"hi"}],"temperature":0}""");
        await gateway.WaitIdleAsync();
        var (second, two) = await gateway.AskAsync("/v1/chat/completions", """{ "temperature":0, "messages":[ {"role":"user", "content":"hi"} ], "model":"gpt-4o-mini", "user":"b" }""");
        var (third, _) = await gateway.AskAsync("/v1/chat/completions", """{"model":"gpt-4o-mini","messages":[{"role":"user","content":"hi "}],"temperature":0}""");

        Assert.Equal(one, two);
        Assert.Equal(2, vendor.Received.Count);
        Assert.Equal(["miss", "hit", "miss"], new[] { first, second, third }.Select(one => one.Headers.GetValues("x-finops-cache").Single()));
        Assert.Equal("0", second.Headers.GetValues("x-finops-cost").Single());
        var hit = (await sink.WaitAsync(3))[1];
        Assert.Equal(("true", "hit", "148", "113", "35", "keep@2:treatment:hit", "gpt-4o-mini-2024-07-18"),
            (hit["finops.cache_hit"], hit["finops.cache"], hit["finops.tokens_avoided"], hit["gen_ai.usage.input_tokens"], hit["gen_ai.usage.output_tokens"], hit["finops.policies"], hit["gen_ai.response.model"]));
        Assert.DoesNotContain("gen_ai.response.id", hit.Keys);
    }

    [Fact]
    public async Task Cache_ReplaysAStream_AsTheStreamItWas()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await StartAsync(vendor, null, Cache);
        const string Plain = """{"model":"gpt-4o-mini","stream":true,"messages":[]}""";
        const string WithUsage = """{"model":"gpt-4o-mini","stream":true,"messages":[],"stream_options":{"include_usage":true}}""";

        await gateway.AskAsync("/v1/chat/completions", Plain);
        await gateway.AskAsync("/v1/chat/completions", WithUsage);
        var (plain, events) = await gateway.AskAsync("/v1/chat/completions", Plain);
        var (_, told) = await gateway.AskAsync("/v1/chat/completions", WithUsage);

        Assert.Equal(2, vendor.Received.Count);
        Assert.Equal("text/event-stream", plain.Content.Headers.ContentType!.MediaType);
        Assert.Equal(VendorServer.ChatStream(1, tellsUsage: false), events);
        Assert.Equal(VendorServer.ChatStream(2, tellsUsage: true), told);
    }

    [Fact]
    public async Task Cache_DoesWhatTheCallerSays_AndKeepsNoError_NorWhatIsAnothers()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await StartAsync(vendor, null, Cache.Replace("\"tenant\"", "\"key\"", StringComparison.Ordinal), file => file["keys"]!.AsArray().Add(new JsonObject { ["id"] = "other", ["sha256"] = Hash("other-key") }));

        await gateway.AskAsync("/v1/chat/completions", Chat, ("Cache-Control", "no-store"));
        await gateway.AskAsync("/v1/chat/completions", Chat);
        await gateway.AskAsync("/v1/chat/completions", Chat, ("Cache-Control", "no-cache"));
        await gateway.AskAsync("/v1/chat/completions", Chat, ("Cache-Control", "max-age=0"));
        await gateway.AskAsync("/v1/chat/completions", Chat, ("Authorization", "Bearer other-key"));
        Assert.Equal(5, vendor.Received.Count);
        await gateway.AskAsync("/v1/chat/completions", Chat);
        await gateway.AskAsync("/v1/chat/completions", Chat, ("Authorization", "Bearer other-key"));
        Assert.Equal(5, vendor.Received.Count);

        for (var i = 0; i < 2; i++) Assert.Equal(429, (int)(await gateway.AskAsync("/v1/chat/completions", """{"model":"rate-limited","messages":[]}""")).Response.StatusCode);
        Assert.Equal(7, vendor.Received.Count);
    }

    private static string Hash(string key) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    [Fact]
    public async Task Cache_FindsAfterARestart_WhatItKept()
    {
        var folder = TestFolders.New();
        await using var vendor = await VendorServer.StartAsync();
        await using (var first = await StartAsync(vendor, null, Cache, folder: folder)) await first.AskAsync("/v1/chat/completions", Chat);
        await using var second = await StartAsync(vendor, null, Cache, folder: folder);

        var (response, body) = await second.AskAsync("/v1/chat/completions", Chat);

        Assert.Equal("hit", response.Headers.GetValues("x-finops-cache").Single());
        Assert.Equal(VendorServer.Chat(1), body);
        Assert.Single(vendor.Received);
    }

    [Fact]
    public async Task Route_SendsByItsRules_ToAnotherModel_AndAnotherProviderOfTheProtocol()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await StartAsync(vendor, sink, """
            {"id":"tiers","name":"Tiers","kind":"route","match":{"operation":["chat","responses"]},"body":{"sticky_seconds":0,"rules":[
              {"when":{"feature":"faq"},"tier":1,"answer":"Look into the FAQ."},
              {"when":{"feature":"small"},"tier":1,"targets":[{"provider":"azure","model":"mini"}]},
              {"tier":2,"targets":[{"model":"gpt-4o-mini"}]}]}}
            """);

        await gateway.AskAsync("/v1/chat/completions", Chat);
        await gateway.AskAsync("/v1/chat/completions", Chat, ("x-finops-feature", "small"));
        var (answered, body) = await gateway.AskAsync("/v1/chat/completions", Chat, ("x-finops-feature", "faq"));
        await gateway.AskAsync("/v1/messages", """{"model":"claude-haiku-4-5","max_tokens":9,"messages":[]}""");

        Assert.Equal(3, vendor.Received.Count);
        Assert.Equal(Chat.Replace("gpt-4o", "gpt-4o-mini", StringComparison.Ordinal), vendor.Received[0].Text);
        Assert.Equal(("/openai/v1/chat/completions", RunningGateway.RealKey), (vendor.Received[1].Path, vendor.Received[1].Headers["api-key"]));
        Assert.Contains("\"model\":\"mini\"", vendor.Received[1].Text, StringComparison.Ordinal);
        Assert.Contains("Look into the FAQ.", body, StringComparison.Ordinal);
        Assert.Equal("0", answered.Headers.GetValues("x-finops-cost").Single());
        var spans = await sink.WaitAsync(4);
        Assert.Equal(["tiers@1:treatment:routed", "tiers@1:treatment:routed", "tiers@1:treatment:answered", null], spans.Select(span => span.GetValueOrDefault("finops.policies")));
        Assert.Equal(("gpt-4o", "azure.ai.openai"), (spans[1]["gen_ai.request.model"], spans[1]["gen_ai.provider.name"]));
    }

    [Fact]
    public async Task Route_KeepsASession_WhereItsPromptIsWarm()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await StartAsync(vendor, null, """
            {"id":"size","name":"By size","kind":"route","match":{"all":true},"body":{"sticky_seconds":300,"rules":[
              {"when":{"prompt_bytes":{"max":200}},"tier":1,"targets":[{"model":"small"}]},
              {"tier":3,"targets":[{"model":"large"}]}]}}
            """);
        var longer = $$"""{"model":"gpt-4o","messages":[{"role":"user","content":"{{new string('x', 300)}}"}]}""";

        await gateway.AskAsync("/v1/chat/completions", Chat, ("x-finops-session", "s1"));
        await gateway.AskAsync("/v1/chat/completions", longer, ("x-finops-session", "s1"));
        await gateway.AskAsync("/v1/chat/completions", longer, ("x-finops-session", "s2"));
        await gateway.AskAsync("/v1/chat/completions", Chat);

        Assert.Equal(["small", "small", "large", "small"], vendor.Received.Select(one => JsonNode.Parse(one.Text)!["model"]!.ToString()));
    }

    [Fact]
    public async Task Arms_LeaveTheHoldoutAsItIs_AndAreOnEverySpan()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await StartAsync(vendor, sink, """{"id":"cap","name":"Cap","kind":"output_limit","match":{"all":true},"arms":{"unit":"user","holdout":5000},"body":{"max_tokens":7}}""");

        for (var user = 0; user < 40; user++) await gateway.AskAsync("/v1/chat/completions", Chat, ("x-finops-user", $"u{user}"));

        var spans = await sink.WaitAsync(40);
        var treated = spans.Where(span => span["finops.policies"] == "cap@1:treatment:limited").Select(span => span["user.id"]).ToHashSet(StringComparer.Ordinal);
        var control = spans.Where(span => span["finops.policies"] == "cap@1:control:none").Select(span => span["user.id"]).ToHashSet(StringComparer.Ordinal);
        Assert.Equal(40, treated.Count + control.Count);
        Assert.InRange(control.Count, 8, 32);
        Assert.Equal(treated.Count, vendor.Received.Count(one => one.Text.Contains("max_completion_tokens", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task DryRun_DoesNothing_AndTellsWhatItWouldHaveDone()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await StartAsync(vendor, sink, $$"""
            {"id":"cap","name":"Cap","kind":"output_limit","dry_run":true,"match":{"all":true},"body":{"max_tokens":7} },
            {{Cache.Replace("\"version\":2", "\"dry_run\":true", StringComparison.Ordinal)}}
            """);

        await gateway.AskAsync("/v1/chat/completions", Chat);
        await gateway.WaitIdleAsync();
        await gateway.AskAsync("/v1/chat/completions", Chat);

        Assert.Equal([Chat, Chat], vendor.Received.Select(one => one.Text));
        Assert.Equal(["cap@1:dry_run:limited,keep@1:dry_run:miss", "cap@1:dry_run:limited,keep@1:dry_run:hit"], (await sink.WaitAsync(2)).Select(span => span["finops.policies"]));
    }

    private const string FallBack = """{"id":"away","name":"Away","kind":"fallback","match":{"all":true},"body":{"on":["throttled","transient","timeout","money"],"retries":1,"chain":[{"model":"gpt-4o-mini"}]}}""";

    [Fact]
    public async Task Fallback_TriesAgain_ThenAsksTheNext_AndReportsEachAttempt()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await StartAsync(vendor, sink, FallBack);
        vendor.First = async (http, request) =>
        {
            if (request.Text.Contains("gpt-4o-mini", StringComparison.Ordinal)) return false;
            http.Response.Headers.RetryAfter = "1";
            await VendorServer.AnswerAsync(http, 429, """{"error":{"message":"slow","type":"requests","code":"rate_limit_exceeded"}}""");
            return true;
        };
        var began = Stopwatch.GetTimestamp();

        var (response, body) = await gateway.AskAsync("/v1/chat/completions", Chat);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.StartsWith("{\"id\":\"chatcmpl-", body, StringComparison.Ordinal);
        Assert.Equal(["gpt-4o", "gpt-4o", "gpt-4o-mini"], vendor.Received.Select(one => JsonNode.Parse(one.Text)!["model"]!.ToString()));
        Assert.True(Stopwatch.GetElapsedTime(began) >= TimeSpan.FromSeconds(1), "Retry-After was not waited for");
        var spans = await sink.WaitAsync(3);
        Assert.Equal(["rate_limit_exceeded", "rate_limit_exceeded", null], spans.Select(span => span.GetValueOrDefault("error.type")));
        Assert.Equal([null, "1", "2"], spans.Select(span => span.GetValueOrDefault("http.request.resend_count")));
        Assert.Equal("away@1:treatment:fell_back", spans[2]["finops.policies"]);
        // One call: all of it is found by what its caller was told.
        Assert.Single(sink.Spans.Select(one => Convert.ToHexStringLower(one.Span.TraceId.Span)).Distinct());
        Assert.StartsWith(Convert.ToHexStringLower(sink.Spans[0].Span.TraceId.Span), response.Headers.GetValues("x-finops-call-id").Single(), StringComparison.Ordinal);
        Assert.Equal(3, sink.Spans.Select(one => one.Span.SpanId).Distinct().Count());
    }

    [Fact]
    public async Task Fallback_DoesNotRepeat_WhatIsAboutMoney_OrTheCallersOwnFault()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await StartAsync(vendor, null, FallBack);
        var (status, error) = (429, """{"error":{"message":"no money","type":"insufficient_quota","code":"insufficient_quota"}}""");
        vendor.First = async (http, request) =>
        {
            if (request.Text.Contains("gpt-4o-mini", StringComparison.Ordinal)) return false;
            await VendorServer.AnswerAsync(http, status, error);
            return true;
        };

        var (money, _) = await gateway.AskAsync("/v1/chat/completions", Chat);
        Assert.Equal((200, 2), ((int)money.StatusCode, vendor.Received.Count));
        // The model without money is passed over for a while.
        await gateway.AskAsync("/v1/chat/completions", Chat);
        Assert.Equal(3, vendor.Received.Count);
        (status, error) = (400, """{"error":{"message":"bad","type":"invalid_request_error","code":"bad"}}""");
        var (fault, body) = await gateway.AskAsync("/v1/chat/completions", Chat.Replace("gpt-4o", "gpt-4.1", StringComparison.Ordinal));
        Assert.Equal((400, 4), ((int)fault.StatusCode, vendor.Received.Count));
        Assert.Contains("\"bad\"", body, StringComparison.Ordinal);
    }

    /// <summary>The first provider does not read: the body is still being sent there when the next is asked, and arrives whole at that one.</summary>
    [Fact]
    public async Task Fallback_WhileTheBodyIsStillBeingSent_AsksTheNextWithAllOfIt()
    {
        using var deaf = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        deaf.Start();
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await StartAsync(vendor, null, FallBack.Replace("{\"model\":\"gpt-4o-mini\"}", "{\"provider\":\"azure\",\"model\":\"mini\"}", StringComparison.Ordinal), file =>
        {
            file["providers"]![0]!["base_url"] = $"http://127.0.0.1:{((IPEndPoint)deaf.LocalEndpoint).Port}/v1";
            file["providers"]![0]!["first_byte_timeout_seconds"] = 1;
        });
        var prompt = string.Concat(Enumerable.Range(0, 2_000_000).Select(number => (char)('a' + (number % 26))));

        var (response, _) = await gateway.AskAsync("/v1/chat/completions", $$"""{"model":"gpt-4o","messages":[{"role":"user","content":"{{prompt}}"}]}""");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal($$"""{"model":"mini","messages":[{"role":"user","content":"{{prompt}}"}]}""", vendor.Received.Single().Text);
    }

    /// <summary>Whether a provider's key is good only the provider knows: who brings one gets no answer that was paid with another.</summary>
    [Fact]
    public async Task Cache_OfCallersWithKeysOfTheirOwn_IsSharedWithNobody_AndKnowsVersions()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await StartAsync(vendor, null, Cache, file =>
        {
            var anthropic = (JsonObject)file["providers"]![1]!;
            anthropic.Remove("api_key");
            anthropic["client_keys"] = true;
        });
        const string Message = """{"model":"claude-haiku-4-5","max_tokens":9,"messages":[]}""";
        (string, string) old = ("anthropic-version", "2023-06-01");

        await gateway.AskAsync("/v1/messages", Message, ("x-api-key", "sk-ant-good"), old);
        await gateway.AskAsync("/v1/messages", Message, ("x-api-key", "junk"), old);
        Assert.Equal(["sk-ant-good", "junk"], vendor.Received.Select(one => one.Headers["x-api-key"]));
        await gateway.AskAsync("/v1/messages", Message, ("x-api-key", "sk-ant-good"), ("anthropic-version", "2026-10-21"));
        Assert.Equal(3, vendor.Received.Count);
        await gateway.AskAsync("/v1/messages", Message, ("x-api-key", "sk-ant-good"), old);
        Assert.Equal(3, vendor.Received.Count);
    }

    [Fact]
    public async Task Breaker_PassesOverWhatFails_AndTriesItAgainLater()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await StartAsync(vendor, null, FallBack.Replace("\"retries\":1", "\"retries\":0", StringComparison.Ordinal));
        vendor.First = async (http, request) =>
        {
            if (request.Text.Contains("gpt-4o-mini", StringComparison.Ordinal)) return false;
            await VendorServer.AnswerAsync(http, 503, """{"error":{"message":"down","type":"server_error"}}""");
            return true;
        };

        for (var i = 0; i < 8; i++) Assert.Equal(200, (int)(await gateway.AskAsync("/v1/chat/completions", Chat)).Response.StatusCode);

        Assert.Equal(5, vendor.Received.Count(one => !one.Text.Contains("gpt-4o-mini", StringComparison.Ordinal)));
        Assert.Contains("finops_gateway_breakers_opened_total{provider=\"openai\"} 1", await gateway.MetricsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Budget_OfAMinute_RefusesBeyond_InTheProvidersForm_AndDowngradesWhereItSays()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await StartAsync(vendor, sink, """
            {"id":"few","name":"Few","kind":"budget","match":{"feature":"a"},"body":{"action":"block","requests_per_minute":2}},
            {"id":"tokens","name":"Tokens","kind":"budget","match":{"feature":"b"},"body":{"action":"throttle","tokens_per_minute":100}},
            {"id":"cheap","name":"Cheap","kind":"budget","match":{"feature":"c"},"body":{"action":"downgrade","usd_per_minute":0.000001,"downgrade_to":{"model":"gpt-4o-mini"}}},
            {"id":"stop","name":"Stop","kind":"budget","match":{"feature":"d"},"body":{"action":"block","kill":true}},
            {"id":"other","name":"Other","kind":"budget","match":{"feature":"e"},"body":{"action":"downgrade","requests_per_minute":1,"downgrade_to":{"provider":"anthropic","model":"claude-haiku-4-5"}}}
            """);
        async Task<(HttpResponseMessage Response, string Body)> Ask(string feature)
        {
            var answer = await gateway.AskAsync("/v1/chat/completions", Chat, ("x-finops-feature", feature));
            await gateway.WaitIdleAsync();
            return answer;
        }

        Assert.Equal([200, 200, 429], new[] { await Ask("a"), await Ask("a"), await Ask("a") }.Select(one => (int)one.Response.StatusCode));
        var (blocked, body) = await Ask("a");
        Assert.Equal(("false", "finops_budget_spent"), (blocked.Headers.GetValues("x-should-retry").Single(), JsonNode.Parse(body)!["error"]!["code"]!.ToString()));
        Assert.Equal([200, 429], new[] { await Ask("b"), await Ask("b") }.Select(one => (int)one.Response.StatusCode));
        Assert.NotNull((await Ask("b")).Response.Headers.RetryAfter);
        await Ask("c");
        await Ask("c");
        Assert.Equal(["gpt-4o", "gpt-4o-mini"], vendor.Received.TakeLast(2).Select(one => JsonNode.Parse(one.Text)!["model"]!.ToString()));
        Assert.Equal(403, (int)(await Ask("d")).Response.StatusCode);
        // What cannot be sent to the cheaper model goes as it is.
        Assert.Equal([200, 200], new[] { await Ask("e"), await Ask("e") }.Select(one => (int)one.Response.StatusCode));
        Assert.Equal("gpt-4o", JsonNode.Parse(vendor.Received[^1].Text)!["model"]!.ToString());
        var spans = await sink.WaitAsync(12);
        Assert.Equal("few@1:treatment:refused", spans.First(span => span.GetValueOrDefault("error.type") == "finops_budget_spent")["finops.policies"]);
        Assert.Equal(["other@1:treatment:unchanged", "other@1:treatment:unchanged"], spans.Select(span => span["finops.policies"]).Where(policies => policies.StartsWith("other", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task File_ThatChanges_IsObeyedWithinSeconds_AndABrokenOneChangesNothing()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await StartAsync(vendor, null, Cache.Replace("exact_cache", "output_limit", StringComparison.Ordinal).Replace("\"ttl_seconds\":60,\"scope\":\"tenant\"", "\"max_tokens\":5", StringComparison.Ordinal));
        var file = Path.Combine(gateway.Folder, "policies.json");

        await File.WriteAllTextAsync(file, "{broken");
        await Task.Delay(1500);
        await gateway.AskAsync("/v1/chat/completions", Chat);
        Assert.Contains("\"max_completion_tokens\":5", vendor.Received[^1].Text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, """{"schema":1,"policies":[]}""");
        for (var waited = 0; waited < 50; waited++)
        {
            await gateway.AskAsync("/v1/chat/completions", Chat);
            if (vendor.Received[^1].Text == Chat) break;
            await Task.Delay(100);
        }

        Assert.Equal(Chat, vendor.Received[^1].Text);
    }

    [Theory]
    [InlineData("""{"id":"x","name":"X","kind":"budget","match":{"all":true},"body":{"action":"block","lease":{"budget":"0b0f9a3e-58ab-4d62-9d5c-0c3a2b1f7c11","usd":1.0}}}""", "A file has no budget to lease from")]
    [InlineData("""{"id":"x","name":"X","kind":"fallback","match":{"all":true},"body":{"on":["transient"],"chain":[{"provider":"mistral"}]}}""", "has no provider 'mistral'")]
    [InlineData("""{"id":"x","name":"X","kind":"budget","match":{"all":true},"body":{"action":"block","lease":{"budget":"b","usd":1}}}""", "A file has no budget to lease from")]
    public async Task File_ThatCannotBeObeyed_StopsTheStart(string policy, string why)
    {
        await using var vendor = await VendorServer.StartAsync();

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(vendor, null, policy));

        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FixedAnswers_AreTakenByTheSdks_StreamedOrNot()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await StartAsync(vendor, null, """{"id":"a","name":"A","kind":"route","match":{"all":true},"body":{"rules":[{"tier":1,"answer":"Grüße 🙂"}]}}""");

        var told = await ClientProgram.RunAsync("node", ["fixed.mjs"], ClientProgram.Folder("Gateway.Tests"), new Dictionary<string, string> { ["GATEWAY"] = gateway.Address, ["GATEWAY_KEY"] = gateway.Key });

        Assert.Contains("fine", told, StringComparison.Ordinal);
        Assert.Empty(vendor.Received);
    }
}
