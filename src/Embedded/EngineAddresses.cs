namespace FinOps.Embedded;

/// <summary>How to reach the engines of this run. The ports are new at each start; the passwords stay.</summary>
/// <param name="PostgresConnectionString">In the syntax of Npgsql.</param>
/// <param name="ClickHouseConnectionString">In the syntax of ClickHouse.Driver.</param>
public sealed record EngineAddresses(string PostgresConnectionString, string ClickHouseConnectionString)
{
    /// <summary>No passwords in logs.</summary>
    public override string ToString() => nameof(EngineAddresses);
}
