using FinOps.Analytics.Stores.Postgres;
using FinOps.Embedded;

namespace FinOps.Web.Roles;

/// <summary>Where both stores are for this run. Holds the embedded engines: they live exactly as long as this.</summary>
internal sealed class StoreAddresses(PostgresOptions postgres, string clickHouse, EmbeddedEngines? engines) : IAsyncDisposable
{
    public PostgresOptions Postgres => postgres;

    public string ClickHouse => clickHouse;

    public bool Embedded => engines is not null;

    /// <summary>Takes the external addresses as they are, and starts what has none.</summary>
    public static async Task<StoreAddresses> OpenAsync(
        StartOptions start, StartProgress progress, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var postgres = new PostgresOptions { ConnectionString = start.Postgres, AppConnectionString = start.PostgresApp };
        if ((start.Postgres ?? start.PostgresApp) is not null && start.ClickHouse is { } clickHouse)
            return new StoreAddresses(postgres, clickHouse, engines: null);

        var options = new EmbeddedEnginesOptions(start.DataFolder, start.EnginesFolder ?? EnginesFolder.Find())
        {
            Postgres = start.Postgres is null,
            ClickHouse = start.ClickHouse is null,
        };
        var engines = await EmbeddedEngines.StartAsync(options, progress, loggers, cancellationToken);
        return new StoreAddresses(
            start.Postgres is null ? postgres with { ConnectionString = engines.Addresses.PostgresConnectionString } : postgres,
            start.ClickHouse ?? engines.Addresses.ClickHouseConnectionString,
            engines);
    }

    public async ValueTask DisposeAsync()
    {
        if (engines is not null) await engines.DisposeAsync();
    }
}
