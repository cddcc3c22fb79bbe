namespace FinOps.Embedded;

/// <summary>How to reach the engines of this run. The ports are new at each start; the passwords stay.</summary>
/// <param name="postgres">Null where <see cref="EmbeddedEnginesOptions.Postgres"/> was not asked for.</param>
/// <param name="clickHouse">Null where <see cref="EmbeddedEnginesOptions.ClickHouse"/> was not asked for.</param>
public sealed class EngineAddresses(string? postgres, string? clickHouse)
{
    /// <summary>In the syntax of Npgsql.</summary>
    public string PostgresConnectionString => postgres ?? throw new InvalidOperationException("The embedded PostgreSQL was not asked for.");

    /// <summary>In the syntax of ClickHouse.Driver.</summary>
    public string ClickHouseConnectionString => clickHouse ?? throw new InvalidOperationException("The embedded ClickHouse was not asked for.");

    /// <summary>No passwords in logs.</summary>
    public override string ToString() => nameof(EngineAddresses);
}
