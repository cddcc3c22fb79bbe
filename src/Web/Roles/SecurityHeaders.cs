using System.Security.Cryptography;
using Microsoft.AspNetCore.Components.Server;
using Microsoft.AspNetCore.Diagnostics;

namespace FinOps.Web.Roles;

/// <summary>What every answer tells the browser not to do. docs/operation.md says why each is there; a test walks over every page.</summary>
internal static class SecurityHeaders
{
    private const int NonceBytes = 16;

    private const string NonceItem = "finops.script-nonce";

    /// <summary>A year, as browsers' own lists ask for. Subdomains may be somebody else's.</summary>
    private const string StrictTransport = "max-age=31536000";

    /// <summary>None of the product's pages needs these.</summary>
    private const string Permissions =
        "accelerometer=(), autoplay=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=(), xr-spatial-tracking=()";

    public static IApplicationBuilder UseSecurityHeaders(this IApplicationBuilder app) => app.Use(static (context, next) =>
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy(NonceOf(context));
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "same-origin";
        headers["Permissions-Policy"] = Permissions;
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (context.Request.IsHttps) headers.StrictTransportSecurity = StrictTransport;
        return next(context);
    });

    /// <summary>Of this answer's scripts that stand in the page itself: new for each, so that an injected one cannot know it.</summary>
    public static string NonceOf(HttpContext context)
    {
        if (context.Items[NonceItem] is string known) return known;
        var made = Convert.ToBase64String(RandomNumberGenerator.GetBytes(NonceBytes));
        context.Items[NonceItem] = made;
        return made;
    }

    /// <summary>
    /// Scripts from this server alone, and in the page only with the nonce; nothing is evaluated. Styles may stand in elements: charts and components set widths and
    /// colours there, and no style can send anything away, because images, fonts and connections are this server's, too (blob: is a chart on its way into a file).
    /// </summary>
    internal static string Policy(string nonce) =>
        $"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
        + "manifest-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

    /// <summary>Blazor would add a second, weaker policy of its own.</summary>
    public static void LeaveFraming(ServerComponentsEndpointOptions options) => options.ContentSecurityFrameAncestorsPolicy = null;

    /// <summary>A person who follows a dead link gets a page; a program, and whatever else was refused, gets the bare status.</summary>
    public static IApplicationBuilder UseNotFoundPage(this IApplicationBuilder app) => app
        // Not in a branch of its own: what is executed again there would find no page.
        .UseStatusCodePagesWithReExecute("/not-found", createScopeForStatusCodePages: true)
        .Use(static async (context, next) =>
        {
            await next(context);
            if (!IsDeadLink(context) && context.Features.Get<IStatusCodePagesFeature>() is { } pages) pages.Enabled = false;
        });

    private static bool IsDeadLink(HttpContext context) => context.Response.StatusCode == StatusCodes.Status404NotFound
        && HttpMethods.IsGet(context.Request.Method)
        && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase)
        && !context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal);
}
