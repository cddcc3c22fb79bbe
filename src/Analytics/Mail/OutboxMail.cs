using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FinOps.Analytics.Mail;

public enum MailState
{
    /// <summary>To be sent at <see cref="OutboxMail.DueAt"/>. A sender that takes it moves that time, so that no other takes it meanwhile.</summary>
    Waiting = 0,

    Sent = 1,

    /// <summary>Given up: whoever runs the installation sees why, and may try again.</summary>
    Dead = 2,
}

/// <summary>
/// A mail to be sent, written in the same transaction as the decision that it tells of. Sent at least once: a sender may die between the server's "250"
/// and its own note of it. <see cref="Id"/> becomes the Message-Id, by which mail servers drop the second copy.
/// </summary>
public sealed class OutboxMail : ITenantRow
{
    public const int MaxRecipientLength = 254;
    public const int MaxSubjectLength = 300;
    public const int MaxReasonLength = 500;

    public required Guid Id { get; init; }

    public required Guid TenantId { get; init; }

    public required string Recipient { get; init; }

    /// <summary>The member whose view of the organisation it tells; the mail goes with their membership. Null where it tells nothing of that kind.</summary>
    public Guid? MemberId { get; init; }

    public required string Subject { get; init; }

    /// <summary>Encrypted by whoever wrote it, because it may hold a token; gone once it is sent.</summary>
    public byte[]? Body { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    public MailState State { get; set; }

    /// <summary>How often a sender took it. Who took it earlier may not decide about it any more.</summary>
    public int Tries { get; set; }

    public required DateTimeOffset DueAt { get; set; }

    /// <summary>When it was sent or given up.</summary>
    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>What the last try failed with.</summary>
    public string? Reason { get; set; }
}

internal sealed class OutboxMailConfiguration : IEntityTypeConfiguration<OutboxMail>
{
    public void Configure(EntityTypeBuilder<OutboxMail> builder)
    {
        builder.ToTable("mail_outbox", FinOpsDbContext.Schema);
        builder.Property(mail => mail.Recipient).HasMaxLength(OutboxMail.MaxRecipientLength);
        builder.Property(mail => mail.Subject).HasMaxLength(OutboxMail.MaxSubjectLength);
        builder.Property(mail => mail.Reason).HasMaxLength(OutboxMail.MaxReasonLength);
        builder.Property(mail => mail.State).HasConversion<string>().HasMaxLength(20);
        builder.HasIndex(mail => mail.DueAt).HasFilter("state = 'Waiting'");
        builder.HasOne<Tenant>().WithMany().HasForeignKey(mail => mail.TenantId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<Membership>().WithMany().HasForeignKey(mail => new { mail.TenantId, mail.MemberId }).OnDelete(DeleteBehavior.Cascade);
    }
}
