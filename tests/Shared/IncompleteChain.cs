using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace FinOps.Tests.Shared;

/// <summary>A server on loopback that does not send its issuer's certificate, and says that it can be fetched from an address inside.</summary>
internal sealed class IncompleteChain : IDisposable
{
    private readonly TcpListener _inside = new(IPAddress.Loopback, 0);
    private readonly TcpListener _server = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2 _certificate;

    public IncompleteChain()
    {
        _inside.Start();
        _server.Start();
        _certificate = Certificate($"http://127.0.0.1:{((IPEndPoint)_inside.LocalEndpoint).Port}/issuer.crt");
        _ = ServeAsync();
    }

    public string Address => $"https://localhost:{((IPEndPoint)_server.LocalEndpoint).Port}";

    /// <summary>Whether somebody went where the certificate says.</summary>
    public bool WasFollowed => _inside.Pending();

    private static X509Certificate2 Certificate(string issuerAt)
    {
        var from = TimeProvider.System.GetUtcNow().AddDays(-1);
        using var issuersKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var issuer = new CertificateRequest("CN=Issuer", issuersKey, HashAlgorithmName.SHA256);
        issuer.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        using var authority = issuer.CreateSelfSigned(from, from.AddDays(2));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension(ocspUris: null, caIssuersUris: [issuerAt]));
        using var certificate = request.Create(authority, from, from.AddDays(2), RandomNumberGenerator.GetBytes(8));
        using var withKey = certificate.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null);
    }

    private async Task ServeAsync()
    {
        // Offline: the server itself would fetch it otherwise.
        var options = new SslServerAuthenticationOptions { ServerCertificateContext = SslStreamCertificateContext.Create(_certificate, additionalCertificates: null, offline: true) };
        try
        {
            while (true)
            {
                using var client = await _server.AcceptTcpClientAsync();
                await using var stream = new SslStream(client.GetStream());
                // Whether it breaks off before or behind its last message is the client's.
                await stream.AuthenticateAsServerAsync(options).ContinueWith(static _ => { }, TaskScheduler.Default);
            }
        }
        catch (SocketException)
        {
            // The end.
        }
    }

    public void Dispose()
    {
        _server.Dispose();
        _inside.Dispose();
        _certificate.Dispose();
    }
}
