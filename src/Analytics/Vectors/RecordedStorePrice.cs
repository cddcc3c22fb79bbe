using FinOps.Analytics.PriceTimelines;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Allocation;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FinOps.Analytics.Vectors;

/// <summary>One price of a vector database or bucket; see <see cref="DataStorePrice"/>.</summary>
public sealed class RecordedStorePrice : ITimelineRow
{
    public required Guid TenantId { get; init; }
    public required Guid Id { get; init; }
    public required long Change { get; init; }
    public long? SupersededBy { get; set; }
    public required DateTimeOffset RecordedAt { get; init; }
    public DateTimeOffset? SupersededAt { get; set; }
    public required string System { get; init; }
    public required string Places { get; init; }
    public required string Tier { get; init; }
    public required DataStoreMeter Meter { get; init; }
    public required decimal Price { get; init; }
    public required DateTimeOffset ValidFrom { get; init; }
    public DateTimeOffset? ValidTo { get; init; }
    public required string Author { get; init; }
    public required string Reason { get; init; }

    public DataStorePrice ToPrice() => new()
    {
        Id = Id,
        System = System,
        Places = Places,
        Tier = Tier,
        Meter = Meter,
        Price = Price,
        ValidFrom = ValidFrom,
        ValidTo = ValidTo,
    };
}

internal sealed class RecordedStorePriceConfiguration : IEntityTypeConfiguration<RecordedStorePrice>
{
    public void Configure(EntityTypeBuilder<RecordedStorePrice> builder)
    {
        builder.ToTable("data_store_prices", FinOpsDbContext.Schema, table =>
        {
            table.HasCheckConstraint("ck_data_store_prices_price", "price >= 0 AND price <= 100000");
            table.HasCheckConstraint("ck_data_store_prices_valid", "valid_to IS NULL OR valid_from < valid_to");
            table.HasCheckConstraint("ck_data_store_prices_recorded", "superseded_at IS NULL OR superseded_at >= recorded_at");
        });
        // A change may leave two rows of one price: what holds until then, and what holds from then on.
        builder.HasKey(row => new { row.TenantId, row.Id, row.Change, row.ValidFrom });
        builder.Property(row => row.System).HasMaxLength(DataStorePrice.MaxTextLength);
        builder.Property(row => row.Places).HasMaxLength(DataStorePrice.MaxTextLength);
        builder.Property(row => row.Tier).HasMaxLength(DataStorePrice.MaxTextLength);
        builder.Property(row => row.Meter).HasConversion<string>().HasMaxLength(30);
        builder.Property(row => row.Price).HasColumnType("numeric");
        builder.Property(row => row.Author).HasMaxLength(TimelineLimits.MaxAuthorLength);
        builder.Property(row => row.Reason).HasMaxLength(TimelineLimits.MaxReasonLength);
        builder.HasOne<Tenant>().WithMany().HasForeignKey(row => row.TenantId).OnDelete(DeleteBehavior.Cascade);
    }
}
