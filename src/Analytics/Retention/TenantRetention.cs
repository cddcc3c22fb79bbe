using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FinOps.Analytics.Retention;

/// <summary>What a tenant has set itself. Without a row it keeps what the installation's options say.</summary>
public sealed class TenantRetention : ITenantRow
{
    public required Guid TenantId { get; init; }

    public required int CallDays { get; set; }

    public required int LinkDays { get; set; }

    public required int IngestEventDays { get; set; }

    public required int ResourceSampleDays { get; set; }

    public required int SumDays { get; set; }

    public required int CallSampleDays { get; set; }

    public required DateTimeOffset ChangedAt { get; set; }

    /// <summary>The e-mail address, or the name of the key.</summary>
    public required string ChangedBy { get; set; }

    internal RetentionDays Days => new(CallDays, LinkDays, IngestEventDays, ResourceSampleDays, SumDays, CallSampleDays);
}

internal sealed class TenantRetentionConfiguration : IEntityTypeConfiguration<TenantRetention>
{
    public void Configure(EntityTypeBuilder<TenantRetention> builder)
    {
        builder.ToTable("tenant_retention", FinOpsDbContext.Schema);
        builder.HasKey(row => row.TenantId);
        builder.Property(row => row.ChangedBy).HasMaxLength(256);
        builder.HasOne<Tenant>().WithOne().HasForeignKey<TenantRetention>(row => row.TenantId).OnDelete(DeleteBehavior.Cascade);
    }
}
