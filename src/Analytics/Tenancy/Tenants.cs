using System.Security.Cryptography;
using System.Text;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace FinOps.Analytics.Tenancy;

/// <summary>A tenant with the project that its first keys belong to.</summary>
public sealed record TenantHandle(TenantId Id, string Name, string Slug, ProjectId DefaultProject);

/// <summary>A member of a tenant as its list shows them.</summary>
public sealed record MemberRow(Guid UserId, string Email, TenantRole Role, DateTimeOffset CreatedAt);

/// <summary>Makes and finds tenants and their members.</summary>
public sealed class Tenants(IDbContextFactory<FinOpsDbContext> contexts, TimeProvider clock)
{
    private const int HashKeyBytes = 32;
    private const int MaxMembersListed = 1000;

    /// <summary>The tenant of this name, made with its default project where it is not there yet.</summary>
    public async Task<TenantHandle> EnsureAsync(string name, CancellationToken cancellationToken)
    {
        var slug = Slug(name);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var tenant = await context.Tenants.SingleOrDefaultAsync(row => row.Slug == slug, cancellationToken);
        if (tenant is null)
        {
            tenant = new Tenant
            {
                Id = Guid.CreateVersion7(clock.GetUtcNow()),
                Name = name.Trim(),
                Slug = slug,
                CreatedAt = clock.GetUtcNow(),
                HashKey = RandomNumberGenerator.GetBytes(HashKeyBytes),
            };
            context.Tenants.Add(tenant);
        }

        var project = await context.Projects.SingleOrDefaultAsync(
            row => row.TenantId == tenant.Id && row.Name == Project.DefaultName, cancellationToken);
        if (project is null)
        {
            project = new Project { Id = Guid.CreateVersion7(clock.GetUtcNow()), TenantId = tenant.Id, Name = Project.DefaultName, CreatedAt = clock.GetUtcNow() };
            context.Projects.Add(project);
        }

        await context.SaveChangesAsync(cancellationToken);
        return new TenantHandle(new TenantId(tenant.Id), tenant.Name, tenant.Slug, new ProjectId(project.Id));
    }

    public async Task<bool> AnyAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Tenants.AnyAsync(cancellationToken);
    }

    public async Task<string?> NameAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Tenants.Where(row => row.Id == tenant.Value).Select(row => row.Name).SingleOrDefaultAsync(cancellationToken);
    }

    public async Task<bool> RenameAsync(TenantId tenant, string name, CancellationToken cancellationToken)
    {
        var trimmed = name.Trim();
        if (trimmed.Length is 0 or > Tenant.MaxNameLength) throw new TenancyException($"A name has 1 to {Tenant.MaxNameLength} characters.");
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Tenants.Where(row => row.Id == tenant.Value)
            .ExecuteUpdateAsync(row => row.SetProperty(t => t.Name, trimmed), cancellationToken) == 1;
    }

    public async Task<IReadOnlyList<(ProjectId Id, string Name)>> ProjectsAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await context.Projects.AsNoTracking().Where(row => row.TenantId == tenant.Value)
            .OrderBy(row => row.Name).Take(MaxMembersListed).Select(row => new { row.Id, row.Name }).ToListAsync(cancellationToken);
        return [.. rows.Select(row => (new ProjectId(row.Id), row.Name))];
    }

    /// <summary>Gives the user this role in the tenant, whatever they had.</summary>
    public async Task SetMemberAsync(TenantId tenant, Guid userId, TenantRole role, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var present = await context.Memberships.SingleOrDefaultAsync(
            row => row.TenantId == tenant.Value && row.UserId == userId, cancellationToken);
        if (present is null)
            context.Memberships.Add(new Membership { TenantId = tenant.Value, UserId = userId, Role = role, CreatedAt = clock.GetUtcNow() });
        else
            present.Role = role;
        await context.SaveChangesAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<MemberRow>> MembersAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Memberships.AsNoTracking()
            .Where(row => row.TenantId == tenant.Value)
            .Join(context.Users, row => row.UserId, user => user.Id, (row, user) => new { row, user })
            .OrderBy(pair => pair.user.Email)
            .Take(MaxMembersListed)
            .Select(pair => new MemberRow(pair.user.Id, pair.user.Email ?? "", pair.row.Role, pair.row.CreatedAt))
            .ToListAsync(cancellationToken);
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
