using FinOps.Analytics.Alerts;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Alerts;
using FinOps.Domain.Channels;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FinOps.Analytics.Channels;

/// <summary>A channel as it is now.</summary>
public sealed class RecordedChannel : ITenantRow
{
    public required Guid TenantId { get; init; }
    public required Guid Id { get; init; }
    public required string Name { get; set; }

    /// <summary>JSON of a <see cref="Channel"/>.</summary>
    public required string Definition { get; set; }

    /// <summary>Encrypted <see cref="ChannelSecrets"/>, for this tenant alone.</summary>
    public required byte[] Secrets { get; set; }

    /// <summary>Where it leads, as people may see it: the host of a webhook, never its path, which may be a secret.</summary>
    public required string Shown { get; set; }

    /// <summary>Recipients who asked to get no more mail; they stay here until they are taken off the channel.</summary>
    public required string[] Unsubscribed { get; set; }

    /// <summary>1 for the first. Whoever changes an older one has not seen what others did.</summary>
    public required int Version { get; set; }
    public required DateTimeOffset ChangedAt { get; set; }
    public required string ChangedBy { get; set; }

    public Channel ToChannel() => AlertJson.Read<Channel>(Definition);
}

/// <summary>A route as it is now.</summary>
public sealed class RecordedRoute : ITenantRow
{
    public required Guid TenantId { get; init; }
    public required Guid Id { get; init; }
    public required string Name { get; set; }

    /// <summary>JSON of an <see cref="AlertRoute"/>.</summary>
    public required string Definition { get; set; }
    public required int Version { get; set; }
    public required DateTimeOffset ChangedAt { get; set; }
    public required string ChangedBy { get; set; }

    public AlertRoute ToRoute() => AlertJson.Read<AlertRoute>(Definition);
}

public enum MessageState
{
    /// <summary>To be sent at <see cref="ChannelMessage.DueAt"/>. A sender that takes it moves that time, so that no other takes it meanwhile.</summary>
    Waiting = 0,

    /// <summary>Told, or there was nothing left to tell.</summary>
    Sent = 1,

    /// <summary>Given up: people see why, and may send it again.</summary>
    Dead = 2,
}

/// <summary>What a message tells of its alerts.</summary>
public enum MessageKind
{
    /// <summary>That they were raised.</summary>
    Raised = 0,

    /// <summary>That they are still open, after somebody put them off.</summary>
    Reminder = 1,
}

/// <summary>
/// A message to a channel, or to one recipient of it, written in the same transaction as the alerts that it tells of. It holds their ids, not their words: those are found when it is sent. While it waits, further alerts join it.
/// Sent at least once: a sender may die between the receiver's answer and its own note of it; <see cref="TakenMessage.IdempotencyKey"/> tells the second copy from a new message.
/// </summary>
public sealed class ChannelMessage : ITenantRow
{
    /// <summary>Alerts that one message names; further ones are counted in <see cref="More"/>. Default 1,000.</summary>
    public const int MaxAlerts = 1_000;

    public const int MaxReasonLength = 500;
    public const int MaxGroupLength = 400;

    public required Guid TenantId { get; init; }
    public required Guid Id { get; init; }
    public required Guid ChannelId { get; init; }

    /// <summary>Of e-mail; else empty.</summary>
    public required string Recipient { get; init; }
    public required MessageKind Kind { get; init; }

    /// <summary>What is raised with the same one joins the message while it waits.</summary>
    public required string GroupKey { get; set; }

    /// <summary>In the order in which they were raised.</summary>
    public required Guid[] AlertIds { get; set; }

    /// <summary>How many were raised beyond those that it names.</summary>
    public required int More { get; set; }

    /// <summary>How many of <see cref="AlertIds"/> the receiver has already taken: what joins while a sender is under way is told after it.</summary>
    public required int Told { get; set; }
    public required MessageState State { get; set; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset DueAt { get; set; }

    /// <summary>Tries since it was written, or sent again by somebody.</summary>
    public required int Tries { get; set; }

    /// <summary>How often a sender took it. Who took it earlier may not decide about it any more.</summary>
    public required int Takes { get; set; }

    /// <summary>When it was sent or given up.</summary>
    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>What the last try failed with.</summary>
    public string? Reason { get; set; }
}

/// <summary>One try to tell something, for the channel's log. Rows are never changed.</summary>
public sealed class ChannelAttempt : ITenantRow
{
    public const int MaxAnswerLength = 500;

    public required Guid TenantId { get; init; }
    public required Guid Id { get; init; }
    public required Guid ChannelId { get; init; }

