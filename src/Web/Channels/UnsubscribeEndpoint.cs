using System.Net;
using FinOps.Analytics.Channels;

namespace FinOps.Web.Channels;

/// <summary>Ends the mails of a channel to one recipient, by the link in such a mail: without an account, because whoever reads the mail may. Opening the link only asks; the mail reader's own button posts (RFC 8058).</summary>
internal static class UnsubscribeEndpoint
{
    private const string UnsubscribePath = ChannelLinks.UnsubscribePath + "{token}";

    public static void MapUnsubscribe(this IEndpointRouteBuilder app)
    {
        app.MapGet(UnsubscribePath, Ask).AllowAnonymous().ExcludeFromDescription();
        app.MapPost(UnsubscribePath, RunAsync).AllowAnonymous().DisableAntiforgery().ExcludeFromDescription();
    }

    private static IResult Ask(string token, ChannelLinks links) => links.Read(token) is { } one
        ? Page("No more mails", $"""<p>Alerts of this channel go to {WebUtility.HtmlEncode(one.Recipient)}.</p><form method="post"><button type="submit">Send no more</button></form>""")
        : Unknown();

    private static async Task<IResult> RunAsync(string token, HttpContext http, ChannelLinks links, ChannelBook book)
    {
        if (links.Read(token) is not { } one) return Unknown();
        await book.UnsubscribeAsync(one.Tenant, one.Channel, one.Recipient, http.Connection.RemoteIpAddress?.ToString(), http.RequestAborted);
        // The same where the channel is gone: then none come either.
        return Page("No more mails", $"<p>{WebUtility.HtmlEncode(one.Recipient)} gets no more mails of this channel. Other channels may still write to you.</p>");
    }

    internal static IResult Unknown() => Page("This link does not work", "<p>It is not whole, or too old. The last mail has a newer one.</p>", StatusCodes.Status404NotFound);

    internal static IResult Page(string title, string body, int status = StatusCodes.Status200OK) => Results.Content($$"""
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex"><title>{{title}} · FinOps for AI</title>
        <style>:root{color-scheme:light dark}body{max-width:480px;margin:15vh auto;padding:0 24px;font:16px/1.5 system-ui,sans-serif}h1{font-size:20px}button{font:inherit;padding:10px 18px}</style></head>
        <body><main><h1>{{title}}</h1>{{body}}</main></body></html>
        """, "text/html; charset=utf-8", System.Text.Encoding.UTF8, status);
}
