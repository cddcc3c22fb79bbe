using FinOps.Analytics.PriceTimelines;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Commitments;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FinOps.Analytics.Commitments;

/// <summary>One commitment as it was believed; see <see cref="Commitment"/>.</summary>
public sealed class RecordedCommitment : ITimelineRow
{
    public required Guid TenantId { get; init; }
    public required Guid Id { get; init; }
    public required long Change { get; init; }
    public long? SupersededBy { get; set; }
    public required DateTimeOffset RecordedAt { get; init; }
    public DateTimeOffset? SupersededAt { get; set; }
    public required string Name { get; init; }
    public required CommitmentKind Kind { get; init; }
    public required string Seller { get; init; }
    public required string HostPlatform { get; init; }

    /// <summary>Names with a comma and a space between them; empty = all models.</summary>
    public required string Models { get; init; }
    public required CommitmentPeriod Period { get; init; }
    public required decimal Amount { get; init; }
    public required string Currency { get; init; }
    public required decimal Rate { get; init; }
    public required DateOnly RateDay { get; init; }
    public required DateTimeOffset ValidFrom { get; init; }
    public DateTimeOffset? ValidTo { get; init; }
    public required string Author { get; init; }
    public required string Reason { get; init; }

    public Commitment ToCommitment() => new()
    {
        Id = Id,
        Name = Name,
        Kind = Kind,
        Seller = Seller,
        HostPlatform = HostPlatform,
        Models = Models.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
        Period = Period,
        Amount = Amount,
        Currency = Currency,
        Rate = Rate,
        RateDay = RateDay,
        ValidFrom = ValidFrom,
        ValidTo = ValidTo,
    };
}

internal sealed class RecordedCommitmentConfiguration : IEntityTypeConfiguration<RecordedCommitment>
{
    public void Configure(EntityTypeBuilder<RecordedCommitment> builder)
    {
        builder.ToTable("commitments", FinOpsDbContext.Schema, table =>
        {
            table.HasCheckConstraint("ck_commitments_amount", "amount > 0 AND amount <= 10000000000");
            table.HasCheckConstraint("ck_commitments_rate", "rate > 0 AND rate <= 10000000");
            table.HasCheckConstraint("ck_commitments_valid", "valid_to IS NULL OR valid_from < valid_to");
            table.HasCheckConstraint("ck_commitments_recorded", "superseded_at IS NULL OR superseded_at >= recorded_at");
        });
        // A change may leave two rows of one commitment: what holds until then, and what holds from then on.
        builder.HasKey(row => new { row.TenantId, row.Id, row.Change, row.ValidFrom });
        builder.Property(row => row.Name).HasMaxLength(Commitment.MaxNameLength);
        builder.Property(row => row.Kind).HasConversion<string>().HasMaxLength(20);
        builder.Property(row => row.Seller).HasMaxLength(Commitment.MaxTextLength);
        builder.Property(row => row.HostPlatform).HasMaxLength(Commitment.MaxTextLength);
        builder.Property(row => row.Models).HasMaxLength(Commitment.MaxModels * (Commitment.MaxTextLength + 2));
        builder.Property(row => row.Period).HasConversion<string>().HasMaxLength(20);
        builder.Property(row => row.Amount).HasColumnType("numeric");
        builder.Property(row => row.Currency).HasMaxLength(3);
        builder.Property(row => row.Rate).HasColumnType("numeric");
        builder.Property(row => row.Author).HasMaxLength(TimelineLimits.MaxAuthorLength);
        builder.Property(row => row.Reason).HasMaxLength(TimelineLimits.MaxReasonLength);
        builder.HasOne<Tenant>().WithMany().HasForeignKey(row => row.TenantId).OnDelete(DeleteBehavior.Cascade);
    }
}
