using FinOps.Analytics.Audit;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Samples;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace FinOps.Analytics.Samples;

/// <summary>How much of a project's content is kept.</summary>
/// <param name="ChangedBy">Null where nothing was ever set.</param>
public sealed record SamplingState(ProjectId Project, string Name, SampleShare Share, DateTimeOffset? ChangedAt, string? ChangedBy);

/// <summary>Reads and sets which projects keep samples of prompts and answers.</summary>
public sealed class SampleSettings(FinOpsDatabase database, SampleKeyProtection protection, TimeProvider clock)
{
    /// <summary>All projects of the tenant, by name.</summary>
    public Task<IReadOnlyList<SamplingState>> ListAsync(TenantId tenant, CancellationToken cancellationToken) => database.RunAsync<IReadOnlyList<SamplingState>>(tenant, async context =>
    {
        var projects = await context.Projects.AsNoTracking().Where(row => row.TenantId == tenant.Value).OrderBy(row => row.Name).Take(Tenants.MaxProjects).ToListAsync(cancellationToken);
        var rows = await Rows(context, tenant).AsNoTracking().ToDictionaryAsync(row => row.ProjectId, cancellationToken);
        return [.. projects.Select(project => StateOf(project, rows.GetValueOrDefault(project.Id)))];
    }, cancellationToken);

    /// <summary>
    /// From now on (within seconds) this share of the project's traces keeps its content; off keeps nothing more, and what is kept stays until it is as old as retention says.
    /// Idempotent: the same again changes and records nothing. The first to opt in makes the tenant's key. Null: the tenant has no such project.
    /// </summary>
    public Task<SamplingState?> SetAsync(TenantId tenant, ProjectId project, SampleShare share, Actor actor, CancellationToken cancellationToken) => database.RunAsync(tenant, async context =>
    {
        // One at a time: states before and after follow on one another, and a tenant gets one key.
        await context.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended({"samples of " + tenant}, 0))", cancellationToken);
        var known = await context.Projects.AsNoTracking().SingleOrDefaultAsync(row => row.TenantId == tenant.Value && row.Id == project.Value, cancellationToken);
        if (known is null) return null;
        var row = await Rows(context, tenant).SingleOrDefaultAsync(one => one.ProjectId == project.Value, cancellationToken);
        var before = row?.Share ?? SampleShare.Off;
        if (before == share) return StateOf(known, row);
        var now = clock.GetUtcNow();
        // To the microsecond, as PostgreSQL keeps it: the same again answers the same.
        now = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
        var author = actor.Name.Length <= 256 ? actor.Name : actor.Name[..256];
        if (row is null) context.Add(row = new ProjectSampling { TenantId = tenant.Value, ProjectId = project.Value, PerMille = share.PerMille, ChangedAt = now, ChangedBy = author });
        else (row.PerMille, row.ChangedAt, row.ChangedBy) = (share.PerMille, now, author);
        if (!share.IsOff) await EnsureKeyAsync(context, tenant, now, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        var entry = new AuditEntry(actor, AuditActs.SamplingChanged, project.ToString(), known.Name) { Before = new { before.Percent }, After = new { share.Percent } };
        await AuditTrail.RecordAsync(context, entry, cancellationToken);
        return (SamplingState?)StateOf(known, row);
    }, cancellationToken);

    /// <summary>A key that no longer opens seals nothing; a new one does, and the old one stays for whoever finds its protecting keys again.</summary>
    private async Task EnsureKeyAsync(FinOpsDbContext context, TenantId tenant, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var latest = await context.Set<TenantSampleKey>().AsNoTracking().Where(key => key.TenantId == tenant.Value).OrderByDescending(key => key.MadeAt).FirstOrDefaultAsync(cancellationToken);
        if (latest is null || protection.Open(latest) is null) context.Add(protection.New(tenant, now));
    }

    private static IQueryable<ProjectSampling> Rows(FinOpsDbContext context, TenantId tenant) => context.Set<ProjectSampling>().Where(row => row.TenantId == tenant.Value);

    private static SamplingState StateOf(Project project, ProjectSampling? row) =>
        new(new ProjectId(project.Id), project.Name, row?.Share ?? SampleShare.Off, row?.ChangedAt, row?.ChangedBy);
}
