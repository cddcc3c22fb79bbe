using FinOps.Analytics.Stores.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FinOps.Analytics.Audit;

/// <summary>One link of a tenant's chain as it is stored. Only the function <c>finops.append_audit</c> makes one; nobody changes it.</summary>
public sealed class AuditRecord : ITenantRow
{
    public const int MaxNameLength = 500;
    public const int MaxActLength = 60;

    /// <summary>Whose chain it is; the zero id is the installation's (<see cref="AuditTrail.Installation"/>).</summary>
    public required Guid TenantId { get; init; }

    /// <summary>From 1, without a gap.</summary>
    public required long Sequence { get; init; }

    /// <summary>By the clock of the database, which is one for all replicas.</summary>
    public required DateTimeOffset RecordedAt { get; init; }

    public required ActorKind ActorKind { get; init; }

    public required string ActorId { get; init; }

    public required string ActorName { get; init; }

    public required string Act { get; init; }

    public required string SubjectId { get; init; }

    public required string SubjectName { get; init; }

    /// <summary>JSON, kept letter by letter.</summary>
    public string? Before { get; init; }

    /// <summary>JSON, kept letter by letter.</summary>
    public string? After { get; init; }

    public string? Why { get; init; }

    public string? Address { get; init; }

    public required byte[] PreviousHash { get; init; }

    public required byte[] Hash { get; init; }
}

/// <summary>The end of a chain: it tells when the last links were cut off. Its row is locked while a link is added.</summary>
public sealed class AuditHead : ITenantRow
{
    public required Guid TenantId { get; init; }

    public required long Sequence { get; init; }

    public required byte[] Hash { get; init; }
}

internal sealed class AuditConfiguration : IEntityTypeConfiguration<AuditRecord>, IEntityTypeConfiguration<AuditHead>
{
    public void Configure(EntityTypeBuilder<AuditRecord> builder)
    {
        builder.ToTable("audit_entries", FinOpsDbContext.Schema);
        builder.HasKey(entry => new { entry.TenantId, entry.Sequence });
        builder.HasIndex(entry => new { entry.TenantId, entry.RecordedAt });
        builder.Property(entry => entry.ActorKind).HasConversion(kind => AuditChain.Word(kind), word => AuditChain.Kind(word)).HasMaxLength(20);
        builder.Property(entry => entry.ActorId).HasMaxLength(AuditRecord.MaxNameLength);
        builder.Property(entry => entry.ActorName).HasMaxLength(AuditRecord.MaxNameLength);
        builder.Property(entry => entry.Act).HasMaxLength(AuditRecord.MaxActLength);
        builder.Property(entry => entry.SubjectId).HasMaxLength(AuditRecord.MaxNameLength);
        builder.Property(entry => entry.SubjectName).HasMaxLength(AuditRecord.MaxNameLength);
        // Not jsonb, which would put the fields into another order: the hash is over what was written.
        builder.Property(entry => entry.Before).HasColumnType("json");
        builder.Property(entry => entry.After).HasColumnType("json");
    }

    public void Configure(EntityTypeBuilder<AuditHead> builder)
    {
        builder.ToTable("audit_heads", FinOpsDbContext.Schema);
        builder.HasKey(head => head.TenantId);
        builder.Property(head => head.TenantId).ValueGeneratedNever();
    }
}
