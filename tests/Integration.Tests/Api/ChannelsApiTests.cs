using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FinOps.Domain.Channels;
using FinOps.Integration.Tests.Wire;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Api;

/// <summary>From a channel to an alert that reached it, by REST alone, past answers that a receiver should not give; and nothing of it is another tenant's.</summary>
public sealed class ChannelsApiTests(Installation installation)
{
    internal static readonly string[] Paths =
    [
        "GET /api/v1/channels", "POST /api/v1/channels", "GET /api/v1/channels/{id}", "PUT /api/v1/channels/{id}", "DELETE /api/v1/channels/{id}", "POST /api/v1/channels/{id}/test", "GET /api/v1/alert-routes", "POST /api/v1/alert-routes",
        "PUT /api/v1/alert-routes/{id}", "DELETE /api/v1/alert-routes/{id}", "GET /api/v1/deliveries", "GET /api/v1/deliveries/messages", "POST /api/v1/deliveries/messages/{id}/resend", "DELETE /api/v1/deliveries/messages/{id}",
    ];

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task AnAlert_ReachesAWebhook_WhateverThatAnswersFirst_AndWhatItRefusesIsSentAgain()
    {
        await using var hook = new HookServer();
        await using var sent = await Sent.NewAsync(installation);
        using var http = installation.Server.Process.Client(sent.Tenant.ApiKey);
        using var other = installation.Server.Process.Client((await installation.NewTenantAsync()).ApiKey);
        var made = await AnswerAsync(http.PostAsJsonAsync("/api/v1/channels", new { name = "hook", kind = "webhook", address = hook.Address("/secret") }), HttpStatusCode.Created);
        var (id, key) = (made.GetProperty("id").GetGuid(), made.GetProperty("key").GetString()!);
        var address = $"/api/v1/channels/{id}";
        Assert.Equal(JsonValueKind.Null, (await AnswerAsync(http.GetAsync(address))).GetProperty("key").ValueKind);
        var tested = Assert.Single((await AnswerAsync(http.PostAsync($"{address}/test", null))).GetProperty("deliveries").EnumerateArray());
        Assert.Equal(("sent", 200), (tested.GetProperty("outcome").GetString(), tested.GetProperty("status").GetInt32()));
        Assert.Contains("\"type\":\"test\"", Assert.Single(hook.Received).Text, StringComparison.Ordinal);
        var route = await AnswerAsync(http.PostAsJsonAsync("/api/v1/alert-routes", new { name = "all", channels = new[] { id } }), HttpStatusCode.Created);
        var routeAddress = $"/api/v1/alert-routes/{route.GetProperty("id").GetString()}";

        // Three thresholds of one budget: one message, refused once for now.
        var tries = 0;
        hook.Answer = _ => ++tries == 1 ? "429 Too Many Requests\r\nRetry-After: 1\r\n\r\n" : HookServer.Fine;
        await sent.Sender.AcceptAsync(new TraceBuilder("shop", TimeProvider.System.GetUtcNow()).Call(new Tokens(1000, 100)));
        await sent.Api.TotalBecomesAsync(Spend.Of(new Tokens(1000, 100)));
        await PassABudgetAsync(http, "first");
        var came = (await hook.WaitForAsync(all => all.Count == 3, Limit)).Skip(1).ToList();
        Assert.Equal(came[0].Headers["idempotency-key"], came[1].Headers["idempotency-key"]);
        Assert.All(came, request => Assert.True(WebhookSignature.IsValid(key, request.Headers[WebhookSignature.Header], request.Body, request.At)));
        var alerts = JsonDocument.Parse(came[1].Body).RootElement.GetProperty("alerts").EnumerateArray().ToList();
        Assert.Equal(["notice", "warning", "critical"], alerts.Select(alert => alert.GetProperty("alert").GetProperty("severity").GetString()));

        // Leads into a cloud's metadata: refused for good, and nobody went there.
        hook.Answer = _ => "302 Found\r\nLocation: http://169.254.169.254/\r\n\r\n";
        await PassABudgetAsync(http, "second");
        await SpendApi.BecomesAsync(async () => (await AnswerAsync(http.GetAsync(address))).GetProperty("dead").GetInt32(), 1, Limit);
        var dead = Assert.Single((await AnswerAsync(http.GetAsync($"/api/v1/deliveries/messages?state=dead&channel={id}"))).GetProperty("messages").EnumerateArray());
        Assert.Contains("not followed", dead.GetProperty("reason").GetString(), StringComparison.Ordinal);
        var message = $"/api/v1/deliveries/messages/{dead.GetProperty("id").GetString()}";

        // Nobody else's: neither seen, nor changed, nor sent.
        foreach (var path in (string[])[address]) await AnswerAsync(other.GetAsync(path), HttpStatusCode.NotFound);
        foreach (var path in (string[])[$"{address}/test", $"{message}/resend"]) await AnswerAsync(other.PostAsync(path, null), HttpStatusCode.NotFound);
        await AnswerAsync(other.PutAsJsonAsync(address, new { name = "mine", kind = "webhook", version = 1 }), HttpStatusCode.NotFound);
        await AnswerAsync(other.PostAsJsonAsync("/api/v1/alert-routes", new { name = "r", channels = new[] { id } }), HttpStatusCode.Conflict);
        await AnswerAsync(other.PostAsJsonAsync("/api/v1/budgets", new { name = "b", amount = 1, channels = new[] { id } }), HttpStatusCode.Conflict);
        await AnswerAsync(other.PutAsJsonAsync(routeAddress, new { name = "r", channels = new[] { id }, version = 1 }), HttpStatusCode.NotFound);
        foreach (var path in (string[])[address, routeAddress, message]) await AnswerAsync(other.DeleteAsync(path), HttpStatusCode.NotFound);
        foreach (var (path, list) in ((string, string)[])[("/api/v1/channels", "channels"), ("/api/v1/alert-routes", "routes"), ("/api/v1/deliveries", "deliveries"), ($"/api/v1/deliveries?channel={id}", "deliveries"), ("/api/v1/deliveries/messages?state=dead", "messages")])
            Assert.Equal(0, (await AnswerAsync(other.GetAsync(path))).GetProperty(list).GetArrayLength());
        Assert.Equal(4, hook.Received.Count);

        hook.Answer = _ => HookServer.Fine;
        await AnswerAsync(http.PostAsync($"{message}/resend", null), HttpStatusCode.NoContent);
        await AnswerAsync(http.PostAsync($"{message}/resend", null), HttpStatusCode.NotFound);
        await hook.WaitForAsync(all => all.Count == 5, Limit);
        await SpendApi.BecomesAsync(async () => string.Join(' ', (await AnswerAsync(http.GetAsync($"/api/v1/deliveries?channel={id}"))).GetProperty("deliveries").EnumerateArray().Select(one => one.GetProperty("outcome").GetString())), "sent refused sent failed sent", Limit);

        await AnswerAsync(http.PutAsJsonAsync(address, new { name = "hook", kind = "webhook", version = 1, quiet = new { timeZone = "Europe/Berlin", from = "22:00", to = "07:00" } }));
        await AnswerAsync(http.PutAsJsonAsync(address, new { name = "hook", kind = "webhook", version = 1 }), HttpStatusCode.Conflict);
        await AnswerAsync(http.PutAsJsonAsync(routeAddress, new { name = "all", channels = new[] { id }, kinds = new[] { "runaway" }, least = "critical", scope = new { feature = new[] { "rag" } }, version = 1 }));
        await AnswerAsync(http.DeleteAsync(routeAddress), HttpStatusCode.NoContent);
        await AnswerAsync(http.DeleteAsync(address), HttpStatusCode.NoContent);
        await AnswerAsync(http.GetAsync(address), HttpStatusCode.NotFound);
    }

