using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace FinOps.Web.Roles;

/// <summary>Where the certificate for HTTPS lies: <c>FINOPS_TLS_CERTIFICATE</c>, <c>FINOPS_TLS_KEY</c>, <c>FINOPS_TLS_PASSWORD</c>.</summary>
/// <param name="CertificateFile">PEM, the server's certificate first and its issuers after it; or PKCS #12.</param>
/// <param name="KeyFile">The private key of a PEM certificate; null where it stands in the same file.</param>
/// <param name="Password">Of the key, or of the PKCS #12 file; null where there is none.</param>
public sealed record TlsOptions(string CertificateFile, string? KeyFile, string? Password)
{
    /// <summary>No passwords in logs.</summary>
    public override string ToString() => CertificateFile;
}

/// <summary>The certificate of this server, read again when its file changed: whoever renews it needs no restart.</summary>
internal sealed class TlsCertificate
{
    /// <summary>How often the file is looked at.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromMinutes(1);

    private readonly TlsOptions _options;
    private readonly TimeProvider _clock;
    private readonly TextWriter _errors;
    private readonly Lock _gate = new();
    private SslStreamCertificateContext _current;
    private DateTime _writtenAt;
    private long _lookedAt;

    /// <exception cref="StartException">It cannot be read.</exception>
    public TlsCertificate(TlsOptions options, TimeProvider clock, TextWriter errors)
    {
        (_options, _clock, _errors) = (options, clock, errors);
        try
        {
            _writtenAt = File.GetLastWriteTimeUtc(options.CertificateFile);
            _current = Read();
            _lookedAt = clock.GetTimestamp();
        }
        catch (Exception failure) when (IsUnreadable(failure))
        {
            throw new StartException($"FINOPS_TLS_CERTIFICATE names {options.CertificateFile}, which cannot be read: {failure.Message}", failure);
        }
    }

    /// <summary>For a connection that begins now.</summary>
    public SslStreamCertificateContext Current
    {
        get
        {
            lock (_gate)
            {
                if (_clock.GetElapsedTime(_lookedAt) >= LookEvery) Look();
                return _current;
            }
        }
    }

    private void Look()
    {
        _lookedAt = _clock.GetTimestamp();
        try
        {
            var writtenAt = File.GetLastWriteTimeUtc(_options.CertificateFile);
            if (writtenAt == _writtenAt) return;
            (_current, _writtenAt) = (Read(), writtenAt);
        }
        catch (Exception failure) when (IsUnreadable(failure))
        {
            // Half written, perhaps: the one that is in use stays, and the next look tries again.
            _errors.WriteLine($"The certificate {_options.CertificateFile} was changed and cannot be read; the former one is used on. {failure.Message}");
        }
    }

    private SslStreamCertificateContext Read()
    {
        var issuers = new X509Certificate2Collection();
        X509Certificate2 own;
        if (X509Certificate2.GetCertContentType(_options.CertificateFile) is X509ContentType.Pkcs12)
        {
            issuers = X509CertificateLoader.LoadPkcs12CollectionFromFile(_options.CertificateFile, _options.Password);
            own = issuers.FirstOrDefault(certificate => certificate.HasPrivateKey) ?? throw new CryptographicException("It holds no private key.");
        }
        else
        {
            own = _options.Password is { } password
                ? X509Certificate2.CreateFromEncryptedPemFile(_options.CertificateFile, password, _options.KeyFile)
                : X509Certificate2.CreateFromPemFile(_options.CertificateFile, _options.KeyFile);
            issuers.ImportFromPemFile(_options.CertificateFile);
        }

        return SslStreamCertificateContext.Create(own, issuers, offline: true);
    }

    private static bool IsUnreadable(Exception failure) => failure is CryptographicException or IOException or UnauthorizedAccessException;
}
