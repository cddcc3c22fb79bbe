using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FinOps.Analytics.Deletion;

/// <summary>That one of a tenant's users was, or is to be, erased.</summary>
public sealed class UserErasure : ITenantRow
{
    public const int MaxUserLength = 1_000;

    public required Guid TenantId { get; init; }

    /// <summary>Chosen by whoever asks, so that asking again is no second erasure.</summary>
    public required Guid Id { get; init; }

    /// <summary>As calls name them; empty as soon as they are erased.</summary>
    public required string User { get; set; }

    /// <summary>Their calls go, too; otherwise calls stay without the name.</summary>
    public required bool DeletesCalls { get; init; }

    public required DateTimeOffset RequestedAt { get; init; }

    public required string RequestedBy { get; init; }

    public DateTimeOffset? FinishedAt { get; set; }

    /// <summary>Rows changed or removed, by table, as JSON.</summary>
    public required string Counts { get; set; }

    public IReadOnlyDictionary<string, long> Rows => RowCounts.Read(Counts);
}

internal sealed class UserErasureConfiguration : IEntityTypeConfiguration<UserErasure>
{
    public void Configure(EntityTypeBuilder<UserErasure> builder)
    {
        builder.ToTable("user_erasures", FinOpsDbContext.Schema);
        builder.HasKey(row => new { row.TenantId, row.Id });
        builder.Property(row => row.User).HasMaxLength(UserErasure.MaxUserLength).HasColumnName("user_value");
        builder.Property(row => row.RequestedBy).HasMaxLength(256);
        builder.Property(row => row.Counts).HasColumnType("json");
        builder.Ignore(row => row.Rows);
        builder.HasOne<Tenant>().WithMany().HasForeignKey(row => row.TenantId).OnDelete(DeleteBehavior.Cascade);
    }
}
