using FinOps.Analytics.Mail;
using FinOps.Testing;
using FinOps.Web.Mail;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;

namespace FinOps.Web.Tests.Mail;

/// <summary>Real conversations by SMTP, with a server that takes and refuses.</summary>
public sealed class SmtpDeliveryTests
{
    private static readonly EphemeralDataProtectionProvider Keys = new();

    [Fact]
    public async Task Send_AMail_ArrivesInBothFormsUnderItsId()
    {
        await using var server = new MailServer();
        var mail = NewMail("Grüße", new MailBody("Hello .\r\n.hidden dot", "<p>Hello</p>"));

        var delivery = await SendAsync(server, mail);

        Assert.Equal(Delivery.Done, delivery);
        var received = Assert.Single(server.Received);
        Assert.Equal(("Grüße", $"{mail.Id:N}@acme.test"), (received.Subject, received.MessageId));
        Assert.Contains(".hidden dot", received.TextBody, StringComparison.Ordinal);
        Assert.Contains("<p>Hello</p>", received.HtmlBody, StringComparison.Ordinal);
        Assert.Equal("auto-generated", received.Headers["Auto-Submitted"]);
        Assert.Equal("FinOps for AI", received.From.Mailboxes.Single().Name);
    }

    [Theory]
    [InlineData("450 mailbox busy", false)]
    [InlineData("421 going down", false)]
    [InlineData("550 no such user", true)]
    [InlineData("554 refused", true)]
    public async Task Send_ToARecipientWhoIsRefused_IsFinalOnlyWhereTheServerSaysSo(string answer, bool final)
    {
        await using var server = new MailServer();
        server.Answer("to@b.test", answer);

        var delivery = await SendAsync(server, NewMail());

        Assert.Equal(final, delivery.IsFinal);
        Assert.Contains(answer[..3], delivery.Failure, StringComparison.Ordinal);
        Assert.Empty(server.Received);
    }

    [Fact]
    public async Task Send_WithoutAServer_IsTriedAgain()
    {
        var port = FreePort.Next();

        var delivery = await new SmtpDelivery(Options.Create(Settings(port)), new MailCipher(Keys)).SendAsync(NewMail(), TestContext.Current.CancellationToken);

        Assert.False(delivery.IsFinal);
        Assert.Contains($"127.0.0.1:{port}", delivery.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_WhereTlsIsDemandedAndNotOffered_SendsNothing()
    {
        await using var server = new MailServer();
        var settings = Settings(server.Port);
        settings.Security = MailSecurity.StartTls;

        var delivery = await new SmtpDelivery(Options.Create(settings), new MailCipher(Keys)).SendAsync(NewMail(), TestContext.Current.CancellationToken);

        Assert.NotNull(delivery.Failure);
        Assert.Empty(server.Received);
    }

    [Fact]
    public async Task Send_AMailWhoseKeyIsGone_IsFinal()
    {
        await using var server = new MailServer();

        var delivery = await new SmtpDelivery(Options.Create(Settings(server.Port)), new MailCipher(new EphemeralDataProtectionProvider())).SendAsync(NewMail(), TestContext.Current.CancellationToken);

        Assert.True(delivery.IsFinal);
        Assert.Empty(server.Received);
    }

    private static Task<Delivery> SendAsync(MailServer server, TakenMail mail) =>
        new SmtpDelivery(Options.Create(Settings(server.Port)), new MailCipher(Keys)).SendAsync(mail, TestContext.Current.CancellationToken);

    private static MailOptions Settings(int port) => new() { Host = "127.0.0.1", Port = port, Security = MailSecurity.None, From = "finops@acme.test", TimeoutSeconds = 10 };

    private static TakenMail NewMail(string subject = "s", MailBody? body = null) =>
        new(Guid.NewGuid(), "to@b.test", subject, new MailCipher(Keys).Encrypt(body ?? new MailBody("t", "<p>h</p>")), Tries: 1, DateTimeOffset.UnixEpoch);
}
