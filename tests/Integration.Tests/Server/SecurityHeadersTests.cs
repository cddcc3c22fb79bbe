using System.Net;
using System.Text.RegularExpressions;
using FinOps.Analytics.Tenancy;
using FinOps.Integration.Tests.Isolation;
using FinOps.Testing;
using FinOps.Web.Roles;

namespace FinOps.Integration.Tests.Server;

/// <summary>What every answer forbids the browser, asked of every page there is; and that nothing is changed for a form that this site did not make.</summary>
public sealed partial class SecurityHeadersTests(Installation installation)
{
    private static readonly Dictionary<string, string> Expected = new(StringComparer.Ordinal)
    {
        ["Content-Security-Policy"] = SecurityHeaders.Policy("N"),
        ["X-Content-Type-Options"] = "nosniff",
        ["X-Frame-Options"] = "DENY",
        ["Referrer-Policy"] = "same-origin",
        ["Cross-Origin-Opener-Policy"] = "same-origin",
        ["Cross-Origin-Resource-Policy"] = "same-origin",
    };

    private static IEnumerable<string> Addresses => SurfaceTests.Pages.Select(page => page.Replace("{Id}", "unknown", StringComparison.Ordinal).Replace("{Token}", "unknown", StringComparison.Ordinal))
        .Concat(["/nope", "/docs/api/", "/openapi/v1.json", "/api/v1/costs", "/api/nope", "/jobs", "/healthz", "/readyz", "/app.css", "/app.js", "/sign-out", "/audit/export"]);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task EveryAddress_ForbidsTheSame(bool signedIn)
    {
        using var client = signedIn ? await SignedInAsync() : installation.Server.Process.Client();
        client.DefaultRequestHeaders.Accept.ParseAdd("text/html");
        foreach (var address in Addresses)
        {
            using var response = await client.GetAsync(address);
            foreach (var (name, value) in Expected)
            {
                Assert.True(response.Headers.TryGetValues(name, out var values), $"{address} has no {name}.");
                Assert.Equal((address, value), (address, Nonce().Replace(Assert.Single(values), "'nonce-N'")));
            }

            Assert.Contains("camera=()", Assert.Single(response.Headers.GetValues("Permissions-Policy")), StringComparison.Ordinal);
            // Over plain HTTP a browser would have to ignore it.
            Assert.False(response.Headers.Contains("Strict-Transport-Security"));
            Assert.False(response.Headers.Contains("Server"));
        }
    }

    /// <summary>A script within a page runs only with the nonce of that very answer.</summary>
    [Theory]
    [InlineData("/")]
    [InlineData("/sign-in")]
    [InlineData("/docs/api/")]
    public async Task Scripts_InAPage_HaveTheNonceOfItsAnswer_WhichIsNewEachTime(string page)
    {
        using var client = await SignedInAsync();
        HashSet<string> seen = [];
        for (var time = 0; time < 2; time++)
        {
            using var response = await client.GetAsync(page);
            var nonce = Nonce().Match(Assert.Single(response.Headers.GetValues("Content-Security-Policy"))).Groups[1].Value;
            var html = await response.Content.ReadAsStringAsync();
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.True(seen.Add(nonce));
            Assert.All(InlineScript().Matches(html), script => Assert.Contains($"nonce=\"{nonce}\"", WebUtility.HtmlDecode(script.Value), StringComparison.Ordinal));
            Assert.DoesNotMatch(Handler(), html);
        }
    }

    /// <summary>Every page and every address that a cookie opens: a post without the antiforgery token is refused.</summary>
    [Fact]
    public async Task Posts_WithACookieButWithoutTheToken_AreRefusedEverywhere()
    {
        using var client = await SignedInAsync();
        foreach (var address in Addresses.Where(address => !address.StartsWith("/api/", StringComparison.Ordinal)).Concat(["/organisation", "/sign-in/openid"]))
        {
            using var form = new FormUrlEncodedContent([new("_handler", "sign-in"), new("tenant", Guid.NewGuid().ToString())]);
            using var response = await client.PostAsync(address, form);
            Assert.True(
                response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotFound or HttpStatusCode.Forbidden,
                $"POST {address} without a token: {(int)response.StatusCode}");
        }

        // Still signed in: no post did anything.
        using var after = await client.GetAsync("/account");
        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task DeadLink_OfAPerson_IsAPageThatSaysSo(bool signedIn)
    {
        using var client = signedIn ? await SignedInAsync() : installation.Server.Process.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/nope");
        request.Headers.Accept.ParseAdd("text/html");
        using var response = await client.SendAsync(request);

        if (!signedIn && response.StatusCode == HttpStatusCode.Redirect) return;
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("text/html", response.Content.Headers.ContentType?.MediaType);
        Assert.Contains("<html", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task DeadLink_OfAProgram_IsTheBareStatus()
    {
        using var client = await SignedInAsync();
        using var response = await client.GetAsync("/nope");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
    }

    private async Task<HttpClient> SignedInAsync()
    {
        var server = installation.Server;
        var email = await server.Tenants.NewMemberAsync((await installation.NewTenantAsync()).Id, TenantRole.Admin);
        var (client, status) = await server.Process.SignInAsync(email, TenantMaker.Password);
        Assert.Equal(HttpStatusCode.Redirect, status);
        return client;
    }

    [GeneratedRegex("'nonce-([A-Za-z0-9+/=]+)'")]
    private static partial Regex Nonce();

    [GeneratedRegex(@"<script(?![^>]*\bsrc=)[^>]*>")]
    private static partial Regex InlineScript();

    [GeneratedRegex(@"\son[a-z]+=""|javascript:", RegexOptions.IgnoreCase)]
    private static partial Regex Handler();
}
