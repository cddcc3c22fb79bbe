using FinOps.Analytics.Stores;
using FinOps.Analytics.Stores.Postgres;
using Hangfire;
using Hangfire.PostgreSql;
using Hangfire.PostgreSql.Factories;
using Npgsql;

namespace FinOps.Web.Jobs;

/// <summary>Hangfire's storage, opened only when PostgreSQL is known to be there: its constructor already asks the server.</summary>
internal sealed class JobStorageSource(PostgresOptions postgres, StoresReady ready)
{
    public const string Schema = "hangfire";

    /// <summary>Connections of Hangfire's own pool: workers, queue polling, heartbeats and the dashboard.</summary>
    private const int MaxConnections = 15;

    private readonly Lazy<JobStorage> _storage = new(() => Open(postgres.ForApp(), prepareSchema: false), LazyThreadSafetyMode.PublicationOnly);

    /// <summary>Creates or updates Hangfire's tables, as their owner. Called under the installation's lock.</summary>
    public void Install() => Open(
        postgres.ForOwner() ?? throw new InvalidOperationException("Only a process that migrates makes Hangfire's tables."), prepareSchema: true);

    public async Task<JobStorage> WaitAsync(CancellationToken cancellationToken)
    {
        await ready.WaitAsync(cancellationToken);
        return _storage.Value;
    }

    /// <summary>Null until the stores are ready.</summary>
    public JobStorage? Current => ready.IsOpen ? _storage.Value : null;

    private static PostgreSqlStorage Open(string connectionString, bool prepareSchema)
    {
        var options = new PostgreSqlStorageOptions
        {
            SchemaName = Schema,
            PrepareSchemaIfNecessary = prepareSchema,
            QueuePollInterval = TimeSpan.FromSeconds(2),
            // Whoever opens it knows that the server answers: no retries that would hide a later outage.
            StartupConnectionMaxRetries = 0,
        };
        var connection = new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = "finops-jobs", MaxPoolSize = MaxConnections };
        return new PostgreSqlStorage(new NpgsqlConnectionFactory(connection.ConnectionString, options, null), options);
    }
}
