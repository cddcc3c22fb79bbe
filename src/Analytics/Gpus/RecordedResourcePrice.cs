using FinOps.Analytics.PriceTimelines;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Allocation;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FinOps.Analytics.Gpus;

/// <summary>One price of GPU hours as it was believed from <see cref="RecordedAt"/> until <see cref="SupersededAt"/>; see <see cref="AcceleratorPrice"/>. Rows are never deleted.</summary>
public sealed class RecordedResourcePrice : ITimelineRow
{
    public required Guid TenantId { get; init; }

    public required Guid Id { get; init; }
    public required long Change { get; init; }
    public long? SupersededBy { get; set; }
    public required DateTimeOffset RecordedAt { get; init; }
    public DateTimeOffset? SupersededAt { get; set; }
    public required string Accelerator { get; init; }
    public required string Hosts { get; init; }
    public required string Provider { get; init; }
    public required string Region { get; init; }
    public required PurchaseKind Purchase { get; init; }
    public required decimal PricePerHour { get; init; }
    public required DateTimeOffset ValidFrom { get; init; }
    public DateTimeOffset? ValidTo { get; init; }
    public required string Author { get; init; }
    public required string Reason { get; init; }

    public AcceleratorPrice ToPrice() => new()
    {
        Id = Id,
        Accelerator = Accelerator,
        Hosts = Hosts,
        Provider = Provider,
        Region = Region,
        Purchase = Purchase,
        PricePerHour = PricePerHour,
        ValidFrom = ValidFrom,
        ValidTo = ValidTo,
    };
}

internal sealed class RecordedResourcePriceConfiguration : IEntityTypeConfiguration<RecordedResourcePrice>
{
    public void Configure(EntityTypeBuilder<RecordedResourcePrice> builder)
    {
        builder.ToTable("resource_prices", FinOpsDbContext.Schema, table =>
        {
            table.HasCheckConstraint("ck_resource_prices_price", "price_per_hour >= 0 AND price_per_hour <= 100000");
            table.HasCheckConstraint("ck_resource_prices_valid", "valid_to IS NULL OR valid_from < valid_to");
            table.HasCheckConstraint("ck_resource_prices_recorded", "superseded_at IS NULL OR superseded_at >= recorded_at");
        });
        // A change may leave two rows of one price: what holds until then, and what holds from then on.
        builder.HasKey(row => new { row.TenantId, row.Id, row.Change, row.ValidFrom });
        builder.Property(row => row.Accelerator).HasMaxLength(AcceleratorPrice.MaxTextLength);
        builder.Property(row => row.Hosts).HasMaxLength(AcceleratorPrice.MaxTextLength);
        builder.Property(row => row.Provider).HasMaxLength(AcceleratorPrice.MaxTextLength);
        builder.Property(row => row.Region).HasMaxLength(AcceleratorPrice.MaxTextLength);
        builder.Property(row => row.Purchase).HasConversion<string>().HasMaxLength(20);
        builder.Property(row => row.PricePerHour).HasColumnType("numeric");
        builder.Property(row => row.Author).HasMaxLength(TimelineLimits.MaxAuthorLength);
        builder.Property(row => row.Reason).HasMaxLength(TimelineLimits.MaxReasonLength);
        builder.HasOne<Tenant>().WithMany().HasForeignKey(row => row.TenantId).OnDelete(DeleteBehavior.Cascade);
    }
}
