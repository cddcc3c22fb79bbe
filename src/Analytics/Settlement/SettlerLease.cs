using FinOps.Analytics.Stores.Postgres;
using Npgsql;

namespace FinOps.Analytics.Settlement;

/// <summary>Lets one process settle at a time. Two would do no harm, only the same work.</summary>
public interface ISettlerLease : IAsyncDisposable
{
    /// <summary>Takes the lease, or makes sure that it is still held.</summary>
    Task<bool> HoldAsync(CancellationToken cancellationToken);
}

public sealed class PostgresSettlerLease(NpgsqlDataSource source) : PostgresLease(source, LockKey), ISettlerLease
{
    /// <summary>"FinOpsSe".</summary>
    private const long LockKey = 0x46696E4F70735365;
}
