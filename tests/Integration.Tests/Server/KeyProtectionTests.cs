using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FinOps.Analytics.Tenancy;
using FinOps.Testing;
using Npgsql;

namespace FinOps.Integration.Tests.Server;

/// <summary>The keys that protect cookies lie in PostgreSQL, wrapped by a certificate where one is given, and replicas share them.</summary>
public sealed class KeyProtectionTests(Installation installation)
{
    [Fact]
    public async Task Keys_WithACertificate_LieEncrypted_AndAReplicaWithItReadsTheSameCookies()
    {
        var settings = new Dictionary<string, string?> { ["FinOps__DataProtection__CertificateFile"] = WriteCertificate(), ["FinOps__DataProtection__CertificatePassword"] = "a password" };
        await using var server = await installation.NewServerAsync(settings);
        await server.Process.StartReadyAsync();
        var email = await server.Tenants.NewMemberAsync((await server.Tenants.NewTenantAsync()).Id, TenantRole.Viewer);
        var cookie = await CookieAsync(server.Process, email);

        await using (var source = NpgsqlDataSource.Create(server.Postgres))
        await using (var command = source.CreateCommand("SELECT string_agg(xml, '') FROM finops.data_protection_keys"))
        {
            var xml = (string)(await command.ExecuteScalarAsync())!;
            Assert.Contains("EncryptedData", xml, StringComparison.Ordinal);
            Assert.DoesNotContain("<masterKey", xml, StringComparison.Ordinal);
        }

        await using var replica = server.WithRole("web", installation.NewFolder());
        await replica.StartReadyAsync();
        Assert.Equal(HttpStatusCode.OK, await AccountAsync(replica, cookie));
    }

    private static async Task<string> CookieAsync(ServerProcess server, string email)
    {
        using var client = server.Client();
        using var page = await client.GetAsync("/sign-in");
        var token = System.Text.RegularExpressions.Regex.Match(await page.Content.ReadAsStringAsync(), "__RequestVerificationToken\" value=\"([^\"]*)\"").Groups[1].Value;
        using var request = new HttpRequestMessage(HttpMethod.Post, "/sign-in")
        {
            Content = new FormUrlEncodedContent([new("_handler", "sign-in"), new("__RequestVerificationToken", token), new("Form.Email", email), new("Form.Password", TenantMaker.Password)]),
        };
        request.Headers.Add("Cookie", string.Join("; ", page.Headers.GetValues("Set-Cookie").Select(cookie => cookie.Split(';')[0])));
        using var response = await client.SendAsync(request);
        return response.Headers.GetValues("Set-Cookie").Single(cookie => cookie.StartsWith("finops-session-", StringComparison.Ordinal)).Split(';')[0].Split('=', 2)[1];
    }

    /// <summary>Cookies are named after the port, so that two installations of one machine do not meet.</summary>
    private static async Task<HttpStatusCode> AccountAsync(ServerProcess server, string cookie)
    {
        using var client = server.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/account");
        request.Headers.Add("Cookie", $"finops-session-{server.HttpPort}={cookie}");
        using var response = await client.SendAsync(request);
        return response.StatusCode;
    }

    private string WriteCertificate()
    {
        using var key = RSA.Create(2048);
        using var certificate = new CertificateRequest("CN=keys", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(30));
        var file = Path.Combine(installation.NewFolder(), "keys.pfx");
        File.WriteAllBytes(file, certificate.Export(X509ContentType.Pkcs12, "a password"));
        return file;
    }
}
