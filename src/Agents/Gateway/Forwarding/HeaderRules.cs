using System.Collections.Frozen;
using System.Net.Http.Headers;
using FinOps.Gateway.Providers;
using Microsoft.AspNetCore.Http;

namespace FinOps.Gateway.Forwarding;

/// <summary>Which headers cross the gateway. Those of one connection (RFC 9110, 7.6.1) and those with keys do not; content headers go with the content.</summary>
internal static class HeaderRules
{
    private static readonly string[] OfAConnection =
    [
        "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "HTTP2-Settings", "Alt-Svc",
    ];

    private static readonly FrozenSet<string> NotForwarded = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
    [
        .. OfAConnection, "Host", "Content-Length", "Content-Type", "Expect", "Cookie", "Authorization", "x-api-key", "api-key", "Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP",
        // Answers are read on their way: they come uncompressed.
        "Accept-Encoding",
    ]);

    private static readonly FrozenSet<string> NotReturned = FrozenSet.Create(StringComparer.OrdinalIgnoreCase, [.. OfAConnection, "Content-Length", "Set-Cookie", "Strict-Transport-Security"]);

    public static void CopyRequest(HttpRequest from, HttpRequestMessage to, Provider provider, string? callersKey)
    {
        // Whatever Connection names is of this connection, too.
        var connection = from.Headers.Connection;
        foreach (var (name, values) in from.Headers)
        {
            if (NotForwarded.Contains(name) || TagHeaders.IsOurs(name) || (connection.Count != 0 && Names(connection.ToString(), name))) continue;
            // What is said of the content goes with it.
            if (!(values.Count == 1 ? to.Headers.TryAddWithoutValidation(name, values[0]) : to.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values)))
                to.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }

        if ((provider.ApiKey ?? callersKey) is not { } key) return;
        switch (provider.Kind)
        {
            case ProviderKind.Azure: to.Headers.TryAddWithoutValidation("api-key", key); break;
            // Both of Anthropic's styles reach it, whichever the client's SDK has.
            case ProviderKind.Anthropic when !from.Headers.ContainsKey("Authorization"): to.Headers.TryAddWithoutValidation("x-api-key", key); break;
            default: to.Headers.TryAddWithoutValidation("Authorization", "Bearer " + key); break;
        }
    }

    private static bool Names(string connection, string name)
    {
        foreach (var range in connection.AsSpan().Split(','))
            if (connection.AsSpan(range).Trim().Equals(name, StringComparison.OrdinalIgnoreCase)) return true;
        return false;
    }

    public static void CopyAnswer(HttpResponseMessage from, HttpResponse to)
    {
        Copy(from.Headers.NonValidated, to.Headers);
        Copy(from.Content.Headers.NonValidated, to.Headers);
    }

    private static void Copy(HttpHeadersNonValidated from, IHeaderDictionary to)
    {
        foreach (var (name, values) in from)
        {
            if (NotReturned.Contains(name)) continue;
            to[name] = values.Count == 1 ? values.ToString() : new Microsoft.Extensions.Primitives.StringValues([.. values]);
        }
    }
}
