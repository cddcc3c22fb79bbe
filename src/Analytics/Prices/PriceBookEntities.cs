using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FinOps.Analytics.Prices;

/// <summary>One imported version of a public price list.</summary>
public sealed class ImportedCatalogue
{
    public long Id { get; private set; }
    public required string Source { get; init; }
    public required string Version { get; init; }
    public required DateTimeOffset ImportedAt { get; init; }

    /// <summary>Of the file as imported: the same file is not imported twice.</summary>
    public required byte[] Sha256 { get; init; }

    /// <summary>The sellers in the list's order, with the clauses that recognise them and the order of their entries, as JSON.</summary>
    public required string Providers { get; set; }
}

/// <summary>One change of the book, public or of a tenant. The highest id is the book's version, which price sources watch.</summary>
public sealed class PriceChange
{
    public long Id { get; private set; }
    public required DateTimeOffset ChangedAt { get; init; }

    /// <summary>Whose prices changed; null = everybody's.</summary>
    public Guid? TenantId { get; init; }

    /// <summary>The import that made the change; null for one made by a person.</summary>
    public long? CatalogueId { get; init; }
    public required string Author { get; init; }
    public required string Reason { get; init; }
    public required int RowsAdded { get; init; }
    public required int RowsSuperseded { get; init; }
}

/// <summary>
/// One price as it was believed from <see cref="RecordedAt"/> until <see cref="SupersededAt"/>, for calls that start from
/// <see cref="ValidFrom"/> until <see cref="ValidTo"/>. Rows are never deleted. See <see cref="PriceRow"/> for the meaning of the others.
/// </summary>
public sealed class RecordedPrice
{
    /// <summary>Computed from the row (<see cref="PriceRow.ComputeId"/>), so that a price keeps its id when it comes back.</summary>
    public required long Id { get; init; }
    public required DateTimeOffset RecordedAt { get; init; }

    /// <summary>Null = still believed.</summary>
    public DateTimeOffset? SupersededAt { get; set; }
    public long? CatalogueId { get; init; }

    /// <summary>Set for a tenant's own price, which goes before the public one.</summary>
    public Guid? TenantId { get; init; }
    public required string Source { get; init; }
    public required string Provider { get; init; }
    public required string HostPlatform { get; init; }
    public required string Model { get; init; }
    public required string ModelName { get; set; }
    public required int Ordinal { get; set; }
    public required string Match { get; init; }
    public required long ContextWindow { get; init; }
    public required bool Deprecated { get; set; }
    public required Meter Meter { get; init; }
    public required string Unit { get; init; }
    public required decimal UnitSize { get; init; }
    public required decimal Price { get; init; }
    public required long ContextStart { get; init; }
    public required string ServiceTier { get; init; }
    public required bool Batch { get; init; }
    public required string Region { get; init; }

    /// <summary>Quality and size of a picture; empty = whatever it is.</summary>
    public required string Variant { get; init; }
    public TimeOnly? DayStart { get; init; }
    public TimeOnly? DayEnd { get; init; }
    public DateTimeOffset? ValidFrom { get; init; }
    public DateTimeOffset? ValidTo { get; init; }

    /// <summary>Of a price that was agreed in another currency (<see cref="AgreedPrice"/>): ISO 4217; null = USD, and so are the three below.</summary>
    public string? Currency { get; init; }
    public decimal? AgreedAmount { get; init; }
    public decimal? ExchangeRate { get; init; }
    public DateOnly? RateDay { get; init; }

    /// <summary>The price as it was agreed; null = in USD.</summary>
    public AgreedPrice? Agreed => Currency is null ? null : new AgreedPrice(Currency, AgreedAmount!.Value, ExchangeRate!.Value, RateDay!.Value);

    /// <summary>Of a price that was negotiated for one of the tenant's projects.</summary>
    public Guid? ProjectId { get; init; }

    /// <summary>The row as someone saw it, for an edit that must not lose another's.</summary>
    internal SeenRow Seen => new(Id, RecordedAt);

    public static RecordedPrice From(PriceRow row, DateTimeOffset recordedAt, long? catalogueId) => new()
    {
        Id = row.ComputeId(),
        RecordedAt = recordedAt,
        CatalogueId = catalogueId,
        TenantId = row.Tenant?.Value,
        Source = row.Source,
        Provider = row.Provider,
        HostPlatform = row.HostPlatform,
        Model = row.Model,
        ModelName = row.ModelName,
        Ordinal = row.Ordinal,
        Match = row.Match.ToString(),
        ContextWindow = row.ContextWindow,
        Deprecated = row.Deprecated,
        Meter = row.Meter,
        Unit = Meters.Unit(row.Meter),
        UnitSize = row.UnitSize,
        Price = row.Price,
        ContextStart = row.ContextStart,
        ServiceTier = row.ServiceTier,
        Batch = row.Batch,
        Region = row.Region,
        Variant = row.Variant,
        DayStart = row.DayStart,
        DayEnd = row.DayEnd,
        ValidFrom = row.ValidFrom,
        ValidTo = row.ValidTo,
        ProjectId = row.Project?.Value,
        Currency = row.Agreed?.Currency,
        AgreedAmount = row.Agreed?.Amount,
        ExchangeRate = row.Agreed?.Rate,
        RateDay = row.Agreed?.RateDay,
    };

