using System.Net.Sockets;
using System.Security.Cryptography;
using FinOps.Analytics.Mail;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.Options;
using MimeKit;

namespace FinOps.Web.Mail;

/// <param name="Failure">Null when the server took the mail.</param>
/// <param name="IsFinal">Trying again would fail in the same way.</param>
/// <param name="Status">What the server answered when it refused; 0 where it did not answer.</param>
internal sealed record Delivery(string? Failure, bool IsFinal = false, int Status = 0)
{
    public static readonly Delivery Done = new(Failure: null);
}

/// <summary>One conversation with the mail server for one mail.</summary>
internal sealed class SmtpDelivery(IOptions<MailOptions> options, MailCipher cipher)
{
    private const int FirstPermanentStatus = 500;

    public async Task<Delivery> SendAsync(TakenMail mail, CancellationToken cancellationToken)
    {
        try
        {
            using var message = Compose(mail, options.Value);
            return await SendAsync(message, cancellationToken);
        }
        catch (CryptographicException)
        {
            return new Delivery("The text cannot be decrypted any more: the key that protected it is gone.", IsFinal: true);
        }
    }

    /// <summary>A mail from nobody yet: this gives it the sender.</summary>
    public async Task<Delivery> SendAsync(MimeMessage message, CancellationToken cancellationToken)
    {
        var settings = options.Value;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(settings.TimeoutSeconds));
        try
        {
            message.From.Add(From(settings));
            using var client = new SmtpClient();
            await client.ConnectAsync(settings.Host ?? "", settings.Port, Socket(settings.Security), limit.Token);
            if (!string.IsNullOrEmpty(settings.UserName)) await client.AuthenticateAsync(settings.UserName, settings.Password ?? "", limit.Token);
            await client.SendAsync(message, limit.Token);
            await client.DisconnectAsync(quit: true, limit.Token);
            return Delivery.Done;
        }
        catch (SmtpCommandException refused)
        {
            // What the server says of this recipient or this text for good will not change; what it says of the connection or the sign-in may.
            var ofThisMail = refused.ErrorCode is SmtpErrorCode.RecipientNotAccepted or SmtpErrorCode.MessageNotAccepted;
            return new Delivery($"The mail server answered {(int)refused.StatusCode}: {refused.Message}", ofThisMail && (int)refused.StatusCode >= FirstPermanentStatus, (int)refused.StatusCode);
        }
        catch (Exception failure) when (failure is ProtocolException or AuthenticationException or SslHandshakeException or ServiceNotConnectedException
            or ServiceNotAuthenticatedException or SocketException or IOException or TimeoutException or NotSupportedException)
        {
            return new Delivery($"{settings.Host}:{settings.Port}: {failure.Message}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new Delivery($"{settings.Host}:{settings.Port} did not take the mail within {settings.TimeoutSeconds} s.");
        }
    }

    private MimeMessage Compose(TakenMail mail, MailOptions settings)
    {
        var body = cipher.Decrypt(mail.Body);
        var message = new MimeMessage { Subject = mail.Subject, Date = mail.CreatedAt, MessageId = $"{mail.Id:N}@{From(settings).Domain}" };
        message.To.Add(new MailboxAddress(name: null, mail.Recipient));
        // RFC 3834: no answering machine shall answer.
        message.Headers.Add("Auto-Submitted", "auto-generated");
        if (body.Unsubscribe is { } unsubscribe)
        {
            message.Headers.Add(HeaderId.ListUnsubscribe, $"<{unsubscribe}>");
            message.Headers.Add("List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
        }

        var builder = new BodyBuilder { TextBody = body.Text, HtmlBody = body.Html };
        if (body.Picture is { } picture) builder.LinkedResources.Add("picture.png", picture, new ContentType("image", "png")).ContentId = MailBody.PictureId;
        message.Body = builder.ToMessageBody();
        return message;
    }

    internal static MailboxAddress From(MailOptions settings) => new(settings.FromName, MailboxAddress.Parse(settings.From ?? "").Address);

    private static SecureSocketOptions Socket(MailSecurity security) => security switch
    {
        MailSecurity.Tls => SecureSocketOptions.SslOnConnect,
        MailSecurity.StartTls => SecureSocketOptions.StartTls,
        _ => SecureSocketOptions.None,
    };
}
