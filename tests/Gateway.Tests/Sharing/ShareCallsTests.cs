using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using FinOps.Gateway.Tests.Policies;

namespace FinOps.Gateway.Tests.Sharing;

public sealed class ShareCallsTests
{
    private const string Chat = """{"model":"gpt-4o-mini","messages":[{"role":"user","content":"hi"}]}""";
    private const string Stream = """{"model":"gpt-4o-mini","stream":true,"messages":[{"role":"user","content":"hi"}]}""";
    private const string Coalesce = """{"id":"once","version":2,"name":"Once","kind":"coalesce","match":{"all":true},"body":{"scope":"tenant","max_waiters":200}}""";

    private static string WithoutCost(string stream) => string.Concat(stream.Split("\n\n").Where(one => !one.StartsWith(": x-finops-cost", StringComparison.Ordinal) && one.Length != 0).Select(one => one + "\n\n"));

    /// <summary>The vendor answers only when so many calls have come.</summary>
    private static void WaitFor(VendorServer vendor, RunningGateway gateway, int calls) => vendor.First = async (_, _) =>
    {
        await gateway.WaitInFlightAsync(calls);
        return false;
    };

    [Fact]
    public async Task EqualCalls_AreSentOnce_AndTheOthersCostNothing()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await PolicyTests.StartAsync(vendor, sink, Coalesce + """, {"id":"few","name":"Few","kind":"budget","match":{"feature":"b"},"body":{"action":"block","requests_per_minute":3}}""");
        WaitFor(vendor, gateway, 5);

        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => gateway.AskAsync("/v1/chat/completions", Chat, ("x-finops-feature", "a"))));

        Assert.Single(vendor.Received);
        Assert.All(answers, one => Assert.Equal(VendorServer.Chat(1), one.Body));
        Assert.Equal(["none", "shared", "shared", "shared", "shared"], answers.Select(one => one.Response.Headers.GetValues("x-finops-cache").Single()).Order());
        Assert.Equal(4, answers.Count(one => one.Response.Headers.GetValues("x-finops-cost").Single() == "0"));
        Assert.Equal(5, answers.Select(one => one.Response.Headers.GetValues("x-finops-call-id").Single()).Distinct().Count());
        var spans = await sink.WaitAsync(5);
        var paid = Assert.Single(spans, span => !span.ContainsKey("finops.cache_hit"));
        Assert.Equal(("once@2:treatment:unchanged", "113"), (paid["finops.policies"], paid["gen_ai.usage.input_tokens"]));
        Assert.All(spans.Where(span => span != paid), span => Assert.Equal(
            ("shared", "once@2:treatment:shared", "148", "113", "gpt-4o-mini-2024-07-18"),
            (span["finops.cache"], span["finops.policies"], span["finops.tokens_avoided"], span["gen_ai.usage.input_tokens"], span["gen_ai.response.model"])));

        // A follower is a request of its budget's.
        WaitFor(vendor, gateway, 3);
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => gateway.AskAsync("/v1/chat/completions", Chat, ("x-finops-feature", "b"))));
        Assert.Equal(2, vendor.Received.Count);
        vendor.First = (_, _) => Task.FromResult(false);
        Assert.Equal(429, (int)(await gateway.AskAsync("/v1/chat/completions", Chat, ("x-finops-feature", "b"))).Response.StatusCode);
    }

    [Fact]
    public async Task Calls_ThatAreNotEqual_OrOfOtherKeys_OrWantNone_AreSentThemselves()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await PolicyTests.StartAsync(vendor, null, Coalesce.Replace("\"tenant\",\"max_waiters\":200", "\"key\",\"max_waiters\":1", StringComparison.Ordinal), file =>
        {
            file["keys"]!.AsArray().Add(new JsonObject { ["id"] = "other", ["sha256"] = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("other-key"u8)) });
            file["providers"]!.AsArray().Add(new JsonObject { ["name"] = "own", ["kind"] = "openai", ["base_url"] = vendor.Address + "/v1", ["client_keys"] = true, ["internal"] = true });
        });
        WaitFor(vendor, gateway, 10);

        var caches = (await Task.WhenAll(
            gateway.AskAsync("/v1/chat/completions", Chat), gateway.AskAsync("/v1/chat/completions", Chat), gateway.AskAsync("/v1/chat/completions", Chat),
            gateway.AskAsync("/v1/chat/completions", Chat, ("Cache-Control", "no-store")), gateway.AskAsync("/v1/chat/completions", Chat, ("Cache-Control", "no-cache")),
            gateway.AskAsync("/v1/chat/completions", Chat, ("Authorization", "Bearer other-key")), gateway.AskAsync("/v1/chat/completions", Chat.Replace("hi", "ho", StringComparison.Ordinal)),
            gateway.AskAsync("/own/v1/chat/completions", Chat, ("Authorization", "Bearer sk-a")), gateway.AskAsync("/own/v1/chat/completions", Chat, ("Authorization", "Bearer sk-b")),
            gateway.AskAsync("/own/v1/chat/completions", Chat, ("Authorization", "Bearer sk-c"), ("x-finops-key", gateway.Key)))).Select(one => one.Response.Headers.GetValues("x-finops-cache").Single());

        // Of the first three one leads, one follows, and one is more than may wait.
        Assert.Equal(9, vendor.Received.Count);
        Assert.Single(caches, one => one == "shared");
        Assert.Contains("finops_gateway_shared_total{outcome=\"too_many\"} 1", await gateway.MetricsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cache_IsAskedFirst_AndKeepsTheAnswerOfTheCallThatWasSent()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await PolicyTests.StartAsync(vendor, sink, Coalesce + """, {"id":"keep","name":"Keep","kind":"exact_cache","match":{"all":true},"body":{"ttl_seconds":60}}""");
        WaitFor(vendor, gateway, 2);

        await Task.WhenAll(gateway.AskAsync("/v1/chat/completions", Chat), gateway.AskAsync("/v1/chat/completions", Chat));
        await gateway.WaitIdleAsync();
        var (hit, _) = await gateway.AskAsync("/v1/chat/completions", Chat);

        Assert.Single(vendor.Received);
        Assert.Equal("hit", hit.Headers.GetValues("x-finops-cache").Single());
        Assert.Equal("keep@1:treatment:hit,once@2:treatment:unchanged", (await sink.WaitAsync(3))[2]["finops.policies"]);
    }

    [Fact]
    public async Task Error_GoesToAll_AndWhatIsTriedBeforeIsTriedOnce()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await PolicyTests.StartAsync(vendor, sink, Coalesce + """, {"id":"away","name":"Away","kind":"fallback","match":{"all":true},"body":{"on":["throttled"],"retries":0,"chain":[{"model":"next"}]}}""");
        vendor.First = async (http, _) =>
        {
            await gateway.WaitInFlightAsync(3);
            http.Response.Headers["Retry-After"] = "7";
            await VendorServer.AnswerAsync(http, 429, """{"error":{"message":"slow","type":"requests","code":"rate_limit_exceeded"}}""");
            return true;
        };

        var answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => gateway.AskAsync("/v1/chat/completions", Chat)));

        Assert.Equal(2, vendor.Received.Count);
        Assert.All(answers, one => Assert.Equal((429, "7"), ((int)one.Response.StatusCode, one.Response.Headers.GetValues("Retry-After").Single())));
        var spans = await sink.WaitAsync(4);
        Assert.All(spans, span => Assert.Equal("rate_limit_exceeded", span["error.type"]));
        Assert.Equal(2, spans.Count(span => span.GetValueOrDefault("finops.tokens_avoided") == "0"));
    }

    [Fact]
    public async Task DryRun_TellsWhatWouldBeShared_AndSharesNothing()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await PolicyTests.StartAsync(vendor, sink, Coalesce.Replace("\"version\":2", "\"dry_run\":true", StringComparison.Ordinal));
        WaitFor(vendor, gateway, 3);

        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => gateway.AskAsync("/v1/chat/completions", Chat)));
        vendor.First = (_, _) => Task.FromResult(false);
        // What is reported is over; what is answered may end a moment later.
        await sink.WaitAsync(3);
        await gateway.AskAsync("/v1/chat/completions", Chat);

        Assert.Equal(4, vendor.Received.Count);
        Assert.Equal(["once@1:dry_run:shared", "once@1:dry_run:shared", "once@1:dry_run:unchanged", "once@1:dry_run:unchanged"], (await sink.WaitAsync(4)).Select(span => span["finops.policies"]).Order());
    }

    private static byte[] Event(int number) => Encoding.UTF8.GetBytes($$"""data: {"id":"chatcmpl-7","model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"delta":{"content":"東京 {{number}}"},"finish_reason":null}]}""" + "\n\n");

    /// <summary>Callers come while it runs, many leave in between, the first among them: who stays gets every byte.</summary>
    [Fact]
    public async Task Streams_OfAHundredCallers_AreSentOnce_WhoeverLeaves()
    {
        const int Callers = 100, Events = 60;
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await PolicyTests.StartAsync(vendor, sink, Coalesce);
        var cancelled = false;
        var random = new Random(7);
        // All have come after the eleventh event, of 130 bytes each, and nobody leaves before that.
        var leaveAfter = Enumerable.Range(1, Callers - 1).Select(_ => random.Next(2) == 0 ? random.Next(1_700, 5_000) : (int?)null).ToList();
        vendor.First = async (http, _) =>
        {
            http.Response.ContentType = "text/event-stream";
            for (var i = 0; i < Events; i++)
            {
                // Whoever leaves has left before the end; the first call goes on for those who stay.
                if (i == Events - 1) await gateway.WaitIdleAsync(but: 1 + leaveAfter.Count(one => one is null));
                await http.Response.Body.WriteAsync(Event(i), http.RequestAborted);
                await http.Response.Body.FlushAsync(http.RequestAborted);
                if (i == 10) await gateway.WaitInFlightAsync(Callers);
                else await Task.Delay(2, http.RequestAborted);
            }

            await http.Response.Body.WriteAsync("data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":60}}\n\ndata: [DONE]\n\n"u8.ToArray(), http.RequestAborted);
            cancelled = http.RequestAborted.IsCancellationRequested;
            return true;
        };
        var whole = new ConcurrentBag<string>();
        var first = CallAsync(1_700);
        await gateway.WaitInFlightAsync(1);
        await Task.WhenAll(leaveAfter.Select(CallAsync).Append(first));

        async Task CallAsync(int? most)
        {
            using var leaving = new CancellationTokenSource();
            using var response = await gateway.Client.SendAsync(gateway.Post("/v1/chat/completions", Stream), HttpCompletionOption.ResponseHeadersRead, leaving.Token);
            await using var stream = await response.Content.ReadAsStreamAsync(leaving.Token);
            using var read = new MemoryStream();
            var buffer = new byte[512];
            int count;
            while ((count = await stream.ReadAsync(buffer, leaving.Token)) > 0)
            {
                read.Write(buffer, 0, count);
                if (most < read.Length) return;
            }

            whole.Add(Encoding.UTF8.GetString(read.ToArray()));
        }

        var expected = string.Concat(Enumerable.Range(0, Events).Select(i => Encoding.UTF8.GetString(Event(i)))) + "data: [DONE]\n\n";
        Assert.Single(vendor.Received);
        Assert.False(cancelled);
        Assert.InRange(whole.Count, 20, Callers - 20);
        Assert.All(whole, one => Assert.Equal(expected, WithoutCost(one)));
        // The first has left: nobody who is there paid for it, its call's report tells the cost.
        Assert.All(whole, one => Assert.DoesNotContain("x-finops-cost", one, StringComparison.Ordinal));
        var spans = await sink.WaitAsync(Callers);
        var paid = Assert.Single(spans, span => !span.ContainsKey("finops.cache_hit"));
        Assert.Equal(("9", "60", null), (paid["gen_ai.usage.input_tokens"], paid["gen_ai.usage.output_tokens"], paid.GetValueOrDefault("error.type")));
        Assert.Equal(whole.Count, spans.Count(span => span.GetValueOrDefault("finops.tokens_avoided") == "69"));
        Assert.Equal(Callers - 1 - whole.Count, spans.Count(span => span.GetValueOrDefault("error.type") == "client_disconnected"));
        Assert.Contains("finops_gateway_shared_bytes 0", await gateway.MetricsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_ThatAllHaveLeft_IsEndedUpstream_AndWhatCameIsCounted()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var sink = await ReportSink.StartAsync();
        await using var gateway = await PolicyTests.StartAsync(vendor, sink, Coalesce);
        var ended = new TaskCompletionSource();
        vendor.First = async (http, _) =>
        {
            http.Response.ContentType = "text/event-stream";
            await http.Response.Body.WriteAsync(Event(1));
            await http.Response.Body.FlushAsync();
            await using var gone = http.RequestAborted.Register(ended.SetResult);
            await ended.Task.WaitAsync(TimeSpan.FromSeconds(20));
            return true;
        };

        var one = await gateway.Client.SendAsync(gateway.Post("/v1/chat/completions", Stream), HttpCompletionOption.ResponseHeadersRead);
        var other = await gateway.Client.SendAsync(gateway.Post("/v1/chat/completions", Stream), HttpCompletionOption.ResponseHeadersRead);
        one.Dispose();
        await Task.Delay(200);
        Assert.False(ended.Task.IsCompleted);
        other.Dispose();
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(20));

        var spans = await sink.WaitAsync(2);
        Assert.Single(vendor.Received);
        Assert.All(spans, span => Assert.Equal("client_disconnected", span["error.type"]));
        Assert.Equal("true", Assert.Single(spans, span => !span.ContainsKey("finops.cache_hit"))["finops.usage.estimated"]);
    }

    /// <summary>What the stream breaks off with, all see, as they would by themselves.</summary>
    [Fact]
    public async Task Stream_ThatBreaks_BreaksForAll()
    {
        await using var vendor = await VendorServer.StartAsync();
        await using var gateway = await PolicyTests.StartAsync(vendor, null, Coalesce);
        vendor.First = async (http, _) =>
        {
            http.Response.ContentType = "text/event-stream";
            await http.Response.Body.WriteAsync(Event(1));
            await http.Response.Body.FlushAsync();
            await gateway.WaitInFlightAsync(2);
            // The second has come; a moment later it has joined the first.
            await Task.Delay(300);
            http.Abort();
            return true;
        };

        var calls = Enumerable.Range(0, 2).Select(_ => gateway.AskAsync("/v1/chat/completions", Stream)).ToArray();
        foreach (var call in calls) await Assert.ThrowsAnyAsync<HttpRequestException>(() => call);
        // Callers see the break before it is counted.
        const string Failed = "finops_gateway_shared_total{outcome=\"failed\"} 1";
        for (var waited = 0; waited < 100 && !(await gateway.MetricsAsync()).Contains(Failed, StringComparison.Ordinal); waited++) await Task.Delay(50);
        Assert.Contains(Failed, await gateway.MetricsAsync(), StringComparison.Ordinal);
    }
}
