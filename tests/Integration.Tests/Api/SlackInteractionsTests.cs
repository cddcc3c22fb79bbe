using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using FinOps.Domain.Channels;
using FinOps.Integration.Tests.Wire;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Api;

/// <summary>Buttons as Slack sends them: believed by their signature alone, once, for a few minutes, and for the alerts of their own organisation.</summary>
public sealed class SlackInteractionsTests(Installation installation)
{
    [Fact]
    public async Task Buttons_SignedBySlack_AcknowledgeAndPutOff_AndNobodyElseCan()
    {
        await using var slack = new HookServer();
        await using var sent = await Sent.NewAsync(installation);
        var intruder = await installation.NewTenantAsync();
        using var http = installation.Server.Process.Client(sent.Tenant.ApiKey);
        using var other = installation.Server.Process.Client(intruder.ApiKey);
        await sent.Sender.AcceptAsync(new TraceBuilder("shop", TimeProvider.System.GetUtcNow()).Call(new Tokens(1000, 100)));
        await sent.Api.TotalBecomesAsync(Spend.Of(new Tokens(1000, 100)));
        var (mine, theirs) = (await NewAppAsync(http, "my secret"), await NewAppAsync(other, "their secret"));
        var budget = await AnswerAsync(http.PostAsJsonAsync("/api/v1/budgets", new { name = "shop", amount = 0m, period = "quarter", thresholds = new[] { new { percent = 50 }, new { percent = 100 } } }), HttpStatusCode.Created);
        await AnswerAsync(http.PostAsync($"/api/v1/budgets/{budget.GetProperty("id").GetString()}/evaluation", null));
        var alerts = (await AnswerAsync(http.GetAsync("/api/v1/alerts"))).GetProperty("alerts").EnumerateArray().Select(alert => alert.GetProperty("id").GetString()!).ToList();
        var body = Body("acknowledge", alerts[0], slack.Address("/response"));

        // Not signed by Slack for this channel, too old, changed, or of a channel that there is not: always the same answer.
        var now = TimeProvider.System.GetUtcNow();
        foreach (var (path, secret, at, what) in ((string, string, DateTimeOffset, string)[])
            [
                (mine, "their secret", now, body), (mine, "my secret", now.AddMinutes(-6), body), (mine, "my secret", now.AddMinutes(6), body), (mine, "", now, body), ($"/slack/interactions/{intruder.Id}/{Guid.NewGuid()}", "my secret", now, body),
                (mine.Replace(sent.Tenant.Id.ToString(), intruder.Id.ToString(), StringComparison.Ordinal), "my secret", now, body),
            ])
            Assert.Equal(HttpStatusCode.Unauthorized, await PressAsync(path, secret, at, what));
        Assert.Equal(HttpStatusCode.Unauthorized, await PressAsync(mine, "my secret", now, body, sentBody: body.Replace("acknowledge", "snooze", StringComparison.Ordinal)));
        // With a channel and a secret of their own they reach their own alerts, which this is not.
        Assert.Equal(HttpStatusCode.OK, await PressAsync(theirs, "their secret", now, body));
        Assert.Equal("open", (await AnswerAsync(http.GetAsync($"/api/v1/alerts/{alerts[0]}"))).GetProperty("state").GetString());
        Assert.Contains("not kept any more", Assert.Single(slack.Received).Text, StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.OK, await PressAsync(mine, "my secret", now, body));
        Assert.Equal(HttpStatusCode.Conflict, await PressAsync(mine, "my secret", now, body));
        var alert = await AnswerAsync(http.GetAsync($"/api/v1/alerts/{alerts[0]}"));
        Assert.Equal(("acknowledged", "ann (Slack)"), (alert.GetProperty("state").GetString(), alert.GetProperty("acknowledgedBy").GetString()));
        var shown = JsonDocument.Parse(slack.Received[^1].Body).RootElement;
        Assert.True(shown.GetProperty("replace_original").GetBoolean());
        Assert.Equal(["header", "context"], shown.GetProperty("blocks").EnumerateArray().Select(block => block.GetProperty("type").GetString()));
        Assert.StartsWith("Acknowledged by ann (Slack), ", shown.GetProperty("text").GetString(), StringComparison.Ordinal);

        // The answer's address is looked at like any other, and an unknown button does nothing.
        Assert.Equal(HttpStatusCode.OK, await PressAsync(mine, "my secret", now, Body("snooze", alerts[1], "http://10.0.0.1/response")));
        Assert.Equal(HttpStatusCode.OK, await PressAsync(mine, "my secret", now, Body("open", alerts[1], slack.Address())));
        Assert.Equal(HttpStatusCode.BadRequest, await PressAsync(mine, "my secret", now, "payload=nothing"));
        var put = await AnswerAsync(http.GetAsync($"/api/v1/alerts/{alerts[1]}"));
        Assert.Equal(("open", "ann (Slack)"), (put.GetProperty("state").GetString(), put.GetProperty("snoozedBy").GetString()));
        Assert.InRange((put.GetProperty("snoozedUntil").GetDateTimeOffset() - now).TotalMinutes, 59, 62);
        Assert.Equal(2, slack.Received.Count);
    }

    private async Task<HttpStatusCode> PressAsync(string path, string secret, DateTimeOffset at, string body, string? sentBody = null)
    {
        using var http = installation.Server.Process.Client();
        var time = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(sentBody ?? body, Encoding.UTF8, "application/x-www-form-urlencoded") };
        request.Headers.Add(SlackSignature.TimeHeader, time);
        request.Headers.Add(SlackSignature.Header, SlackSignature.Of(secret, time, Encoding.UTF8.GetBytes(body)));
        using var answer = await http.SendAsync(request);
        return answer.StatusCode;
    }

    /// <summary>As Slack documents <c>block_actions</c>.</summary>
    private static string Body(string action, string alert, string response) => "payload=" + Uri.EscapeDataString(JsonSerializer.Serialize(new
    {
        type = "block_actions",
        user = new { id = "U1", username = "ann", name = "ann", team_id = "T1" },
        actions = new[] { new { type = "button", action_id = action, block_id = "b", value = alert, action_ts = "1764150000.1" } },
        message = new { type = "message", blocks = new object[] { new { type = "header" }, new { type = "actions", elements = new[] { new { type = "button", action_id = "acknowledge", value = alert } } } } },
        response_url = response,
    }));

    private static async Task<string> NewAppAsync(HttpClient http, string secret)
    {
        var made = await AnswerAsync(http.PostAsJsonAsync("/api/v1/channels", new { name = "app", kind = "slackApp", token = "xoxb-1", key = secret, slackChannel = "C1" }), HttpStatusCode.Created);
        Assert.DoesNotContain(secret, made.ToString(), StringComparison.Ordinal);
        return made.GetProperty("interactions").GetString()!;
    }

    private static async Task<JsonElement> AnswerAsync(Task<HttpResponseMessage> sending, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var answer = await sending;
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(expected == answer.StatusCode, $"{answer.RequestMessage?.RequestUri}: {answer.StatusCode} {body}");
        return JsonDocument.Parse(body).RootElement;
    }
}
