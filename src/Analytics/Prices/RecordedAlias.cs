using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FinOps.Analytics.Prices;

/// <summary>One alias as it was believed from <see cref="RecordedAt"/> until <see cref="SupersededAt"/>; see <see cref="PriceAlias"/>. Rows are never deleted.</summary>
public sealed class RecordedAlias : ITenantRow
{
    public required Guid TenantId { get; init; }

    /// <summary>Positive. Stays when the alias gets an end, or comes back.</summary>
    public required long Id { get; init; }
    public required DateTimeOffset RecordedAt { get; init; }

    /// <summary>Null = still believed.</summary>
    public DateTimeOffset? SupersededAt { get; set; }
    public required string ToldProvider { get; init; }
    public required string Match { get; init; }
    public required string Provider { get; init; }
    public required string Model { get; init; }
    public Guid? ProjectId { get; init; }
    public DateTimeOffset? ValidFrom { get; init; }
    public DateTimeOffset? ValidTo { get; init; }
    public required string Author { get; init; }
    public required string Reason { get; init; }

    internal SeenRow Seen => new(Id, RecordedAt);

    public PriceAlias ToAlias() => new()
    {
        ToldProvider = ToldProvider,
        Match = ModelMatch.Parse(Match),
        Provider = Provider,
        Model = Model,
        Project = ProjectId is { } project ? new ProjectId(project) : null,
        ValidFrom = ValidFrom,
        ValidTo = ValidTo,
    };

    internal static RecordedAlias From(TenantId tenant, long id, PriceAlias alias, DateTimeOffset recordedAt, string author, string reason) => new()
    {
        TenantId = tenant.Value,
        Id = id,
        RecordedAt = recordedAt,
        ToldProvider = alias.ToldProvider,
        Match = alias.Match.ToString(),
        Provider = alias.Provider,
        Model = alias.Model,
        ProjectId = alias.Project?.Value,
        ValidFrom = alias.ValidFrom,
        ValidTo = alias.ValidTo,
        Author = author,
        Reason = reason,
    };
}

internal sealed class RecordedAliasConfiguration : IEntityTypeConfiguration<RecordedAlias>
{
    public void Configure(EntityTypeBuilder<RecordedAlias> builder)
    {
        builder.ToTable("price_aliases", FinOpsDbContext.Schema, table =>
        {
            table.HasCheckConstraint("ck_price_aliases_valid", "valid_from IS NULL OR valid_to IS NULL OR valid_from < valid_to");
            table.HasCheckConstraint("ck_price_aliases_recorded", "superseded_at IS NULL OR superseded_at >= recorded_at");
        });
        builder.HasKey(row => new { row.TenantId, row.Id, row.RecordedAt });
        builder.Property(row => row.ToldProvider).HasMaxLength(OwnPriceRules.MaxTextLength);
        builder.Property(row => row.Match).HasColumnType("jsonb");
        builder.Property(row => row.Provider).HasMaxLength(OwnPriceRules.MaxTextLength);
        builder.Property(row => row.Model).HasMaxLength(OwnPriceRules.MaxTextLength);
        builder.Property(row => row.Author).HasMaxLength(256);
        builder.Property(row => row.Reason).HasMaxLength(EditPrices.MaxReasonLength);
        builder.HasOne<Tenant>().WithMany().HasForeignKey(row => row.TenantId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<Project>().WithMany().HasForeignKey(row => new { row.TenantId, row.ProjectId }).HasPrincipalKey(p => new { p.TenantId, p.Id }).OnDelete(DeleteBehavior.NoAction);
    }
}
