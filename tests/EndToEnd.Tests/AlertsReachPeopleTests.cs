using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Channels;
using FinOps.Testing;
using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

/// <summary>The way of an alert: a budget is set in the browser, calls pass it, a mailbox and Slack have it within a minute of the call, its button is pressed there, and the alert centre shows who looks after it.</summary>
[Collection(OwnServers.Name)]
public sealed class AlertsReachPeopleTests(DemoInstallation demo)
{
    /// <summary>From the call's arrival to the message (issue: p95).</summary>
    private static readonly TimeSpan Promised = TimeSpan.FromSeconds(60);

    private const string SigningSecret = "what Slack signs with";

    [Fact]
    public async Task ACall_ThatPassesABudget_IsInTheMailboxAndInSlackWithinAMinute_AndIsAcknowledgedThere()
    {
        await using var mailbox = new MailServer();
        await using var slack = new HookServer { Answer = _ => "200 OK\r\nContent-Type: application/json\r\n\r\n{\"ok\":true}" };
        await using var server = await demo.NewServerAsync(new Dictionary<string, string?>
        {
            ["FinOps__Mail__Host"] = "127.0.0.1",
            ["FinOps__Mail__Port"] = mailbox.Port.ToString(CultureInfo.InvariantCulture),
            ["FinOps__Mail__Security"] = "None",
            ["FinOps__Mail__From"] = "finops@example.test",
            ["FinOps__Mail__PublicAddress"] = "https://finops.example.test",
            ["FinOps__Channels__InternalHosts__0"] = "127.0.0.1",
            ["FinOps__Channels__SlackApi"] = slack.Address("/api/"),
        });
        var tenant = await server.Tenants.NewTenantAsync();
        var approver = new Account(await server.Tenants.NewMemberAsync(tenant.Id, TenantRole.Approver), TenantMaker.Password);
        using var sender = new OtlpSender(server.Process, tenant.IngestKey);
        using var http = server.Process.Client();
        await demo.VisitAsync(new Visit(approver) { At = server.Process }, async page =>
        {
            await page.GotoAsync("/channels");
            await page.GetByRole(AriaRole.Button, new() { Name = "Add a channel" }).ClickAsync();
            await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Costs in Slack");
            await page.Locator(".editor select").SelectOptionAsync("Slack app");
            await page.GetByLabel("Conversation").FillAsync("C1");
            await page.GetByLabel("Bot's token").FillAsync("xoxb-1");
            await page.GetByLabel("Signing secret").FillAsync(SigningSecret);
            await page.GetByRole(AriaRole.Button, new() { Name = "Make the channel" }).ClickAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Send a test to Costs in Slack" }).ClickAsync();
            await Assertions.Expect(page.Locator(".told")).ToContainTextAsync("200 OK");

            await page.GetByRole(AriaRole.Button, new() { Name = "Add a channel" }).ClickAsync();
            await page.GetByLabel("Name", new() { Exact = true }).FillAsync("By mail");
            await page.Locator(".editor select").SelectOptionAsync("E-mail");
            await page.GetByLabel("Recipients, one a line").FillAsync("ann@example.test");
            await page.GetByRole(AriaRole.Button, new() { Name = "Make the channel" }).ClickAsync();
            await Assertions.Expect(page.Card("Channels").Locator("tbody tr")).ToHaveCountAsync(2);
            await page.GetByRole(AriaRole.Button, new() { Name = "Add a route" }).ClickAsync();
            await page.GetByLabel("Name", new() { Exact = true }).FillAsync("All by mail");
            await page.GetByLabel("By mail", new() { Exact = true }).CheckAsync();
            await page.GetByLabel("Costs in Slack", new() { Exact = true }).CheckAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Make the route" }).ClickAsync();
            await Assertions.Expect(page.Card("Routes").Locator("tbody tr")).ToContainTextAsync("everything");

            await page.GotoAsync("/budgets/new");
            await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Shop");
            await page.GetByLabel("Amount", new() { Exact = true }).FillAsync("0.0004");
            await page.GetByRole(AriaRole.Button, new() { Name = "Make the budget" }).ClickAsync();
            await Assertions.Expect(page.Locator(".facts")).ToContainTextAsync("0%");

            var arrived = TimeProvider.System.GetUtcNow();
            Assert.Equal(HttpStatusCode.OK, await sender.SendCallAsync("shop"));
            var mail = await mailbox.WaitForAsync("ann@example.test", Promised);
            var requests = await slack.WaitForAsync(all => all.Count >= 2, Promised);
            TestContext.Current.TestOutputHelper?.WriteLine($"from the call to Slack {(requests[1].At - arrived).TotalSeconds:0.0} s");
            Assert.True(requests[1].At - arrived < Promised, $"Slack heard of it {(requests[1].At - arrived).TotalSeconds:0.0} s after the call.");
            Assert.Equal("3 alerts, 1 of them critical", mail.Subject);
            Assert.Contains("Shop: 100 % of the budget spent", mail.HtmlBody, StringComparison.Ordinal);
            Assert.Contains("https://finops.example.test/budgets/", mail.TextBody, StringComparison.Ordinal);

            // As Slack sends it when somebody presses the button of the critical one.
            var message = JsonNode.Parse(requests[1].Body)!;
            var button = message["blocks"]!.AsArray().Where(block => block!["type"]!.GetValue<string>() == "actions").SelectMany(block => block!["elements"]!.AsArray()).Last(one => one!["action_id"]!.GetValue<string>() == "acknowledge")!;
            await page.GotoAsync("/channels");
            var path = new Uri((await page.Locator("td.to code").InnerTextAsync()).Trim()).AbsolutePath;
            Assert.Equal(HttpStatusCode.OK, await PressAsync(http, path, button["value"]!.GetValue<string>(), message["blocks"]!.AsArray(), slack.Address("/response")));
            await slack.WaitForAsync(all => all.Any(one => one.Path == "/response" && one.Text.Contains("Acknowledged by bob (Slack)", StringComparison.Ordinal)), Promised);

            await page.GotoAsync("/alerts?state=acknowledged");
            await Assertions.Expect(page.Locator(".alerts > li")).ToContainTextAsync("bob (Slack) looks after it");
            await Assertions.Expect(page.Locator(".alerts > li")).ToContainTextAsync("Shop: 100 % of the budget spent");

            // The same in a digest, which its own link ends.
            await page.GotoAsync("/account");
            await page.GetByLabel("Weekly, on Monday morning").CheckAsync();
            await Assertions.Expect(page.Card("Digests by e-mail")).ToContainTextAsync("You get a digest each Monday.");
            await page.GetByRole(AriaRole.Button, new() { Name = "Send me one now" }).ClickAsync();
            var digest = await mailbox.WaitForAsync(approver.Email, Promised);
            Assert.StartsWith($"Weekly digest of {tenant.Name}: ", digest.Subject, StringComparison.Ordinal);
            Assert.Contains("- Shop: 50 % of the budget spent: notice since", digest.TextBody, StringComparison.Ordinal);
            using var ended = await http.PostAsync(new Uri(digest.Headers["List-Unsubscribe"]!.Trim('<', '>')).AbsolutePath, null);
            Assert.Equal(HttpStatusCode.OK, ended.StatusCode);
            await page.ReloadAsync();
            await Assertions.Expect(page.GetByLabel("Weekly, on Monday morning")).Not.ToBeCheckedAsync();
        });
    }

    private static async Task<HttpStatusCode> PressAsync(HttpClient http, string path, string alert, JsonArray blocks, string response)
    {
        var payload = new JsonObject
        {
            ["type"] = "block_actions",
            ["user"] = new JsonObject { ["id"] = "U1", ["username"] = "bob" },
            ["actions"] = new JsonArray(new JsonObject { ["action_id"] = "acknowledge", ["value"] = alert }),
            ["message"] = new JsonObject { ["blocks"] = blocks.DeepClone() },
            ["response_url"] = response,
        };
        var body = "payload=" + Uri.EscapeDataString(payload.ToJsonString());
        var time = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/x-www-form-urlencoded") };
        request.Headers.Add(SlackSignature.TimeHeader, time);
        request.Headers.Add(SlackSignature.Header, SlackSignature.Of(SigningSecret, time, Encoding.UTF8.GetBytes(body)));
        using var answer = await http.SendAsync(request);
        return answer.StatusCode;
    }
}
