using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FinOps.Analytics.Currencies;

/// <summary>The currency that a tenant is invoiced in. One without a row: USD, as prices are.</summary>
public sealed class TenantCurrency : ITenantRow
{
    public required Guid TenantId { get; init; }

    /// <summary>ISO 4217.</summary>
    public required string Currency { get; set; }
    public required DateTimeOffset ChangedAt { get; set; }
    public required string ChangedBy { get; set; }
}

/// <summary>What 1 USD was on a day, as it was believed from <see cref="RecordedAt"/> until <see cref="SupersededAt"/>. Rows are never deleted but with their tenant.</summary>
public sealed class RecordedRate : ITenantRow
{
    public required Guid TenantId { get; init; }
    public required string Currency { get; init; }
    public required DateOnly Day { get; init; }
    public required DateTimeOffset RecordedAt { get; init; }

    /// <summary>Null = still believed.</summary>
    public DateTimeOffset? SupersededAt { get; set; }
    public required decimal Rate { get; init; }

    /// <summary>Where it is from, in the words of who gave it.</summary>
    public required string Source { get; init; }
    public required string Author { get; init; }
}

internal sealed class CurrencyConfiguration : IEntityTypeConfiguration<TenantCurrency>, IEntityTypeConfiguration<RecordedRate>
{
    public void Configure(EntityTypeBuilder<TenantCurrency> builder)
    {
        builder.ToTable("tenant_currencies", FinOpsDbContext.Schema);
        builder.HasKey(row => row.TenantId);
        builder.Property(row => row.Currency).HasMaxLength(3);
        builder.Property(row => row.ChangedBy).HasMaxLength(256);
        builder.HasOne<Tenant>().WithMany().HasForeignKey(row => row.TenantId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<RecordedRate> builder)
    {
        builder.ToTable("currency_rates", FinOpsDbContext.Schema, table =>
        {
            table.HasCheckConstraint("ck_currency_rates_rate", "rate > 0 AND rate <= 10000000");
            table.HasCheckConstraint("ck_currency_rates_recorded", "superseded_at IS NULL OR superseded_at >= recorded_at");
        });
        builder.HasKey(row => new { row.TenantId, row.Currency, row.Day, row.RecordedAt });
        builder.Property(row => row.Currency).HasMaxLength(3);
        builder.Property(row => row.Rate).HasColumnType("numeric");
        builder.Property(row => row.Source).HasMaxLength(BillingCurrencies.MaxSourceLength);
        builder.Property(row => row.Author).HasMaxLength(256);
        builder.HasOne<Tenant>().WithMany().HasForeignKey(row => row.TenantId).OnDelete(DeleteBehavior.Cascade);
        // A day has one rate that is believed.
        builder.HasIndex(row => new { row.TenantId, row.Currency, row.Day }, "ix_currency_rates_believed").IsUnique().HasFilter("superseded_at IS NULL");
    }
}
