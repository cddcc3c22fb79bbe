using FinOps.Analytics.Alerts;
using FinOps.Analytics.Budgets;
using FinOps.Analytics.Changes;
using FinOps.Analytics.Digests;
using FinOps.Analytics.Mail;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Alerts;
using FinOps.Domain.Budgets;
using FinOps.Domain.Changes;
using FinOps.Domain.Digests;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using FinOps.Testing;
using FinOps.Web.Channels;
using FinOps.Web.Digests;
using FinOps.Web.Mail;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;
using MimeKit;

namespace FinOps.Web.Tests.Digests;

/// <summary>What a digest says, and that it arrives as it was written.</summary>
public sealed class DigestMailTests
{
    private static readonly EphemeralDataProtectionProvider Keys = new();
    private static readonly TenantId Tenant = new(Guid.Parse("11111111-1111-1111-1111-111111111111"));
    private static readonly Guid Ann = Guid.Parse("22222222-2222-2222-2222-222222222222");
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Digest_OfAWeek_ArrivesAsTextAndHtmlWithPictureAndOneClickEnd()
    {
        await using var server = new MailServer();
        var settings = Options.Create(new MailOptions { Host = "127.0.0.1", Port = server.Port, Security = MailSecurity.None, From = "finops@acme.test", PublicAddress = new Uri("https://finops.acme.test") });
        var (cipher, links) = (new MailCipher(Keys), new DigestLinks(new ChannelLinks(settings, Keys), Keys));
        var mail = new DigestMail(settings, cipher, links, TimeProvider.System).Write(Guid.NewGuid(), Week());

        Assert.Equal(Delivery.Done, await new SmtpDelivery(settings, cipher).SendAsync(new TakenMail(mail.Id, mail.Recipient, mail.Subject, mail.Body!, 1, mail.CreatedAt), TestContext.Current.CancellationToken));

        var received = Assert.Single(server.Received);
        Assert.Equal("Weekly digest of Acme <Labs>: 16 to 22 Nov 2026", received.Subject);
        foreach (var text in (string[])["Spent: $30.00. The week before: $10.00. Difference: ▲ $20.00 (+200%).", "Feature rag: +$20.00, to $30.00", "red, November 2026: $30.00 of $40.00 (75%), $40.30 projected, by the straight line", "red: 50 % of the budget spent", "3 calls of the period have no price yet", "your teams alone: red"])
            Assert.Contains(text, received.TextBody, StringComparison.Ordinal);
        Assert.Contains("Acme &lt;Labs&gt;", received.HtmlBody, StringComparison.Ordinal);
        Assert.Contains("https://finops.acme.test/why?range=custom&amp;from=2026-11-16T00%3A00%3A00Z", received.HtmlBody, StringComparison.Ordinal);
        var picture = Assert.Single(received.BodyParts.OfType<MimePart>(), part => part.ContentType.IsMimeType("image", "png"));
        Assert.Contains($"cid:{picture.ContentId}", received.HtmlBody, StringComparison.Ordinal);
        Assert.Equal("List-Unsubscribe=One-Click", received.Headers["List-Unsubscribe-Post"]);
        var link = received.Headers["List-Unsubscribe"]!.Trim('<', '>');
        Assert.StartsWith("https://finops.acme.test/unsubscribe/digest/", link, StringComparison.Ordinal);
        Assert.Equal(new DigestReaderLink(Tenant, Ann, "ann@acme.test"), links.Read(link.Split('/')[^1]));
        // A link that ends a channel's mails ends no digest, and the other way round.
        Assert.Null(links.Read(new ChannelLinks(settings, Keys).Unsubscribe(new Subscription(Tenant, Ann, "ann@acme.test"))!.AbsoluteUri.Split('/')[^1]));
        Assert.Null(new ChannelLinks(settings, Keys).Read(link.Split('/')[^1]));
    }

