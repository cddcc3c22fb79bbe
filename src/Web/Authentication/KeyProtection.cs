using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Web.Roles;
using Microsoft.AspNetCore.DataProtection;

namespace FinOps.Web.Authentication;

/// <summary>The keys that protect cookies, mails in the outbox and second factors, section <c>FinOps:DataProtection</c>.</summary>
internal static class KeyProtection
{
    public const string Section = "FinOps:DataProtection";

    /// <summary>A PKCS #12 file. With it the keys lie encrypted in PostgreSQL, so that a copy of the database alone opens nothing.</summary>
    private const string CertificateFile = "CertificateFile";

    private const string CertificatePassword = "CertificatePassword";

    /// <summary>The certificate before this one, while keys that it encrypted are in use.</summary>
    private const string PreviousFile = "PreviousCertificateFile";

    private const string PreviousPassword = "PreviousCertificatePassword";

    /// <summary>In PostgreSQL, so that all replicas read each other's cookies.</summary>
    /// <exception cref="StartException">A certificate cannot be read.</exception>
    public static void AddKeyProtection(this IServiceCollection services, IConfiguration configuration)
    {
        var keys = services.AddDataProtection().SetApplicationName("finops").PersistKeysToDbContext<FinOpsDbContext>();
        var section = configuration.GetSection(Section);
        if (Read(section, CertificateFile, CertificatePassword) is { } certificate) keys.ProtectKeysWithCertificate(certificate);
        if (Read(section, PreviousFile, PreviousPassword) is { } previous) keys.UnprotectKeysWithAnyCertificate(previous);
    }

    private static X509Certificate2? Read(IConfigurationSection section, string file, string password)
    {
        if (section[file] is not { Length: > 0 } path) return null;
        try
        {
            return X509CertificateLoader.LoadPkcs12FromFile(path, section[password]);
        }
        catch (Exception failure) when (failure is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new StartException($"{Section}:{file} names {path}, which cannot be read: {failure.Message}", failure);
        }
    }
}
