using System.Globalization;
using System.Text;
using FinOps.Domain.Alerts;
using FinOps.Domain.Channels;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Tests.Channels;

public sealed class ChannelTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 16, 12, 0, 0, TimeSpan.Zero);

    private static Channel New(ChannelKind kind = ChannelKind.Webhook) => new(Guid.NewGuid(), "c", kind);

    private static ReachedChannel Reached(Channel channel) => new(channel, [], []);

    private static (Guid Id, Alert Alert) Raised(string group = "budget/1", AlertSeverity severity = AlertSeverity.Warning, SpendScope? scope = null, params Guid[] channels) => (
        Guid.NewGuid(), new Alert(AlertKind.Budget, severity, $"{group}/{Guid.NewGuid()}", group, "s", Noon) { Scope = scope ?? SpendScope.Everything, Channels = channels });

    private static AlertRoute To(params Guid[] channels) => new(Guid.NewGuid(), "r") { Channels = channels };

    [Theory]
    // A night that crosses midnight, as people in Berlin know it (an hour ahead of UTC in winter).
    [InlineData("2026-11-16T20:59:00Z", "22:00", "07:00", false, "2026-11-16T20:59:00Z")]
    [InlineData("2026-11-16T21:00:00Z", "22:00", "07:00", false, "2026-11-17T06:00:00Z")]
    [InlineData("2026-11-17T05:59:59Z", "22:00", "07:00", false, "2026-11-17T06:00:00Z")]
    [InlineData("2026-11-17T06:00:00Z", "22:00", "07:00", false, "2026-11-17T06:00:00Z")]
    [InlineData("2026-11-16T11:30:00Z", "12:00", "13:00", false, "2026-11-16T12:00:00Z")]
    // Friday night, the weekend and Monday's early morning are one.
    [InlineData("2026-11-20T22:00:00Z", "22:00", "07:00", true, "2026-11-23T06:00:00Z")]
    [InlineData("2026-11-21T12:00:00Z", "00:00", "00:00", true, "2026-11-22T23:00:00Z")]
    // 02:30 is left out on 29 March and shown twice on 25 October.
    [InlineData("2026-03-29T00:30:00Z", "22:00", "02:30", false, "2026-03-29T01:30:00Z")]
    [InlineData("2026-10-24T23:00:00Z", "22:00", "02:30", false, "2026-10-25T00:30:00Z")]
    [InlineData("2026-10-25T01:10:00Z", "22:00", "02:30", false, "2026-10-25T01:30:00Z")]
    public void QuietHours_InTheirZone_EndWhenClocksSaySo(string now, string from, string to, bool weekends, string until)
    {
        var quiet = new QuietHours("Europe/Berlin", TimeOnly.Parse(from, CultureInfo.InvariantCulture), TimeOnly.Parse(to, CultureInfo.InvariantCulture), weekends);
        var at = DateTimeOffset.Parse(now, CultureInfo.InvariantCulture);

        Assert.Null(quiet.FindProblem());
        Assert.Equal(DateTimeOffset.Parse(until, CultureInfo.InvariantCulture), quiet.Until(at));
        Assert.Equal(at, quiet.Until(at, AlertSeverity.Critical));
    }

    [Fact]
    public void Planned_ByRoutes_GoToAllThatFitOnce_AndABudgetsOwnChannelsWin()
    {
        var (all, rag, critical, gone) = (New(), New(), New(), Guid.NewGuid());
        AlertRoute[] routes =
        [
            To(all.Id, gone), To(all.Id) with { Kinds = [AlertKind.Budget] }, To(critical.Id) with { Least = AlertSeverity.Critical },
            To(rag.Id) with { Scope = SpendScope.Of(ScopeDimension.Feature, "rag", "chat") }, To(critical.Id) with { Kinds = [AlertKind.Runaway] },
        ];

        Assert.Equal([all.Id], ChannelsOf(Raised()));
        Assert.Equal([all.Id, critical.Id], ChannelsOf(Raised(severity: AlertSeverity.Critical)));
        Assert.Equal([all.Id, rag.Id], ChannelsOf(Raised(scope: SpendScope.Of(ScopeDimension.Feature, "rag").And(ScopeDimension.Team, "t"))));
        // It is also about calls that the route is not about.
        Assert.Equal([all.Id], ChannelsOf(Raised(scope: SpendScope.Of(ScopeDimension.Feature, "rag", "other"))));
        Assert.Equal([rag.Id], ChannelsOf(Raised(channels: [rag.Id, gone])));
        // None of its own is left: somebody must still hear of it.
        Assert.Equal([all.Id], ChannelsOf(Raised(channels: [gone])));

        IEnumerable<Guid> ChannelsOf((Guid, Alert) raised) =>
            PlannedMessage.Of([raised], [Reached(all), Reached(rag), Reached(critical)], routes).Select(one => one.Channel).OrderBy(id => Array.IndexOf([all.Id, rag.Id, critical.Id], id));
    }

    [Fact]
    public void Planned_OfOneIncident_AreOneMessage_AndOfManyTogether()
    {
        var channel = New();
        (Guid Id, Alert Alert)[] few = [Raised("a"), Raised("a"), Raised("b")];
        var planned = PlannedMessage.Of(few, [Reached(channel)], [To(channel.Id)]);
        Assert.Equal([("a", 2), ("b", 1)], planned.Select(one => (one.Group, one.Alerts.Count)));
        Assert.Equal(few.Take(2).Select(one => one.Id), planned[0].Alerts);

        var many = Enumerable.Range(0, PlannedMessage.MaxApart + 1).Select(i => Raised($"incident {i}")).ToList();
        Assert.Equal(many.Select(one => one.Id), Assert.Single(PlannedMessage.Of(many, [Reached(channel)], [To(channel.Id)])).Alerts);
    }

    [Fact]
    public void Planned_InQuietHours_WaitTogether_ButForWhatIsCritical()
    {
        var channel = New() with { Quiet = new QuietHours("UTC", new TimeOnly(11, 0), new TimeOnly(13, 0)) };
        var planned = PlannedMessage.Of([Raised("a"), Raised("b"), Raised("a", AlertSeverity.Critical)], [Reached(channel)], [To(channel.Id)]);

        Assert.Equal(2, planned.Count);
        Assert.Equal((2, Noon.AddHours(1)), planned.Where(one => one.DueAt is not null).Select(one => (one.Alerts.Count, one.DueAt!.Value)).Single());
        Assert.Equal(("a", 1), planned.Where(one => one.DueAt is null).Select(one => (one.Group, one.Alerts.Count)).Single());
    }

    [Fact]
    public void Planned_ForEmail_GoToEachRecipientWhoWantsThem_AndJoinWhatWaitsForThatOneAlone()
    {
        var channel = New(ChannelKind.Email) with { Recipients = ["ann@x.test", "bob@x.test", "cem@x.test"] };
        var planned = PlannedMessage.Of([Raised("a"), Raised("b")], [new ReachedChannel(channel, ["BOB@x.test"], ["cem@x.test"])], [To(channel.Id)]);

        Assert.Equal([("ann@x.test", "a"), ("ann@x.test", "b"), ("cem@x.test", PlannedMessage.Backlog)], planned.Select(one => (one.Recipient, one.Group)));
        Assert.Equal(2, planned[2].Alerts.Count);
    }

    [Fact]
    public void Channels_ThatCannotBe_SayWhy()
    {
        foreach (var (channel, word) in ((Channel, string)[])
            [
                (New() with { Name = " " }, "name"), (New(ChannelKind.SlackApp), "conversation"), (New() with { SlackChannel = "#c" }, "app of Slack"), (New() with { Recipients = ["a@x.test"] }, "recipients"),
                (New(ChannelKind.Email), "recipients"), (New(ChannelKind.Email) with { Recipients = ["a@x.test", "A@X.test"] }, "twice"), (New(ChannelKind.Email) with { Recipients = ["a@x.test\r\nBcc: b@x.test"] }, "not an e-mail"),
                (New() with { Quiet = new QuietHours("Mars", new(1, 0), new(2, 0)) }, "IANA"), (New() with { Quiet = new QuietHours("UTC", new(1, 0), new(1, 0)) }, "different"),
            ])
            Assert.Contains(word, channel.FindProblem(), StringComparison.Ordinal);
        Assert.Contains("channels", To().FindProblem(), StringComparison.Ordinal);
        Assert.Null(New(ChannelKind.Email) with { Recipients = ["a@x.test"] } is { } fine ? fine.FindProblem() : "");
    }

    [Theory]
    [InlineData(200, DeliveryOutcome.Sent)]
    [InlineData(204, DeliveryOutcome.Sent)]
    [InlineData(302, DeliveryOutcome.Refused)]
    [InlineData(400, DeliveryOutcome.Refused)]
    [InlineData(404, DeliveryOutcome.Refused)]
    [InlineData(408, DeliveryOutcome.Failed)]
    [InlineData(429, DeliveryOutcome.Failed)]
    [InlineData(500, DeliveryOutcome.Failed)]
    [InlineData(503, DeliveryOutcome.Failed)]
    public void Answers_ByTheirStatus_AreTriedAgainOnlyWhereThatHelps(int status, DeliveryOutcome outcome) => Assert.Equal(outcome, DeliveryAnswer.Of(status));

    [Fact]
    public void WebhookSignature_Checked_HoldsForItsBodyKeyAndTimeAlone()
    {
        var body = "{\"key\":\"k\"}"u8.ToArray();
        var header = WebhookSignature.Of("secret", Noon, body);

        // By openssl: printf '1794830400.{"key":"k"}' | openssl dgst -sha256 -hmac secret
        Assert.Equal("t=1794830400,v1=42767f598c9544f64dc86090032b7cce82ec348b33ce511c305d32a2c3f60828", header);
        Assert.True(WebhookSignature.IsValid("secret", header, body, Noon.AddMinutes(4)));
        Assert.False(WebhookSignature.IsValid("secret", header, body, Noon.AddMinutes(6)));
        Assert.False(WebhookSignature.IsValid("other", header, body, Noon));
        Assert.False(WebhookSignature.IsValid("secret", header, "{\"key\":\"l\"}"u8, Noon));
        Assert.False(WebhookSignature.IsValid("secret", header.Replace("t=1794830400", "t=1794830401", StringComparison.Ordinal), body, Noon));
        foreach (var wrong in (string[])["", "v1=1", "t=,v1=", "t=x,v1=y"]) Assert.False(WebhookSignature.IsValid("secret", wrong, body, Noon));
    }

    /// <summary>The example of Slack's own documentation, "Verifying requests from Slack".</summary>
    [Fact]
    public void SlackSignature_OfSlacksExample_IsTheirs()
    {
        const string Secret = "8f742231b10e8888abcd99yyyzzz85a5";
        var body = Encoding.UTF8.GetBytes("token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c");
        const string Signature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
        var at = DateTimeOffset.FromUnixTimeSeconds(1531420618);

        Assert.Equal(Signature, SlackSignature.Of(Secret, "1531420618", body));
        Assert.True(SlackSignature.IsValid(Secret, "1531420618", Signature, body, at.AddMinutes(5)));
        Assert.False(SlackSignature.IsValid(Secret, "1531420618", Signature, body, at.AddMinutes(6)));
        Assert.False(SlackSignature.IsValid(Secret, "1531420618", Signature[..^1] + "4", body, at));
        Assert.False(SlackSignature.IsValid("", "now", "", body, at));
    }
}
