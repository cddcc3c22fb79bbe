using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using FinOps.Gateway.Leases;
using FinOps.Gateway.Tests.Control;

namespace FinOps.Gateway.Tests.Leases;

public sealed class LeaseTests
{
    private const string Chat = """{"model":"gpt-4o-mini","max_tokens":50,"messages":[{"role":"user","content":"hi"}]}""";

    internal static string Month(string action = "block", decimal usd = 0.001m, string more = "", string lease = "", string head = "") => string.Create(
        CultureInfo.InvariantCulture,
        $$"""{"id":"month","version":2,"name":"The month","kind":"budget",{{head}}"match":{"all":true},"body":{"action":"{{action}}",{{more}}"lease":{"budget":"b","usd":{{usd}},"seconds":5{{lease}}} } }""");

    /// <summary>A gateway that obeys these policies.</summary>
    internal static async Task<RunningGateway> StartAsync(VendorServer vendor, ControlServer control, string policies, ReportSink? sink = null, string? folder = null, Action<JsonObject>? change = null)
    {
        folder ??= TestFolders.New();
        await File.WriteAllTextAsync(Path.Combine(folder, "token"), ControlServer.Token);
        var before = control.Told.Count;
        control.Send(DateTime.UnixEpoch.Ticks + before, policies);
        var gateway = await RunningGateway.StartAsync(vendor, sink, file =>
        {
            file["control"] = new JsonObject { ["url"] = control.Address, ["token"] = new JsonObject { ["file"] = "token" } };
            change?.Invoke(file);
        }, folder);
        Assert.Equal("none", (await control.WaitForWordAsync(before + 1)).Refusal);
        return gateway;
    }

    internal static decimal Cost(HttpResponseMessage response) => decimal.Parse(response.Headers.GetValues("x-finops-cost").Single(), CultureInfo.InvariantCulture);

    internal static string? Code(string body) => JsonNode.Parse(body)!["error"]!["code"]?.ToString();

    [Fact]
    public async Task Call_IsSettledToTheDigit_AndWhatIsLeftGoesBack()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var control = await ControlServer.StartAsync();
        var ledger = control.Ledgers["b"] = new LeaseLedger(1);
        var gateway = await StartAsync(vendor, control, Month());
        decimal cost = 0;
        for (var i = 0; i < 3; i++) cost += Cost((await gateway.AskAsync("/v1/chat/completions", Chat)).Response);
        await gateway.AskAsync("/v1/messages/count_tokens", "{}");
        Assert.True(ledger.Outstanding > 0);

        await gateway.DisposeAsync();

