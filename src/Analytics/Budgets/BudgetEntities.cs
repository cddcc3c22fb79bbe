using FinOps.Analytics.Alerts;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Budgets;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FinOps.Analytics.Budgets;

/// <summary>A budget as it is now.</summary>
public sealed class RecordedBudget : ITenantRow
{
    public required Guid TenantId { get; init; }
    public required Guid Id { get; init; }
    public required string Name { get; set; }

    /// <summary>JSON of a <see cref="Budget"/>.</summary>
    public required string Definition { get; set; }

    /// <summary>1 for the first. Whoever changes an older one has not seen what others did.</summary>
    public required int Version { get; set; }
    public required DateTimeOffset MadeAt { get; init; }
    public required string MadeBy { get; init; }
    public required DateTimeOffset ChangedAt { get; set; }
    public required string ChangedBy { get; set; }

    /// <summary>Null = it is evaluated.</summary>
    public DateTimeOffset? ArchivedAt { get; set; }

    public Budget ToBudget() => AlertJson.Read<Budget>(Definition);
}

/// <summary>What was done to a budget. The names are stored and part of the API.</summary>
public enum BudgetAct
{
    Made,
    Changed,

    /// <summary>An earlier version was put back.</summary>
    Undone,
    Archived,
    Restored,
}

/// <summary>A budget as it was from one change on. Rows are never changed.</summary>
public sealed class BudgetVersion : ITenantRow
{
    public required Guid TenantId { get; init; }
    public required Guid BudgetId { get; init; }
    public required int Version { get; init; }
    public required BudgetAct Act { get; init; }
    public required string Definition { get; init; }
    public required DateTimeOffset ChangedAt { get; init; }

    /// <summary>The e-mail address, or the name of the key.</summary>
    public required string ChangedBy { get; init; }

    public Budget ToBudget() => AlertJson.Read<Budget>(Definition);
}

/// <summary>How one period of a budget stands, as it was last evaluated. Written by <see cref="EvaluateBudgets"/> alone.</summary>
public sealed class BudgetPeriodState : ITenantRow
{
    public required Guid TenantId { get; init; }
    public required Guid BudgetId { get; init; }
    public required DateTimeOffset StartsAt { get; init; }
    public required DateTimeOffset EndsAt { get; init; }

    /// <summary>The budget's version that it was evaluated with.</summary>
    public required int Version { get; init; }

    /// <summary>In the budget's currency, as the four after it.</summary>
    public required decimal Cost { get; init; }
    public required decimal LeftOut { get; init; }
    public required long UnpricedCalls { get; init; }

    /// <summary>What counts against the allowance.</summary>
    public required decimal Spent { get; init; }
    public required decimal Carried { get; init; }
    public required decimal Allowance { get; init; }

    /// <summary>Thresholds that have an alert, as the ends of their keys: <c>actual/80</c>.</summary>
    public required string[] Alerted { get; init; }

    /// <summary>Those of them that are below again.</summary>
    public required string[] Fallen { get; init; }

    /// <summary>Why the figures could not be brought up to date, for people; empty = they are.</summary>
    public required string Problem { get; init; }

    /// <summary>When the evaluation began that found this, by the clock of PostgreSQL: an older one never overrules a newer one.</summary>
    public required DateTimeOffset AskedAt { get; init; }
}

/// <summary>What a budget's period ends with, as it was foretold on its last day; written by <see cref="ForecastBudgets"/> alone. Amounts are null where the history is too short, and the straight line stands.</summary>
public sealed class RecordedForecast : ITenantRow
{
    public required Guid TenantId { get; init; }
    public required Guid BudgetId { get; init; }

    /// <summary>The budget's version that it is of.</summary>
    public required int Version { get; init; }

    /// <summary>The period.</summary>
    public required DateTimeOffset StartsAt { get; init; }
    public required DateTimeOffset EndsAt { get; init; }

    /// <summary>When the day on which it was made is over, and it is renewed.</summary>
    public required DateTimeOffset DayEndsAt { get; init; }

    /// <summary>When it says nothing any more.</summary>
    public required DateTimeOffset UntilAt { get; init; }

    /// <summary>Whole days that were known, from the first one with spend on.</summary>
    public required int HistoryDays { get; init; }
    public decimal? ByDayEnd { get; init; }
    public decimal? ByUntil { get; init; }
    public decimal? Point { get; init; }
    public decimal? Low { get; init; }
    public decimal? High { get; init; }

    /// <summary>The share of earlier such forecasts of this history that held what came; null where it is too short to tell.</summary>
    public double? Coverage { get; init; }
    public required DateTimeOffset MadeAt { get; init; }

    public bool IsOf(int version, BudgetPeriod period) => Version == version && StartsAt == period.Start && EndsAt == period.End;

