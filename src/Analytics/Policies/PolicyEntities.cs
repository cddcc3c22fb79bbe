using System.Text;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Policies;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FinOps.Analytics.Policies;

/// <summary>Where a version of a policy stands. The names are stored and part of the API.</summary>
public enum PolicyState
{
    /// <summary>Being written; nobody obeys it.</summary>
    Draft,

    /// <summary>Waits for another person's approval.</summary>
    Submitted,

    /// <summary>Was not approved, or taken back before.</summary>
    Refused,

    /// <summary>Approved, and in the bundle that gateways get.</summary>
    Active,

    /// <summary>A later version took its place.</summary>
    Superseded,

    /// <summary>Was active and was taken back.</summary>
    Withdrawn,
}

/// <summary>One version of a policy. What it says is never changed once it was submitted.</summary>
public sealed class PolicyVersion : ITenantRow
{
    public required Guid TenantId { get; init; }

    /// <summary>The policy's id, as in its document.</summary>
    public required string PolicyId { get; init; }

    /// <summary>From 1 on.</summary>
    public required int Version { get; init; }
    public required string Name { get; set; }
    public required PolicyKind Kind { get; set; }
    public required PolicyState State { get; set; }

    /// <summary>The policy's document, as <see cref="PolicyBundleWriter"/> writes it.</summary>
    public required string Definition { get; set; }

    /// <summary>Why, by whoever drafted it.</summary>
    public required string Reason { get; set; }
    public required DateTimeOffset DraftedAt { get; set; }

    /// <summary>The e-mail address, or the name of the key.</summary>
    public required string DraftedBy { get; set; }

    /// <summary>Who stands behind whoever drafted and submitted it: ids of persons, not of keys. They cannot approve it.</summary>
    public required string[] Authors { get; set; }
    public DateTimeOffset? SubmittedAt { get; set; }
    public string? SubmittedBy { get; set; }

    /// <summary>Approved or refused.</summary>
    public DateTimeOffset? DecidedAt { get; set; }
    public string? DecidedBy { get; set; }

    /// <summary>What they wrote to it.</summary>
    public string? DecisionReason { get; set; }

    /// <summary>Superseded or withdrawn.</summary>
    public DateTimeOffset? EndedAt { get; set; }
    public string? EndedBy { get; set; }

    /// <exception cref="InvalidOperationException">The stored document is not what this release reads.</exception>
    public Policy ToPolicy() => PolicyBundleReader.ReadPolicy(Encoding.UTF8.GetBytes(Definition)) is { Policy: { } policy }
        ? policy : throw new InvalidOperationException($"Version {Version} of the policy {PolicyId} cannot be read.");
}

/// <summary>A bundle that was signed. Rows are never changed; old ones go.</summary>
public sealed class RecordedBundle : ITenantRow
{
    public required Guid TenantId { get; init; }
    public required long Version { get; init; }
    public required byte[] Payload { get; init; }
    public required string KeyId { get; init; }
    public required byte[] Signature { get; init; }
    public required int Policies { get; init; }
    public required DateTimeOffset MadeAt { get; init; }
    public required string MadeBy { get; init; }

    public SignedBundle ToSigned() => new(Payload, KeyId, Signature);
}

/// <summary>The newest bundle's version of each tenant: what every process follows.</summary>
public sealed class BundleHead : ITenantRow
{
    public required Guid TenantId { get; init; }
    public required long Version { get; set; }
    public required DateTimeOffset ChangedAt { get; set; }

    /// <summary>The change of the price book up to which the bundle has its prices.</summary>
    public long BookVersion { get; set; }
}

/// <summary>A gateway at the edge.</summary>
public sealed class RecordedAgent : ITenantRow
{
    public required Guid TenantId { get; init; }
    public required Guid Id { get; init; }
    public required string Name { get; init; }

    /// <summary>The access key with which it comes.</summary>
    public required Guid KeyId { get; init; }
    public required DateTimeOffset EnrolledAt { get; init; }

    /// <summary>Who made its token.</summary>
    public required string EnrolledBy { get; init; }
    public required string Software { get; set; }
    public required string Host { get; set; }
    public required DateTimeOffset LastSeenAt { get; set; }

    /// <summary>Of the bundle that it obeys, as it last said; 0: none.</summary>
    public required long HeldVersion { get; set; }

    /// <summary>The bundle that it last refused; null: none, or it has taken a later one.</summary>
    public long? RefusedVersion { get; set; }

    /// <summary>One of <see cref="PolicyWords.Refusals"/>.</summary>
    public string? Refusal { get; set; }

    /// <summary>What it found wrong, for people; cut where it is long.</summary>
    public string? RefusalDetail { get; set; }
    public required long Calls { get; set; }
    public required long WaitingSpans { get; set; }
    public required long LostSpans { get; set; }

    /// <summary>When people were told that it is not heard of; null: they were not, or it was heard of since.</summary>
    public DateTimeOffset? ToldAwayAt { get; set; }
    public DateTimeOffset? RevokedAt { get; set; }
    public string? RevokedBy { get; set; }
}

/// <summary>A one-time token with which an agent enrols.</summary>
public sealed class AgentEnrolment : ITenantRow
{
    public required Guid TenantId { get; init; }
    public required Guid Id { get; init; }

    /// <summary>What the agent will be called.</summary>
    public required string Name { get; init; }
    public required Guid ProjectId { get; init; }
    public required byte[] Sha256 { get; init; }
    public required DateTimeOffset MadeAt { get; init; }
    public required string MadeBy { get; init; }
    public required DateTimeOffset ExpiresAt { get; init; }
    public DateTimeOffset? UsedAt { get; set; }
    public DateTimeOffset? RevokedAt { get; set; }
}

