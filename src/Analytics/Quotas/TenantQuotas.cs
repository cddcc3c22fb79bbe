using FinOps.Analytics.Audit;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Quotas;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Quotas;

/// <summary>The limits of one tenant as they stand in the store.</summary>
/// <param name="Set">What was set for it.</param>
/// <param name="Defaults">The installation's, which hold for the rest.</param>
public sealed record QuotaSettings(TenantId Tenant, string TenantName, IReadOnlyDictionary<Quota, long> Set, TenantLimits Defaults)
{
    /// <summary>What holds.</summary>
    public TenantLimits Limits => Defaults.With(Set);
}

/// <summary>Reads and sets the limits of tenants. That an operator asks is the caller's to make sure (<c>installation.manage</c>).</summary>
public sealed class TenantQuotas(FinOpsDatabase database, IOptions<QuotaOptions> options, TimeProvider clock)
{
    private readonly TenantLimits _defaults = options.Value.ToLimits();

    /// <summary>Null when there is no such tenant.</summary>
    public Task<QuotaSettings?> FindAsync(TenantId tenant, CancellationToken cancellationToken) =>
        database.RunAsync(tenant, context => FindAsync(context, tenant, cancellationToken), cancellationToken);

    /// <summary>
    /// From now on (within seconds) these limits hold, and the defaults for what is not among them. Idempotent; a repetition writes nothing. Null when there is
    /// no such tenant.
    /// </summary>
    /// <exception cref="TenancyException">A limit cannot be.</exception>
    public Task<QuotaSettings?> SetAsync(TenantId tenant, IReadOnlyDictionary<Quota, long> wanted, Actor actor, string? why, CancellationToken cancellationToken)
    {
        foreach (var (quota, limit) in wanted)
            if (limit is < 0 or > QuotaTable.MaxLimit) throw new TenancyException($"{quota.Text().Name} must be 0 (no limit) to {QuotaTable.MaxLimit}.");
        return database.RunAsync(tenant, async context =>
        {
            // One change after another: each entry of the audit record tells the state that it really replaced.
            await context.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended({"quotas of " + tenant}, 0))", cancellationToken);
            if (await FindAsync(context, tenant, cancellationToken) is not { } before) return null;
            if (before.Set.Count == wanted.Count && wanted.All(one => before.Set.TryGetValue(one.Key, out var limit) && limit == one.Value)) return before;
            await context.TenantQuotas.Where(row => row.TenantId == tenant.Value).ExecuteDeleteAsync(cancellationToken);
            context.TenantQuotas.AddRange(wanted.Select(one => new TenantQuota
            {
                TenantId = tenant.Value,
                Name = one.Key.Text().Name,
                Value = one.Value,
                SetAt = clock.GetUtcNow(),
                SetBy = actor.Name.Length <= TenantQuota.MaxAuthorLength ? actor.Name : actor.Name[..TenantQuota.MaxAuthorLength],
            }));
            await context.SaveChangesAsync(cancellationToken);
            var entry = new AuditEntry(actor, AuditActs.QuotasChanged, tenant.ToString(), before.TenantName) { Before = Told(before.Set), After = Told(wanted), Why = why };
            await AuditTrail.RecordAsync(context, entry, cancellationToken);
            await AuditTrail.RecordForInstallationAsync(context, entry, cancellationToken);
            return before with { Set = wanted };
        }, cancellationToken);
    }

    private async Task<QuotaSettings?> FindAsync(FinOpsDbContext context, TenantId tenant, CancellationToken cancellationToken)
    {
        var name = await context.Tenants.Where(row => row.Id == tenant.Value).Select(row => row.Name).SingleOrDefaultAsync(cancellationToken);
        if (name is null) return null;
        var rows = await context.TenantQuotas.AsNoTracking().Where(row => row.TenantId == tenant.Value).ToListAsync(cancellationToken);
        return new QuotaSettings(tenant, name, ToLimits(rows), _defaults);
    }

    /// <summary>A name that this build does not know was set by a newer one: it holds there.</summary>
    internal static Dictionary<Quota, long> ToLimits(IEnumerable<TenantQuota> rows)
    {
        Dictionary<Quota, long> limits = [];
        foreach (var row in rows)
            if (QuotaTable.Find(row.Name) is { } text) limits[text.Quota] = row.Value;
        return limits;
    }

    private static SortedDictionary<string, long> Told(IReadOnlyDictionary<Quota, long> limits) =>
        new(limits.ToDictionary(one => one.Key.Text().Name, one => one.Value), StringComparer.Ordinal);
}
