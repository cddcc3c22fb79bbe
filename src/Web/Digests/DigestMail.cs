using System.Net;
using System.Text;
using FinOps.Analytics.Digests;
using FinOps.Analytics.Mail;
using FinOps.Web.Channels;
using FinOps.Web.Mail;
using Microsoft.Extensions.Options;

namespace FinOps.Web.Digests;

/// <summary>A digest as a mail for the outbox: text and HTML that say the same, the days as a picture inside, nothing to load from elsewhere.</summary>
internal sealed class DigestMail(IOptions<MailOptions> options, MailCipher cipher, DigestLinks links, TimeProvider clock) : IDigestLetter
{
    public bool CanSend => options.Value.IsConfigured;

    public OutboxMail Write(Guid id, Digest digest)
    {
        var words = DigestWords.Of(digest, links.To);
        var now = clock.GetUtcNow();
        return new OutboxMail
        {
            Id = id,
            TenantId = digest.Place.Tenant.Value,
            MemberId = digest.UserId,
            Recipient = digest.Recipient,
            Subject = SubjectOf(words.Subject),
            Body = cipher.Encrypt(Compose(words, digest.Days, links.Unsubscribe(new DigestReaderLink(digest.Place.Tenant, digest.UserId, digest.Recipient)))),
            CreatedAt = now,
            DueAt = now,
        };
    }

    internal static MailBody Compose(DigestWords words, IReadOnlyList<decimal> days, Uri? unsubscribe) => new(TextOf(words, unsubscribe), HtmlOf(words, unsubscribe))
    {
        Picture = words.Picture.Length == 0 ? null : MessageChart.Draw(days, days.Count, line: null),
        Unsubscribe = unsubscribe?.AbsoluteUri,
    };

    private static string TextOf(DigestWords words, Uri? unsubscribe)
    {
        var text = new StringBuilder(words.Title).Append("\n\n");
        foreach (var sentence in words.Lead) text.Append(sentence).Append('\n');
        if (words.Overview is { } overview) text.Append(overview.AbsoluteUri).Append('\n');
        foreach (var part in words.Parts)
        {
            text.Append('\n').Append(part.Heading.ToUpperInvariant()).Append('\n');
            foreach (var line in part.Lines) text.Append("- ").Append(line.What).Append(line.Figure.Length > 0 ? ": " : "").Append(line.Figure).Append('\n');
            if (part.Lines.Count == 0) text.Append(part.Empty).Append('\n');
            if (part.Where is { } where) text.Append(where.AbsoluteUri).Append('\n');
        }

        text.Append('\n');
        foreach (var note in words.Notes) text.Append(note).Append('\n');
        if (unsubscribe is not null) text.Append("\n-- \nNo more digests of this organisation: ").Append(unsubscribe.AbsoluteUri).Append('\n');
        return text.ToString();
    }

    private static string HtmlOf(DigestWords words, Uri? unsubscribe)
    {
        var lead = string.Concat(words.Lead.Select(sentence => $"""<p style="margin:0 0 12px">{Safe(sentence)}</p>"""));
        var picture = words.Picture.Length == 0 ? "" : $"""<img src="cid:{MailBody.PictureId}" width="{MessageChart.ShownWidth}" height="{MessageChart.ShownHeight}" alt="{Safe(words.Picture)}" style="display:block;max-width:100%;height:auto;margin:8px 0 4px"><p style="margin:0 0 20px;color:#596573;font-size:13px">{Safe(words.Picture)}</p>""";
        var parts = string.Concat(words.Parts.Select(PartOf));
        var notes = string.Concat(words.Notes.Select(note => $"""<p style="margin:0 0 6px;color:#596573;font-size:13px">{Safe(note)}</p>"""));
        var end = unsubscribe is null ? "" : $"""<p style="margin:16px 0 0;color:#596573;font-size:13px">You get this because it is chosen on your account's page. <a href="{Safe(unsubscribe.AbsoluteUri)}" style="color:#596573">No more digests of this organisation</a></p>""";
        return $"""
            <!DOCTYPE html>
            <html lang="en"><body style="margin:0;padding:24px;background:#f6f7f9;color:#1a2330;font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;font-size:16px;line-height:1.5">
            <div style="max-width:560px;margin:0 auto;padding:32px;background:#ffffff;border:1px solid #dfe4ea;border-radius:12px">
            <h1 style="margin:0 0 16px;font-size:20px;font-weight:600">{Safe(words.Title)}</h1>
            {lead}{picture}{LinkOf(words.Overview, "Open Overview")}{parts}
            <div style="margin:24px 0 0;padding:16px 0 0;border-top:1px solid #dfe4ea">{notes}{end}</div>
            </div></body></html>
            """;
    }

    private static string PartOf(DigestPart part)
    {
        var rows = string.Concat(part.Lines.Select(line => $"""
            <tr><td style="padding:6px 12px 6px 0;border-top:1px solid #eef1f4;overflow-wrap:anywhere">{(line.Link is { } link ? $"""<a href="{Safe(link.AbsoluteUri)}" style="color:#0b63be;text-decoration:none">{Safe(line.What)}</a>""" : Safe(line.What))}</td>
            <td style="padding:6px 0;border-top:1px solid #eef1f4;text-align:right;font-variant-numeric:tabular-nums">{Safe(line.Figure)}</td></tr>
            """));
        var body = part.Lines.Count == 0 ? $"""<p style="margin:0 0 8px;color:#596573">{Safe(part.Empty)}</p>""" : $"""<table role="presentation" style="width:100%;border-collapse:collapse;font-size:14px;margin:0 0 8px">{rows}</table>""";
        return $"""<h2 style="margin:24px 0 8px;font-size:16px;font-weight:600">{Safe(part.Heading)}</h2>{body}{LinkOf(part.Where, part.Link)}""";
    }

    private static string LinkOf(Uri? link, string text) => link is null ? "" : $"""<p style="margin:0"><a href="{Safe(link.AbsoluteUri)}" style="color:#0b63be;font-weight:600">{Safe(text)}</a></p>""";

    /// <summary>No line break can get into a header, and no name makes it longer than the outbox takes.</summary>
    private static string SubjectOf(string text)
    {
        var subject = text.ReplaceLineEndings(" ");
        return subject.Length > OutboxMail.MaxSubjectLength ? subject[..OutboxMail.MaxSubjectLength] : subject;
    }

    private static string Safe(string text) => WebUtility.HtmlEncode(text);
}
