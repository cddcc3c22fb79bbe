using FinOps.Analytics.Audit;
using FinOps.Analytics.Mail;
using FinOps.Analytics.Prices;
using FinOps.Analytics.Quotas;
using FinOps.Analytics.Tenancy;
using Microsoft.AspNetCore.DataProtection.EntityFrameworkCore;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;

namespace FinOps.Analytics.Stores.Postgres;

/// <summary>
/// What people decide. One context per piece of work, from <see cref="FinOpsDatabase"/>. Query filters are the first wall: whatever a query forgets to
/// say, it sees the rows of the context's tenant; row-level security in the database is the second, which holds for hand-written SQL too.
/// </summary>
public sealed class FinOpsDbContext(DbContextOptions<FinOpsDbContext> options, StoreScope scope = default)
    : IdentityUserContext<AppUser, Guid>(options), IDataProtectionKeyContext
{
    public const string Schema = "finops";

    public DbSet<Tenant> Tenants => Set<Tenant>();

    public DbSet<Project> Projects => Set<Project>();

    public DbSet<AccessKey> AccessKeys => Set<AccessKey>();

    public DbSet<Membership> Memberships => Set<Membership>();

    public DbSet<AuditRecord> AuditEntries => Set<AuditRecord>();

    public DbSet<AuditHead> AuditHeads => Set<AuditHead>();

    public DbSet<Invitation> Invitations => Set<Invitation>();

    public DbSet<OutboxMail> Mails => Set<OutboxMail>();

    public DbSet<TenantQuota> TenantQuotas => Set<TenantQuota>();

    public DbSet<UserSession> Sessions => Set<UserSession>();

    public DbSet<DataProtectionKey> DataProtectionKeys => Set<DataProtectionKey>();

    /// <summary>The filters below go by this; without a tenant they let no tenant's row through.</summary>
    internal Guid? TenantScope => scope.Tenant;

    public override int SaveChanges(bool acceptAllChangesOnSuccess)
    {
        RequireOwnRows();
        return base.SaveChanges(acceptAllChangesOnSuccess);
    }

    public override Task<int> SaveChangesAsync(bool acceptAllChangesOnSuccess, CancellationToken cancellationToken = default)
    {
        RequireOwnRows();
        return base.SaveChangesAsync(acceptAllChangesOnSuccess, cancellationToken);
    }

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

        foreach (var type in builder.Model.GetEntityTypes().Select(type => type.ClrType).Where(type => type.IsAssignableTo(typeof(ITenantRow))).ToList())
            builder.Entity(type).HasQueryFilter(FilterOf(type));
        builder.Entity<Tenant>().HasQueryFilter(tenant => tenant.Id == TenantScope);
        // Prices of nobody in particular are everybody's.
        builder.Entity<RecordedPrice>().HasQueryFilter(price => price.TenantId == null || price.TenantId == TenantScope);
        builder.Entity<PriceChange>().HasQueryFilter(change => change.TenantId == null || change.TenantId == TenantScope);
    }

    /// <summary><c>row => row.TenantId == TenantScope</c> for a type that is known at run time only.</summary>
    private System.Linq.Expressions.LambdaExpression FilterOf(Type type)
    {
        System.Linq.Expressions.Expression<Func<ITenantRow, bool>> filter = row => EF.Property<Guid>(row, nameof(ITenantRow.TenantId)) == TenantScope;
        var row = System.Linq.Expressions.Expression.Parameter(type, "row");
        var body = Microsoft.EntityFrameworkCore.Query.ReplacingExpressionVisitor.Replace(filter.Parameters[0], row, filter.Body);
        return System.Linq.Expressions.Expression.Lambda(body, row);
    }

    private void RequireOwnRows()
    {
        foreach (var entry in ChangeTracker.Entries<ITenantRow>())
        {
            if (entry.State is EntityState.Unchanged or EntityState.Detached || entry.Entity.TenantId == TenantScope) continue;
            throw new InvalidOperationException($"A {entry.Metadata.ClrType.Name} of tenant {entry.Entity.TenantId} is not this context's to change.");
        }
    }
}
