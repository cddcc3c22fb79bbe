using FinOps.Analytics.Tenancy;
using Microsoft.AspNetCore.DataProtection.EntityFrameworkCore;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;

namespace FinOps.Analytics.Stores.Postgres;

/// <summary>What people decide. One context per operation, from <c>IDbContextFactory</c>; every query on a tenant's table names its tenant.</summary>
public sealed class FinOpsDbContext(DbContextOptions<FinOpsDbContext> options)
    : IdentityUserContext<AppUser, Guid>(options), IDataProtectionKeyContext
{
    public const string Schema = "finops";

    public DbSet<Tenant> Tenants => Set<Tenant>();

    public DbSet<Project> Projects => Set<Project>();

    public DbSet<AccessKey> AccessKeys => Set<AccessKey>();

    public DbSet<Membership> Memberships => Set<Membership>();

    public DbSet<DataProtectionKey> DataProtectionKeys => Set<DataProtectionKey>();

    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        builder.HasDefaultSchema(Schema);

        // Identity names its tables itself, which the naming convention leaves alone.
        builder.Entity<AppUser>().ToTable("users");
        builder.Entity<IdentityUserClaim<Guid>>().ToTable("user_claims");
        builder.Entity<IdentityUserLogin<Guid>>().ToTable("user_logins");
        builder.Entity<IdentityUserToken<Guid>>().ToTable("user_tokens");
        builder.Entity<DataProtectionKey>().ToTable("data_protection_keys");

        // Each feature keeps the shape of its tables beside its entities.
        builder.ApplyConfigurationsFromAssembly(typeof(FinOpsDbContext).Assembly);
    }
}
