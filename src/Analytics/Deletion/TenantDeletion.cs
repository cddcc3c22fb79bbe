using System.Text.Json;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FinOps.Analytics.Deletion;

/// <summary>That a tenant was, or is to be, deleted: what stays of it. The installation's, not the tenant's, for it outlives the tenant.</summary>
public sealed class TenantDeletion
{
    public const int MaxStepLength = 200;

    /// <summary>The tenant's.</summary>
    public required Guid Id { get; init; }

    public required string Name { get; init; }

    public required DateTimeOffset RequestedAt { get; init; }

    public required string RequestedBy { get; init; }

    /// <summary>How far it is, for people.</summary>
    public required string Step { get; set; }

    public DateTimeOffset? FinishedAt { get; set; }

    /// <summary>Rows removed, by table, as JSON.</summary>
    public required string Counts { get; set; }

    /// <summary>By store and table.</summary>
    public IReadOnlyDictionary<string, long> Rows => RowCounts.Read(Counts);
}

/// <summary>Rows by table, as they are kept and recorded.</summary>
internal static class RowCounts
{
    public const string None = "{}";

    public static SortedDictionary<string, long> Read(string json) => new(JsonSerializer.Deserialize<Dictionary<string, long>>(json)!, StringComparer.Ordinal);

    public static string Write(SortedDictionary<string, long> counts) => JsonSerializer.Serialize(counts);
}

internal sealed class TenantDeletionConfiguration : IEntityTypeConfiguration<TenantDeletion>
{
    public void Configure(EntityTypeBuilder<TenantDeletion> builder)
    {
        builder.ToTable("tenant_deletions", FinOpsDbContext.Schema);
        builder.HasKey(row => row.Id);
        builder.Property(row => row.Id).ValueGeneratedNever();
        builder.Property(row => row.Name).HasMaxLength(Tenant.MaxNameLength);
        builder.Property(row => row.RequestedBy).HasMaxLength(256);
        builder.Property(row => row.Step).HasMaxLength(TenantDeletion.MaxStepLength);
        builder.Property(row => row.Counts).HasColumnType("json");
        builder.Ignore(row => row.Rows);
        builder.HasIndex(row => row.RequestedAt);
    }
}
