using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Pricing;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FinOps.Analytics.PriceChecks;

/// <summary>One comparison of the book with the second list, or an attempt at it. Public facts: no tenant's.</summary>
public sealed class PriceCheck
{
    public long Id { get; private set; }
    public required DateTimeOffset CheckedAt { get; init; }

    /// <summary>The second list, as pages name it.</summary>
    public required string Source { get; init; }

    /// <summary>Empty = it was compared; otherwise why not, and nothing of the last comparison changed.</summary>
    public required string Problem { get; init; }

    /// <summary>The book's version that was compared; 0 = the list shipped with the program.</summary>
    public required long BookVersion { get; init; }

    /// <summary>Of the list as it was read; empty where it was not.</summary>
    public required byte[] Sha256 { get; init; }

    /// <summary>Entries of the list.</summary>
    public required int Entries { get; init; }

    /// <summary>Entries and prices of another form than the layout says.</summary>
    public required int NotUnderstood { get; init; }

    /// <summary>Prices that both have.</summary>
    public required int Compared { get; init; }

    /// <summary>Prices of the list that the book has none for.</summary>
    public required int Unknown { get; init; }

    /// <summary>Prices that differ by more than the tolerance.</summary>
    public required int Gaps { get; init; }

    /// <summary>Percent by which they might differ.</summary>
    public required decimal TolerancePercent { get; init; }
}

/// <summary>A price for which the last comparison found another one. It goes when a comparison finds it no more.</summary>
public sealed class RecordedGap
{
    /// <summary>The entry's name in the second list.</summary>
    public required string OtherName { get; init; }
    public required Meter Meter { get; init; }
    public required long ContextStart { get; init; }
    public required string ServiceTier { get; init; }
    public required bool Batch { get; init; }

    /// <summary>The book's seller and entry.</summary>
    public required string Provider { get; set; }
    public required string Model { get; set; }

    /// <summary>USD for a million tokens, as calls are rated.</summary>
    public required decimal BookPrice { get; set; }
    public required string BookSource { get; set; }

    /// <summary>Since when the book has it; null where the list shipped with the program was compared.</summary>
    public required DateTimeOffset? BookSince { get; set; }

    /// <summary>USD for a million tokens.</summary>
    public required decimal OtherPrice { get; set; }

    /// <summary>By how much the second list is dearer, as a share of the book's price.</summary>
    public required decimal Share { get; set; }

    /// <summary>The first comparison that found it, whatever the prices were.</summary>
    public required DateTimeOffset FirstSeenAt { get; init; }

    internal (string, Meter, long, string, bool) Key => (OtherName, Meter, ContextStart, ServiceTier, Batch);
}

internal sealed class PriceCheckConfiguration : IEntityTypeConfiguration<PriceCheck>
{
    public void Configure(EntityTypeBuilder<PriceCheck> builder)
    {
        builder.ToTable("price_checks", FinOpsDbContext.Schema);
        builder.HasKey(check => check.Id);
        builder.Property(check => check.Source).HasMaxLength(1000);
        builder.Property(check => check.Problem).HasMaxLength(1000);
        builder.Property(check => check.TolerancePercent).HasColumnType("numeric");
    }
}

internal sealed class RecordedGapConfiguration : IEntityTypeConfiguration<RecordedGap>
{
    public void Configure(EntityTypeBuilder<RecordedGap> builder)
    {
        builder.ToTable("price_gaps", FinOpsDbContext.Schema);
        builder.HasKey(gap => new { gap.OtherName, gap.Meter, gap.ContextStart, gap.ServiceTier, gap.Batch });
        builder.Property(gap => gap.OtherName).HasMaxLength(OwnPriceRules.MaxTextLength);
        builder.Property(gap => gap.Meter).HasConversion<string>().HasMaxLength(40);
        builder.Property(gap => gap.ServiceTier).HasMaxLength(40);
        builder.Property(gap => gap.BookPrice).HasColumnType("numeric");
        builder.Property(gap => gap.OtherPrice).HasColumnType("numeric");
        builder.Property(gap => gap.Share).HasColumnType("numeric");
    }
}
