using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FinOps.Analytics.Reratings;

/// <summary>How far a re-rating is. The names are part of the API.</summary>
public enum ReratingState
{
    /// <summary>Calls are read and rated; nothing of them changes.</summary>
    Previewing,

    /// <summary>The difference is known. A person applies it, or leaves it.</summary>
    Previewed,
    Applying,
    Applied,
    Reverting,

    /// <summary>What was applied was taken back.</summary>
    Reverted,
    Cancelled,

    /// <summary>It was tried again and again without coming further.</summary>
    Failed,
}

/// <summary>A stretch of calls of one tenant, rated anew with one version of the price book.</summary>
public sealed class Rerating : ITenantRow
{
    public const int MaxReasonLength = 1_000;

    public required Guid TenantId { get; init; }
    public required Guid Id { get; init; }

    /// <summary>Calls that started from here on.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>Exclusive.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>Only calls of this provider, as they tell it; null = of all, empty = of those that tell none.</summary>
    public string? Provider { get; init; }

    /// <summary>Only calls of this model, as they tell it; null = of all.</summary>
    public string? Model { get; init; }
    public required string Reason { get; init; }
    public required DateTimeOffset RequestedAt { get; init; }
    public required string RequestedBy { get; init; }

    /// <summary>The version of the price book that all of its calls are rated with.</summary>
    public required long BookVersion { get; init; }
    public required ReratingState State { get; set; }

    /// <summary>What was done up to here is done: the start of the next slice.</summary>
    public required DateTimeOffset NextStart { get; set; }

    /// <summary>How much there is to do in this state, counted in writes to the cells of the range, and how much of it is done.</summary>
    public long WritesInRange { get; set; }
    public long WritesDone { get; set; }

    /// <summary>When this state began, for the remaining time.</summary>
    public required DateTimeOffset StateSince { get; set; }

    /// <summary>One worker has it until then; null = nobody.</summary>
    public DateTimeOffset? HeldUntil { get; set; }

    /// <summary>Times in a row that a worker gave up.</summary>
    public int Failures { get; set; }

    /// <summary>What stopped the last worker, for people; empty = nothing.</summary>
    public required string Problem { get; set; }

    /// <summary>Calls that were looked at.</summary>
    public long Calls { get; set; }

    /// <summary>Of them those whose cost, or whether it is known, differs.</summary>
    public long ChangedCalls { get; set; }

    /// <summary>Of the changed ones those that had no price and get one.</summary>
    public long PricedCalls { get; set; }

    /// <summary>Of the changed ones those that had a price and lose it.</summary>
    public long UnpricedCalls { get; set; }

    /// <summary>Of all calls that were looked at, USD.</summary>
    public decimal OldCost { get; set; }
    public decimal NewCost { get; set; }

    /// <summary>Rated once more while applying, because something else had written them since the preview.</summary>
    public long MovedCalls { get; set; }

    public DateTimeOffset? AppliedAt { get; set; }
    public string? AppliedBy { get; set; }
    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>Who took it back or cancelled it.</summary>
    public string? EndedBy { get; set; }

    /// <summary>A worker has something to do.</summary>
    public bool IsAtWork => State is ReratingState.Previewing or ReratingState.Applying or ReratingState.Reverting;

    public bool CanApply => State == ReratingState.Previewed && ChangedCalls > 0;

    public bool CanCancel => State is ReratingState.Previewing or ReratingState.Previewed or ReratingState.Applying;

    /// <summary>Also what was cancelled or failed half applied.</summary>
    public bool CanRevert => AppliedBy is not null && (State is ReratingState.Applied or ReratingState.Cancelled or ReratingState.Failed);

    /// <summary>0 to 1.</summary>
    public double Done => WritesInRange == 0 ? IsAtWork ? 0 : 1 : Math.Min(1, (double)WritesDone / WritesInRange);

    /// <summary>By the pace so far; null while that says nothing.</summary>
    public TimeSpan? Remaining(DateTimeOffset now) => !IsAtWork || WritesDone == 0 || now <= StateSince ? null : (now - StateSince) * ((1 - Done) / Done);

    /// <summary>Whether two re-ratings could write the same call.</summary>
    internal bool Overlaps(DateTimeOffset from, DateTimeOffset to, string? provider, string? model) =>
        From < to && from < To && (Provider is null || provider is null || Provider == provider) && (Model is null || model is null || Model == model);
}

internal sealed class ReratingConfiguration : IEntityTypeConfiguration<Rerating>
{
    public void Configure(EntityTypeBuilder<Rerating> builder)
    {
        builder.ToTable("reratings", FinOpsDbContext.Schema);
        builder.HasKey(row => new { row.TenantId, row.Id });
        builder.Property(row => row.From).HasColumnName("range_from");
        builder.Property(row => row.To).HasColumnName("range_to");
        builder.Property(row => row.Provider).HasMaxLength(1_000);
        builder.Property(row => row.Model).HasMaxLength(1_000);
        builder.Property(row => row.Reason).HasMaxLength(Rerating.MaxReasonLength);
        builder.Property(row => row.RequestedBy).HasMaxLength(256);
        builder.Property(row => row.AppliedBy).HasMaxLength(256);
        builder.Property(row => row.EndedBy).HasMaxLength(256);
        builder.Property(row => row.State).HasConversion<string>().HasMaxLength(20);
        builder.Property(row => row.Problem).HasMaxLength(1_000);
        builder.Property(row => row.OldCost).HasColumnType("numeric");
        builder.Property(row => row.NewCost).HasColumnType("numeric");
        builder.HasIndex(row => new { row.TenantId, row.RequestedAt });
        builder.HasOne<Tenant>().WithMany().HasForeignKey(row => row.TenantId).OnDelete(DeleteBehavior.Cascade);
    }
}
