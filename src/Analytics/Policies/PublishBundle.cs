using System.Globalization;
using FinOps.Analytics.Prices;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Policies;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Policies;

/// <summary>
/// Signs what gateways of a tenant are to obey, in the transaction of whoever changed it: either both are there, or neither. Changes of one tenant go one after another, so that bundles do.
/// </summary>
public sealed class PublishBundle(FinOpsDatabase database, SigningKeys signing, BundleHeads heads, TimeProvider clock, IOptions<PolicyOptions> options, ILogger<PublishBundle> logger)
{
    /// <summary>Runs a change, and sends out a new bundle where it says that there is something new.</summary>
    /// <param name="tenant">Whose.</param>
    /// <param name="by">Who changes it, for people.</param>
    /// <param name="change">What is done; its second word is whether gateways are to hear of it.</param>
    /// <exception cref="TenancyException">The bundle would be too long, or cannot be signed; then nothing was changed.</exception>
    internal async Task<T> ChangeAsync<T>(TenantId tenant, string by, Func<FinOpsDbContext, Task<(T Result, bool IsNew)>> change, CancellationToken cancellationToken)
    {
        var (result, made) = await database.RunAsync(tenant, async context =>
        {
            await context.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended({"policies of " + tenant}, 0))", cancellationToken);
            var (done, isNew) = await change(context);
            return (done, isNew ? await MakeAsync(context, tenant, by, cancellationToken) : null);
        }, cancellationToken);
        if (made is null) return result;
        heads.Note(tenant, made.Version);
        Log.Published(logger, tenant, made.Version, made.Policies);
        return result;
    }

    private async Task<RecordedBundle> MakeAsync(FinOpsDbContext context, TenantId tenant, string by, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        now = new DateTimeOffset(now.UtcTicks / TimeSpan.TicksPerMicrosecond * TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);
        var head = await context.Set<BundleHead>().SingleOrDefaultAsync(row => row.TenantId == tenant.Value, cancellationToken);
        // Seconds, so that a control plane that was set back to a backup goes on above what agents hold; one more than before where two come within one.
        var version = Math.Max((head?.Version ?? 0) + 1, now.ToUnixTimeSeconds());
        var active = await context.Set<PolicyVersion>().AsNoTracking().Where(row => row.TenantId == tenant.Value && row.State == PolicyState.Active).OrderBy(row => row.PolicyId).ToListAsync(cancellationToken);
        var keys = await GatewayKeyBook.OfBundleAsync(context, tenant, cancellationToken);
        var (prices, book) = await EdgePriceList.ReadAsync(context, now, cancellationToken);
        var payload = PolicyBundleWriter.Write(new PolicyBundle { Version = version, Tenant = tenant, IssuedAt = now, Policies = [.. active.Select(row => row.ToPolicy())], Keys = keys }, prices?.ToJson() ?? default);
        if (payload.Length > PolicyBundleReader.MaxBytes)
            throw new TenancyException(string.Create(CultureInfo.InvariantCulture, $"All policies, keys and own prices together would have {payload.Length:N0} bytes, and gateways take {PolicyBundleReader.MaxBytes:N0}. Withdraw policies, revoke keys or end own prices first."));
        var signed = await signing.SignAsync(payload, cancellationToken);
        var bundle = new RecordedBundle
        {
            TenantId = tenant.Value,
            Version = version,
            Payload = signed.Payload,
            KeyId = signed.KeyId,
            Signature = signed.Signature,
            Policies = active.Count,
            MadeAt = now,
            MadeBy = by,
        };
        context.Add(bundle);
        if (head is null) context.Add(new BundleHead { TenantId = tenant.Value, Version = version, ChangedAt = now, BookVersion = book });
        else (head.Version, head.ChangedAt, head.BookVersion) = (version, now, book);
        await context.SaveChangesAsync(cancellationToken);
        var keep = context.Set<RecordedBundle>().Where(row => row.TenantId == tenant.Value).OrderByDescending(row => row.Version).Select(row => row.Version).Take(options.Value.KeepBundles);
        await context.Set<RecordedBundle>().Where(row => row.TenantId == tenant.Value && !keep.Contains(row.Version)).ExecuteDeleteAsync(cancellationToken);
        return bundle;
    }
}
