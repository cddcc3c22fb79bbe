using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Bills;
using FinOps.Domain.Pricing;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FinOps.Analytics.Bills;

/// <summary>A bill that was imported. It is never changed; another version of it takes its place, or it is withdrawn.</summary>
public sealed class Bill : ITenantRow
{
    public required Guid TenantId { get; init; }
    public required Guid Id { get; init; }

    /// <summary>The file's name.</summary>
    public required string Name { get; init; }
    public required string Provider { get; init; }
    public required string Account { get; init; }
    public required DateTimeOffset FromAt { get; init; }
    public required DateTimeOffset ToAt { get; init; }

    /// <summary>As the bill told its amounts; kept are USD.</summary>
    public required string Currency { get; init; }

    /// <summary>USD, the sum of its lines.</summary>
    public required decimal Billed { get; init; }
    public required int Lines { get; init; }

    /// <summary>Of the file: the same file is not imported twice.</summary>
    public required byte[] Sha256 { get; init; }

    /// <summary>How it was read, as JSON.</summary>
    public required string Mapping { get; init; }
    public required DateTimeOffset ImportedAt { get; init; }
    public required string ImportedBy { get; init; }

    /// <summary>Null while it counts.</summary>
    public DateTimeOffset? EndedAt { get; set; }
    public string? EndedBy { get; set; }
    public string? EndedWhy { get; set; }

    /// <summary>The version that took its place; null where it was withdrawn.</summary>
    public Guid? ReplacedBy { get; set; }

    /// <summary>When it was last put beside our figures, and what came out.</summary>
    public DateTimeOffset? ReconciledAt { get; set; }
    public decimal? Ours { get; set; }
    public decimal? Rest { get; set; }

    public decimal? Residual => Ours is { } ours ? Billed - ours : null;
}

/// <summary>One line of a bill; see <see cref="BillLine"/>.</summary>
public sealed class RecordedBillLine : ITenantRow
{
    public required Guid TenantId { get; init; }
    public required Guid BillId { get; init; }
    public required int Number { get; init; }
    public required DateTimeOffset FromAt { get; init; }
    public required DateTimeOffset ToAt { get; init; }
    public required string Provider { get; init; }
    public required string Sku { get; init; }
    public required string Model { get; init; }
    public required string Meter { get; init; }
    public required string Tier { get; init; }
    public required string Region { get; init; }
    public required string Account { get; init; }
    public decimal? Quantity { get; init; }
    public required string Unit { get; init; }
    public required decimal Cost { get; init; }
    public required bool IsUsage { get; init; }

    public static RecordedBillLine From(Guid tenant, Guid bill, BillLine line) => new()
    {
        TenantId = tenant,
        BillId = bill,
        Number = line.Number,
        FromAt = line.From,
        ToAt = line.To,
        Provider = line.Provider,
        Sku = line.Sku,
        Model = line.Model,
        Meter = line.Meter,
        Tier = line.Tier,
        Region = line.Region,
        Account = line.Account,
        Quantity = line.Quantity,
        Unit = line.Unit,
        Cost = line.Cost,
        IsUsage = line.IsUsage,
    };

    public BillLine ToLine() => new()
    {
        Number = Number,
        From = FromAt,
        To = ToAt,
        Provider = Provider,
        Sku = Sku,
        Model = Model,
        Meter = Meter,
        Tier = Tier,
        Region = Region,
        Account = Account,
        Quantity = Quantity,
        Unit = Unit,
        Cost = Cost,
        IsUsage = IsUsage,
    };
}

/// <summary>A mapping that a person keeps for the next bill of the same kind.</summary>
public sealed class KeptMapping : ITenantRow
{
    public required Guid TenantId { get; init; }
    public required Guid Id { get; init; }
    public required string Name { get; init; }

    /// <summary><see cref="BillMapping"/> as JSON.</summary>
    public required string Mapping { get; set; }
    public required DateTimeOffset ChangedAt { get; set; }
    public required string ChangedBy { get; set; }
}

/// <summary>What a provider's words mean, as a person said.</summary>
public sealed class SkuMapping : ITenantRow
{
    public required Guid TenantId { get; init; }
    public required Guid Id { get; init; }
    public required string Provider { get; init; }

    /// <summary><see cref="BillLine.Words"/>.</summary>
    public required string Words { get; init; }

    /// <summary>A <see cref="ModelKey"/>.</summary>
    public required string Model { get; set; }
    public Meter? Meter { get; set; }
    public required string Tier { get; set; }
    public required bool Batch { get; set; }
    public required DateTimeOffset ChangedAt { get; set; }
    public required string ChangedBy { get; set; }
}

