using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.Postgres;
using Npgsql;

namespace FinOps.Analytics.Backups;

/// <summary>Where an installation keeps what: both stores by their owners' logins, and the folder of the process that takes telemetry.</summary>
/// <param name="ClickHouse">In the driver's syntax.</param>
/// <param name="SpoolFolder">Where rows wait while ClickHouse is away.</param>
public sealed record InstallationPlaces(PostgresOptions Postgres, string ClickHouse, string DataFolder, string SpoolFolder)
{
    /// <summary>What the data folder keeps beside the stores: the first sign-in that was made up at the first start, and how far the demo company came.</summary>
    internal static readonly IReadOnlyList<string> KeptFiles = ["sign-in.json", "demo-journal.json"];

    internal const string SpoolPrefix = "files/spool/";

    internal const string KeptPrefix = "files/";

    internal string OwnerOfPostgres => Postgres.ForOwner()
        ?? throw new BackupException("FINOPS_POSTGRES is not set: only the owner of the tables sees all rows. FINOPS_POSTGRES_APP is not enough.");

    internal ClickHouseStore OpenClickHouse() => new(new ClickHouseOptions { ConnectionString = ClickHouse });

    /// <summary>No passwords in logs.</summary>
    public override string ToString() => nameof(InstallationPlaces);
}

/// <summary>One backup or restore of an installation at a time: an advisory lock of PostgreSQL, which the server drops with the connection.</summary>
internal sealed class BackupLock : IAsyncDisposable
{
    /// <summary>Any number, as long as every release uses the same: "FinOpsBk".</summary>
    private const long LockKey = 0x46696E4F7073426B;

    private readonly NpgsqlConnection _connection;

    private BackupLock(NpgsqlConnection connection) => _connection = connection;

    public static async Task<BackupLock> TakeAsync(string owner, CancellationToken cancellationToken)
    {
        // A connection of its own: a pooled one would keep the lock.
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(owner) { Pooling = false }.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            await using var command = new NpgsqlCommand("SELECT pg_try_advisory_lock(@key)", connection) { Parameters = { new("key", LockKey) } };
            if (await command.ExecuteScalarAsync(cancellationToken) is true) return new BackupLock(connection);
            throw new BackupException("Another backup or restore of this installation is running. Wait for its end.");
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
