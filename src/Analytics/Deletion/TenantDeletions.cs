using FinOps.Analytics.Audit;
using FinOps.Analytics.Stores;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace FinOps.Analytics.Deletion;

/// <summary>Asks for the deletion of tenants and tells how far it is. That an operator asks is the caller's to make sure (<c>installation.manage</c>).</summary>
public sealed class TenantDeletions(FinOpsDatabase database, Installations installations, TimeProvider clock, IServiceProvider services)
{
    /// <summary>Deletions that are listed, the latest first. Default 20.</summary>
    public const int MaxListed = 20;

    private const string Reason = "This organisation is being deleted.";

    /// <summary>
    /// From now on nothing of the organisation is taken, answered or shown, and a job removes it. Asking again changes nothing.
    /// </summary>
    /// <param name="tenant">Which.</param>
    /// <param name="typed">Its short name, typed by whoever asks: so that it is no slip.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="cancellationToken">Ends the asking.</param>
    /// <exception cref="TenancyException">The short name is another.</exception>
    public async Task RequestAsync(TenantRow tenant, string typed, Actor actor, CancellationToken cancellationToken)
    {
        if (typed.Trim() != tenant.Slug) throw new TenancyException($"Type {tenant.Slug} to delete {tenant.Name}.");
        if (tenant.Suspension is null) await installations.SuspendAsync(tenant, Reason, actor, cancellationToken);
        await database.RunAsync(AuditTrail.Installation, async context =>
        {
            if (await context.Set<TenantDeletion>().AnyAsync(row => row.Id == tenant.Id.Value, cancellationToken)) return false;
            context.Add(new TenantDeletion
            {
                Id = tenant.Id.Value,
                Name = tenant.Name,
                RequestedAt = clock.GetUtcNow(),
                RequestedBy = actor.Name.Length <= 256 ? actor.Name : actor.Name[..256],
                Step = "waits for its turn",
                Counts = RowCounts.None,
            });
            await context.SaveChangesAsync(cancellationToken);
            var entry = new AuditEntry(actor, AuditActs.OrganisationDeletionRequested, tenant.Id.ToString(), tenant.Name);
            await AuditTrail.RecordForInstallationAsync(context, entry, cancellationToken);
            return true;
        }, cancellationToken);
        services.StartSoon<DeleteTenant>(job => job.RunAsync(tenant.Id.Value, CancellationToken.None));
    }

    /// <summary>The latest first; those that are under way are among them.</summary>
    public async Task<IReadOnlyList<TenantDeletion>> ListAsync(CancellationToken cancellationToken)
    {
        await using var context = database.OpenWithoutTenant();
        return await context.Set<TenantDeletion>().AsNoTracking().OrderByDescending(row => row.RequestedAt).Take(MaxListed).ToListAsync(cancellationToken);
    }

    /// <summary>Null where nobody asked for it.</summary>
    public async Task<TenantDeletion?> FindAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        await using var context = database.OpenWithoutTenant();
        return await context.Set<TenantDeletion>().AsNoTracking().SingleOrDefaultAsync(row => row.Id == tenant.Value, cancellationToken);
    }

    /// <summary>Those that are not finished, and those that were finished after this instant.</summary>
    internal async Task<IReadOnlyList<TenantDeletion>> LateAsync(DateTimeOffset finishedAfter, CancellationToken cancellationToken)
    {
        await using var context = database.OpenWithoutTenant();
        return await context.Set<TenantDeletion>().AsNoTracking().Where(row => row.FinishedAt == null || row.FinishedAt > finishedAfter)
            .OrderBy(row => row.RequestedAt).ToListAsync(cancellationToken);
    }

    /// <summary>Before rows go, so that an interruption loses no count: the larger of two counts of one table is kept.</summary>
    internal async Task NoteAsync(TenantId tenant, string step, IEnumerable<KeyValuePair<string, long>> counts, CancellationToken cancellationToken)
    {
        await using var context = database.OpenWithoutTenant();
        var row = await context.Set<TenantDeletion>().SingleAsync(one => one.Id == tenant.Value, cancellationToken);
        var sums = RowCounts.Read(row.Counts);
        foreach (var (table, rows) in counts) sums[table] = Math.Max(sums.GetValueOrDefault(table), rows);
        row.Counts = RowCounts.Write(sums);
        if (row.FinishedAt is null) row.Step = step;
        await context.SaveChangesAsync(cancellationToken);
    }

    /// <summary>Everything of it in PostgreSQL, its audit chain included, in one transaction.</summary>
    /// <returns>Rows by table.</returns>
    internal async Task<IReadOnlyDictionary<string, long>> DeleteRowsAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        await using var command = database.CreateWay("SELECT table_name, deleted FROM finops.delete_tenant($1)");
        command.Parameters.Add(new Npgsql.NpgsqlParameter { Value = tenant.Value });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        while (await row.ReadAsync(cancellationToken)) counts[row.GetString(0)] = row.GetInt64(1);
        return counts;
    }

    internal Task FinishAsync(TenantId tenant, CancellationToken cancellationToken) => database.RunAsync(AuditTrail.Installation, async context =>
    {
        var row = await context.Set<TenantDeletion>().SingleAsync(one => one.Id == tenant.Value, cancellationToken);
        if (row.FinishedAt is not null) return false;
        (row.FinishedAt, row.Step) = (clock.GetUtcNow(), "done");
        await context.SaveChangesAsync(cancellationToken);
        var entry = new AuditEntry(DeleteTenant.Author, AuditActs.DataDeleted, tenant.ToString(), row.Name) { After = row.Rows, Why = "asked for by " + row.RequestedBy };
        await AuditTrail.RecordForInstallationAsync(context, entry, cancellationToken);
        return true;
    }, cancellationToken);
}
