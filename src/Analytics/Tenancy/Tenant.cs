using FinOps.Analytics.Stores.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FinOps.Analytics.Tenancy;

/// <summary>An organisation that uses this installation.</summary>
public sealed class Tenant
{
    public const int MaxNameLength = 200;
    public const int MaxSlugLength = 63;
    public const int MaxReasonLength = 500;

    public required Guid Id { get; init; }

    public required string Name { get; set; }

    /// <summary>Unique short name for addresses.</summary>
    public required string Slug { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Keys the content hashes of this tenant, so that equal prompts of two tenants never hash alike.</summary>
    public required byte[] HashKey { get; init; }

    /// <summary>When whoever runs the installation suspended it; null while it is not. Set by a function of the owner alone (<see cref="Installations"/>).</summary>
    public DateTimeOffset? SuspendedAt { get; init; }

    /// <summary>Why, for its members to read.</summary>
    public string? SuspendedReason { get; init; }

    /// <summary>The e-mail address of who did it.</summary>
    public string? SuspendedBy { get; init; }
}

/// <summary>An application or environment inside a tenant; every key belongs to one.</summary>
public sealed class Project : ITenantRow
{
    public const string DefaultName = "default";

    public required Guid Id { get; init; }

    public required Guid TenantId { get; init; }

    public required string Name { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }
}

internal sealed class TenantConfiguration : IEntityTypeConfiguration<Tenant>, IEntityTypeConfiguration<Project>
{
    public void Configure(EntityTypeBuilder<Tenant> builder)
    {
        builder.ToTable("tenants", FinOpsDbContext.Schema);
        builder.Property(tenant => tenant.Name).HasMaxLength(Tenant.MaxNameLength);
        builder.Property(tenant => tenant.Slug).HasMaxLength(Tenant.MaxSlugLength);
        builder.Property(tenant => tenant.SuspendedReason).HasMaxLength(Tenant.MaxReasonLength);
        builder.Property(tenant => tenant.SuspendedBy).HasMaxLength(256);
        builder.HasIndex(tenant => tenant.Slug).IsUnique();
    }

    public void Configure(EntityTypeBuilder<Project> builder)
    {
        builder.ToTable("projects", FinOpsDbContext.Schema);
        builder.Property(project => project.Name).HasMaxLength(Tenant.MaxNameLength);
        builder.HasIndex(project => new { project.TenantId, project.Name }).IsUnique();
        builder.HasAlternateKey(project => new { project.TenantId, project.Id });
        builder.HasOne<Tenant>().WithMany().HasForeignKey(project => project.TenantId).OnDelete(DeleteBehavior.Cascade);
    }
}
