using FinOps.Analytics.Policies;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Policies;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FinOps.Analytics.Budgets;

/// <summary>A part of a budget that a gateway may spend. Outstanding as long as its time is not over and it was not returned. US dollars.</summary>
public sealed class RecordedLease : ITenantRow
{
    public required Guid TenantId { get; init; }
    public required Guid Id { get; init; }
    public required Guid BudgetId { get; init; }

    /// <summary>The policy for which it was asked.</summary>
    public required string PolicyId { get; init; }
    public required Guid AgentId { get; init; }

    /// <summary>When the budget's period began that it is of.</summary>
    public required DateTimeOffset StartsAt { get; init; }
    public required DateTimeOffset GrantedAt { get; init; }

    /// <summary>Never after the period's end.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }
    public required decimal GrantedUsd { get; init; }

    /// <summary>Free of the budget behind it when it was granted; null: an earlier release granted it.</summary>
    public decimal? LeftUsd { get; init; }

    /// <summary>What the agent calls its request (<see cref="Domain.Policies.Control.LeaseRequest.RequestId"/>); null: it gave it no name, or a later lease has it.</summary>
    public Guid? RequestId { get; init; }

    /// <summary>As the agent told; never goes back, and may be above what was granted.</summary>
    public required decimal SettledUsd { get; set; }
    public required long Calls { get; set; }

    /// <summary>The agent has said its last word; null: not yet.</summary>
    public DateTimeOffset? ReturnedAt { get; set; }
}

/// <summary>What agents settled in one hour of a budget's period, for one policy. US dollars.</summary>
public sealed class LeasedHour : ITenantRow
{
    public required Guid TenantId { get; init; }
    public required Guid BudgetId { get; init; }
    public required string PolicyId { get; init; }

    /// <summary>When the period of the leases began.</summary>
    public required DateTimeOffset StartsAt { get; init; }

    /// <summary>In which it was told: never before the calls were made.</summary>
    public required DateTimeOffset Hour { get; init; }
    public required decimal SettledUsd { get; init; }
    public required long Calls { get; init; }
}

internal sealed class LeaseConfiguration : IEntityTypeConfiguration<RecordedLease>, IEntityTypeConfiguration<LeasedHour>
{
    public void Configure(EntityTypeBuilder<RecordedLease> builder)
    {
        builder.ToTable("budget_leases", FinOpsDbContext.Schema);
        builder.HasKey(row => new { row.TenantId, row.Id });
        builder.Property(row => row.PolicyId).HasMaxLength(Policy.MaxIdLength);
        builder.Property(row => row.GrantedUsd).HasColumnType("numeric");
        builder.Property(row => row.LeftUsd).HasColumnType("numeric");
        builder.Property(row => row.SettledUsd).HasColumnType("numeric");
        builder.HasOne<RecordedBudget>().WithMany().HasForeignKey(row => new { row.TenantId, row.BudgetId }).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<RecordedAgent>().WithMany().HasForeignKey(row => new { row.TenantId, row.AgentId }).OnDelete(DeleteBehavior.Cascade);
        builder.HasIndex(row => new { row.TenantId, row.BudgetId, row.ExpiresAt });
        builder.HasIndex(row => new { row.TenantId, row.AgentId, row.ExpiresAt });
        // Of a request there is one lease, whichever server was asked.
        builder.HasIndex(row => new { row.TenantId, row.AgentId, row.BudgetId, row.PolicyId, row.RequestId }).IsUnique().HasFilter("request_id IS NOT NULL").HasDatabaseName("ix_budget_leases_request");
        builder.HasIndex(row => new { row.TenantId, row.ExpiresAt });
    }

    public void Configure(EntityTypeBuilder<LeasedHour> builder)
    {
        builder.ToTable("budget_leased_hours", FinOpsDbContext.Schema);
        builder.HasKey(row => new { row.TenantId, row.BudgetId, row.PolicyId, row.StartsAt, row.Hour });
        builder.Property(row => row.PolicyId).HasMaxLength(Policy.MaxIdLength);
        builder.Property(row => row.SettledUsd).HasColumnType("numeric");
        builder.HasOne<RecordedBudget>().WithMany().HasForeignKey(row => new { row.TenantId, row.BudgetId }).OnDelete(DeleteBehavior.Cascade);
    }
}
