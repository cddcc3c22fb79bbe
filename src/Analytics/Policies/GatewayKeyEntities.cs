using System.Text.Json;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Policies;
using FinOps.Domain.Usage;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FinOps.Analytics.Policies;

/// <summary>A virtual key: what a client comes to gateways with instead of a provider's. Only its hash is kept.</summary>
public sealed class GatewayKey : ITenantRow
{
    public required Guid TenantId { get; init; }

    /// <summary>As policies match it: small letters, digits, <c>-</c>, <c>_</c> and <c>.</c>; never changes.</summary>
    public required string Id { get; init; }
    public required string Name { get; set; }

    /// <summary>Of the key in UTF-8.</summary>
    public required byte[] Sha256 { get; init; }

    /// <summary>How the key begins, for people.</summary>
    public required string Prefix { get; init; }

    /// <summary>They win over whatever a request tells.</summary>
    public required IReadOnlyDictionary<Tag, string> Tags { get; set; }

    /// <summary>Models that may be asked for, <c>*</c> for any letters; empty: all.</summary>
    public required string[] Models { get; set; }

    /// <summary>Gateways' names of providers that may be asked; empty: all.</summary>
    public required string[] Providers { get; set; }
    public DateTimeOffset? ExpiresAt { get; set; }

    /// <summary>False: it opens nothing until it is true again.</summary>
    public required bool Enabled { get; set; }
    public required DateTimeOffset MadeAt { get; init; }
    public required string MadeBy { get; init; }
    public DateTimeOffset? RevokedAt { get; set; }
    public string? RevokedBy { get; set; }

    /// <summary>As the bundle carries it.</summary>
    public VirtualKey ToKey() => new(Id, Sha256) { Name = Name, Tags = Tags, Models = Models, Providers = Providers, ExpiresAt = ExpiresAt, Enabled = Enabled && RevokedAt is null };
}

internal sealed class GatewayKeyConfiguration : IEntityTypeConfiguration<GatewayKey>
{
    internal const int PrefixLength = 8;

    public void Configure(EntityTypeBuilder<GatewayKey> builder)
    {
        builder.ToTable("gateway_keys", FinOpsDbContext.Schema);
        builder.HasKey(row => new { row.TenantId, row.Id });
        builder.Property(row => row.Id).HasMaxLength(Policy.MaxIdLength);
        builder.Property(row => row.Name).HasMaxLength(Policy.MaxNameLength);
        builder.Property(row => row.Prefix).HasMaxLength(PrefixLength);
        builder.Property(row => row.MadeBy).HasMaxLength(PolicyConfiguration.MaxAuthor);
        builder.Property(row => row.RevokedBy).HasMaxLength(PolicyConfiguration.MaxAuthor);
        builder.Property(row => row.Tags).HasColumnType("jsonb").HasConversion(
            tags => JsonSerializer.Serialize(tags, JsonSerializerOptions.Default),
            json => JsonSerializer.Deserialize<Dictionary<Tag, string>>(json, JsonSerializerOptions.Default) ?? new Dictionary<Tag, string>(),
            new ValueComparer<IReadOnlyDictionary<Tag, string>>(
                (left, right) => left!.Count == right!.Count && !left.Except(right).Any(),
                tags => tags.Count,
                tags => tags.ToDictionary()));
        builder.HasOne<Tenant>().WithMany().HasForeignKey(row => row.TenantId).OnDelete(DeleteBehavior.Cascade);
        builder.HasIndex(row => new { row.TenantId, row.MadeAt });
    }
}
