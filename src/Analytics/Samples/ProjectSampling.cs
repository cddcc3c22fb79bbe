using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Samples;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FinOps.Analytics.Samples;

/// <summary>How much of a project's prompts and answers is kept. A project without a row keeps none.</summary>
public sealed class ProjectSampling : ITenantRow
{
    public required Guid TenantId { get; init; }

    public required Guid ProjectId { get; init; }

    /// <summary>Thousandths of its traces; 0: it was turned off.</summary>
    public required int PerMille { get; set; }

    public required DateTimeOffset ChangedAt { get; set; }

    /// <summary>The e-mail address, or the name of the key.</summary>
    public required string ChangedBy { get; set; }

    internal SampleShare Share => new(PerMille);
}

/// <summary>A tenant's key for samples, encrypted by the keys that all processes of the installation share. Where it is gone, what it sealed is gone.</summary>
public sealed class TenantSampleKey : ITenantRow
{
    public required Guid TenantId { get; init; }

    public required Guid Id { get; init; }

    public required byte[] ProtectedKey { get; init; }

    public required DateTimeOffset MadeAt { get; init; }
}

internal sealed class SampleConfiguration : IEntityTypeConfiguration<ProjectSampling>, IEntityTypeConfiguration<TenantSampleKey>
{
    public void Configure(EntityTypeBuilder<ProjectSampling> builder)
    {
        builder.ToTable("project_sampling", FinOpsDbContext.Schema);
        builder.HasKey(row => new { row.TenantId, row.ProjectId });
        builder.Property(row => row.ChangedBy).HasMaxLength(256);
        builder.HasOne<Project>().WithMany().HasForeignKey(row => new { row.TenantId, row.ProjectId }).HasPrincipalKey(project => new { project.TenantId, project.Id })
            .OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<TenantSampleKey> builder)
    {
        builder.ToTable("sample_keys", FinOpsDbContext.Schema);
        builder.HasKey(row => new { row.TenantId, row.Id });
        builder.HasOne<Tenant>().WithMany().HasForeignKey(row => row.TenantId).OnDelete(DeleteBehavior.Cascade);
    }
}
