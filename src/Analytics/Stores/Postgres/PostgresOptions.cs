using Npgsql;

namespace FinOps.Analytics.Stores.Postgres;

/// <summary>Where PostgreSQL is, and how long an operation may wait for it.</summary>
public sealed record PostgresOptions
{
    /// <summary>An Npgsql connection string. Environment: <c>FINOPS_POSTGRES</c>.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>Most connections of this process. Default 20: several replicas share a server's usual 100.</summary>
    public int MaxConnections { get; init; } = 20;

    /// <summary>How long one command may run. Default 30 s.</summary>
    public int CommandTimeoutSeconds { get; init; } = 30;

    /// <summary>How long opening a connection may take. Default 5 s: an outage is told quickly, not after the usual 15 s.</summary>
    public int ConnectTimeoutSeconds { get; init; } = 5;

    /// <summary>The connection string with this process's limits where the operator set none.</summary>
    internal string Effective()
    {
        var builder = new NpgsqlConnectionStringBuilder(ConnectionString);
        var given = builder.Keys.Cast<string>().ToHashSet(StringComparer.OrdinalIgnoreCase);
        if (!given.Contains("Maximum Pool Size")) builder.MaxPoolSize = MaxConnections;
        if (!given.Contains("Command Timeout")) builder.CommandTimeout = CommandTimeoutSeconds;
        if (!given.Contains("Timeout")) builder.Timeout = ConnectTimeoutSeconds;
        if (!given.Contains("Application Name")) builder.ApplicationName = "finops";
        return builder.ConnectionString;
    }
}