    public BudgetForecast? ToForecast() => this is { ByDayEnd: { } byDay, ByUntil: { } byUntil, Point: { } point, Low: { } low, High: { } high } ? new BudgetForecast(DayEndsAt, UntilAt, byDay, byUntil, point, low, high) : null;
}

/// <summary>Up to which change of its calls a stretch of time was asked about: while nothing was written since, nothing is asked again.</summary>
public sealed class BudgetRange : ITenantRow
{
    public required Guid TenantId { get; init; }
    public required DateTimeOffset StartsAt { get; init; }
    public required DateTimeOffset EndsAt { get; init; }

    /// <summary>Writes to the cells of the stretch.</summary>
    public required long Changes { get; init; }
    public required DateTimeOffset AskedAt { get; init; }
}

internal sealed class BudgetConfiguration
    : IEntityTypeConfiguration<RecordedBudget>, IEntityTypeConfiguration<BudgetVersion>, IEntityTypeConfiguration<BudgetPeriodState>, IEntityTypeConfiguration<BudgetRange>, IEntityTypeConfiguration<RecordedForecast>
{
    internal const int MaxAuthor = 256;
    internal const int MaxProblem = 1_000;

    public void Configure(EntityTypeBuilder<RecordedBudget> builder)
    {
        builder.ToTable("budgets", FinOpsDbContext.Schema);
        builder.HasKey(row => new { row.TenantId, row.Id });
        builder.Property(row => row.Name).HasMaxLength(Budget.MaxNameLength);
        builder.Property(row => row.Definition).HasColumnType("jsonb");
        builder.Property(row => row.MadeBy).HasMaxLength(MaxAuthor);
        builder.Property(row => row.ChangedBy).HasMaxLength(MaxAuthor);
        builder.HasOne<Tenant>().WithMany().HasForeignKey(row => row.TenantId).OnDelete(DeleteBehavior.Cascade);
        // A name means one budget at a time.
        builder.HasIndex(row => new { row.TenantId, row.Name }, "ix_budgets_name").IsUnique().HasFilter("archived_at IS NULL");
    }

    public void Configure(EntityTypeBuilder<BudgetVersion> builder)
    {
        builder.ToTable("budget_versions", FinOpsDbContext.Schema);
        builder.HasKey(row => new { row.TenantId, row.BudgetId, row.Version });
        builder.Property(row => row.Act).HasConversion<string>().HasMaxLength(20);
        builder.Property(row => row.Definition).HasColumnType("jsonb");
        builder.Property(row => row.ChangedBy).HasMaxLength(MaxAuthor);
        builder.HasOne<RecordedBudget>().WithMany().HasForeignKey(row => new { row.TenantId, row.BudgetId }).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<BudgetPeriodState> builder)
    {
        builder.ToTable("budget_periods", FinOpsDbContext.Schema);
        builder.HasKey(row => new { row.TenantId, row.BudgetId, row.StartsAt, row.EndsAt });
        foreach (var amount in (string[])[nameof(BudgetPeriodState.Cost), nameof(BudgetPeriodState.LeftOut), nameof(BudgetPeriodState.Spent), nameof(BudgetPeriodState.Carried), nameof(BudgetPeriodState.Allowance)])
            builder.Property(amount).HasColumnType("numeric");
        builder.Property(row => row.Problem).HasMaxLength(MaxProblem);
        builder.HasOne<RecordedBudget>().WithMany().HasForeignKey(row => new { row.TenantId, row.BudgetId }).OnDelete(DeleteBehavior.Cascade);
        builder.HasIndex(row => new { row.TenantId, row.EndsAt });
    }

    public void Configure(EntityTypeBuilder<RecordedForecast> builder)
    {
        builder.ToTable("budget_forecasts", FinOpsDbContext.Schema);
        builder.HasKey(row => new { row.TenantId, row.BudgetId });
        foreach (var amount in (string[])[nameof(RecordedForecast.ByDayEnd), nameof(RecordedForecast.ByUntil), nameof(RecordedForecast.Point), nameof(RecordedForecast.Low), nameof(RecordedForecast.High)])
            builder.Property(amount).HasColumnType("numeric");
        builder.HasOne<RecordedBudget>().WithMany().HasForeignKey(row => new { row.TenantId, row.BudgetId }).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<BudgetRange> builder)
    {
        builder.ToTable("budget_ranges", FinOpsDbContext.Schema);
        builder.HasKey(row => new { row.TenantId, row.StartsAt, row.EndsAt });
        builder.HasOne<Tenant>().WithMany().HasForeignKey(row => row.TenantId).OnDelete(DeleteBehavior.Cascade);
    }
}
