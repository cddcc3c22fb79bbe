using System.Security.Cryptography;
using System.Text;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace FinOps.Analytics.Tenancy;

/// <summary>A tenant with the project that its first keys belong to.</summary>
public sealed record TenantHandle(TenantId Id, string Name, string Slug, ProjectId DefaultProject);

/// <summary>Makes and finds tenants and their projects.</summary>
public sealed class Tenants(FinOpsDatabase database, TimeProvider clock)
{
    private const int HashKeyBytes = 32;

    /// <summary>Projects of one tenant. Default 200: the switch in the header lists them all.</summary>
    internal const int MaxProjects = 200;

    /// <summary>The tenant of this name, made with its default project where it is not there yet.</summary>
    public Task<TenantHandle> EnsureAsync(string name, CancellationToken cancellationToken) => EnsureAsync(name, Actor.Start, cancellationToken);

    /// <inheritdoc cref="EnsureAsync(string, CancellationToken)"/>
    public Task<TenantHandle> EnsureAsync(string name, Actor actor, CancellationToken cancellationToken) => EnsureAsync(name, actor, byOperator: false, cancellationToken);

    private async Task<TenantHandle> EnsureAsync(string name, Actor actor, bool byOperator, CancellationToken cancellationToken)
    {
        var (tenant, trueName, slug) = await FindOrMakeAsync(Guid.CreateVersion7(clock.GetUtcNow()), name, cancellationToken);
        return await database.RunAsync(tenant, async context =>
        {
            var project = await context.Projects.SingleOrDefaultAsync(
                row => row.TenantId == tenant.Value && row.Name == Project.DefaultName, cancellationToken);
            if (project is null)
            {
                project = new Project { Id = Guid.CreateVersion7(clock.GetUtcNow()), TenantId = tenant.Value, Name = Project.DefaultName, CreatedAt = clock.GetUtcNow() };
                context.Projects.Add(project);
                await context.SaveChangesAsync(cancellationToken);
                var entry = new AuditEntry(actor, AuditActs.OrganisationCreated, tenant.ToString(), trueName) { After = new { Name = trueName, Project = project.Name } };
                await AuditTrail.RecordAsync(context, entry, cancellationToken);
                if (byOperator) await AuditTrail.RecordForInstallationAsync(context, entry, cancellationToken);
            }

            return new TenantHandle(tenant, trueName, slug, new ProjectId(project.Id));
        }, cancellationToken);
    }

    /// <summary>A new tenant with its default project.</summary>
    /// <exception cref="TenancyException">There is already one of this name.</exception>
    public async Task<TenantHandle> MakeAsync(string name, Actor actor, CancellationToken cancellationToken)
    {
        var trimmed = name.Trim();
        if (trimmed.Length is 0 or > Tenant.MaxNameLength) throw new TenancyException($"A name has 1 to {Tenant.MaxNameLength} characters.");
        var id = Guid.CreateVersion7(clock.GetUtcNow());
        var (tenant, trueName, slug) = await FindOrMakeAsync(id, trimmed, cancellationToken);
        if (tenant.Value != id) throw new TenancyException($"There is already an organisation {trueName} ({slug}).");
        return await EnsureAsync(trimmed, actor, byOperator: true, cancellationToken);
    }

    public Task<string?> NameAsync(TenantId tenant, CancellationToken cancellationToken) =>
        database.RunAsync(
            tenant, context => context.Tenants.Where(row => row.Id == tenant.Value).Select(row => row.Name).SingleOrDefaultAsync(cancellationToken), cancellationToken);

    public async Task<bool> RenameAsync(TenantId tenant, string name, Actor actor, CancellationToken cancellationToken)
    {
        var trimmed = name.Trim();
        if (trimmed.Length is 0 or > Tenant.MaxNameLength) throw new TenancyException($"A name has 1 to {Tenant.MaxNameLength} characters.");
        return await database.RunAsync(tenant, async context =>
        {
            var before = await context.Tenants.Where(row => row.Id == tenant.Value).Select(row => row.Name).SingleOrDefaultAsync(cancellationToken);
            if (before is null) return false;
            if (before == trimmed) return true;
            await context.Tenants.Where(row => row.Id == tenant.Value).ExecuteUpdateAsync(row => row.SetProperty(t => t.Name, trimmed), cancellationToken);
            await AuditTrail.RecordAsync(context, new AuditEntry(actor, AuditActs.OrganisationRenamed, tenant.ToString(), trimmed)
            {
                Before = new { Name = before },
                After = new { Name = trimmed },
            }, cancellationToken);
            return true;
        }, cancellationToken);
    }

