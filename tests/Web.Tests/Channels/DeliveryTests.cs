using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FinOps.Analytics.Alerts;
using FinOps.Analytics.Channels;
using FinOps.Domain.Alerts;
using FinOps.Domain.Budgets;
using FinOps.Domain.Channels;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using FinOps.Testing;
using FinOps.Tests.Shared;
using FinOps.Web.Channels;
using FinOps.Web.Mail;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;
using MimeKit;

namespace FinOps.Web.Tests.Channels;

/// <summary>Real conversations with receivers that take, refuse, hang and lead elsewhere.</summary>
public sealed class DeliveryTests
{
    private static readonly TenantId Tenant = new(Guid.NewGuid());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("200 OK\r\n\r\nok", DeliveryOutcome.Sent, "200 OK: ok")]
    [InlineData("404 Not Found\r\n\r\nno_service", DeliveryOutcome.Refused, "no_service")]
    [InlineData("500 Oops\r\n\r\n", DeliveryOutcome.Failed, "500 Oops")]
    [InlineData("302 Found\r\nLocation: http://169.254.169.254/latest/meta-data\r\n\r\n", DeliveryOutcome.Refused, "not followed")]
    [InlineData(HookServer.Hang, DeliveryOutcome.Failed, "No answer within 3 s")]
    public async Task Post_ToAReceiver_EndsAsItsAnswerSays(string answer, DeliveryOutcome outcome, string told)
    {
        await using var server = new HookServer { Answer = _ => answer };

        var came = await PostAsync(server.Address(), seconds: answer == HookServer.Hang ? 3 : 10);

        Assert.Equal(outcome, came.Outcome);
        Assert.Contains(told, came.Answer, StringComparison.Ordinal);
        Assert.Single(server.Received);
    }

    [Fact]
    public async Task Post_ToAServerWithoutItsIssuer_GoesNowhereElse()
    {
        using var server = new IncompleteChain();

        var came = await PostAsync(server.Address, "localhost");

        Assert.Equal(DeliveryOutcome.Failed, came.Outcome);
        Assert.False(server.WasFollowed, "The server went where a certificate sent it.");
    }

    [Theory]
    [InlineData("7", 7)]
    [InlineData("Thu, 01 Jan 1970 00:00:30 GMT", 30)]
    [InlineData("soon", null)]
    public async Task Post_ThatIsTooMuch_KnowsWhenItMayComeAgain(string header, int? seconds)
    {
        await using var server = new HookServer { Answer = _ => $"429 Too Many Requests\r\nRetry-After: {header}\r\n\r\n" };

        var came = await PostAsync(server.Address());

        Assert.Equal((DeliveryOutcome.Failed, seconds), (came.Outcome, (int?)came.RetryAfter?.TotalSeconds));
    }

    [Fact]
    public async Task Post_ToAnInternalAddress_IsRefusedUnlessAnOperatorAllowsIt_AndNobodyAnswersIsTriedAgain()
    {
        await using var server = new HookServer();
        foreach (var address in (string[])[server.Address(), $"http://localhost:{server.Port}/", $"http://[::ffff:127.0.0.1]:{server.Port}/"])
        {
            var refused = await PostAsync(address, allowed: "10.0.0.0/8");
            Assert.Equal(DeliveryOutcome.Refused, refused.Outcome);
            Assert.Contains("FinOps:Channels:InternalHosts", refused.Answer, StringComparison.Ordinal);
        }

        Assert.Empty(server.Received);
        Assert.Equal(DeliveryOutcome.Sent, (await PostAsync(server.Address(), allowed: "127.0.0.0/8")).Outcome);
        Assert.Equal(DeliveryOutcome.Sent, (await PostAsync($"http://localhost:{server.Port}/", allowed: "localhost")).Outcome);
        Assert.Equal(DeliveryOutcome.Failed, (await PostAsync($"http://127.0.0.1:{FreePort.Next()}/")).Outcome);
    }

    [Fact]
    public async Task Webhook_OfOnesOwn_GetsSignedJsonUnderTheSameKeyEachTime()
    {
        await using var server = new HookServer();
        using var http = Http("127.0.0.1");
        var words = Words(Alert());
        for (var i = 0; i < 2; i++) await http.ToWebhookAsync(server.Address(), "a key", WebhookBody.Of(words, Tenant), words.Key, Token);

        Assert.Equal([words.Key, words.Key], server.Received.Select(request => request.Headers["idempotency-key"]));
        Assert.True(WebhookSignature.IsValid("a key", server.Received[0].Headers[WebhookSignature.Header], server.Received[0].Body, DateTimeOffset.UnixEpoch));
        var body = JsonDocument.Parse(server.Received[0].Body).RootElement;
        Assert.Equal((words.Key, "alerts", Tenant.ToString(), 0), (body.GetProperty("key").GetString(), body.GetProperty("type").GetString(), body.GetProperty("organisation").GetString(), body.GetProperty("more").GetInt32()));
        var alert = body.GetProperty("alerts")[0];
        Assert.Equal(("shop <b>: 80 % of the budget spent", "https://finops.example.com/budgets/1", "warning"), (alert.GetProperty("title").GetString(), alert.GetProperty("url").GetString(), alert.GetProperty("alert").GetProperty("severity").GetString()));
    }

    [Theory]
    [InlineData("""{"ok":true}""", DeliveryOutcome.Sent)]
    [InlineData("""{"ok":false,"error":"channel_not_found"}""", DeliveryOutcome.Refused)]
    [InlineData("""{"ok":false,"error":"internal_error"}""", DeliveryOutcome.Failed)]
    [InlineData("gateway says hello", DeliveryOutcome.Failed)]
    public async Task SlackApp_ThatAnswers200_IsBelievedByWhatItSays(string body, DeliveryOutcome outcome)
    {
        await using var server = new HookServer { Answer = _ => "200 OK\r\n\r\n" + body };
        using var http = new HttpDelivery(Options.Create(Limits("127.0.0.1", server.Address("/api/"))), new SetClock());

        var came = await http.ToSlackAppAsync("xoxb-1", SlackMessage.Of(Words(Alert()), ChannelKind.SlackApp, "C1"), "k", Token);

        Assert.Equal(outcome, came.Outcome);
        Assert.Equal(("/api/chat.postMessage", "Bearer xoxb-1"), (server.Received[0].Path, server.Received[0].Headers["authorization"]));
    }

    [Fact]
    public void SlackMessages_OfOneAlertAndOfMany_StayWithinSlacksLimitsAndCarryNoMarkupOfPeople()
    {
        var alert = Alert();
        var app = SlackMessage.Of(Words(alert), ChannelKind.SlackApp, "C1");
        Assert.Equal(["acknowledge", "snooze", "open"], Buttons(app));
        Assert.Equal(["open"], Buttons(SlackMessage.Of(Words(alert), ChannelKind.SlackWebhook)));
        Assert.Contains("*shop &lt;b&gt;: 80 % of the budget spent*", app["blocks"]![1]!["text"]!["text"]!.GetValue<string>(), StringComparison.Ordinal);

        var many = SlackMessage.Of(Words([.. Enumerable.Range(0, 40).Select(_ => Alert())]), ChannelKind.SlackApp, "C1");
        Assert.InRange(many["blocks"]!.AsArray().Count, 30, 50);
        Assert.Contains("30 more", many["blocks"]!.AsArray()[^1]!["text"]!["text"]!.GetValue<string>(), StringComparison.Ordinal);

        var answered = SlackMessage.Answered(app["blocks"]!.AsArray(), alert.Row.Id, "Acknowledged by <ann>");
        Assert.DoesNotContain(answered, block => block!["type"]!.GetValue<string>() == "actions");
        Assert.Equal("Acknowledged by &lt;ann&gt;", answered[^1]!["elements"]![0]!["text"]!.GetValue<string>());

        static IEnumerable<string> Buttons(JsonObject message) =>
            message["blocks"]!.AsArray().Where(block => block!["type"]!.GetValue<string>() == "actions").SelectMany(block => block!["elements"]!.AsArray()).Select(button => button!["action_id"]!.GetValue<string>());
    }

    /// <summary>Of two recipients one is refused for good and one for now: each has an answer of its own, and neither keeps the mail from the others.</summary>
    [Fact]
    public async Task Mails_ToRecipientsOfWhomHalfAreRefused_ReachTheOthers()
    {
        await using var server = new MailServer();
        server.Answer("bob@b.test", "550 no such user");
        server.Answer("cem@b.test", "450 busy");
        var mail = Options.Create(new MailOptions { Host = "127.0.0.1", Port = server.Port, Security = MailSecurity.None, From = "finops@acme.test", TimeoutSeconds = 10, PublicAddress = new Uri("https://finops.example.com") });
        var keys = new EphemeralDataProtectionProvider();
        var (smtp, links) = (new SmtpDelivery(mail, new MailCipher(keys)), new ChannelLinks(mail, keys));
        var chart = (MessageChart.Draw([1, 3, 7], 30, 10), "Spent so far: $7.00.");
        List<Delivery> came = [];
        foreach (var recipient in (string[])["ann@b.test", "bob@b.test", "cem@b.test", "dan@b.test"])
        {
            using var message = AlertMail.Of(Words(Alert()), recipient, "acme.test", links.Unsubscribe(new Subscription(Tenant, Guid.Empty, recipient)), chart, DateTimeOffset.UnixEpoch);
            came.Add(await smtp.SendAsync(message, Token));
        }

        Assert.Equal([(0, false), (550, true), (450, false), (0, false)], came.Select(one => (one.Status, one.IsFinal)));
        Assert.Equal(["ann@b.test", "dan@b.test"], server.Received.Select(one => one.To.Mailboxes.Single().Address));
        var received = server.Received.First();
        Assert.Equal("shop <b>: 80 % of the budget spent", received.Subject);
        Assert.Contains("$80.00 of $100.00", received.TextBody, StringComparison.Ordinal);
        Assert.Contains("shop &lt;b&gt;", received.HtmlBody, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", received.HtmlBody, StringComparison.Ordinal);
        Assert.Equal("List-Unsubscribe=One-Click", received.Headers["List-Unsubscribe-Post"]);
        var link = new Uri(received.Headers["List-Unsubscribe"]!.Trim('<', '>'));
        Assert.Equal(new Subscription(Tenant, Guid.Empty, "ann@b.test"), links.Read(link.Segments[^1]));
        Assert.Null(links.Read(link.Segments[^1][..^2]));
        // The image is inside the mail, and is a picture.
        var image = Assert.Single(received.BodyParts.OfType<MimePart>(), part => part.ContentType.IsMimeType("image", "png"));
        Assert.Contains($"cid:{image.ContentId}", received.HtmlBody, StringComparison.Ordinal);
        using var bytes = new MemoryStream();
        image.Content!.DecodeTo(bytes, Token);
        using var picture = SkiaSharp.SKBitmap.Decode(bytes.ToArray())!;
        Assert.Equal((992, 240), (picture.Width, picture.Height));
        Assert.Equal((new SkiaSharp.SKColor(0x0b, 0x63, 0xbe), new SkiaSharp.SKColor(0xff, 0xff, 0xff)), (picture.GetPixel(16, 230), picture.GetPixel(900, 200)));
        // The same copy of the same message is known by its id.
        Assert.Equal(2, server.Received.Select(one => one.MessageId).Distinct().Count());
    }

    private static AlertEntry Alert()
    {
        AlertFact[] facts = [AlertFact.OfShare(BudgetAlerts.Percent, 0.8m), AlertFact.OfMoney(BudgetAlerts.Spent, 80, "USD"), AlertFact.OfMoney(BudgetAlerts.Allowance, 100, "USD")];
        var row = new RecordedAlert
        {
            TenantId = Tenant.Value,
            Id = Guid.NewGuid(),
            Key = "k",
            GroupKey = "g",
            Kind = AlertKind.Budget,
            Severity = AlertSeverity.Warning,
            State = AlertState.Open,
            Subject = "shop <b>",
            Scope = "{}",
            Facts = "[]",
            Link = "/budgets/1",
            OpenedAt = DateTimeOffset.UnixEpoch,
        };
        return new AlertEntry(row, SpendScope.Of(ScopeDimension.Feature, "shop"), facts, []);
    }

    private static MessageWords Words(params AlertEntry[] alerts)
    {
        var links = new ChannelLinks(Options.Create(new MailOptions { PublicAddress = new Uri("https://finops.example.com") }), new EphemeralDataProtectionProvider());
        var ids = alerts.Select(alert => alert.Row.Id).ToList();
        var message = new TakenMessage(Tenant, Guid.NewGuid(), Guid.NewGuid(), "", MessageKind.Raised, ids, 0, 0, 1, 1, DateTimeOffset.UnixEpoch);
        var channel = new Channel(message.Channel, "c", ChannelKind.Webhook);
        var row = new RecordedChannel { TenantId = Tenant.Value, Id = channel.Id, Name = "c", Definition = "{}", Secrets = [], Shown = "", Unsubscribed = [], Version = 1, ChangedAt = default, ChangedBy = "" };
        return MessageWords.Of(message, new MessageContent(row, channel, alerts), links);
    }

    private static async Task<DeliveryAnswer> PostAsync(string address, string allowed = "127.0.0.1", int seconds = 10)
    {
        using var http = Http(allowed, seconds);
        return await http.ToWebhookAsync(address, "k", Encoding.UTF8.GetBytes("{}"), "key", Token);
    }

    private static HttpDelivery Http(string allowed, int seconds = 10) => new(Options.Create(Limits(allowed, seconds: seconds)), new SetClock());

    private static ChannelOptions Limits(string allowed, string? slack = null, int seconds = 10)
    {
        var limits = new ChannelOptions { TimeoutSeconds = seconds };
        limits.InternalHosts.Add(allowed);
        if (slack is not null) limits.SlackApi = new Uri(slack);
        return limits;
    }

    /// <summary>The first second of 1970.</summary>
    private sealed class SetClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch;
    }
}