        Assert.Equal((cost, 3, 0m), (ledger.Spent, ledger.Calls, ledger.Outstanding));
        Assert.Null(ledger.Fault);
        Assert.False(File.Exists(Path.Combine(gateway.Folder, "data", "leases.json")));
    }

    [Fact]
    public async Task Budget_ThatIsSpent_Refuses_InTheProvidersForm_AndLetsGoWhatCostsNothing()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var control = await ControlServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        control.Ledgers["b"] = new LeaseLedger(0.0002m);
        await using var gateway = await StartAsync(vendor, control, Month() + """,{"id":"keep","name":"Keep","kind":"exact_cache","match":{"feature":"kept"},"body":{"ttl_seconds":60}}""", sink);

        Assert.Equal(200, (int)(await gateway.AskAsync("/v1/chat/completions", Chat, ("x-finops-feature", "kept"))).Response.StatusCode);
        await gateway.WaitIdleAsync();
        const string Large = """{"model":"gpt-4o","max_tokens":4000,"messages":[]}""";
        var (response, body) = await gateway.AskAsync("/v1/chat/completions", Large);
        Assert.Equal((429, "finops_budget_spent", "false"), ((int)response.StatusCode, Code(body), response.Headers.GetValues("x-should-retry").Single()));
        Assert.Contains("expected to cost 0.0", body, StringComparison.Ordinal);
        var (claude, message) = await gateway.AskAsync("/v1/messages", """{"model":"claude-haiku-4-5","max_tokens":4000,"messages":[]}""", ("x-api-key", gateway.Key), ("anthropic-version", "2023-06-01"));
        Assert.Equal((429, "error", "rate_limit_error"), ((int)claude.StatusCode, JsonNode.Parse(message)!["type"]!.ToString(), JsonNode.Parse(message)!["error"]!["type"]!.ToString()));

        // What is in the cache costs nothing.
        var (hit, _) = await gateway.AskAsync("/v1/chat/completions", Chat, ("x-finops-feature", "kept"));
        Assert.Equal((200, "hit"), ((int)hit.StatusCode, hit.Headers.GetValues("x-finops-cache").Single()));
        Assert.Single(vendor.Received);
        Assert.Contains((await sink.WaitAsync(4)).Select(span => span["finops.policies"]), policies => policies == "month@2:treatment:refused");
        Assert.Contains("finops_gateway_lease_calls_total{outcome=\"blocked\"} 2", await gateway.MetricsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Budget_ThatIsSpent_Downgrades_OrLetsAFewThrough()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var control = await ControlServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        var ledger = control.Ledgers["b"] = new LeaseLedger(0.00000001m);
        var downgrade = Month("downgrade", more: "\"downgrade_to\":{\"model\":\"gpt-4o-mini\"},");
        var throttle = Month("throttle", more: "\"throttled_requests_per_minute\":1,").Replace("\"month\"", "\"few\"", StringComparison.Ordinal).Replace("{\"all\":true}", "{\"feature\":\"few\"}", StringComparison.Ordinal);
        var gateway = await StartAsync(vendor, control, downgrade.Replace("{\"all\":true}", "{\"feature\":\"\"}", StringComparison.Ordinal) + "," + throttle, sink);
        var expensive = Chat.Replace("gpt-4o-mini", "gpt-4o", StringComparison.Ordinal);

        var (cheap, _) = await gateway.AskAsync("/v1/chat/completions", expensive);
        Assert.Equal("gpt-4o-mini", JsonNode.Parse(vendor.Received.Single().Text)!["model"]!.ToString());
        var (first, _) = await gateway.AskAsync("/v1/chat/completions", expensive, ("x-finops-feature", "few"));
        var (second, body) = await gateway.AskAsync("/v1/chat/completions", expensive, ("x-finops-feature", "few"));
        Assert.Equal((200, 429, "finops_budget_throttled"), ((int)first.StatusCode, (int)second.StatusCode, Code(body)));
        Assert.NotNull(second.Headers.RetryAfter);
        Assert.Equal(["month@2:treatment:routed", "few@2:treatment:throttled", "few@2:treatment:refused"], (await sink.WaitAsync(3)).Select(span => span["finops.policies"]));

        await gateway.DisposeAsync();
        // What went through all the same is spent: of the lease that could not pay for it.
        Assert.Equal(Cost(cheap) + Cost(first), ledger.Spent + Debts(gateway.Folder));
    }

    [Fact]
    public async Task Budget_WhoseCheaperModelSpeaksAnotherProtocol_BoundsAndCountsWhatItCannotSendThere()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var control = await ControlServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        var ledger = control.Ledgers["b"] = new LeaseLedger(0.001m);
        var gateway = await StartAsync(vendor, control, Month("downgrade", more: "\"downgrade_to\":{\"provider\":\"openai\",\"model\":\"gpt-4o-mini\"},"), sink);
        const string Claude = """{"model":"claude-haiku-4-5","max_tokens":50,"messages":[]}""";
        (string, string)[] headers = [("x-api-key", gateway.Key), ("anthropic-version", "2023-06-01")];

        var (leased, _) = await gateway.AskAsync("/v1/messages", Claude, headers);
        Assert.Single(ledger.Asked);
        Assert.Contains("lease_calls_total{outcome=\"reserved\"} 1", await gateway.MetricsAsync(), StringComparison.Ordinal);
        // More than there is.
        var (beyond, _) = await gateway.AskAsync("/v1/messages", Claude.Replace("haiku", "opus", StringComparison.Ordinal).Replace("50", "4000", StringComparison.Ordinal), headers);
        var (legacy, _) = await gateway.AskAsync("/v1/completions", """{"model":"gpt-3.5-turbo-instruct","max_tokens":4000,"prompt":"hi"}""");

        Assert.Equal(["claude-haiku-4-5", "claude-opus-4-5", "gpt-3.5-turbo-instruct"], vendor.Received.Select(one => JsonNode.Parse(one.Text)!["model"]!.ToString()));
        Assert.All(await sink.WaitAsync(3), span => Assert.Equal("month@2:treatment:unchanged", span["finops.policies"]));
        Assert.Contains("lease_calls_total{outcome=\"let_through\"} 2", await gateway.MetricsAsync(), StringComparison.Ordinal);
        await gateway.DisposeAsync();
        Assert.Equal(Cost(leased) + Cost(beyond) + Cost(legacy), ledger.Spent + Debts(gateway.Folder));
    }

    /// <summary>What was spent without a lease, and waits for the next one.</summary>
    internal static decimal Debts(string folder)
    {
        var file = Path.Combine(folder, "data", "leases.json");
        return File.Exists(file) ? JsonNode.Parse(File.ReadAllText(file))!["debts"]!.AsArray().Sum(debt => debt!["usd"]!.GetValue<decimal>()) : 0;
    }

    [Fact]
    public async Task ControlPlaneAway_TheLastLeaseGoesOn_ThenItFailsClosedOrOpen_AndWhatWasSpentIsToldAfterARestart()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var control = await ControlServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        var ledger = control.Ledgers["b"] = new LeaseLedger(1);
        var policies = Month(lease: ",\"when_away\":\"closed\"").Replace("{\"all\":true}", "{\"feature\":\"closed\"}", StringComparison.Ordinal) + ","
            + Month().Replace("\"month\"", "\"open\"", StringComparison.Ordinal).Replace("{\"all\":true}", "{\"feature\":\"open\"}", StringComparison.Ordinal);
        var gateway = await StartAsync(vendor, control, policies, sink, change: file => file["limits"] = new JsonObject { ["lease_wait_ms"] = 10_000 });
        var folder = gateway.Folder;
        var cost = Cost((await gateway.AskAsync("/v1/chat/completions", Chat, ("x-finops-feature", "closed"))).Response);

        control.LeaseFault = LeaseFault.Away;
        // Of the last lease.
        cost += Cost((await gateway.AskAsync("/v1/chat/completions", Chat, ("x-finops-feature", "closed"))).Response);
        // More than what is left of it.
        const string Large = """{"model":"gpt-4o","max_tokens":4000,"messages":[]}""";
        var (closed, body) = await gateway.AskAsync("/v1/chat/completions", Large, ("x-finops-feature", "closed"));
        Assert.Equal((503, "finops_budget_unknown"), ((int)closed.StatusCode, Code(body)));
        Assert.NotNull(closed.Headers.RetryAfter);
        // Never a lease, from the start on; nobody waits for what does not come.
        var (open, _) = await gateway.AskAsync("/v1/chat/completions", Large, ("x-finops-feature", "open"));
        var began = Stopwatch.GetTimestamp();
        var (again, _) = await gateway.AskAsync("/v1/chat/completions", Large, ("x-finops-feature", "open"));
        Assert.Equal((200, 200), ((int)open.StatusCode, (int)again.StatusCode));
        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(5));
        cost += Cost(open) + Cost(again);
        Assert.Equal(["closed:treatment:unchanged", "closed:treatment:unchanged", "closed:treatment:refused", "open:treatment:away", "open:treatment:away"],
            (await sink.WaitAsync(5)).Select(span => span["finops.policies"].Replace("month@2", "closed", StringComparison.Ordinal).Replace("open@2", "open", StringComparison.Ordinal)));
        await gateway.DisposeAsync();
        Assert.NotEqual(cost, ledger.Spent);
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder, "data", "leases.json")));

        control.LeaseFault = LeaseFault.None;
        await using (var restarted = await StartAsync(vendor, control, policies, folder: folder))
        {
            cost += Cost((await restarted.AskAsync("/v1/chat/completions", Chat, ("x-finops-feature", "open"))).Response);
        }

        Assert.Equal((cost, 5, null), (ledger.Spent, ledger.Calls, ledger.Fault));
        Assert.False(File.Exists(Path.Combine(folder, "data", "leases.json")));
    }

    [Fact]
    public async Task GrantWhoseAnswerIsLost_IsAskedForAgain_AndIsTheLeaseThatIsSpent()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var control = await ControlServer.StartAsync();
        // All that there is, for an hour: whoever asks for another one gets nothing.
        var ledger = control.Ledgers["b"] = new LeaseLedger(0.001m) { Seconds = 3_600 };
        control.LosesGrants = 2;
        var gateway = await StartAsync(vendor, control, Month(lease: ",\"when_away\":\"closed\""));
        HttpResponseMessage response;
        string body;
        for (var tries = 0; ; tries++)
        {
            (response, body) = await gateway.AskAsync("/v1/chat/completions", Chat);
            if (response.IsSuccessStatusCode || tries == 200) break;
            Assert.Equal("finops_budget_unknown", Code(body));
            await Task.Delay(20);
        }

        Assert.Equal((200, 1, 2), ((int)response.StatusCode, ledger.Granted, ledger.Repeated));
        Assert.Single(ledger.Asked.Select(request => request.RequestId).Distinct());

        await gateway.DisposeAsync();
        Assert.Equal((Cost(response), 0m, 0, null), (ledger.Spent, ledger.Outstanding, ledger.Ghosts, ledger.Fault));
    }

    [Fact]
    public async Task GatewayThatEnds_GivesBackWhatWasGrantedAndNeverHeardOf()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var control = await ControlServer.StartAsync();
        var ledger = control.Ledgers["b"] = new LeaseLedger(0.001m) { Seconds = 3_600 };
        control.LosesGrants = 1;
        var gateway = await StartAsync(vendor, control, Month(lease: ",\"when_away\":\"closed\""));
        Assert.Equal(503, (int)(await gateway.AskAsync("/v1/chat/completions", Chat)).Response.StatusCode);
        Assert.Equal(0.001m, ledger.Outstanding);

        await gateway.DisposeAsync();

        Assert.Equal((1, 0m, 0), (ledger.Granted, ledger.Outstanding, ledger.Ghosts));
    }

    [Fact]
    public async Task PolicyThatIsGone_GivesItsLeaseBack_AndACallInFlightSettlesToIt()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var control = await ControlServer.StartAsync();
        var ledger = control.Ledgers["b"] = new LeaseLedger(1);
        await using var gateway = await StartAsync(vendor, control, Month(lease: ",\"away_seconds\":0").Replace("\"seconds\":5", "\"seconds\":3600", StringComparison.Ordinal));
        var held = new TaskCompletionSource();
        vendor.First = async (_, _) =>
        {
            await held.Task;
            return false;
        };
        var inFlight = gateway.AskAsync("/v1/chat/completions", Chat);
        for (var waited = 0; vendor.Received.Count == 0 && waited < 500; waited++) await Task.Delay(20);
        Assert.Single(vendor.Received);

        control.Send(long.MaxValue - 1, """{"id":"cap","name":"Cap","kind":"output_limit","match":{"all":true},"body":{"max_tokens":5}}""");
        await control.WaitForWordAsync(2);
        await Task.Delay(1500);
        Assert.Equal((1, 0), (ledger.Open, ledger.Returned));
        held.SetResult();
        var cost = Cost((await inFlight).Response);
        for (var waited = 0; ledger.Returned == 0 && waited < 100; waited++) await Task.Delay(50);

        Assert.Equal((cost, 0m, 1), (ledger.Spent, ledger.Outstanding, ledger.Returned));
    }

    [Fact]
    public async Task Trial_ReservesNothing_AndSaysThatItIsNotKnown_AndAKillStopsWhateverIsLeft()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var control = await ControlServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        var ledger = control.Ledgers["b"] = new LeaseLedger(1);
        await using var gateway = await StartAsync(
            vendor, control, Month(head: "\"dry_run\":true,") + "," + Month(more: "\"kill\":true,").Replace("\"month\"", "\"stop\"", StringComparison.Ordinal).Replace("{\"all\":true}", "{\"feature\":\"stop\"}", StringComparison.Ordinal), sink);

        Assert.Equal(200, (int)(await gateway.AskAsync("/v1/chat/completions", Chat)).Response.StatusCode);
        Assert.Equal(403, (int)(await gateway.AskAsync("/v1/chat/completions", Chat, ("x-finops-feature", "stop"))).Response.StatusCode);

        Assert.Equal("month@2:dry_run:unknown", (await sink.WaitAsync(2))[0]["finops.policies"]);
        Assert.Empty(ledger.Asked);
    }

    [Fact]
    public async Task CallsThatShareAnAnswer_AreOneCharge_AlsoWhenTheFirstCallerHasLeft()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var control = await ControlServer.StartAsync();
        var ledger = control.Ledgers["b"] = new LeaseLedger(1);
        var gateway = await StartAsync(vendor, control, Month() + "," + """{"id":"once","name":"Once","kind":"coalesce","match":{"all":true},"body":{"scope":"tenant"}}""");
        var held = new TaskCompletionSource();
        vendor.First = async (_, _) =>
        {
            await held.Task;
            return false;
        };
        using var leaving = new CancellationTokenSource();
        using var leavers = gateway.Post("/v1/chat/completions", Chat);
        var first = gateway.Client.SendAsync(leavers, leaving.Token);
        for (var waited = 0; vendor.Received.Count == 0 && waited < 500; waited++) await Task.Delay(20);
        Assert.Single(vendor.Received);
        var second = gateway.AskAsync("/v1/chat/completions", Chat);
        const string Reserved = "lease_calls_total{outcome=\"reserved\"} 2";
        for (var waited = 0; !(await gateway.MetricsAsync()).Contains(Reserved, StringComparison.Ordinal) && waited < 500; waited++) await Task.Delay(20);
        Assert.Contains(Reserved, await gateway.MetricsAsync(), StringComparison.Ordinal);
        // A moment later it has joined the first.
        await Task.Delay(300);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        held.SetResult();

        Assert.Equal(0, Cost((await second).Response));
        await gateway.DisposeAsync();
        Assert.Single(vendor.Received);
        Assert.True(ledger.Spent > 0);
        Assert.Equal((1, 0m, null), (ledger.Calls, ledger.Outstanding, ledger.Fault));
    }

    [Fact]
    public async Task LimitOfItsOwnThatBoundsNothing_IsNoneForALease()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var control = await ControlServer.StartAsync();
        var ledger = control.Ledgers["b"] = new LeaseLedger(100);
        await using var gateway = await StartAsync(vendor, control, Month());

        var (response, _) = await gateway.AskAsync("/v1/chat/completions", """{"model":"gpt-4o","max_tokens":1e300,"messages":[]}""");

        // As 1,000 tokens.
        Assert.Equal((200, 0.011m), ((int)response.StatusCode, ledger.Asked[0].Usd));
    }

    /// <summary>4,000 tokens of gpt-4o are four cents; parts of a tenth of a cent are asked for, and the prompt takes less than one.</summary>
    [Theory]
    [InlineData("/v1/chat/completions", "", "0.041")]
    [InlineData("/v1/chat/completions", "\"n\":1,", "0.041")]
    [InlineData("/v1/chat/completions", "\"n\":10,", "0.401")]
    [InlineData("/v1/chat/completions", "\"\\u006e\":10,", "0.401")]
    [InlineData("/v1/chat/completions", "\"n\":1e12,", "5.121")]
    [InlineData("/v1/completions", "\"best_of\":5,\"n\":2,", "0.201")]
    [InlineData("/v1/responses", "\"n\":10,", "0.041")]
    public async Task QuestionForSeveralAnswers_HoldsBackForEachOfThem(string path, string choices, string usd)
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var control = await ControlServer.StartAsync();
        var ledger = control.Ledgers["b"] = new LeaseLedger(100);
        await using var gateway = await StartAsync(vendor, control, Month());

        var limit = path == "/v1/responses" ? "max_output_tokens" : "max_tokens";
        await gateway.AskAsync(path, $$"""{"model":"gpt-4o",{{choices}}"{{limit}}":4000,"messages":[]}""");

        Assert.Equal(decimal.Parse(usd, CultureInfo.InvariantCulture), ledger.Asked[0].Usd);
    }

    [Fact]
    public async Task AnswersOfOneQuestion_AreRememberedEachByItself()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var control = await ControlServer.StartAsync();
        control.Ledgers["b"] = new LeaseLedger(100);
        await using var gateway = await StartAsync(vendor, control, Month(usd: 1));
        var held = new TaskCompletionSource();
        var count = 0;
        vendor.First = async (http, _) =>
        {
            if (Interlocked.Increment(ref count) > OutputHistory.MinAnswers) await held.Task;
            await VendorServer.AnswerAsync(http, 200, """{"id":"x","object":"chat.completion","model":"gpt-4o","choices":[],"usage":{"prompt_tokens":0,"completion_tokens":1000,"total_tokens":1000}}""");
            return true;
        };
        const string Ten = """{"model":"gpt-4o","n":10,"max_tokens":4000,"messages":[]}""";
        for (var i = 0; i < OutputHistory.MinAnswers; i++) Assert.Equal(0.01m, Cost((await gateway.AskAsync("/v1/chat/completions", Ten)).Response));

        var last = gateway.AskAsync("/v1/chat/completions", Ten);
        double usd = 0;
        for (var waited = 0; usd == 0 && waited < 500; waited++)
        {
            await Task.Delay(20);
            usd = double.Parse((await gateway.MetricsAsync()).Split('\n').Single(line => line.StartsWith("finops_gateway_lease_held_usd ", StringComparison.Ordinal)).Split(' ')[1], CultureInfo.InvariantCulture);
        }

        held.SetResult();
        await last;
        // A thousand tokens, as they were of all ten.
        Assert.InRange(usd, 0.01, 0.0105);
    }

    [Fact]
    public async Task ModelWithoutAPrice_IsNotFree()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var control = await ControlServer.StartAsync();
        var ledger = control.Ledgers["b"] = new LeaseLedger(1);
        vendor.First = async (http, _) =>
        {
            await VendorServer.AnswerAsync(http, 200, """{"id":"x","object":"chat.completion","model":"house-model-7","choices":[{"index":0,"message":{"role":"assistant","content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":600,"completion_tokens":400,"total_tokens":1000}}""");
            return true;
        };
        var gateway = await StartAsync(vendor, control, Month());

        var (answer, _) = await gateway.AskAsync("/v1/chat/completions", Chat.Replace("gpt-4o-mini", "house-model-7", StringComparison.Ordinal));
        await gateway.DisposeAsync();

        Assert.False(answer.Headers.Contains("x-finops-cost"));
        // A thousand tokens at 15 dollars a million.
        Assert.Equal(0.015m, ledger.Spent);
    }
}