    public PriceRow ToRow() => new()
    {
        Provider = Provider,
        HostPlatform = HostPlatform,
        Model = Model,
        ModelName = ModelName,
        Ordinal = Ordinal,
        Match = ModelMatch.Parse(Match),
        ContextWindow = (uint)ContextWindow,
        Deprecated = Deprecated,
        Meter = Meter,
        UnitSize = UnitSize,
        Price = Price,
        ContextStart = (uint)ContextStart,
        ServiceTier = ServiceTier,
        Batch = Batch,
        Region = Region,
        Variant = Variant,
        DayStart = DayStart,
        DayEnd = DayEnd,
        ValidFrom = ValidFrom,
        ValidTo = ValidTo,
        Source = Source,
        Tenant = TenantId is { } tenant ? new TenantId(tenant) : null,
        Project = ProjectId is { } project ? new ProjectId(project) : null,
        Agreed = Agreed,
    };
}

internal sealed class ImportedCatalogueConfiguration : IEntityTypeConfiguration<ImportedCatalogue>
{
    public void Configure(EntityTypeBuilder<ImportedCatalogue> builder)
    {
        builder.ToTable("price_catalogues", FinOpsDbContext.Schema);
        builder.HasKey(c => c.Id);
        builder.Property(c => c.Source).HasMaxLength(200);
        builder.Property(c => c.Version).HasMaxLength(100);
        builder.Property(c => c.Providers).HasColumnType("jsonb");
    }
}

internal sealed class PriceChangeConfiguration : IEntityTypeConfiguration<PriceChange>
{
    public void Configure(EntityTypeBuilder<PriceChange> builder)
    {
        builder.ToTable("price_changes", FinOpsDbContext.Schema);
        builder.HasKey(c => c.Id);
        builder.Property(c => c.Author).HasMaxLength(256);
        builder.Property(c => c.Reason).HasMaxLength(1000);
        builder.HasOne<Tenant>().WithMany().HasForeignKey(c => c.TenantId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<ImportedCatalogue>().WithMany().HasForeignKey(c => c.CatalogueId).OnDelete(DeleteBehavior.Restrict);
    }
}

internal sealed class RecordedPriceConfiguration : IEntityTypeConfiguration<RecordedPrice>
{
    public void Configure(EntityTypeBuilder<RecordedPrice> builder)
    {
        builder.ToTable("price_rows", FinOpsDbContext.Schema, table =>
        {
            table.HasCheckConstraint("ck_price_rows_price", "price >= 0 AND price <= 1000000");
            table.HasCheckConstraint("ck_price_rows_unit_size", "unit_size > 0");
            table.HasCheckConstraint("ck_price_rows_valid", "valid_from IS NULL OR valid_to IS NULL OR valid_from < valid_to");
            table.HasCheckConstraint("ck_price_rows_recorded", "superseded_at IS NULL OR superseded_at >= recorded_at");
            table.HasCheckConstraint("ck_price_rows_day", "(day_start IS NULL) = (day_end IS NULL)");
            table.HasCheckConstraint("ck_price_rows_currency", "num_nulls(currency, agreed_amount, exchange_rate, rate_day) IN (0, 4) AND (exchange_rate IS NULL OR exchange_rate > 0)");
        });
        builder.HasKey(r => new { r.Id, r.RecordedAt });
        builder.Property(r => r.Id).ValueGeneratedNever();
        builder.Property(r => r.Match).HasColumnType("jsonb");
        builder.Property(r => r.Meter).HasConversion<string>().HasMaxLength(40);
        builder.Property(r => r.UnitSize).HasColumnType("numeric");
        builder.Property(r => r.Price).HasColumnType("numeric");
        builder.Property(r => r.Currency).HasMaxLength(3);
        builder.Property(r => r.AgreedAmount).HasColumnType("numeric");
        builder.Property(r => r.ExchangeRate).HasColumnType("numeric");
        builder.Ignore(r => r.Agreed);
        builder.Property(r => r.Variant).HasMaxLength(256).HasDefaultValue("");
        builder.Property(r => r.DayStart).HasColumnType("time");
        builder.Property(r => r.DayEnd).HasColumnType("time");
        builder.HasOne<Tenant>().WithMany().HasForeignKey(r => r.TenantId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<ImportedCatalogue>().WithMany().HasForeignKey(r => r.CatalogueId).OnDelete(DeleteBehavior.Restrict);
        // Looked at when the statement ends: a tenant's deletion takes both along, in whatever order.
        builder.HasOne<Project>().WithMany().HasForeignKey(r => new { r.TenantId, r.ProjectId }).HasPrincipalKey(p => new { p.TenantId, p.Id }).OnDelete(DeleteBehavior.NoAction);
        // What is believed now is read as a whole; history is read by model. Two believed public rows can never be the same price.
        builder.HasIndex(r => r.Id, "ix_price_rows_current").IsUnique().HasFilter("superseded_at IS NULL AND tenant_id IS NULL");
        builder.HasIndex(r => new { r.TenantId, r.Id }, "ix_price_rows_current_of_tenant").IsUnique()
            .HasFilter("superseded_at IS NULL AND tenant_id IS NOT NULL");
        builder.HasIndex(r => new { r.Provider, r.Model });
    }
}
