using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FinOps.Integration.Tests.Wire;
using FinOps.Testing;
using FinOps.Web.Roles;

namespace FinOps.Integration.Tests.Server;

/// <summary>HTTPS by the server itself, and behind proxies that are named.</summary>
public sealed class TlsTests(Installation installation)
{
    [Fact]
    public async Task Server_WithACertificate_SpeaksTlsOnEveryPort_AndItsCookiesStayThere()
    {
        var (certificate, key) = WriteCertificate("one");
        await using var server = await installation.NewServerAsync(new Dictionary<string, string?> { ["FINOPS_TLS_CERTIFICATE"] = certificate, ["FINOPS_TLS_KEY"] = key });
        await server.Process.StartReadyAsync();
        await using var sent = await Sent.NewAsync(server);

        using var client = server.Process.Client();
        using var page = await client.GetAsync("/sign-in");
        Assert.StartsWith("max-age=", Assert.Single(page.Headers.GetValues("Strict-Transport-Security")), StringComparison.Ordinal);
        Assert.All(page.Headers.GetValues("Set-Cookie"), cookie => Assert.Contains("; secure", cookie, StringComparison.OrdinalIgnoreCase));
        await sent.Sender.AcceptAsync(new TraceBuilder().Call(new Tokens(10, 1)));
        Assert.True((await sent.Sender.GrpcAsync(SpanInPlace.Together([new TraceBuilder().Call(new Tokens(10, 1))]))).IsAcknowledged);
        await sent.Api.TotalBecomesAsync(Spend.Of(new Tokens(10, 1), new Tokens(10, 1)));

        using var plain = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        await Assert.ThrowsAsync<HttpRequestException>(() => plain.GetAsync(new Uri($"http://127.0.0.1:{server.Process.HttpPort}/healthz")));
    }

    [Fact]
    public void Certificate_ThatIsRenewed_IsUsedWithoutARestart_AndABrokenOneIsNot()
    {
        var clock = new Clock();
        var (certificate, key) = WriteCertificate("one");
        var errors = new StringWriter();
        var tls = new TlsCertificate(new TlsOptions(certificate, key, null), clock, errors);
        Assert.Equal("CN=one", Subject(tls));

        var (next, nextKey) = WriteCertificate("two");
        File.Copy(nextKey, key, overwrite: true);
        File.Copy(next, certificate, overwrite: true);
        File.SetLastWriteTimeUtc(certificate, new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Assert.Equal("CN=one", Subject(tls));
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("CN=two", Subject(tls));

        File.WriteAllText(certificate, "half a certif");
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("CN=two", Subject(tls));
        Assert.Contains(certificate, errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Certificate_ThatCannotBeRead_StopsTheStartWithItsName()
    {
        var missing = Path.Combine(installation.NewFolder(), "missing.pem");

        var refused = Assert.Throws<StartException>(() => new TlsCertificate(new TlsOptions(missing, null, null), TimeProvider.System, TextWriter.Null));
        Assert.Contains("FINOPS_TLS_CERTIFICATE", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ForwardedScheme_IsBelievedFromNamedProxiesAlone()
    {
        await using var behindAProxy = await installation.NewServerAsync(new Dictionary<string, string?> { ["FINOPS_PROXIES"] = "192.0.2.1, 127.0.0.0/8" });
        await behindAProxy.Process.StartReadyAsync();

        await AssertBelievedAsync(behindAProxy, believed: true);
        await AssertBelievedAsync(installation.Server, believed: false);
    }

    private static async Task AssertBelievedAsync(ServerUnderTest server, bool believed)
    {
        using var client = server.Process.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/sign-in");
        request.Headers.Add("X-Forwarded-Proto", "https");
        request.Headers.Add("X-Forwarded-For", "203.0.113.9");
        using var response = await client.SendAsync(request);

        Assert.Equal(believed, response.Headers.Contains("Strict-Transport-Security"));
        Assert.Equal(believed, response.Headers.GetValues("Set-Cookie").All(cookie => cookie.Contains("; secure", StringComparison.OrdinalIgnoreCase)));
    }

    [Theory]
    [InlineData("FINOPS_PROXIES", "my-proxy")]
    [InlineData("FINOPS_TLS_KEY", "key.pem")]
    [InlineData("ASPNETCORE_FORWARDEDHEADERS_ENABLED", "true")]
    public void Start_BadValue_IsRefusedWithTheKeyThatIsWrong(string key, string value)
    {
        var (options, problems) = StartOptions.Read([], name => name == key ? value : null);

        Assert.Null(options);
        Assert.Contains(problems, problem => problem.Contains(key, StringComparison.Ordinal));
    }

    private static string Subject(TlsCertificate tls) => tls.Current.TargetCertificate.Subject;

    private (string Certificate, string Key) WriteCertificate(string name)
    {
        var folder = installation.NewFolder();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(30));
        var (certificateFile, keyFile) = (Path.Combine(folder, "certificate.pem"), Path.Combine(folder, "key.pem"));
        File.WriteAllText(certificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
        return (certificateFile, keyFile);
    }

    private sealed class Clock : TimeProvider
    {
        private long _elapsed;

        public override long GetTimestamp() => _elapsed;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Advance(TimeSpan time) => _elapsed += time.Ticks;
    }
}
