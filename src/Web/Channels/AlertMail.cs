using System.Globalization;
using System.Net;
using System.Text;
using FinOps.Domain.Alerts;
using MimeKit;
using MimeKit.Utils;

namespace FinOps.Web.Channels;

/// <summary>A message as a mail: text and HTML that say the same, the chart as an image inside, nothing to load from elsewhere.</summary>
internal static class AlertMail
{
    /// <summary>Alerts that a mail shows. Default 25.</summary>
    public const int MaxAlerts = 25;

    private const int MaxSubject = 200;

    /// <param name="words">What it says.</param>
    /// <param name="recipient">To whom.</param>
    /// <param name="domain">Of the sender: the message's id is under it, so that a second copy is known as one.</param>
    /// <param name="unsubscribe">Null where the installation does not know its own address.</param>
    /// <param name="chart">A PNG and what it shows; null without one.</param>
    /// <param name="now">The date of the mail.</param>
    public static MimeMessage Of(MessageWords words, string recipient, string domain, Uri? unsubscribe, (byte[] Png, string Text)? chart, DateTimeOffset now)
    {
        var message = new MimeMessage { Subject = SubjectOf(words.Title), Date = now, MessageId = $"{words.Key}.{Tag(recipient)}@{domain}" };
        message.To.Add(new MailboxAddress(name: null, recipient));
        // RFC 3834: no answering machine shall answer.
        message.Headers.Add("Auto-Submitted", "auto-generated");
        if (unsubscribe is not null)
        {
            // RFC 8058: the mail reader's own button, which posts without asking.
            message.Headers.Add(HeaderId.ListUnsubscribe, $"<{unsubscribe.AbsoluteUri}>");
            message.Headers.Add("List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
        }

        var body = new BodyBuilder { TextBody = TextOf(words, unsubscribe) };
        var image = "";
        if (chart is { } drawn)
        {
            var resource = body.LinkedResources.Add("spend.png", drawn.Png, new ContentType("image", "png"));
            resource.ContentId = MimeUtils.GenerateMessageId(domain);
            image = $"""<p style="margin:0 0 4px;color:#596573;font-size:13px">{Safe(drawn.Text)}</p><img src="cid:{resource.ContentId}" width="{MessageChart.ShownWidth}" height="{MessageChart.ShownHeight}" alt="{Safe(drawn.Text)}" style="display:block;max-width:100%;height:auto;margin:0 0 20px">""";
        }

        body.HtmlBody = HtmlOf(words, unsubscribe, image);
        message.Body = body.ToMessageBody();
        return message;
    }

    private static string TextOf(MessageWords words, Uri? unsubscribe)
    {
        var text = new StringBuilder(words.Title).Append("\n\n");
        if (words.IsTest) text.Append(MessageWords.TestText).Append("\n\n");
        var (shown, leftOut) = words.First(MaxAlerts);
        foreach (var alert in shown)
        {
            if (words.Alerts.Count > 1) text.Append(alert.Title).Append('\n');
            text.Append(alert.Facts).Append('\n').Append(alert.Since).Append('\n');
            if (alert.Link is { } link) text.Append(link.AbsoluteUri).Append('\n');
            text.Append('\n');
        }

        if (leftOut > 0) text.Append(CultureInfo.InvariantCulture, $"and {leftOut:N0} more{(words.Centre is { } centre ? $": {centre}" : "")}\n\n");
        if (unsubscribe is not null) text.Append("-- \nNo more mails of this channel: ").Append(unsubscribe.AbsoluteUri).Append('\n');
        return text.ToString();
    }

    private static string HtmlOf(MessageWords words, Uri? unsubscribe, string image)
    {
        var (shown, leftOut) = words.First(MaxAlerts);
        var alerts = string.Concat(shown.Select(alert => $"""
            <div style="margin:0 0 20px;padding:0 0 0 14px;border-left:4px solid {Colour(alert.Entry.Row.Severity)}">
            {(words.Alerts.Count > 1 ? $"""<p style="margin:0 0 4px;font-weight:600">{Safe(alert.Title)}</p>""" : "")}
            <p style="margin:0 0 4px">{Safe(alert.Facts)}</p>
            <p style="margin:0 0 8px;color:#596573;font-size:14px">{Safe(alert.Since)}</p>
            {(alert.Link is { } link ? $"""<a href="{Safe(link.AbsoluteUri)}" style="color:#0b63be;font-weight:600">Open</a>""" : "")}
            </div>
            """));
        var more = leftOut == 0 ? "" : words.Centre is { } centre
            ? string.Create(CultureInfo.InvariantCulture, $"""<p style="margin:0 0 20px"><a href="{Safe(centre.AbsoluteUri)}" style="color:#0b63be">and {leftOut:N0} more</a></p>""")
            : string.Create(CultureInfo.InvariantCulture, $"""<p style="margin:0 0 20px">and {leftOut:N0} more</p>""");
        var end = unsubscribe is null ? "" : $"""<p style="margin:0;color:#596573;font-size:13px">You get this because somebody added your address to a channel for alerts. <a href="{Safe(unsubscribe.AbsoluteUri)}" style="color:#596573">No more of these mails</a></p>""";
        return $"""
            <!DOCTYPE html>
            <html lang="en"><body style="margin:0;padding:24px;background:#f6f7f9;color:#1a2330;font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;font-size:16px;line-height:1.5">
            <div style="max-width:560px;margin:0 auto;padding:32px;background:#ffffff;border:1px solid #dfe4ea;border-radius:12px">
            <h1 style="margin:0 0 16px;font-size:20px;font-weight:600">{Safe(words.Title)}</h1>
            {(words.IsTest ? $"""<p style="margin:0 0 20px">{MessageWords.TestText}</p>""" : "")}{alerts}{more}{image}{end}
            </div></body></html>
            """;
    }

    /// <summary>No line break can get into a header.</summary>
    private static string SubjectOf(string title)
    {
        var subject = title.ReplaceLineEndings(" ");
        return subject.Length > MaxSubject ? subject[..MaxSubject] : subject;
    }

    /// <summary>One id for each recipient's copy.</summary>
    private static string Tag(string recipient) => Convert.ToHexStringLower(System.IO.Hashing.XxHash64.Hash(Encoding.UTF8.GetBytes(recipient)));

    private static string Colour(AlertSeverity severity) => severity switch
    {
        AlertSeverity.Critical => "#b3261e",
        AlertSeverity.Warning => "#b26a00",
        _ => "#0b63be",
    };

    private static string Safe(string text) => WebUtility.HtmlEncode(text);
}
