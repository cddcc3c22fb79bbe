using System.Globalization;
using System.Text.Json.Nodes;
using FinOps.Gateway.Tests.Control;
using FinOps.Gateway.Tests.Leases;

namespace FinOps.Gateway.Tests.Routing;

/// <summary>Opus costs five times as much as Haiku, and a tenth of that where it has read the prompt already.</summary>
public sealed class KeepWarmTests
{
    private const string Opus = "claude-opus-4-5";
    private const string Haiku = "claude-haiku-4-5";

    private readonly TestClock _clock = new();
    private readonly CachingVendor _models = new();

    private static string Route(int sticky = 300, string head = "") =>
        $$$"""{"id":"tiers","name":"Tiers","kind":"route",{{{head}}}"match":{"all":true},"body":{"sticky_seconds":{{{sticky}}},"rules":[{"when":{"feature":"quick"},"tier":1,"targets":[{"model":"{{{Haiku}}}"}]}]}}""";

    private static string Budget(string limit) =>
        $$$"""{"id":"cap","name":"Cap","kind":"budget","match":{"all":true},"body":{"action":"downgrade","downgrade_to":{"model":"{{{Haiku}}}"},{{{limit}}} } }""";

    private async Task<RunningGateway> StartAsync(VendorServer vendor, ReportSink? sink, string policies)
    {
        vendor.First = _models.AnswerAsync;
        var folder = TestFolders.New();
        await File.WriteAllTextAsync(Path.Combine(folder, "policies.json"), $$"""{"schema":1,"policies":[{{policies}}]}""");
        return await RunningGateway.StartAsync(vendor, sink, file =>
        {
            file["policies"] = "policies.json";
            file["keys"]!.AsArray().Add(new JsonObject { ["id"] = "other", ["sha256"] = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("other-key"u8)) });
        }, folder, _clock);
    }

    private static async Task<decimal> AskAsync(RunningGateway gateway, string body, string feature = "", string session = "", string key = "")
    {
        var (response, text) = await gateway.AskAsync("/v1/messages", body, ("x-finops-feature", feature), ("x-finops-session", session), ("x-api-key", key.Length == 0 ? gateway.Key : key), ("anthropic-version", "2023-06-01"));
        Assert.True(response.IsSuccessStatusCode, text);
        // A caller has its answer before the gateway has noted what is warm now.
        await gateway.WaitIdleAsync();
        return decimal.Parse(response.Headers.GetValues("x-finops-cost").Single(), CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task Route_ToACheaperModel_LeavesACallWhereItsPromptIsWarm_UntilThatHasCostAsMuchAsTheSwitch()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await StartAsync(vendor, sink, Route());

        _models.Output = 100;
        await AskAsync(gateway, CachingVendor.Request(1));
        List<decimal> costs = [];
        for (var turn = 2; turn <= 6; turn++) costs.Add(await AskAsync(gateway, CachingVendor.Request(turn), "quick"));

        Assert.Equal([Opus, Opus, Opus, Haiku, Haiku, Haiku], _models.Asked);
        string[] effects = ["unchanged", "kept_warm", "kept_warm", "routed", "routed", "routed"];
        Assert.Equal(effects.Select(effect => $"tiers@1:treatment:{effect}"), (await sink.WaitAsync(6)).Select(span => span["finops.policies"]));
        var metrics = await gateway.MetricsAsync();
        Assert.Contains("finops_gateway_warm_prompts_total{outcome=\"kept\"} 2\n", metrics, StringComparison.Ordinal);
        Assert.Contains("finops_gateway_warm_prompts_total{outcome=\"left\"} 1\n", metrics, StringComparison.Ordinal);
        // Both that stayed were together cheaper than the one that switched, and those behind it cheaper than they.
        Assert.True(costs[0] + costs[1] < costs[2], string.Join(' ', costs));
        Assert.True(costs[3] < costs[0], string.Join(' ', costs));
    }

    [Fact]
    public async Task Route_OfAColdPrompt_OfAnotherConversation_OrOfAnotherKey_IsObeyed()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await StartAsync(vendor, null, Route());

        await AskAsync(gateway, CachingVendor.Request(1));
        await AskAsync(gateway, CachingVendor.Request(1).Replace("Question 0", "Another", StringComparison.Ordinal), "quick");
        await AskAsync(gateway, CachingVendor.Request(1, systemBytes: 200_004), "quick");
        await AskAsync(gateway, CachingVendor.Request(2), "quick", key: "other-key");
        _clock.Pass(301);
        await AskAsync(gateway, CachingVendor.Request(2), "quick");

        Assert.Equal([Opus, Haiku, Haiku, Haiku, Haiku], _models.Asked);
        Assert.DoesNotContain("warm_prompts_total{", await gateway.MetricsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Route_IsObeyed_WhereALongAnswerDecides_WhereEachCallIsDecidedByItself_AndToADearerModel()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await StartAsync(vendor, null, Route());
        _models.Output = 4_000;
        await AskAsync(gateway, CachingVendor.Request(1, systemBytes: 40_000));
        await AskAsync(gateway, CachingVendor.Request(2, systemBytes: 40_000), "quick");
        Assert.Equal([Opus, Haiku], _models.Asked);

        _models.Output = 500;
        await using var each = await StartAsync(vendor, null, Route(sticky: 0));
        await AskAsync(each, CachingVendor.Request(1));
        await AskAsync(each, CachingVendor.Request(2), "quick");
        Assert.Equal([Opus, Haiku], _models.Asked.Skip(2));

        await using var dearer = await StartAsync(vendor, null, Route().Replace(Haiku, Opus, StringComparison.Ordinal));
        await AskAsync(dearer, CachingVendor.Request(1, Haiku, 200_008));
        await AskAsync(dearer, CachingVendor.Request(2, Haiku, 200_008), "quick");
        Assert.Equal([Haiku, Opus], _models.Asked.Skip(4));
    }

    [Fact]
    public async Task Session_WhoseRouteHasChanged_Stays_WhateverIsSaidFirst_AndAnotherAgentOfItDoesNot()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await StartAsync(vendor, null, Route(sticky: 1));

        await AskAsync(gateway, CachingVendor.Request(1), session: "s");
        _clock.Pass(60);
        await AskAsync(gateway, CachingVendor.Request(1).Replace("Question 0", "Summary", StringComparison.Ordinal), "quick", "s");
        _clock.Pass(60);
        await AskAsync(gateway, CachingVendor.Request(1).Replace("xxxx\"", "agent\"", StringComparison.Ordinal), "quick", "s");

        Assert.Equal([Opus, Opus, Haiku], _models.Asked);
    }

    [Fact]
    public async Task Trial_TellsThatItWouldStay_AndPromptsThatAreNotReadAgain_AreForgotten()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await StartAsync(vendor, sink, Route(head: "\"dry_run\":true,"));

        await AskAsync(gateway, CachingVendor.Request(1));
        await AskAsync(gateway, CachingVendor.Request(1), "quick");
        vendor.First = async (http, request) =>
        {
            await VendorServer.AnswerAsync(http, 200, """{"id":"m","type":"message","role":"assistant","model":"claude-opus-4-5","content":[],"stop_reason":"end_turn","usage":{"input_tokens":9,"output_tokens":1}}""");
            return true;
        };
        await AskAsync(gateway, CachingVendor.Request(1), "quick");
        await AskAsync(gateway, CachingVendor.Request(1), "quick");

        Assert.Equal(["unchanged", "kept_warm", "kept_warm", "routed"], (await sink.WaitAsync(4)).Select(span => span["finops.policies"].Split(':')[2]));
        Assert.DoesNotContain("warm_prompts_total{", await gateway.MetricsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failure_WhereThePromptIsWarm_GoesOnAsTheFallbackSays_AndTheNextCallDoesNotStay()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await StartAsync(
            vendor, sink, Route() + """,{"id":"away","name":"Away","kind":"fallback","match":{"all":true},"body":{"on":["transient"],"retries":0,"chain":[{"model":"claude-sonnet-4-5"}]}}""");

        await AskAsync(gateway, CachingVendor.Request(1));
        _models.Broken = Opus;
        await AskAsync(gateway, CachingVendor.Request(2), "quick");
        _models.Forget();
        _clock.Pass(301);
        await AskAsync(gateway, CachingVendor.Request(3), "quick");

        Assert.Equal([Opus, Opus, "claude-sonnet-4-5", Haiku], _models.Asked);
        Assert.Contains("away@1:treatment:fell_back", (await sink.WaitAsync(4))[2]["finops.policies"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task BudgetOfAMinute_ThatIsSpent_LetsStayWhatIsCheaperWarm_AndALimitOfRequestsDoesNot()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await StartAsync(vendor, sink, Budget("\"usd_per_minute\":0.01"));
        await AskAsync(gateway, CachingVendor.Request(1));
        await AskAsync(gateway, CachingVendor.Request(2));
        await AskAsync(gateway, CachingVendor.Request(1).Replace("Question 0", "Another", StringComparison.Ordinal));
        Assert.Equal([Opus, Opus, Haiku], _models.Asked);
        Assert.Equal(["unchanged", "kept_warm", "routed"], (await sink.WaitAsync(3)).Select(span => span["finops.policies"].Split(':')[2]));

        await using var requests = await StartAsync(vendor, null, Budget("\"requests_per_minute\":1"));
        await AskAsync(requests, CachingVendor.Request(1));
        await AskAsync(requests, CachingVendor.Request(2));
        Assert.Equal([Opus, Haiku], _models.Asked.Skip(3));
    }

    [Fact]
    public async Task LeasedBudget_ThatIsSpent_LetsStayOnlyWhatCostsNoMoreThanTheCheaperModel()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var control = await ControlServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        vendor.First = _models.AnswerAsync;
        control.Ledgers["b"] = new LeaseLedger(0.5m);
        var folder = TestFolders.New();
        await File.WriteAllTextAsync(Path.Combine(folder, "token"), ControlServer.Token);
        control.Send(DateTime.UnixEpoch.Ticks, Budget("\"lease\":{\"budget\":\"b\",\"usd\":0.5,\"seconds\":60}"));
        await using var gateway = await RunningGateway.StartAsync(vendor, sink, file => file["control"] = new JsonObject { ["url"] = control.Address, ["token"] = new JsonObject { ["file"] = "token" } }, folder);
        Assert.Equal("none", (await control.WaitForWordAsync(1)).Refusal);

        // The first spends 0.32 of the 0.5; the next would cost as much without what is warm: there is no money for that.
        await AskAsync(gateway, CachingVendor.Request(1));
        var warm = await AskAsync(gateway, CachingVendor.Request(2));
        _models.Output = 4_000;
        var last = await AskAsync(gateway, CachingVendor.Request(1).Replace("Question 0", "Another", StringComparison.Ordinal));

        Assert.Equal([Opus, Opus, Haiku], _models.Asked);
        Assert.Equal(["unchanged", "kept_warm", "routed"], (await sink.WaitAsync(3)).Select(span => span["finops.policies"].Split(':')[2]));
        Assert.True(warm < last, $"{warm} against {last}");
        var metrics = await gateway.MetricsAsync();
        foreach (var outcome in (string[])["reserved", "let_through", "downgraded"])
            Assert.Contains($"lease_calls_total{{outcome=\"{outcome}\"}} 1\n", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenAisPrompt_ThatItsUsageTellsIsCached_StaysToo()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await StartAsync(vendor, null, Route().Replace(Haiku, "gpt-4o-mini", StringComparison.Ordinal));
        List<string> asked = [];
        vendor.First = async (http, request) =>
        {
            var model = JsonNode.Parse(request.Text)!["model"]!.ToString();
            asked.Add(model);
            await VendorServer.AnswerAsync(http, 200, $$$"""{"id":"c","object":"chat.completion","model":"{{{model}}}","choices":[{"index":0,"message":{"role":"assistant","content":"Yes."},"finish_reason":"stop"}],"usage":{"prompt_tokens":50000,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":49920} } }""");
            return true;
        };
        var chat = $$"""{"model":"gpt-5","messages":[{"role":"developer","content":"{{new string('x', 200_000)}}"},{"role":"user","content":"Why?"}]}""";

        await gateway.AskAsync("/v1/chat/completions", chat);
        await gateway.WaitIdleAsync();
        await gateway.AskAsync("/v1/chat/completions", chat, ("x-finops-feature", "quick"));
        await gateway.WaitIdleAsync();
        await gateway.AskAsync("/v1/chat/completions", chat.Replace("Why", "How", StringComparison.Ordinal), ("x-finops-feature", "quick"));

        Assert.Equal(["gpt-5", "gpt-5", "gpt-4o-mini"], asked);
    }
}