    /// <summary>Null: a test that somebody asked for, or a button that somebody pressed.</summary>
    public Guid? MessageId { get; init; }
    public required string Recipient { get; init; }
    public required DateTimeOffset At { get; init; }
    public required DeliveryOutcome Outcome { get; init; }

    /// <summary>Of HTTP or SMTP; 0 where there was no answer.</summary>
    public required int Status { get; init; }

    /// <summary>What the receiver said, or why there was no answer.</summary>
    public required string Answer { get; init; }
    public required int Milliseconds { get; init; }

    /// <summary>How many alerts it told.</summary>
    public required int Alerts { get; init; }
}

internal sealed class ChannelConfiguration
    : IEntityTypeConfiguration<RecordedChannel>, IEntityTypeConfiguration<RecordedRoute>, IEntityTypeConfiguration<ChannelMessage>, IEntityTypeConfiguration<ChannelAttempt>
{
    internal const int MaxAuthor = 256;
    internal const int MaxShown = 300;

    public void Configure(EntityTypeBuilder<RecordedChannel> builder)
    {
        builder.ToTable("channels", FinOpsDbContext.Schema);
        builder.HasKey(row => new { row.TenantId, row.Id });
        builder.Property(row => row.Name).HasMaxLength(Channel.MaxNameLength);
        builder.Property(row => row.Definition).HasColumnType("jsonb");
        builder.Property(row => row.Shown).HasMaxLength(MaxShown);
        builder.Property(row => row.ChangedBy).HasMaxLength(MaxAuthor);
        builder.HasOne<Tenant>().WithMany().HasForeignKey(row => row.TenantId).OnDelete(DeleteBehavior.Cascade);
        builder.HasIndex(row => new { row.TenantId, row.Name }).IsUnique();
    }

    public void Configure(EntityTypeBuilder<RecordedRoute> builder)
    {
        builder.ToTable("alert_routes", FinOpsDbContext.Schema);
        builder.HasKey(row => new { row.TenantId, row.Id });
        builder.Property(row => row.Name).HasMaxLength(AlertRoute.MaxNameLength);
        builder.Property(row => row.Definition).HasColumnType("jsonb");
        builder.Property(row => row.ChangedBy).HasMaxLength(MaxAuthor);
        builder.HasOne<Tenant>().WithMany().HasForeignKey(row => row.TenantId).OnDelete(DeleteBehavior.Cascade);
        builder.HasIndex(row => new { row.TenantId, row.Name }).IsUnique();
    }

    public void Configure(EntityTypeBuilder<ChannelMessage> builder)
    {
        builder.ToTable("channel_messages", FinOpsDbContext.Schema);
        builder.HasKey(row => new { row.TenantId, row.Id });
        builder.Property(row => row.Recipient).HasMaxLength(Channel.MaxRecipientLength);
        builder.Property(row => row.Kind).HasConversion<string>().HasMaxLength(20);
        builder.Property(row => row.GroupKey).HasMaxLength(ChannelMessage.MaxGroupLength);
        builder.Property(row => row.State).HasConversion<string>().HasMaxLength(20);
        builder.Property(row => row.Reason).HasMaxLength(ChannelMessage.MaxReasonLength);
        builder.HasOne<RecordedChannel>().WithMany().HasForeignKey(row => new { row.TenantId, row.ChannelId }).OnDelete(DeleteBehavior.Cascade);
        // One message of an incident waits at a time: what is raised meanwhile joins it.
        builder.HasIndex(row => new { row.TenantId, row.ChannelId, row.Recipient, row.GroupKey }, "ix_channel_messages_waiting").IsUnique().HasFilter("state = 'Waiting'");
        builder.HasIndex(row => row.DueAt, "ix_channel_messages_due").HasFilter("state = 'Waiting'");
        builder.HasIndex(row => new { row.TenantId, row.EndedAt });
    }

    public void Configure(EntityTypeBuilder<ChannelAttempt> builder)
    {
        builder.ToTable("channel_attempts", FinOpsDbContext.Schema);
        builder.HasKey(row => new { row.TenantId, row.Id });
        builder.Property(row => row.Recipient).HasMaxLength(Channel.MaxRecipientLength);
        builder.Property(row => row.Outcome).HasConversion<string>().HasMaxLength(20);
        builder.Property(row => row.Answer).HasMaxLength(ChannelAttempt.MaxAnswerLength);
        builder.HasOne<RecordedChannel>().WithMany().HasForeignKey(row => new { row.TenantId, row.ChannelId }).OnDelete(DeleteBehavior.Cascade);
        builder.HasIndex(row => new { row.TenantId, row.ChannelId, row.At });
    }
}
