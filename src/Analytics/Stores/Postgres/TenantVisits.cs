using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace FinOps.Analytics.Stores.Postgres;

/// <summary>The tenants that one transaction goes through, one after the other (<see cref="FinOpsDatabase.RunAcrossAsync"/>): each visit sees the rows of its tenant and no others.</summary>
public sealed class TenantVisits
{
    private readonly DbContextOptions<FinOpsDbContext> _options;
    private readonly NpgsqlTransaction _transaction;

    internal TenantVisits(DbContextOptions<FinOpsDbContext> options, NpgsqlTransaction transaction) => (_options, _transaction) = (options, transaction);

    public Task<T> VisitAsync<T>(TenantId tenant, Func<FinOpsDbContext, Task<T>> work, CancellationToken cancellationToken) =>
        VisitAsync(StoreScope.Of(tenant), work, cancellationToken);

    /// <summary>Accounts, which are no tenant's. On tenants' tables it sees no row and may write none.</summary>
    public Task<T> VisitNobodyAsync<T>(Func<FinOpsDbContext, Task<T>> work, CancellationToken cancellationToken) => VisitAsync(default(StoreScope), work, cancellationToken);

    private async Task<T> VisitAsync<T>(StoreScope scope, Func<FinOpsDbContext, Task<T>> work, CancellationToken cancellationToken)
    {
        // A context of its own: what one visit read and tracked is not the next one's.
        await using var context = new FinOpsDbContext(_options, scope);
        context.Database.SetDbConnection(_transaction.Connection);
        await context.Database.UseTransactionAsync(_transaction, cancellationToken);
        await FinOpsDatabase.EnterAsync(context, scope, cancellationToken);
        return await work(context);
    }
}
