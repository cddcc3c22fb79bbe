using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Alerts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FinOps.Analytics.Alerts;

/// <summary>An alert as it was raised, and what became of it.</summary>
public sealed class RecordedAlert : ITenantRow
{
    public required Guid TenantId { get; init; }
    public required Guid Id { get; init; }

    /// <summary>Means one alert of the tenant: whoever raises it again makes no second one.</summary>
    public required string Key { get; init; }

    /// <summary>Alerts with the same one are one incident.</summary>
    public required string GroupKey { get; init; }
    public required AlertKind Kind { get; init; }
    public required AlertSeverity Severity { get; init; }
    public required AlertState State { get; set; }
    public required string Subject { get; init; }

    /// <summary>JSON of a <see cref="Domain.Usage.SpendScope"/>.</summary>
    public required string Scope { get; init; }

    /// <summary>JSON of <see cref="AlertFact"/>s.</summary>
    public required string Facts { get; init; }
    public required string Link { get; init; }
    public required DateTimeOffset OpenedAt { get; init; }

    /// <summary>Since when the figure is below again, because it was corrected; null while it is not.</summary>
    public DateTimeOffset? FellBelowAt { get; set; }
    public DateTimeOffset? AcknowledgedAt { get; set; }
    public string? AcknowledgedBy { get; set; }

    /// <summary>Until when somebody put it off: if it is open then, it is told again where it was told. Null = nobody did, or it was acknowledged, resolved or opened again since.</summary>
    public DateTimeOffset? SnoozedUntil { get; set; }
    public string? SnoozedBy { get; set; }
    public DateTimeOffset? ResolvedAt { get; set; }
    public string? ResolvedBy { get; set; }

    /// <summary>Whether it was worth telling, as somebody judged; null = nobody has.</summary>
    public bool? IsUseful { get; set; }
    public string? JudgedBy { get; set; }
}

/// <summary>What became of an alert. The names are stored and part of the API.</summary>
public enum AlertAct
{
    Opened,
    Acknowledged,
    Resolved,
    Reopened,

    /// <summary>A correction brought the figure below the threshold again.</summary>
    FellBelow,

    /// <summary>And then it passed it again.</summary>
    RoseAgain,
    JudgedUseful,
    JudgedNotUseful,

    /// <summary>Put off: told again later if it is open then.</summary>
    Snoozed,
}

/// <summary>One thing that became of an alert. Rows are never changed.</summary>
public sealed class AlertEvent : ITenantRow
{
    public required Guid TenantId { get; init; }
    public required Guid Id { get; init; }
    public required Guid AlertId { get; init; }
    public required DateTimeOffset At { get; init; }
    public required AlertAct Act { get; init; }

    /// <summary>The e-mail address, or the name of the key or the job.</summary>
    public required string By { get; init; }
}

internal sealed class AlertConfiguration : IEntityTypeConfiguration<RecordedAlert>, IEntityTypeConfiguration<AlertEvent>
{
    internal const int MaxAuthor = 256;

    public void Configure(EntityTypeBuilder<RecordedAlert> builder)
    {
        builder.ToTable("alerts", FinOpsDbContext.Schema);
        builder.HasKey(row => new { row.TenantId, row.Id });
        builder.Property(row => row.Key).HasMaxLength(Alert.MaxKeyLength);
        builder.Property(row => row.GroupKey).HasMaxLength(Alert.MaxKeyLength);
        builder.Property(row => row.Kind).HasConversion<string>().HasMaxLength(20);
        builder.Property(row => row.Severity).HasConversion<string>().HasMaxLength(20);
        builder.Property(row => row.State).HasConversion<string>().HasMaxLength(20);
        builder.Property(row => row.Subject).HasMaxLength(Alert.MaxTextLength);
        builder.Property(row => row.Scope).HasColumnType("jsonb");
        builder.Property(row => row.Facts).HasColumnType("jsonb");
        builder.Property(row => row.Link).HasMaxLength(Alert.MaxTextLength);
        builder.Property(row => row.AcknowledgedBy).HasMaxLength(MaxAuthor);
        builder.Property(row => row.SnoozedBy).HasMaxLength(MaxAuthor);
        builder.Property(row => row.ResolvedBy).HasMaxLength(MaxAuthor);
        builder.Property(row => row.JudgedBy).HasMaxLength(MaxAuthor);
        builder.HasOne<Tenant>().WithMany().HasForeignKey(row => row.TenantId).OnDelete(DeleteBehavior.Cascade);
        // Exactly one, whatever raises it at the same time.
        builder.HasIndex(row => new { row.TenantId, row.Key }, "ix_alerts_key").IsUnique();
        // For the count that every page shows.
        builder.HasIndex(row => row.TenantId, "ix_alerts_open").HasFilter("state = 'Open'");
        builder.HasIndex(row => new { row.TenantId, row.OpenedAt });
        builder.HasIndex(row => new { row.TenantId, row.GroupKey });
    }

    public void Configure(EntityTypeBuilder<AlertEvent> builder)
    {
        builder.ToTable("alert_events", FinOpsDbContext.Schema);
        builder.HasKey(row => new { row.TenantId, row.Id });
        builder.Property(row => row.Act).HasConversion<string>().HasMaxLength(20);
        builder.Property(row => row.By).HasMaxLength(MaxAuthor);
        builder.HasOne<RecordedAlert>().WithMany().HasForeignKey(row => new { row.TenantId, row.AlertId }).OnDelete(DeleteBehavior.Cascade);
        builder.HasIndex(row => new { row.TenantId, row.AlertId });
    }
}
