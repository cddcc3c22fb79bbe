using Microsoft.AspNetCore.Components.Server;

namespace FinOps.Web.Roles;

internal static class SecurityHeaders
{
    /// <summary>What every answer forbids the browser: guessing types, being framed, telling other sites where the reader was.</summary>
    public static IApplicationBuilder UseSecurityHeaders(this IApplicationBuilder app) => app.Use(static (context, next) =>
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "same-origin";
        headers.ContentSecurityPolicy = "frame-ancestors 'none'; base-uri 'self'; form-action 'self'; object-src 'none'";
        return next(context);
    });

    /// <summary>Blazor would add a second, weaker policy of its own.</summary>
    public static void LeaveFraming(ServerComponentsEndpointOptions options) => options.ContentSecurityFrameAncestorsPolicy = null;

    /// <summary>A person who follows a dead link gets a page; a program gets the bare status.</summary>
    public static IApplicationBuilder UseNotFoundPage(this IApplicationBuilder app) => app.UseWhen(
        static context => HttpMethods.IsGet(context.Request.Method)
            && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase)
            && !context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal),
        static pages => pages.UseStatusCodePagesWithReExecute("/not-found", createScopeForStatusCodePages: true));
}