/// <summary>A difference between a bill and our figures that a person accepted. It is never changed: withdrawing it adds its opposite.</summary>
public sealed class Adjustment : ITenantRow
{
    public required Guid TenantId { get; init; }
    public required Guid Id { get; init; }
    public required Guid BillId { get; init; }

    /// <summary>The day that it is about: the first of the bill's period, UTC.</summary>
    public required DateOnly Date { get; init; }

    /// <summary>The day that it counts for: <see cref="Date"/>, or the day of acceptance where the books of its month were closed.</summary>
    public required DateOnly BookedOn { get; init; }
    public required string Provider { get; init; }

    /// <summary>A <see cref="ModelKey"/>; empty where the bill's words are not mapped, or no call stands behind the charge.</summary>
    public required string Model { get; init; }

    /// <summary>Null: all meters, or none.</summary>
    public Meter? Meter { get; init; }

    /// <summary>Null: what no cause explains.</summary>
    public ResidualCause? Cause { get; init; }

    /// <summary>The bill's words, where no model is known.</summary>
    public required string Words { get; init; }

    /// <summary>USD, added to our figures.</summary>
    public required decimal Amount { get; init; }
    public required string Reason { get; init; }
    public required DateTimeOffset AcceptedAt { get; init; }
    public required string AcceptedBy { get; init; }

    /// <summary>The adjustment that this one takes back.</summary>
    public Guid? Reverses { get; init; }

    /// <summary>It is about a month whose books were closed before.</summary>
    public bool IsCorrection => BookedOn != Date;
}

/// <summary>How far a month's books are.</summary>
public enum MonthState
{
    /// <summary>A job is writing its lines down.</summary>
    Closing,

    /// <summary>Its figures stand; what comes later is a correction.</summary>
    Closed,

    /// <summary>It could not be closed; <see cref="ClosedMonth.Problem"/> says why.</summary>
    Failed,

    /// <summary>An administrator opened it again: its corrections no longer count, its figures are those of its calls.</summary>
    Reopened,
}

/// <summary>A close of the books of one month (UTC).</summary>
public sealed class ClosedMonth : ITenantRow
{
    public required Guid TenantId { get; init; }

    /// <summary>Of this close: its lines in ClickHouse carry it.</summary>
    public required Guid Id { get; init; }

    /// <summary>The first of the month.</summary>
    public required DateOnly Month { get; init; }
    public required MonthState State { get; set; }
    public required DateTimeOffset RequestedAt { get; init; }
    public required string RequestedBy { get; init; }
    public DateTimeOffset? ClosedAt { get; set; }

    /// <summary>Of the attempt that wrote its lines down.</summary>
    public Guid EntryId { get; set; }

    /// <summary>USD, as closed.</summary>
    public decimal? Cost { get; set; }
    public int? Lines { get; set; }

    /// <summary>Of calls that had no price: they are in no sum.</summary>
    public long? UnpricedCalls { get; set; }
    public string? Problem { get; set; }

    /// <summary>The latest change of its calls that the books know of, by the clock of ClickHouse.</summary>
    public DateTimeOffset? ComparedThrough { get; set; }

    /// <summary>Sum of the corrections so far, USD.</summary>
    public decimal Corrections { get; set; }
    public DateTimeOffset? ReopenedAt { get; set; }
    public string? ReopenedBy { get; set; }
    public string? ReopenedWhy { get; set; }
}

