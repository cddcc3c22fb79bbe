using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Outcomes;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FinOps.Analytics.Outcomes;

/// <summary>What a tenant counts as an outcome. It never changes: whoever wants it otherwise ends it and makes another, so that figures of the past keep their meaning.</summary>
public sealed class OutcomeDefinition : ITenantRow
{
    public required Guid TenantId { get; init; }

    public required Guid Id { get; init; }

    public required string Name { get; init; }

    public required OutcomeSource Source { get; init; }

    public required string Key { get; init; }

    public required string EventAttribute { get; init; }

    public required string[] SuccessValues { get; init; }

    public required string[] FailureValues { get; init; }

    public required string ValueKey { get; init; }

    /// <summary>The features whose calls can lead to it, and whose whole cost is therefore what its successes cost; empty: all calls.</summary>
    public required string[] Features { get; init; }

    public required DateTimeOffset ValidFrom { get; init; }

    public required DateTimeOffset MadeAt { get; init; }

    /// <summary>The e-mail address, or the name of the key.</summary>
    public required string MadeBy { get; init; }

    /// <summary>Null = it goes on.</summary>
    public DateTimeOffset? EndedAt { get; set; }

    public string? EndedBy { get; set; }

    public OutcomeRule ToRule() => new(Id, Name, Source)
    {
        Key = Key,
        EventAttribute = EventAttribute,
        SuccessValues = SuccessValues,
        FailureValues = FailureValues,
        ValueKey = ValueKey,
        ValidFrom = ValidFrom,
        ValidTo = EndedAt,
    };
}

internal sealed class OutcomeDefinitionConfiguration : IEntityTypeConfiguration<OutcomeDefinition>
{
    public void Configure(EntityTypeBuilder<OutcomeDefinition> builder)
    {
        builder.ToTable("outcome_definitions", FinOpsDbContext.Schema);
        builder.HasKey(row => new { row.TenantId, row.Id });
        foreach (var text in (string[])[nameof(OutcomeDefinition.Name), nameof(OutcomeDefinition.Key), nameof(OutcomeDefinition.EventAttribute), nameof(OutcomeDefinition.ValueKey)])
            builder.Property(text).HasMaxLength(OutcomeRule.MaxLength);
        builder.Property(row => row.MadeBy).HasMaxLength(256);
        builder.Property(row => row.EndedBy).HasMaxLength(256);
        // A name means one definition at a time.
        builder.HasIndex(row => new { row.TenantId, row.Name }).IsUnique().HasFilter("ended_at IS NULL");
        builder.HasOne<Tenant>().WithMany().HasForeignKey(row => row.TenantId).OnDelete(DeleteBehavior.Cascade);
    }
}
