using FinOps.Analytics.Stores.Postgres;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FinOps.Analytics.Tenancy;

/// <summary>A person who signs in. What they may do is decided by their memberships.</summary>
public sealed class AppUser : IdentityUser<Guid>
{
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>Runs the installation itself: sees what is no single tenant's, such as the jobs. Given to the first administrators, never by a tenant.</summary>
    public bool IsOperator { get; set; }

    /// <summary>The organisation that they chose last in the header: the one that a new sign-in opens. Null until they chose.</summary>
    public Guid? LastTenantId { get; set; }

    /// <summary>The time step of the last authenticator code that was taken: that one and older ones are taken no more. Written by one conditional update, never by saving a user.</summary>
    public long LastCodeStep { get; private set; }
}

/// <summary>What a member of a tenant may do. Each role may do all that the ones before it may.</summary>
public enum TenantRole
{
    Viewer = 0,
    Analyst = 1,
    Approver = 2,
    Admin = 3,
}

/// <summary>A user's place in a tenant.</summary>
public sealed class Membership : ITenantRow
{
    public required Guid UserId { get; init; }

    public required Guid TenantId { get; init; }

    public required TenantRole Role { get; set; }

    /// <summary>The only teams whose spend they see, as calls name them; null: the whole organisation's. Never empty.</summary>
    public string[]? Teams { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Given by a group of the OpenID provider: it follows the groups at each sign-in, and goes with them.</summary>
    public bool FromGroups { get; set; }
}

internal sealed class AppUserConfiguration : IEntityTypeConfiguration<AppUser>
{
    public void Configure(EntityTypeBuilder<AppUser> builder) =>
        builder.Property(user => user.LastCodeStep).Metadata.SetAfterSaveBehavior(PropertySaveBehavior.Ignore);
}

internal sealed class MembershipConfiguration : IEntityTypeConfiguration<Membership>
{
    public void Configure(EntityTypeBuilder<Membership> builder)
    {
        builder.ToTable("memberships", FinOpsDbContext.Schema, table => table.HasCheckConstraint(
            // An administrator manages the whole organisation, and nobody is limited to nothing.
            "ck_memberships_teams", "teams IS NULL OR (cardinality(teams) > 0 AND role <> 'Admin')"));
        builder.HasKey(membership => new { membership.TenantId, membership.UserId });
        builder.HasIndex(membership => membership.UserId);
        // Words, not numbers: the table is read by people too, and a new role in the middle must not change old rows.
        builder.Property(membership => membership.Role).HasConversion<string>().HasMaxLength(20);
        builder.HasOne<Tenant>().WithMany().HasForeignKey(membership => membership.TenantId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<AppUser>().WithMany().HasForeignKey(membership => membership.UserId).OnDelete(DeleteBehavior.Cascade);
    }
}
