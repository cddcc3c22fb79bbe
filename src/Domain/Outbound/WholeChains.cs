using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace FinOps.Domain.Outbound;

/// <summary>
/// Servers are believed by the certificates that they send and the roots of this machine. One that is missing is not fetched from where another one says (RFC 5280, 4.2.2.1): that address may lead into the own network, and the thread that
/// looks at the certificates would wait for it.
/// </summary>
public static class WholeChains
{
    /// <summary>For a handler of its own. A server that does not send its whole chain is not believed; revocation is not asked for, as by default.</summary>
    public static SslClientAuthenticationOptions NewOptions() => new() { CertificateChainPolicy = new X509ChainPolicy { DisableCertificateDownloads = true, RevocationMode = X509RevocationMode.NoCheck } };
}
