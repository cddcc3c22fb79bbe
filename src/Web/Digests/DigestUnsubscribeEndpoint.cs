using System.Net;
using FinOps.Analytics.Digests;
using FinOps.Web.Channels;

namespace FinOps.Web.Digests;

/// <summary>Ends the digests of one member of one organisation, by the link in such a mail. Opening the link only asks; the mail reader's own button posts (RFC 8058).</summary>
internal static class DigestUnsubscribeEndpoint
{
    private const string DigestUnsubscribePath = DigestLinks.UnsubscribePath + "{token}";

    public static void MapDigestUnsubscribe(this IEndpointRouteBuilder app)
    {
        app.MapGet(DigestUnsubscribePath, Ask).AllowAnonymous().ExcludeFromDescription();
        app.MapPost(DigestUnsubscribePath, RunAsync).AllowAnonymous().DisableAntiforgery().ExcludeFromDescription();
    }

    private static IResult Ask(string token, DigestLinks links) => links.Read(token) is { } one
        ? UnsubscribeEndpoint.Page("No more digests", $"""<p>Digests of this organisation go to {WebUtility.HtmlEncode(one.Email)}.</p><form method="post"><button type="submit">Send no more</button></form>""")
        : UnsubscribeEndpoint.Unknown();

    private static async Task<IResult> RunAsync(string token, HttpContext http, DigestLinks links, DigestBook book)
    {
        if (links.Read(token) is not { } one) return UnsubscribeEndpoint.Unknown();
        await book.EndAsync(one.Tenant, one.UserId, one.Email, http.Connection.RemoteIpAddress?.ToString(), http.RequestAborted);
        // The same where the membership is gone: then none come either.
        return UnsubscribeEndpoint.Page("No more digests", $"<p>{WebUtility.HtmlEncode(one.Email)} gets no more digests of this organisation. Alerts of its channels may still write to you; Account turns digests on again.</p>");
    }
}
