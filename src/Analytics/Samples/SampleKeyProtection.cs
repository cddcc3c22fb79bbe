using System.Security.Cryptography;
using FinOps.Domain.Samples;
using FinOps.Domain.Tenancy;
using Microsoft.AspNetCore.DataProtection;

namespace FinOps.Analytics.Samples;

/// <summary>Encrypts tenants' keys for samples before they are stored. A key opens for its own tenant alone: a row that was copied to another does not.</summary>
public sealed class SampleKeyProtection(IDataProtectionProvider protection)
{
    private const string Purpose = "FinOps.Samples.Key";

    public TenantSampleKey New(TenantId tenant, DateTimeOffset now) => new()
    {
        TenantId = tenant.Value,
        Id = Guid.CreateVersion7(now),
        ProtectedKey = protection.CreateProtector(Purpose, tenant.ToString()).Protect(SampleKey.NewKey()),
        MadeAt = now,
    };

    /// <summary>Null where the keys that protected it are gone, or it was changed.</summary>
    public SampleKey? Open(TenantSampleKey row)
    {
        try
        {
            return new SampleKey(row.Id, protection.CreateProtector(Purpose, row.TenantId.ToString()).Unprotect(row.ProtectedKey));
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