/// <summary>The key of this installation that signs bundles; its private part is encrypted. No tenant's.</summary>
public sealed class BundleSigningKey
{
    /// <summary><see cref="BundleKey.Id"/>.</summary>
    public required string Id { get; init; }
    public required byte[] ProtectedKey { get; init; }
    public required byte[] PublicKey { get; init; }
    public required DateTimeOffset MadeAt { get; init; }
}

internal sealed class PolicyConfiguration
    : IEntityTypeConfiguration<PolicyVersion>, IEntityTypeConfiguration<RecordedBundle>, IEntityTypeConfiguration<BundleHead>, IEntityTypeConfiguration<RecordedAgent>,
    IEntityTypeConfiguration<AgentEnrolment>, IEntityTypeConfiguration<BundleSigningKey>
{
    internal const int MaxAuthor = 256;
    internal const int MaxReason = 1_000;
    internal const int MaxDetail = 2_000;

    public void Configure(EntityTypeBuilder<PolicyVersion> builder)
    {
        builder.ToTable("policy_versions", FinOpsDbContext.Schema);
        builder.HasKey(row => new { row.TenantId, row.PolicyId, row.Version });
        builder.Property(row => row.PolicyId).HasMaxLength(Policy.MaxIdLength);
        builder.Property(row => row.Name).HasMaxLength(Policy.MaxNameLength);
        builder.Property(row => row.Kind).HasConversion<string>().HasMaxLength(20);
        builder.Property(row => row.State).HasConversion<string>().HasMaxLength(20);
        builder.Property(row => row.Reason).HasMaxLength(MaxReason);
        builder.Property(row => row.DecisionReason).HasMaxLength(MaxReason);
        foreach (var author in (string[])[nameof(PolicyVersion.DraftedBy), nameof(PolicyVersion.SubmittedBy), nameof(PolicyVersion.DecidedBy), nameof(PolicyVersion.EndedBy)]) builder.Property(author).HasMaxLength(MaxAuthor);
        builder.HasOne<Tenant>().WithMany().HasForeignKey(row => row.TenantId).OnDelete(DeleteBehavior.Cascade);
        // One version is obeyed, and one is being worked on.
        builder.HasIndex(row => new { row.TenantId, row.PolicyId }, "ix_policy_versions_active").IsUnique().HasFilter("state = 'Active'");
        builder.HasIndex(row => new { row.TenantId, row.PolicyId }, "ix_policy_versions_open").IsUnique().HasFilter("state IN ('Draft', 'Submitted')");
    }

    public void Configure(EntityTypeBuilder<RecordedBundle> builder)
    {
        builder.ToTable("policy_bundles", FinOpsDbContext.Schema);
        builder.HasKey(row => new { row.TenantId, row.Version });
        builder.Property(row => row.KeyId).HasMaxLength(32);
        builder.Property(row => row.MadeBy).HasMaxLength(MaxAuthor);
        builder.HasOne<Tenant>().WithMany().HasForeignKey(row => row.TenantId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<BundleHead> builder)
    {
        builder.ToTable("policy_heads", FinOpsDbContext.Schema);
        builder.HasKey(row => row.TenantId);
        builder.HasOne<Tenant>().WithMany().HasForeignKey(row => row.TenantId).OnDelete(DeleteBehavior.Cascade);
        builder.HasIndex(row => row.ChangedAt);
    }

    public void Configure(EntityTypeBuilder<RecordedAgent> builder)
    {
        builder.ToTable("agents", FinOpsDbContext.Schema);
        builder.HasKey(row => new { row.TenantId, row.Id });
        builder.Property(row => row.Name).HasMaxLength(AgentBook.MaxNameLength);
        builder.Property(row => row.EnrolledBy).HasMaxLength(MaxAuthor);
        builder.Property(row => row.RevokedBy).HasMaxLength(MaxAuthor);
        builder.Property(row => row.Software).HasMaxLength(Domain.Policies.Control.AgentControl.MaxTextLength);
        builder.Property(row => row.Host).HasMaxLength(Domain.Policies.Control.AgentControl.MaxTextLength);
        builder.Property(row => row.Refusal).HasMaxLength(40);
        builder.Property(row => row.RefusalDetail).HasMaxLength(MaxDetail);
        builder.HasOne<Tenant>().WithMany().HasForeignKey(row => row.TenantId).OnDelete(DeleteBehavior.Cascade);
        builder.HasIndex(row => new { row.TenantId, row.KeyId }).IsUnique();
    }

    public void Configure(EntityTypeBuilder<AgentEnrolment> builder)
    {
        builder.ToTable("agent_enrolments", FinOpsDbContext.Schema);
        builder.HasKey(row => new { row.TenantId, row.Id });
        builder.Property(row => row.Name).HasMaxLength(AgentBook.MaxNameLength);
        builder.Property(row => row.MadeBy).HasMaxLength(MaxAuthor);
        builder.HasIndex(row => row.Sha256).IsUnique();
        builder.HasOne<Project>().WithMany().HasForeignKey(row => new { row.TenantId, row.ProjectId })
            .HasPrincipalKey(project => new { project.TenantId, project.Id }).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<BundleSigningKey> builder)
    {
        builder.ToTable("bundle_signing_keys", FinOpsDbContext.Schema);
        builder.HasKey(row => row.Id);
        builder.Property(row => row.Id).HasMaxLength(32);
    }
}
