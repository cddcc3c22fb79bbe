using System.Text.Json;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FinOps.Analytics.Tenancy;

/// <summary>A key of a project. Only the SHA-256 of the token is kept.</summary>
public sealed class AccessKey : ITenantRow
{
    public const int PrefixLength = 11;
    public const int MaxNameLength = 200;

    public required Guid Id { get; init; }

    public required Guid TenantId { get; init; }

    public required Guid ProjectId { get; init; }

    public required KeyKind Kind { get; init; }

    public required string Name { get; set; }

    /// <summary>The first characters of the token, so that people recognise it in a list.</summary>
    public required string Prefix { get; init; }

    public required byte[] Sha256 { get; init; }

    /// <summary>Tags that every span sent with this key has, whatever it says.</summary>
    public required IReadOnlyDictionary<Tag, string> BoundTags { get; set; }

    /// <summary>Of <see cref="KeyScopes"/>, in their order; empty for keys that send.</summary>
    public required string[] Scopes { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required string CreatedBy { get; init; }

    public DateTimeOffset? ExpiresAt { get; set; }

    public DateTimeOffset? RevokedAt { get; set; }

    /// <summary>The key that took over at a rotation; this one then lives until <see cref="ExpiresAt"/>.</summary>
    public Guid? SuccessorId { get; set; }

    /// <summary>Whether it is the one that its name means: not revoked, not expired, not succeeded.</summary>
    public bool IsCurrent(DateTimeOffset now) => RevokedAt is null && SuccessorId is null && (ExpiresAt is null || ExpiresAt > now);

    /// <summary>To the minute: written rarely, so that ingest does not turn into updates.</summary>
    public DateTimeOffset? LastUsedAt { get; set; }
}

internal sealed class AccessKeyConfiguration : IEntityTypeConfiguration<AccessKey>
{
    public void Configure(EntityTypeBuilder<AccessKey> builder)
    {
        builder.ToTable("access_keys", FinOpsDbContext.Schema);
        builder.Property(key => key.Kind).HasConversion<string>().HasMaxLength(20);
        builder.Property(key => key.Name).HasMaxLength(AccessKey.MaxNameLength);
        builder.Property(key => key.Prefix).HasMaxLength(AccessKey.PrefixLength);
        builder.Property(key => key.CreatedBy).HasMaxLength(Audit.AuditRecord.MaxNameLength);
        builder.HasIndex(key => key.Sha256).IsUnique();
        builder.HasIndex(key => new { key.TenantId, key.CreatedAt });
        builder.HasIndex(key => new { key.TenantId, key.Name });
        builder.Property(key => key.BoundTags).HasColumnType("jsonb").HasConversion(
            tags => JsonSerializer.Serialize(tags, JsonSerializerOptions.Default),
            json => JsonSerializer.Deserialize<Dictionary<Tag, string>>(json, JsonSerializerOptions.Default) ?? new Dictionary<Tag, string>(),
            new ValueComparer<IReadOnlyDictionary<Tag, string>>(
                (left, right) => left!.Count == right!.Count && !left.Except(right).Any(),
                tags => tags.Count,
                tags => tags.ToDictionary()));
        // The pair, so that a key can never point at another tenant's project.
        builder.HasOne<Project>().WithMany().HasForeignKey(key => new { key.TenantId, key.ProjectId })
            .HasPrincipalKey(project => new { project.TenantId, project.Id }).OnDelete(DeleteBehavior.Cascade);
    }
}
