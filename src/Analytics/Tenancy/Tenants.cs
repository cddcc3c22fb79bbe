using System.Security.Cryptography;
using System.Text;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace FinOps.Analytics.Tenancy;

/// <summary>A tenant with the project that its first keys belong to.</summary>
public sealed record TenantHandle(TenantId Id, string Name, string Slug, ProjectId DefaultProject);

/// <summary>A member of a tenant as its list shows them.</summary>
public sealed record MemberRow(Guid UserId, string Email, TenantRole Role, DateTimeOffset CreatedAt);

/// <summary>A tenant that a person belongs to, and as what.</summary>
public sealed record TenantOfUser(TenantId Tenant, string Name, TenantRole Role);

/// <summary>Makes and finds tenants and their members.</summary>
public sealed class Tenants(FinOpsDatabase database, TimeProvider clock)
{
    private const int HashKeyBytes = 32;
    private const int MaxMembersListed = 1000;

    /// <summary>Projects of one tenant. Default 200: the switch in the header lists them all.</summary>
    internal const int MaxProjects = 200;

    /// <summary>The tenant of this name, made with its default project where it is not there yet.</summary>
    public async Task<TenantHandle> EnsureAsync(string name, CancellationToken cancellationToken)
    {
        var (tenant, trueName, slug) = await FindOrMakeAsync(name, cancellationToken);
        return await database.RunAsync(tenant, async context =>
        {
            var project = await context.Projects.SingleOrDefaultAsync(
                row => row.TenantId == tenant.Value && row.Name == Project.DefaultName, cancellationToken);
            if (project is null)
            {
                project = new Project { Id = Guid.CreateVersion7(clock.GetUtcNow()), TenantId = tenant.Value, Name = Project.DefaultName, CreatedAt = clock.GetUtcNow() };
                context.Projects.Add(project);
                await context.SaveChangesAsync(cancellationToken);
            }

            return new TenantHandle(tenant, trueName, slug, new ProjectId(project.Id));
        }, cancellationToken);
    }

    /// <summary>The tenants that a person belongs to, by the time at which they joined: asked at sign-in, before a tenant is known.</summary>
    public async Task<IReadOnlyList<TenantOfUser>> OfUserAsync(Guid userId, CancellationToken cancellationToken)
    {
        await using var command = database.CreateWay("SELECT tenant_id, name, role FROM finops.memberships_of($1) ORDER BY created_at, tenant_id");
        command.Parameters.Add(new NpgsqlParameter { Value = userId });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        List<TenantOfUser> tenants = [];
        while (await row.ReadAsync(cancellationToken))
            tenants.Add(new TenantOfUser(new TenantId(row.GetGuid(0)), row.GetString(1), Enum.Parse<TenantRole>(row.GetString(2))));
        return tenants;
    }

    /// <summary>Whether the person still has this role in the tenant and this security stamp.</summary>
    public Task<bool> IsMemberAsync(TenantId tenant, Guid userId, TenantRole role, string? securityStamp, CancellationToken cancellationToken) =>
        database.RunAsync(tenant, async context =>
            await context.Memberships.AnyAsync(row => row.TenantId == tenant.Value && row.UserId == userId && row.Role == role, cancellationToken)
            && await context.Users.AnyAsync(row => row.Id == userId && row.SecurityStamp == securityStamp, cancellationToken), cancellationToken);

    public Task<string?> NameAsync(TenantId tenant, CancellationToken cancellationToken) =>
        database.RunAsync(
            tenant, context => context.Tenants.Where(row => row.Id == tenant.Value).Select(row => row.Name).SingleOrDefaultAsync(cancellationToken), cancellationToken);

    public async Task<bool> RenameAsync(TenantId tenant, string name, CancellationToken cancellationToken)
    {
        var trimmed = name.Trim();
        if (trimmed.Length is 0 or > Tenant.MaxNameLength) throw new TenancyException($"A name has 1 to {Tenant.MaxNameLength} characters.");
        return await database.RunAsync(tenant, context => context.Tenants.Where(row => row.Id == tenant.Value)
            .ExecuteUpdateAsync(row => row.SetProperty(t => t.Name, trimmed), cancellationToken), cancellationToken) == 1;
    }

