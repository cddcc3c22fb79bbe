using FinOps.Analytics.Alerts;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FinOps.Analytics.Detection;

/// <summary>A tenant's <see cref="DetectionSettings"/>; without a row the defaults hold.</summary>
public sealed class RecordedDetection : ITenantRow
{
    public required Guid TenantId { get; init; }

    /// <summary>Of <see cref="DetectionSettings.Kinds"/>.</summary>
    public required string[] KindsOff { get; set; }

    /// <summary>JSON of <see cref="DetectionMute"/>s.</summary>
    public required string Mutes { get; set; }
    public required DateTimeOffset ChangedAt { get; set; }

    /// <summary>The e-mail address, or the name of the key.</summary>
    public required string ChangedBy { get; set; }

    public DetectionSettings ToSettings() => new(KindsOff, AlertJson.Read<List<DetectionMute>>(Mutes));
}

/// <summary>What runs away at a tenant and was told or is part of what was told, so that a restart tells none of it again.</summary>
public sealed class RunawayWatch : ITenantRow
{
    public required Guid TenantId { get; init; }

    /// <summary>Rises with each change. Who changes it says which one was seen: of two that watch at once, one alone tells.</summary>
    public required long Version { get; init; }

    /// <summary>JSON of <see cref="Domain.Runaway.RunawayMark"/>s.</summary>
    public required string Marks { get; init; }
}

/// <summary>How far a watcher of all tenants has read what arrived, by the clock of ClickHouse. No tenant's.</summary>
public sealed class DetectionProgress
{
    public required string Watcher { get; init; }
    public required DateTimeOffset ReadTo { get; set; }
}

internal sealed class DetectionConfiguration : IEntityTypeConfiguration<RecordedDetection>, IEntityTypeConfiguration<RunawayWatch>, IEntityTypeConfiguration<DetectionProgress>
{
    internal const int MaxAuthor = 256;

    public void Configure(EntityTypeBuilder<RecordedDetection> builder)
    {
        builder.ToTable("detection_settings", FinOpsDbContext.Schema);
        builder.HasKey(row => row.TenantId);
        builder.Property(row => row.Mutes).HasColumnType("jsonb");
        builder.Property(row => row.ChangedBy).HasMaxLength(MaxAuthor);
        builder.HasOne<Tenant>().WithMany().HasForeignKey(row => row.TenantId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<RunawayWatch> builder)
    {
        builder.ToTable("runaway_watches", FinOpsDbContext.Schema);
        builder.HasKey(row => row.TenantId);
        builder.Property(row => row.Marks).HasColumnType("jsonb");
        builder.HasOne<Tenant>().WithMany().HasForeignKey(row => row.TenantId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<DetectionProgress> builder)
    {
        builder.ToTable("detection_progress", FinOpsDbContext.Schema);
        builder.HasKey(row => row.Watcher);
        builder.Property(row => row.Watcher).HasMaxLength(40);
    }
}
