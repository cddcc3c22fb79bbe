using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace FinOps.Analytics.Stores.Postgres;

/// <summary>Brings the tables of <see cref="FinOpsDbContext"/> up to date as their owner, and holds the lock under which an installation is changed.</summary>
public sealed class PostgresMigrator(PostgresOptions options, NpgsqlDataSource source, FinOpsDatabase database) : IDisposable, IAsyncDisposable
{
    /// <summary>Any number, as long as every release uses the same: "FinOpsAI".</summary>
    private const long InstallationLockKey = 0x46696E4F70734149;

    private readonly NpgsqlDataSource? _owner = options.ForOwner() is { } owner ? NpgsqlDataSource.Create(owner) : null;

    private NpgsqlDataSource Owner => _owner
        ?? throw new InvalidOperationException("FINOPS_POSTGRES is not set: only the owner of the tables can migrate them.");

    /// <summary>Waits until this process alone may migrate and bootstrap. The server drops the lock with the connection, however that ends.</summary>
    public async Task<IAsyncDisposable> LockAsync(CancellationToken cancellationToken)
    {
        var connection = await Owner.OpenConnectionAsync(cancellationToken);
        try
        {
            await using var command = connection.CreateCommand();
            command.CommandText = "SELECT pg_advisory_lock(@key)";
            command.Parameters.AddWithValue("key", InstallationLockKey);
            // Another replica may migrate for minutes; the token ends the wait.
            command.CommandTimeout = 0;
            await command.ExecuteNonQueryAsync(cancellationToken);
            return new HeldLock(connection);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>The tables first, then the application's login and its rights on them.</summary>
    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        var owned = new DbContextOptionsBuilder<FinOpsDbContext>();
        PostgresExtensions.Use(owned, Owner);
        await using var context = new FinOpsDbContext(owned.Options);
        context.Database.SetCommandTimeout(TimeSpan.FromMinutes(10));
        await context.Database.MigrateAsync(cancellationToken);
        await new PostgresAccess(Owner, options.ForApp()).EnsureAsync(cancellationToken);
        if (await PostgresAccess.FindWeaknessAsync(source, cancellationToken) is { } weakness) throw new Tenancy.TenancyException(weakness);
    }

    /// <summary>Lets the application use a schema that another library made with the owner's login.</summary>
    public Task AllowSchemaAsync(string schema, CancellationToken cancellationToken) =>
        new PostgresAccess(Owner, options.ForApp()).AllowSchemaAsync(schema, cancellationToken);

    /// <summary>Null when the server answers, every migration of this build is in and row-level security holds for this process; otherwise what is wrong, for people.</summary>
    public async Task<string?> FindProblemAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var context = database.OpenWithoutTenant();
            var pending = (await context.Database.GetPendingMigrationsAsync(cancellationToken)).Count();
            return pending == 0
                ? await PostgresAccess.FindWeaknessAsync(source, cancellationToken)
                : $"PostgreSQL: {pending} migrations are not applied yet (--role migrate applies them).";
        }
        catch (Exception failure) when (IsAway(failure) && !cancellationToken.IsCancellationRequested)
        {
            return $"PostgreSQL: {failure.GetBaseException().Message}";
        }
    }

    /// <summary>Null when the server answers the application's login; otherwise what is wrong, for people.</summary>
    public Task<string?> FindOutageAsync(CancellationToken cancellationToken) => FindOutageAsync(source, cancellationToken);

    /// <summary>The same for the owner's, who is there before the application's login is.</summary>
    public Task<string?> FindOwnerOutageAsync(CancellationToken cancellationToken) => FindOutageAsync(Owner, cancellationToken);

    /// <summary>Whether an exception, or what caused it, means that PostgreSQL is away or refused, rather than a mistake in this program.</summary>
    public static bool IsAway(Exception exception) =>
        exception is NpgsqlException or TimeoutException or OperationCanceledException or System.Net.Sockets.SocketException
        || exception.InnerException is { } inner && IsAway(inner);

    public void Dispose() => _owner?.Dispose();

    public ValueTask DisposeAsync() => _owner?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static async Task<string?> FindOutageAsync(NpgsqlDataSource server, CancellationToken cancellationToken)
    {
        try
        {
            await using var command = server.CreateCommand("SELECT 1");
            await command.ExecuteScalarAsync(cancellationToken);
            return null;
        }
        catch (Exception failure) when (IsAway(failure) && !cancellationToken.IsCancellationRequested)
        {
            return $"PostgreSQL: {failure.GetBaseException().Message}";
        }
    }

    private sealed class HeldLock(NpgsqlConnection connection) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            if (connection.State == System.Data.ConnectionState.Open)
            {
                // Pooled connections keep session locks: give it back by hand.
                await using var command = connection.CreateCommand();
                command.CommandText = "SELECT pg_advisory_unlock_all()";
                await command.ExecuteNonQueryAsync();
            }

            await connection.DisposeAsync();
        }
    }
}
