using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace FinOps.Analytics.Stores.Postgres;

/// <summary>Brings the tables of <see cref="FinOpsDbContext"/> up to date, and holds the lock under which an installation is changed.</summary>
public sealed class PostgresMigrator(NpgsqlDataSource source, IDbContextFactory<FinOpsDbContext> contexts)
{
    /// <summary>Any number, as long as every release uses the same: "FinOpsAI".</summary>
    private const long InstallationLockKey = 0x46696E4F70734149;

    /// <summary>Waits until this process alone may migrate and bootstrap. The server drops the lock with the connection, however that ends.</summary>
    public async Task<IAsyncDisposable> LockAsync(CancellationToken cancellationToken)
    {
        var connection = await source.OpenConnectionAsync(cancellationToken);
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

    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        context.Database.SetCommandTimeout(TimeSpan.FromMinutes(10));
        await context.Database.MigrateAsync(cancellationToken);
    }

    /// <summary>Null when the server answers and every migration of this build is in; otherwise what is wrong, for people.</summary>
    public async Task<string?> FindProblemAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var context = await contexts.CreateDbContextAsync(cancellationToken);
            var pending = (await context.Database.GetPendingMigrationsAsync(cancellationToken)).Count();
            return pending == 0 ? null : $"PostgreSQL: {pending} migrations are not applied yet (--role migrate applies them).";
        }
        catch (Exception failure) when (IsAway(failure) && !cancellationToken.IsCancellationRequested)
        {
            return $"PostgreSQL: {failure.GetBaseException().Message}";
        }
    }

    /// <summary>Null when the server answers; otherwise what is wrong, for people.</summary>
    public async Task<string?> FindOutageAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var command = source.CreateCommand("SELECT 1");
            await command.ExecuteScalarAsync(cancellationToken);
            return null;
        }
        catch (Exception failure) when (IsAway(failure) && !cancellationToken.IsCancellationRequested)
        {
            return $"PostgreSQL: {failure.GetBaseException().Message}";
        }
    }

    /// <summary>Whether an exception, or what caused it, means that PostgreSQL is away or refused, rather than a mistake in this program.</summary>
    public static bool IsAway(Exception exception) =>
        exception is NpgsqlException or TimeoutException or OperationCanceledException or System.Net.Sockets.SocketException
        || exception.InnerException is { } inner && IsAway(inner);

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
