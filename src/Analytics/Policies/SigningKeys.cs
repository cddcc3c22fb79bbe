using System.Security.Cryptography;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Policies;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;

namespace FinOps.Analytics.Policies;

/// <summary>The key of this installation that signs bundles: made once, its private part encrypted as other secrets are. Agents trust the one that they got when they enrolled.</summary>
public sealed class SigningKeys(FinOpsDatabase database, IDataProtectionProvider protection, TimeProvider clock)
{
    private const string Purpose = "FinOps.Policies.SigningKey";

    private volatile Known? _known;

    /// <summary>For agents that enrol.</summary>
    public async Task<BundleKey> PublicAsync(CancellationToken cancellationToken) => (await KnownAsync(cancellationToken)).Public;

    /// <exception cref="TenancyException">What encrypted the key is gone: agents would refuse what another one signs.</exception>
    internal async Task<SignedBundle> SignAsync(byte[] payload, CancellationToken cancellationToken)
    {
        using var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey((await KnownAsync(cancellationToken)).Private, out _);
        return SignedBundle.Sign(key, payload);
    }

    private async Task<Known> KnownAsync(CancellationToken cancellationToken)
    {
        if (_known is { } known) return known;
        await using var context = database.OpenWithoutTenant();
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        // Two processes that start at once must not make two keys.
        await context.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended('bundle signing key', 0))", cancellationToken);
        var row = await context.Set<BundleSigningKey>().AsNoTracking().OrderBy(key => key.MadeAt).FirstOrDefaultAsync(cancellationToken);
        if (row is null)
        {
            row = Made();
            context.Add(row);
            await context.SaveChangesAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return _known = Open(row);
    }

    private BundleSigningKey Made()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var made = BundleKey.Of(key);
        return new BundleSigningKey
        {
            Id = made.Id,
            ProtectedKey = protection.CreateProtector(Purpose).Protect(key.ExportPkcs8PrivateKey()),
            PublicKey = made.SubjectPublicKeyInfo,
            MadeAt = clock.GetUtcNow(),
        };
    }

    private Known Open(BundleSigningKey row)
    {
        try
        {
            return new Known(new BundleKey(row.Id, row.PublicKey), protection.CreateProtector(Purpose).Unprotect(row.ProtectedKey));
        }
        catch (CryptographicException)
        {
            throw new TenancyException("The key that signs bundles of policies cannot be opened: the keys that protected it are gone. Restore them (docs/backup.md); agents refuse bundles of any other key.");
        }
    }

    private sealed record Known(BundleKey Public, byte[] Private);
}
