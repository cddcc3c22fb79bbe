using ClickHouse.Driver.ADO;

namespace FinOps.Analytics.Stores.ClickHouse;

/// <summary>How the server reaches ClickHouse, and how long it lets it work. Section <c>FinOps:ClickHouse</c>.</summary>
public sealed class ClickHouseOptions
{
    public const string Section = "FinOps:ClickHouse";

    /// <summary>
    /// The user who migrates and gives the others their rights. In the driver's syntax: <c>Host=…;Port=8123;Username=…;Password=…;Database=finops</c>. From
    /// <c>FINOPS_CLICKHOUSE</c>, or from the embedded engine.
    /// </summary>
    public string ConnectionString { get; set; } = "";

    /// <summary>
    /// For processes that do not migrate, in the same syntax: the password is the secret that the passwords of the application's own users follow from, the
    /// user's name their prefix (<see cref="ClickHouseWalls"/>). From <c>FINOPS_CLICKHOUSE_APP</c>; where it is not given, the migrating user's password and "finops".
    /// </summary>
    public string AppConnectionString { get; set; } = "";

    /// <summary>Seconds after which an insert is given up and its rows go to the spool. Default 10.</summary>
    public int InsertTimeoutSeconds { get; set; } = 10;

    /// <summary>
    /// Seconds that ClickHouse itself may work on one insert. Default 9, below <see cref="InsertTimeoutSeconds"/>:
    /// roll-ups rely on it that an insert that began 20 seconds ago has ended.
    /// </summary>
    public int InsertExecutionSeconds { get; set; } = 9;

    /// <summary>Seconds that one question may take. Default 30.</summary>
    public int QueryTimeoutSeconds { get; set; } = 30;

    /// <summary>Seconds that one migration statement may take. Default 600.</summary>
    public int MigrationTimeoutSeconds { get; set; } = 600;

    /// <summary>Seconds that opening a connection may take. Default 3.</summary>
    public int ConnectTimeoutSeconds { get; set; } = 3;

    /// <summary>Connections to one server that are open at once. Default 64.</summary>
    public int MaxConnections { get; set; } = 64;

    internal IEnumerable<string> Problems()
    {
        if (ConnectionString.Length == 0 && AppConnectionString.Length == 0) yield return "FINOPS_CLICKHOUSE: no connection string.";
        if (ConnectionString.Length > 0 && ConnectionStringProblem("FINOPS_CLICKHOUSE", ConnectionString) is { } problem) yield return problem;
        if (AppConnectionString.Length > 0 && ConnectionStringProblem("FINOPS_CLICKHOUSE_APP", AppConnectionString) is { } appProblem) yield return appProblem;

        if (InsertTimeoutSeconds is < 1 or > 10) yield return $"{Section}:{nameof(InsertTimeoutSeconds)} must be 1 to 10: roll-ups rely on it.";
        if (InsertExecutionSeconds < 1 || InsertExecutionSeconds >= InsertTimeoutSeconds && InsertTimeoutSeconds > 1)
            yield return $"{Section}:{nameof(InsertExecutionSeconds)} must be at least 1 and below {nameof(InsertTimeoutSeconds)}.";
        if (QueryTimeoutSeconds < 1) yield return $"{Section}:{nameof(QueryTimeoutSeconds)} must be at least 1.";
        if (MigrationTimeoutSeconds < 1) yield return $"{Section}:{nameof(MigrationTimeoutSeconds)} must be at least 1.";
        if (ConnectTimeoutSeconds < 1) yield return $"{Section}:{nameof(ConnectTimeoutSeconds)} must be at least 1.";
        if (MaxConnections < 4) yield return $"{Section}:{nameof(MaxConnections)} must be at least 4.";
    }

    private static string? ConnectionStringProblem(string name, string connectionString)
    {
        try
        {
            var settings = new ClickHouseConnectionStringBuilder(connectionString).ToSettings();
            return ClickHouseStore.IsPlainName(settings.Database) && ClickHouseStore.IsPlainName(settings.Username)
                ? null
                : $"{name}: Database and Username must be letters, digits and underscores.";
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidOperationException or OverflowException)
        {
            return $"{name}: {e.Message}";
        }
    }
}
