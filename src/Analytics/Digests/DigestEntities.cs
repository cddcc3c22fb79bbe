using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Digests;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FinOps.Analytics.Digests;

/// <summary>Which digests a member gets of an organisation, and which they have got. It goes with the membership.</summary>
public sealed class DigestSubscription : ITenantRow
{
    public required Guid TenantId { get; init; }
    public required Guid UserId { get; init; }
    public required bool Weekly { get; set; }
    public required bool Monthly { get; set; }

    /// <summary>IANA name of the zone in which weeks and months begin, and mornings are.</summary>
    public required string TimeZone { get; set; }

    /// <summary>The Monday of the latest weekly digest that was written or is not to be written any more. Whoever moves it on writes the mail, in the same transaction: so there is one.</summary>
    public DateOnly? WeeklyTold { get; set; }

    /// <summary>The same of months: the first day after one.</summary>
    public DateOnly? MonthlyTold { get; set; }

    /// <summary>When the member last asked for one at once.</summary>
    public DateTimeOffset? AskedAt { get; set; }
    public required DateTimeOffset ChangedAt { get; set; }

    public bool Has(DigestKind kind) => kind == DigestKind.Weekly ? Weekly : Monthly;

    public DateOnly? Told(DigestKind kind) => kind == DigestKind.Weekly ? WeeklyTold : MonthlyTold;
}

internal sealed class DigestConfiguration : IEntityTypeConfiguration<DigestSubscription>
{
    internal const int MaxZone = 64;

    public void Configure(EntityTypeBuilder<DigestSubscription> builder)
    {
        builder.ToTable("digest_subscriptions", FinOpsDbContext.Schema);
        builder.HasKey(row => new { row.TenantId, row.UserId });
        builder.Property(row => row.TimeZone).HasMaxLength(MaxZone);
        builder.HasOne<Membership>().WithMany().HasForeignKey(row => new { row.TenantId, row.UserId }).OnDelete(DeleteBehavior.Cascade);
    }
}
