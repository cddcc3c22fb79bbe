using System.Data;
using Npgsql;

namespace FinOps.Analytics.Settlement;

/// <summary>Lets one process settle at a time. Two would do no harm, only the same work.</summary>
public interface ISettlerLease : IAsyncDisposable
{
    /// <summary>Takes the lease, or makes sure that it is still held.</summary>
    Task<bool> HoldAsync(CancellationToken cancellationToken);
}

/// <summary>An advisory lock of PostgreSQL on a connection of its own: the server drops it with the connection, however the process ends.</summary>
public sealed class PostgresSettlerLease(NpgsqlDataSource source) : ISettlerLease
{
    /// <summary>Any number, as long as every release uses the same: "FinOpsSe".</summary>
    private const long LockKey = 0x46696E4F70735365;

    private NpgsqlConnection? _connection;

    public async Task<bool> HoldAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (_connection is { State: ConnectionState.Open } held)
            {
                await using var ask = new NpgsqlCommand("SELECT 1", held);
                await ask.ExecuteScalarAsync(cancellationToken);
                return true;
            }

            await ReleaseAsync();
            var connection = await source.OpenConnectionAsync(cancellationToken);
            _connection = connection;
            await using var take = new NpgsqlCommand("SELECT pg_try_advisory_lock(@key)", connection);
            take.Parameters.AddWithValue("key", LockKey);
            if (await take.ExecuteScalarAsync(cancellationToken) is true) return true;
            await ReleaseAsync();
            return false;
        }
        catch
        {
            await ReleaseAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync() => await ReleaseAsync();

    private async Task ReleaseAsync()
    {
        if (_connection is not { } connection) return;
        _connection = null;
        await using var _ = connection;
        if (connection.State != ConnectionState.Open) return;
        try
        {
            // The connection goes back to the pool and would keep the lock there.
            await using var give = new NpgsqlCommand("SELECT pg_advisory_unlock_all()", connection);
            await give.ExecuteScalarAsync();
        }
        catch (NpgsqlException)
        {
            // The server is gone, and the lock with it.
        }
    }
}
