using System.Buffers.Text;
using System.Security.Cryptography;
using FinOps.Analytics.Mail;
using FinOps.Analytics.Stores.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FinOps.Analytics.Tenancy;

/// <summary>An offer to join a tenant with a role. Only the SHA-256 of its token is kept.</summary>
public sealed class Invitation : ITenantRow
{
    public const int MaxEmailLength = OutboxMail.MaxRecipientLength;

    public required Guid Id { get; init; }

    public required Guid TenantId { get; init; }

    /// <summary>In lower case: one person has one open invitation.</summary>
    public required string Email { get; init; }

    public required TenantRole Role { get; set; }

    /// <summary>The only teams whose spend they will see; null: the whole organisation's.</summary>
    public string[]? Teams { get; set; }

    public required byte[] Sha256 { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required string CreatedBy { get; set; }

    public required DateTimeOffset ExpiresAt { get; set; }

    /// <summary>The mail that carried the newest token; null where the link was copied.</summary>
    public Guid? MailId { get; set; }

    public DateTimeOffset? AcceptedAt { get; set; }

    public Guid? AcceptedBy { get; set; }

    public DateTimeOffset? RevokedAt { get; set; }
}

/// <summary>The secret in an invitation's link: 256 random bits behind a prefix that tells secret scanners what it is.</summary>
public static class InvitationToken
{
    public const string Prefix = "fin_inv_";

    private const int RandomBytes = 32;

    public static string Create() => Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));

    public static bool IsWellFormed(string token) => token.StartsWith(Prefix, StringComparison.Ordinal) && AccessKeyToken.IsWellFormed(token);
}

internal sealed class InvitationConfiguration : IEntityTypeConfiguration<Invitation>
{
    public void Configure(EntityTypeBuilder<Invitation> builder)
    {
        builder.ToTable("invitations", FinOpsDbContext.Schema);
        builder.Property(invitation => invitation.Email).HasMaxLength(Invitation.MaxEmailLength);
        builder.Property(invitation => invitation.Role).HasConversion<string>().HasMaxLength(20);
        builder.Property(invitation => invitation.CreatedBy).HasMaxLength(256);
        builder.HasIndex(invitation => invitation.Sha256).IsUnique();
        builder.HasIndex(invitation => new { invitation.TenantId, invitation.Email }).IsUnique().HasFilter("accepted_at IS NULL AND revoked_at IS NULL");
        builder.HasIndex(invitation => invitation.Email);
        builder.HasOne<Tenant>().WithMany().HasForeignKey(invitation => invitation.TenantId).OnDelete(DeleteBehavior.Cascade);
    }
}
