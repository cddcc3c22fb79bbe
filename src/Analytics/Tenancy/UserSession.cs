using FinOps.Analytics.Stores.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace FinOps.Analytics.Tenancy;

/// <summary>A browser in which a person is signed in. The cookie carries its id; without this row the cookie is worth nothing.</summary>
public sealed class UserSession
{
    public const int MaxDeviceLength = 400;
    public const int MaxAddressLength = 64;
    public const int MaxMethodLength = 40;

    /// <summary>Random, and only in the cookie, which is encrypted.</summary>
    public required Guid Id { get; init; }

    public required Guid UserId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>To the minute.</summary>
    public required DateTimeOffset LastSeenAt { get; set; }

    /// <summary>Moves with <see cref="LastSeenAt"/>.</summary>
    public required DateTimeOffset ExpiresAt { get; set; }

    /// <summary>The network address that it was last seen from.</summary>
    public required string Address { get; set; }

    /// <summary>What the browser calls itself.</summary>
    public required string Device { get; init; }

    /// <summary>"password", "password and code", or the name of the provider.</summary>
    public required string Method { get; init; }
}

internal sealed class UserSessionConfiguration : IEntityTypeConfiguration<UserSession>
{
    public void Configure(EntityTypeBuilder<UserSession> builder)
    {
        builder.ToTable("user_sessions", FinOpsDbContext.Schema);
        builder.Property(session => session.Device).HasMaxLength(UserSession.MaxDeviceLength);
        builder.Property(session => session.Address).HasMaxLength(UserSession.MaxAddressLength);
        builder.Property(session => session.Method).HasMaxLength(UserSession.MaxMethodLength);
        builder.HasIndex(session => new { session.UserId, session.LastSeenAt });
        builder.HasIndex(session => session.ExpiresAt);
        builder.HasOne<AppUser>().WithMany().HasForeignKey(session => session.UserId).OnDelete(DeleteBehavior.Cascade);
    }
}
