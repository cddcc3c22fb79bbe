using System.Data;
using Npgsql;

namespace FinOps.Analytics.Stores.Postgres;

/// <summary>Lets one process at a time do something: an advisory lock on a connection of its own. The server drops it with the connection, however the process ends. Not for several threads.</summary>
/// <param name="source">Of the application.</param>
/// <param name="key">Any number, as long as every release uses the same for the same work.</param>
public class PostgresLease(NpgsqlDataSource source, long key) : IAsyncDisposable
{
    private NpgsqlConnection? _connection;

    /// <summary>Takes the lease, or makes sure that it is still held.</summary>
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
            take.Parameters.AddWithValue("key", key);
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

    public async ValueTask DisposeAsync()
    {
        await ReleaseAsync();
        GC.SuppressFinalize(this);
    }

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
