using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Quotas;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FinOps.Analytics.Quotas;

/// <summary>A limit that an operator set for one tenant, in place of the installation's default.</summary>
public sealed class TenantQuota : ITenantRow
{
    public const int MaxAuthorLength = 256;

    public required Guid TenantId { get; init; }

    /// <summary>One of <see cref="QuotaTable.All"/>, by its name: numbers would change their meaning with the enum.</summary>
    public required string Name { get; init; }

    public required long Value { get; set; }

    public required DateTimeOffset SetAt { get; set; }

    /// <summary>Who set it, as the audit record names them.</summary>
    public required string SetBy { get; set; }
}

internal sealed class TenantQuotaConfiguration : IEntityTypeConfiguration<TenantQuota>
{
    public void Configure(EntityTypeBuilder<TenantQuota> builder)
    {
        builder.ToTable("tenant_quotas", FinOpsDbContext.Schema);
        builder.HasKey(quota => new { quota.TenantId, quota.Name });
        builder.Property(quota => quota.Name).HasMaxLength(64);
        builder.Property(quota => quota.SetBy).HasMaxLength(TenantQuota.MaxAuthorLength);
        builder.HasOne<Tenant>().WithMany().HasForeignKey(quota => quota.TenantId).OnDelete(DeleteBehavior.Cascade);
    }
}