    /// <summary>One receiver hangs: the other hears of the same alert while it does.</summary>
    [Fact]
    public async Task AReceiverThatHangs_HoldsUpNoOther()
    {
        await using var hanging = new HookServer { Answer = _ => HookServer.Hang };
        await using var fine = new HookServer();
        await using var sent = await Sent.NewAsync(installation);
        using var http = installation.Server.Process.Client(sent.Tenant.ApiKey);
        List<Guid> channels = [];
        foreach (var hook in (HookServer[])[hanging, fine])
            channels.Add((await AnswerAsync(http.PostAsJsonAsync("/api/v1/channels", new { name = $"to {hook.Port}", kind = "slackWebhook", address = hook.Address() }), HttpStatusCode.Created)).GetProperty("id").GetGuid());
        await sent.Sender.AcceptAsync(new TraceBuilder("shop", TimeProvider.System.GetUtcNow()).Call(new Tokens(1000, 100)));
        await sent.Api.TotalBecomesAsync(Spend.Of(new Tokens(1000, 100)));

        await PassABudgetAsync(http, "both", channels);

        await Task.WhenAll(hanging.WaitForAsync(all => all.Count == 1, Limit), fine.WaitForAsync(all => all.Count == 1, Limit));
        // Less than the hanging one is given to answer, three seconds.
        Assert.InRange((fine.Received[0].At - hanging.Received[0].At).TotalSeconds, -10, 2);
        Assert.Contains("both: 100 % of the budget spent", fine.Received[0].Text, StringComparison.Ordinal);
        await SpendApi.BecomesAsync(async () => (await AnswerAsync(http.GetAsync($"/api/v1/channels/{channels[0]}"))).GetProperty("last").ToString().Contains("No answer within", StringComparison.Ordinal), true, Limit);
        // What is left of it is not tried for the rest of the run.
        await AnswerAsync(http.DeleteAsync($"/api/v1/channels/{channels[0]}"), HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task WrongChannels_AreRefusedWithWhatIsWrong()
    {
        using var http = installation.Server.Process.Client((await installation.NewTenantAsync()).ApiKey);
        foreach (var (body, status, word) in ((object, HttpStatusCode, string)[])
            [
                (new { name = "c", kind = "pigeon" }, HttpStatusCode.BadRequest, "pigeon"), (new { name = "c" }, HttpStatusCode.BadRequest, "JSON object"), (new { name = "c", kind = "email" }, HttpStatusCode.BadRequest, "recipients"),
                (new { name = "c", kind = "webhook" }, HttpStatusCode.Conflict, "https address"), (new { name = "c", kind = "webhook", address = "http://10.0.0.1/" }, HttpStatusCode.Conflict, "InternalHosts"),
                (new { name = "c", kind = "slackApp", slackChannel = "C1", token = "xoxb" }, HttpStatusCode.Conflict, "signing secret"),
                (new { name = "c", kind = "webhook", address = "https://x.test/", quiet = new { timeZone = "UTC", from = "22", to = "07:00" } }, HttpStatusCode.BadRequest, "times of day"),
                (new { name = "c", kind = "webhook", adress = "https://x.test/" }, HttpStatusCode.BadRequest, "JSON object"),
            ])
            Assert.Contains(word, (await AnswerAsync(http.PostAsJsonAsync("/api/v1/channels", body), status)).GetProperty("detail").GetString(), StringComparison.Ordinal);
        await AnswerAsync(http.PostAsJsonAsync("/api/v1/alert-routes", new { name = "r", channels = Array.Empty<Guid>() }), HttpStatusCode.BadRequest);
        await AnswerAsync(http.PostAsJsonAsync("/api/v1/alert-routes", new { name = "r", channels = new[] { Guid.NewGuid() } }), HttpStatusCode.Conflict);
        await AnswerAsync(http.GetAsync("/api/v1/deliveries/messages?state=lost"), HttpStatusCode.BadRequest);
        await AnswerAsync(http.GetAsync("/api/v1/deliveries?channel=mine"), HttpStatusCode.BadRequest);
    }

    /// <summary>Any spend is more than nothing.</summary>
    private static async Task PassABudgetAsync(HttpClient http, string name, IReadOnlyList<Guid>? channels = null)
    {
        var thresholds = channels is null ? new[] { 50, 80, 100 } : [100];
        var made = await AnswerAsync(http.PostAsJsonAsync("/api/v1/budgets", new { name, amount = 0m, period = "quarter", channels, thresholds = thresholds.Select(percent => new { percent }) }), HttpStatusCode.Created);
        await AnswerAsync(http.PostAsync($"/api/v1/budgets/{made.GetProperty("id").GetString()}/evaluation", null));
    }

    private static async Task<JsonElement> AnswerAsync(Task<HttpResponseMessage> sending, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var answer = await sending;
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(expected == answer.StatusCode, $"{answer.RequestMessage?.RequestUri}: {answer.StatusCode} {body}");
        return body.Length == 0 ? default : JsonDocument.Parse(body).RootElement;
    }
}
