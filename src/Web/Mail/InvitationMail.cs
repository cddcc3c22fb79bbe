using System.Globalization;
using System.Net;
using FinOps.Analytics.Mail;
using FinOps.Analytics.Tenancy;
using FinOps.Web.Authentication;
using Microsoft.Extensions.Options;

namespace FinOps.Web.Mail;

/// <summary>The mail that carries an invitation, as text and as HTML without anything to load.</summary>
internal sealed class InvitationMail(IOptions<MailOptions> options, MailCipher cipher, TimeProvider clock)
{
    /// <summary>Null where there is no mail server: then somebody has to copy the link.</summary>
    public OutboxMail? Write(MadeInvitation invitation)
    {
        if (!options.Value.IsConfigured) return null;
        var now = clock.GetUtcNow();
        return new OutboxMail
        {
            Id = Guid.CreateVersion7(now),
            TenantId = invitation.Tenant.Value,
            Recipient = invitation.Email,
            Subject = Subject(invitation),
            Body = cipher.Encrypt(Compose(invitation, new Uri(options.Value.PublicAddress!, InvitationPage.Path + invitation.Token))),
            CreatedAt = now,
            DueAt = now,
        };
    }

    internal static MailBody Compose(MadeInvitation invitation, Uri link)
    {
        var until = invitation.ExpiresAt.ToUniversalTime().ToString("d MMMM yyyy, HH:mm 'UTC'", CultureInfo.InvariantCulture);
        var (by, organisation, role) = (invitation.InvitedBy, invitation.TenantName, invitation.Role.ToString().ToLowerInvariant());
        var text = $"""
            {by} invites you to {organisation} on FinOps for AI, as {role}.

            Open this link to join. It works once, until {until}:

            {link}

            If you do not know what this is about, do nothing: without the link nothing happens.
            """;
        string Safe(string value) => WebUtility.HtmlEncode(value);
        var html = $"""
            <!DOCTYPE html>
            <html lang="en"><body style="margin:0;padding:24px;background:#f6f7f9;color:#1a2330;font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;font-size:16px;line-height:1.5">
            <div style="max-width:480px;margin:0 auto;padding:32px;background:#ffffff;border:1px solid #dfe4ea;border-radius:12px">
            <h1 style="margin:0 0 12px;font-size:20px;font-weight:600">Join {Safe(organisation)}</h1>
            <p style="margin:0 0 20px">{Safe(by)} invites you to {Safe(organisation)} on FinOps for AI, as {Safe(role)}.</p>
            <p style="margin:0 0 20px"><a href="{Safe(link.AbsoluteUri)}" style="display:inline-block;padding:10px 18px;background:#0b63be;color:#ffffff;font-weight:600;text-decoration:none;border-radius:6px">Join</a></p>
            <p style="margin:0 0 8px;color:#596573;font-size:14px">The link works once, until {Safe(until)}:<br><span style="overflow-wrap:anywhere">{Safe(link.AbsoluteUri)}</span></p>
            <p style="margin:0;color:#596573;font-size:14px">If you do not know what this is about, do nothing: without the link nothing happens.</p>
            </div></body></html>
            """;
        return new MailBody(text, html);
    }

    /// <summary>No line break can get into a header, and no name makes it longer than the outbox takes.</summary>
    private static string Subject(MadeInvitation invitation)
    {
        var subject = $"{invitation.InvitedBy} invites you to {invitation.TenantName}".ReplaceLineEndings(" ");
        return subject.Length > OutboxMail.MaxSubjectLength ? subject[..OutboxMail.MaxSubjectLength] : subject;
    }
}
