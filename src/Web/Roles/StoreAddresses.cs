using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Embedded;

namespace FinOps.Web.Roles;

/// <summary>Where both stores are for this run. Holds the embedded engines: they live exactly as long as this.</summary>
internal sealed class StoreAddresses(PostgresOptions postgres, string? clickHouse, string? clickHouseApp, EmbeddedEngines? engines) : IAsyncDisposable
{
    /// <summary>Where the tables lie in an embedded ClickHouse: the database that it begins with.</summary>
    internal const string EmbeddedDatabase = "default";

    public PostgresOptions Postgres => postgres;

    /// <summary>Of the user who migrates.</summary>
    public string? ClickHouse => clickHouse;

    /// <summary>For the application's own users, where it does not follow from the other.</summary>
    public string? ClickHouseApp => clickHouseApp;

    public bool Embedded => engines is not null;

    /// <summary>Takes the external addresses as they are, and starts what has none.</summary>
    public static async Task<StoreAddresses> OpenAsync(
        StartOptions start, StartProgress progress, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var postgres = new PostgresOptions { ConnectionString = start.Postgres, AppConnectionString = start.PostgresApp };
        var ownClickHouse = start.ClickHouse ?? start.ClickHouseApp;
        if ((start.Postgres ?? start.PostgresApp) is not null && ownClickHouse is not null)
            return new StoreAddresses(postgres, start.ClickHouse, start.ClickHouseApp, engines: null);

        var options = new EmbeddedEnginesOptions(start.DataFolder, start.EnginesFolder ?? EnginesFolder.Find())
        {
            Postgres = start.Postgres is null,
            ClickHouse = ownClickHouse is null,
            ClickHouseUsers = password => ClickHouseWalls.UsersFile([EmbeddedDatabase], password),
        };
        var engines = await EmbeddedEngines.StartAsync(options, progress, loggers, cancellationToken);
        return new StoreAddresses(
            start.Postgres is null ? postgres with { ConnectionString = engines.Addresses.PostgresConnectionString } : postgres,
            ownClickHouse is null ? engines.Addresses.ClickHouseConnectionString : start.ClickHouse,
            start.ClickHouseApp,
            engines);
    }

    public async ValueTask DisposeAsync()
    {
        if (engines is not null) await engines.DisposeAsync();
    }
}
