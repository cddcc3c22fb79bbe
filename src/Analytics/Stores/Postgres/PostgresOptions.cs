using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace FinOps.Analytics.Stores.Postgres;

/// <summary>Where PostgreSQL is, as whom this process comes, and how long an operation may wait for it. One of the two connection strings must be there.</summary>
public sealed record PostgresOptions
{
    private const string AppSuffix = "_app";

    /// <summary>PostgreSQL cuts longer names off.</summary>
    private const int MaxNameLength = 63;

    /// <summary>The owner of the tables, who migrates. An Npgsql connection string. Environment: <c>FINOPS_POSTGRES</c>.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>
    /// The restricted login that everything else uses. Environment: <c>FINOPS_POSTGRES_APP</c>. Where it is not given, it follows from the owner's: the
    /// name is the database's with <c>_app</c>, the password an HMAC under the owner's, so that every process finds the same one and none has to keep it.
    /// </summary>
    public string? AppConnectionString { get; init; }

    /// <summary>Most connections of this process. Default 20: several replicas share a server's usual 100.</summary>
    public int MaxConnections { get; init; } = 20;

    /// <summary>How long one command may run. Default 30 s.</summary>
    public int CommandTimeoutSeconds { get; init; } = 30;

    /// <summary>How long opening a connection may take. Default 5 s: an outage is told quickly, not after the usual 15 s.</summary>
    public int ConnectTimeoutSeconds { get; init; } = 5;

    /// <summary>The restricted login, with this process's limits.</summary>
    public string ForApp() => Effective(AppConnectionString ?? Derived());

    /// <summary>The owner, with this process's limits; null where this process was not given it.</summary>
    public string? ForOwner() => ConnectionString is null ? null : Effective(ConnectionString);

    /// <summary>What is wrong with the two, for people; null when they can be used.</summary>
    public string? FindProblem()
    {
        if (ConnectionString is null && AppConnectionString is null) return "FINOPS_POSTGRES: no connection string.";
        if (ConnectionString is null) return null;
        var owner = new NpgsqlConnectionStringBuilder(ConnectionString);
        if (AppConnectionString is { } given)
        {
            return new NpgsqlConnectionStringBuilder(given).Username == owner.Username
                ? "FINOPS_POSTGRES_APP: it must be another login than the owner's in FINOPS_POSTGRES, or row-level security would not hold for it."
                : null;
        }

        if (string.IsNullOrEmpty(owner.Password))
            return "FINOPS_POSTGRES has no password to derive the application's own login from: give that login in FINOPS_POSTGRES_APP.";
        return AppName(owner).Length > MaxNameLength
            ? $"FINOPS_POSTGRES: the database's name is too long for a login of {MaxNameLength} characters beside it: give one in FINOPS_POSTGRES_APP."
            : null;
    }

    /// <summary>The connection string with this process's limits where the operator set none.</summary>
    private string Effective(string connectionString)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        var given = builder.Keys.Cast<string>().ToHashSet(StringComparer.OrdinalIgnoreCase);
        if (!given.Contains("Maximum Pool Size")) builder.MaxPoolSize = MaxConnections;
        if (!given.Contains("Command Timeout")) builder.CommandTimeout = CommandTimeoutSeconds;
        if (!given.Contains("Timeout")) builder.Timeout = ConnectTimeoutSeconds;
        if (!given.Contains("Application Name")) builder.ApplicationName = "finops";
        return builder.ConnectionString;
    }

    private string Derived()
    {
        if (FindProblem() is { } problem) throw new ArgumentException(problem);
        var builder = new NpgsqlConnectionStringBuilder(ConnectionString);
        var name = AppName(builder);
        var password = HMACSHA256.HashData(Encoding.UTF8.GetBytes(builder.Password!), Encoding.UTF8.GetBytes($"FinOps login {name}"));
        builder.Username = name;
        builder.Password = Convert.ToHexStringLower(password);
        return builder.ConnectionString;
    }

    private static string AppName(NpgsqlConnectionStringBuilder owner) => (owner.Database ?? owner.Username) + AppSuffix;

    /// <summary>No passwords in logs.</summary>
    public override string ToString() => nameof(PostgresOptions);
}