    [Fact]
    public void Digest_OfAPeriodWithoutCalls_SaysSoInOneSentenceWithoutAPicture()
    {
        var empty = Week() with { Spent = default, Before = default, Days = new decimal[7], Change = Changed(), Budgets = [], Alerts = [], OpenAlerts = 0 };

        var words = DigestWords.Of(empty, _ => null);

        Assert.Equal(["Nothing was spent: no call came in this week, nor in the one before."], words.Lead);
        Assert.Equal("", words.Picture);
        Assert.Equal(["Nothing did.", "There is none that you may see.", "Nothing is open."], words.Parts.Select(part => part.Empty));
        Assert.All(words.Parts, part => Assert.Empty(part.Lines));
        var body = DigestMail.Compose(words, empty.Days, null);
        Assert.Null(body.Picture);
        Assert.DoesNotContain("cid:", body.Html, StringComparison.Ordinal);
        Assert.Equal(["Nothing was spent: no call came in this week. The week before cost $5.00."], DigestWords.Of(empty with { Before = Figures(5) }, _ => null).Lead);
    }

    [Fact]
    public void Digest_WithMoreThanItNames_CountsTheRest()
    {
        var one = Week();
        var words = DigestWords.Of(one with { Budgets = [.. Enumerable.Repeat(one.Budgets[0], 13)], OpenAlerts = 1_201 }, _ => null);

        Assert.Equal("and 3 more", words.Parts[1].Lines[^1].What);
        Assert.Equal("and 1,200 more", words.Parts[2].Lines[^1].What);
        Assert.Equal("28 Sep to 4 Oct 2026", DigestWords.Dates(DigestPeriod.LatestDue(new DateTimeOffset(2026, 10, 5, 9, 0, 0, TimeSpan.Zero), DigestKind.Weekly, TimeZoneInfo.Utc, 8)));
        Assert.Equal("October 2026", DigestWords.Dates(DigestPeriod.LatestDue(Now, DigestKind.Monthly, TimeZoneInfo.Utc, 8)));
    }

    private static Digest Week()
    {
        var budget = new Budget(Guid.Parse("33333333-3333-3333-3333-333333333333"), "red", 40) { Scope = SpendScope.Of(ScopeDimension.Team, "red"), Thresholds = [new(50)] };
        var period = BudgetPeriod.Of(Now, BudgetCycle.Month, TimeZoneInfo.Utc);
        var evaluation = BudgetEvaluation.Of(budget, period, new BudgetSpend(30), 0, Now);
        var alert = BudgetAlerts.Of(evaluation, budget.Thresholds[0], Now);
        var row = new RecordedAlert
        {
            TenantId = Tenant.Value,
            Id = Guid.NewGuid(),
            Key = alert.Key,
            GroupKey = alert.GroupKey,
            Kind = alert.Kind,
            Severity = alert.Severity,
            State = AlertState.Open,
            Subject = alert.Subject,
            Scope = "",
            Facts = "",
            Link = alert.Link,
            OpenedAt = alert.OpenedAt,
        };
        var recorded = new RecordedBudget { TenantId = Tenant.Value, Id = budget.Id, Name = budget.Name, Definition = "", Version = 1, MadeAt = Now, MadeBy = "a", ChangedAt = Now, ChangedBy = "a" };
        return new Digest(
            new MemberPlace(ReadScope.OfTeams(Tenant, ["red"]), "Acme <Labs>", TenantRole.Viewer, null), Ann, "ann@acme.test", DigestPeriod.LatestDue(Now, DigestKind.Weekly, TimeZoneInfo.Utc, 8), TimeZoneInfo.Utc, Now)
        {
            Spent = Figures(30) with { UnpricedCalls = 3 },
            Before = Figures(10),
            Days = [0, 5, 10, 15, 0, 0, 0],
            Change = Changed(new PairChange("rag", "openai", "gpt", 10, 30, 1, 3, [20])),
            Budgets = [new BudgetStanding(recorded, budget, period, null, evaluation)],
            Alerts = [new AlertEntry(row, alert.Scope, alert.Facts, [])],
            OpenAlerts = 1,
        };
    }

    private static SpendFigures Figures(decimal cost) => new(cost, 3, 0, 0, 0, 0, 0, 0, 0);

    private static ChangeAnswer Changed(params PairChange[] pairs) => new(new CostDifference(pairs), null, IsSampled: false, IsTooWide: false);
}
