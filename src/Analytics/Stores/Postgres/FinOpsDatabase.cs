using System.Data;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace FinOps.Analytics.Stores.Postgres;

/// <summary>
/// Where a context comes from. Each piece of work is one transaction that first tells PostgreSQL whose rows it may see; row-level security goes by that.
/// The setting ends with the transaction, so that neither this pool nor one in front of the server (PgBouncer) can carry it into the next piece of work.
/// </summary>
public sealed class FinOpsDatabase(NpgsqlDataSource source, DbContextOptions<FinOpsDbContext> options)
{
    /// <summary>The rows of this tenant and no others. What the work saves is committed when it returns.</summary>
    public Task<T> RunAsync<T>(TenantId tenant, Func<FinOpsDbContext, Task<T>> work, CancellationToken cancellationToken) =>
        RunAsync(StoreScope.Of(tenant), work, cancellationToken);

    public async Task<T> RunAsync<T>(
        StoreScope scope, Func<FinOpsDbContext, Task<T>> work, CancellationToken cancellationToken, IsolationLevel isolation = IsolationLevel.ReadCommitted)
    {
        await using var context = new FinOpsDbContext(options, scope);
        await using var transaction = await context.Database.BeginTransactionAsync(isolation, cancellationToken);
        await EnterAsync(context, scope, cancellationToken);
        var result = await work(context);
        await transaction.CommitAsync(cancellationToken);
        return result;
    }

    /// <summary>One transaction over several tenants, one after the other: what all visits saved is committed when the work returns, or nothing of it.</summary>
    public async Task<T> RunAcrossAsync<T>(Func<TenantVisits, Task<T>> work, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var result = await work(new TenantVisits(options, transaction));
        await transaction.CommitAsync(cancellationToken);
        return result;
    }

    /// <summary>For what is no tenant's: accounts and the keys that protect cookies. On tenants' tables it sees no row and may write none.</summary>
    public FinOpsDbContext OpenWithoutTenant() => new(options);

    /// <summary>A call of one of the functions that pass row-level security in one narrow way: docs/isolation.md names them.</summary>
    public NpgsqlCommand CreateWay(string call) => source.CreateCommand(call);

    internal static Task<int> EnterAsync(FinOpsDbContext context, StoreScope scope, CancellationToken cancellationToken) =>
        context.Database.ExecuteSqlAsync(
            $"SELECT set_config('finops.tenant', {scope.Tenant?.ToString() ?? ""}, true), set_config('finops.way', {scope.Way ?? ""}, true)", cancellationToken);
}