    public async Task<IReadOnlyList<(ProjectId Id, string Name)>> ProjectsAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        var rows = await database.RunAsync(tenant, context => context.Projects.AsNoTracking().Where(row => row.TenantId == tenant.Value)
            .OrderBy(row => row.Name).Take(MaxProjects).Select(row => new { row.Id, row.Name }).ToListAsync(cancellationToken), cancellationToken);
        return [.. rows.Select(row => (new ProjectId(row.Id), row.Name))];
    }

    /// <summary>A further project; its name is its own within the tenant.</summary>
    public Task<ProjectId> AddProjectAsync(TenantId tenant, string name, CancellationToken cancellationToken)
    {
        var trimmed = name.Trim();
        if (trimmed.Length is 0 or > Tenant.MaxNameLength) throw new TenancyException($"A name has 1 to {Tenant.MaxNameLength} characters.");
        return database.RunAsync(tenant, async context =>
        {
            var projects = await context.Projects.Where(row => row.TenantId == tenant.Value).Select(row => row.Name).Take(MaxProjects).ToListAsync(cancellationToken);
            if (projects.Contains(trimmed, StringComparer.OrdinalIgnoreCase)) throw new TenancyException($"There is already a project {trimmed}.");
            if (projects.Count == MaxProjects) throw new TenancyException($"An organisation has at most {MaxProjects} projects.");
            var project = new Project { Id = Guid.CreateVersion7(clock.GetUtcNow()), TenantId = tenant.Value, Name = trimmed, CreatedAt = clock.GetUtcNow() };
            context.Projects.Add(project);
            await context.SaveChangesAsync(cancellationToken);
            return new ProjectId(project.Id);
        }, cancellationToken);
    }

    /// <summary>Gives the user this role in the tenant, whatever they had.</summary>
    public Task SetMemberAsync(TenantId tenant, Guid userId, TenantRole role, CancellationToken cancellationToken) =>
        database.RunAsync(tenant, async context =>
        {
            var present = await context.Memberships.SingleOrDefaultAsync(
                row => row.TenantId == tenant.Value && row.UserId == userId, cancellationToken);
            if (present is null)
                context.Memberships.Add(new Membership { TenantId = tenant.Value, UserId = userId, Role = role, CreatedAt = clock.GetUtcNow() });
            else
                present.Role = role;
            return await context.SaveChangesAsync(cancellationToken);
        }, cancellationToken);

    public async Task<IReadOnlyList<MemberRow>> MembersAsync(TenantId tenant, CancellationToken cancellationToken) =>
        await database.RunAsync(tenant, context => context.Memberships.AsNoTracking()
            .Where(row => row.TenantId == tenant.Value)
            .Join(context.Users, row => row.UserId, user => user.Id, (row, user) => new { row, user })
            .OrderBy(pair => pair.user.Email)
            .Take(MaxMembersListed)
            .Select(pair => new MemberRow(pair.user.Id, pair.user.Email ?? "", pair.row.Role, pair.row.CreatedAt))
            .ToListAsync(cancellationToken), cancellationToken);

    private async Task<(TenantId Id, string Name, string Slug)> FindOrMakeAsync(string name, CancellationToken cancellationToken)
    {
        var slug = Slug(name);
        await using var command = database.CreateWay("SELECT id, name FROM finops.ensure_tenant($1, $2, $3, $4, $5)");
        foreach (object value in (object[])[Guid.CreateVersion7(clock.GetUtcNow()), name.Trim(), slug, clock.GetUtcNow().UtcDateTime, RandomNumberGenerator.GetBytes(HashKeyBytes)])
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return (new TenantId(row.GetGuid(0)), row.GetString(1), slug);
    }

    /// <summary>Lower-case letters and digits joined by hyphens; never empty.</summary>
    internal static string Slug(string name)
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
