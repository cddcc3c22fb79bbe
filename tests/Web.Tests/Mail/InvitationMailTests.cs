using FinOps.Analytics.Tenancy;
using FinOps.Web.Mail;

namespace FinOps.Web.Tests.Mail;

public sealed class InvitationMailTests
{
    private static readonly MadeInvitation Made = new(
        Guid.NewGuid(), new(Guid.NewGuid()), "Acme <script>alert(1)</script> & Co", "a@b.test", TenantRole.Analyst, "boss@acme.test",
        new DateTimeOffset(2026, 12, 1, 9, 30, 0, TimeSpan.Zero), "fin_inv_x");

    [Fact]
    public void Compose_AnInvitation_SaysWhoWhatAndUntilWhenInBothForms()
    {
        var body = InvitationMail.Compose(Made, new Uri("https://finops.test/invitation/fin_inv_x"));

        foreach (var form in (string[])[body.Text, body.Html])
        {
            Assert.Contains("boss@acme.test", form, StringComparison.Ordinal);
            Assert.Contains("analyst", form, StringComparison.Ordinal);
            Assert.Contains("1 December 2026, 09:30 UTC", form, StringComparison.Ordinal);
            Assert.Contains("https://finops.test/invitation/fin_inv_x", form, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Compose_ANameWithMarkup_StaysAName()
    {
        var html = InvitationMail.Compose(Made, new Uri("https://finops.test/")).Html;

        Assert.DoesNotContain("<script>", html, StringComparison.Ordinal);
        Assert.Contains("Acme &lt;script&gt;", html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "https://finops.test", 1)]
    [InlineData("finops@acme.test", null, 1)]
    [InlineData("no address", "ftp://finops.test", 2)]
    [InlineData("finops@acme.test", "https://finops.test", 0)]
    public void FindProblems_WithAHost_AsksForSenderAndAddress(string? from, string? address, int problems) => Assert.Equal(
        problems, new MailOptions { Host = "smtp.test", From = from, PublicAddress = address is null ? null : new Uri(address) }.FindProblems().Count());

    [Fact]
    public void FindProblems_WithoutAHost_AsksForNothing() => Assert.Empty(new MailOptions().FindProblems());
}