internal sealed class BillConfiguration : IEntityTypeConfiguration<Bill>, IEntityTypeConfiguration<RecordedBillLine>, IEntityTypeConfiguration<KeptMapping>,
    IEntityTypeConfiguration<SkuMapping>, IEntityTypeConfiguration<Adjustment>, IEntityTypeConfiguration<ClosedMonth>
{
    internal const int MaxAuthor = 256;
    internal const int MaxReason = 1_000;

    public void Configure(EntityTypeBuilder<Bill> builder)
    {
        builder.ToTable("bills", FinOpsDbContext.Schema);
        builder.HasKey(row => new { row.TenantId, row.Id });
        builder.Property(row => row.Name).HasMaxLength(BillMapping.MaxNameLength);
        builder.Property(row => row.Provider).HasMaxLength(MaxReason);
        builder.Property(row => row.Account).HasMaxLength(MaxReason);
        builder.Property(row => row.Currency).HasMaxLength(3);
        builder.Property(row => row.Billed).HasColumnType("numeric");
        builder.Property(row => row.Ours).HasColumnType("numeric");
        builder.Property(row => row.Rest).HasColumnType("numeric");
        builder.Property(row => row.Mapping).HasColumnType("jsonb");
        builder.Property(row => row.ImportedBy).HasMaxLength(MaxAuthor);
        builder.Property(row => row.EndedBy).HasMaxLength(MaxAuthor);
        builder.Property(row => row.EndedWhy).HasMaxLength(MaxReason);
        builder.Ignore(row => row.Residual);
        builder.HasOne<Tenant>().WithMany().HasForeignKey(row => row.TenantId).OnDelete(DeleteBehavior.Cascade);
        // One file counts once, whoever imports it at the same time.
        builder.HasIndex(row => new { row.TenantId, row.Sha256 }, "ix_bills_file").IsUnique().HasFilter("ended_at IS NULL");
    }

    public void Configure(EntityTypeBuilder<RecordedBillLine> builder)
    {
        builder.ToTable("bill_lines", FinOpsDbContext.Schema);
        builder.HasKey(row => new { row.TenantId, row.BillId, row.Number });
        builder.Property(row => row.Quantity).HasColumnType("numeric");
        builder.Property(row => row.Cost).HasColumnType("numeric");
        builder.HasOne<Bill>().WithMany().HasForeignKey(row => new { row.TenantId, row.BillId }).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<KeptMapping> builder)
    {
        builder.ToTable("bill_mappings", FinOpsDbContext.Schema);
        builder.HasKey(row => new { row.TenantId, row.Id });
        builder.Property(row => row.Name).HasMaxLength(BillMapping.MaxNameLength);
        builder.Property(row => row.Mapping).HasColumnType("jsonb");
        builder.Property(row => row.ChangedBy).HasMaxLength(MaxAuthor);
        builder.HasOne<Tenant>().WithMany().HasForeignKey(row => row.TenantId).OnDelete(DeleteBehavior.Cascade);
        builder.HasIndex(row => new { row.TenantId, row.Name }, "ix_bill_mappings_name").IsUnique();
    }

    public void Configure(EntityTypeBuilder<SkuMapping> builder)
    {
        builder.ToTable("bill_skus", FinOpsDbContext.Schema);
        builder.HasKey(row => new { row.TenantId, row.Id });
        builder.Property(row => row.Provider).HasMaxLength(200);
        builder.Property(row => row.Model).HasMaxLength(ReadBill.MaxValueLength);
        builder.Property(row => row.Meter).HasConversion<string>().HasMaxLength(40);
        builder.Property(row => row.Tier).HasMaxLength(40);
        builder.Property(row => row.ChangedBy).HasMaxLength(MaxAuthor);
        builder.HasOne<Tenant>().WithMany().HasForeignKey(row => row.TenantId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<Adjustment> builder)
    {
        builder.ToTable("adjustments", FinOpsDbContext.Schema);
        builder.HasKey(row => new { row.TenantId, row.Id });
        builder.Property(row => row.Meter).HasConversion<string>().HasMaxLength(40);
        builder.Property(row => row.Cause).HasConversion<string>().HasMaxLength(40);
        builder.Property(row => row.Amount).HasColumnType("numeric");
        builder.Property(row => row.Reason).HasMaxLength(MaxReason);
        builder.Property(row => row.AcceptedBy).HasMaxLength(MaxAuthor);
        builder.Ignore(row => row.IsCorrection);
        builder.HasOne<Bill>().WithMany().HasForeignKey(row => new { row.TenantId, row.BillId }).OnDelete(DeleteBehavior.Cascade);
        builder.HasIndex(row => new { row.TenantId, row.BookedOn });
        builder.HasIndex(row => new { row.TenantId, row.Reverses }, "ix_adjustments_reverses").IsUnique().HasFilter("reverses IS NOT NULL");
    }

    public void Configure(EntityTypeBuilder<ClosedMonth> builder)
    {
        builder.ToTable("closed_months", FinOpsDbContext.Schema);
        builder.HasKey(row => new { row.TenantId, row.Id });
        builder.Property(row => row.State).HasConversion<string>().HasMaxLength(20);
        builder.Property(row => row.Cost).HasColumnType("numeric");
        builder.Property(row => row.Corrections).HasColumnType("numeric");
        builder.Property(row => row.RequestedBy).HasMaxLength(MaxAuthor);
        builder.Property(row => row.Problem).HasMaxLength(MaxReason);
        builder.Property(row => row.ReopenedBy).HasMaxLength(MaxAuthor);
        builder.Property(row => row.ReopenedWhy).HasMaxLength(MaxReason);
        builder.HasOne<Tenant>().WithMany().HasForeignKey(row => row.TenantId).OnDelete(DeleteBehavior.Cascade);
        builder.HasIndex(row => new { row.TenantId, row.Month }, "ix_closed_months_month").IsUnique().HasFilter("state IN ('Closing', 'Closed')");
    }
}