    public async Task<IReadOnlyList<(ProjectId Id, string Name)>> ProjectsAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        var rows = await database.RunAsync(tenant, context => context.Projects.AsNoTracking().Where(row => row.TenantId == tenant.Value)
            .OrderBy(row => row.Name).Take(MaxProjects).Select(row => new { row.Id, row.Name }).ToListAsync(cancellationToken), cancellationToken);
        return [.. rows.Select(row => (new ProjectId(row.Id), row.Name))];
    }

    /// <summary>A further project; its name is its own within the tenant.</summary>
    /// <exception cref="TenancyException">There is one of this name, or no room.</exception>
    public async Task<ProjectId> AddProjectAsync(TenantId tenant, string name, Actor actor, CancellationToken cancellationToken)
    {
        var (project, made) = await EnsureProjectAsync(tenant, name, actor, cancellationToken);
        return made ? project.Id : throw new TenancyException($"There is already a project {project.Name}.");
    }

    /// <summary>The project of this name, in upper or lower case, made where it is not there yet.</summary>
    /// <exception cref="TenancyException">The name cannot be, or there is no room.</exception>
    public Task<((ProjectId Id, string Name) Project, bool Made)> EnsureProjectAsync(TenantId tenant, string name, Actor actor, CancellationToken cancellationToken)
    {
        var trimmed = name.Trim();
        if (trimmed.Length is 0 or > Tenant.MaxNameLength) throw new TenancyException($"A name has 1 to {Tenant.MaxNameLength} characters.");
        return database.RunAsync(tenant, async context =>
        {
            await context.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended({"projects of " + tenant}, 0))", cancellationToken);
            var projects = await context.Projects.AsNoTracking().Where(row => row.TenantId == tenant.Value).Take(MaxProjects).ToListAsync(cancellationToken);
            if (projects.Find(row => row.Name.Equals(trimmed, StringComparison.OrdinalIgnoreCase)) is { } present) return ((new ProjectId(present.Id), present.Name), false);
            if (projects.Count == MaxProjects) throw new TenancyException($"An organisation has at most {MaxProjects} projects.");
            var project = new Project { Id = Guid.CreateVersion7(clock.GetUtcNow()), TenantId = tenant.Value, Name = trimmed, CreatedAt = clock.GetUtcNow() };
            context.Projects.Add(project);
            await context.SaveChangesAsync(cancellationToken);
            await AuditTrail.RecordAsync(context, new AuditEntry(actor, AuditActs.ProjectCreated, project.Id.ToString(), trimmed) { After = new { Name = trimmed } }, cancellationToken);
            return ((new ProjectId(project.Id), trimmed), true);
        }, cancellationToken);
    }

    private async Task<(TenantId Id, string Name, string Slug)> FindOrMakeAsync(Guid id, string name, CancellationToken cancellationToken)
    {
        var slug = Slug(name);
        await using var command = database.CreateWay("SELECT id, name FROM finops.ensure_tenant($1, $2, $3, $4, $5)");
        foreach (object value in (object[])[id, name.Trim(), slug, clock.GetUtcNow().UtcDateTime, RandomNumberGenerator.GetBytes(HashKeyBytes)])
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return (new TenantId(row.GetGuid(0)), row.GetString(1), slug);
    }

    /// <summary>The short name of a tenant with this name: lower-case letters and digits joined by hyphens; never empty. A short name's is itself.</summary>
    public static string Slug(string name)
    {
        var slug = new StringBuilder(Tenant.MaxSlugLength);
        foreach (var c in name.Trim().ToLowerInvariant())
        {
            if (slug.Length == Tenant.MaxSlugLength) break;
            if (char.IsAsciiLetterOrDigit(c)) slug.Append(c);
            else if (slug.Length > 0 && slug[^1] != '-') slug.Append('-');
        }

        var text = slug.ToString().Trim('-');
        // A name without any Latin letter still needs a stable, unique address.
        return text.Length > 0 ? text : "t-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name.Trim())))[..12];
    }
}
