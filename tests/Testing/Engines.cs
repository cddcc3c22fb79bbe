using ClickHouse.Driver.ADO;
using FinOps.Analytics.Prices;
using FinOps.Analytics.Stores;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Embedded;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace FinOps.Testing;

/// <summary>One real PostgreSQL and one real ClickHouse in a folder of their own. Each server under test gets databases of its own in them.</summary>
public sealed class Engines : IAsyncDisposable
{
    private readonly EmbeddedEngines _engines;
    private readonly string _folder;

    /// <summary>Known when the engine starts, because its users file names the databases whose rows it separates.</summary>
    private static readonly string[] Databases = [.. Enumerable.Range(0, 100).Select(i => $"test_{i}"), .. Enumerable.Range(0, 20).Select(i => $"bound_{i}"), "bound_warm"];

    private readonly SemaphoreSlim _making = new(1, 1);
    private bool _isPatternMade;
    private int _databases = -1;

    private Engines(EmbeddedEngines engines, string folder)
    {
        _engines = engines;
        _folder = folder;
    }

    public static async Task<Engines> StartAsync(CancellationToken cancellationToken = default)
    {
        var folder = Directory.CreateTempSubdirectory("finops-tests-").FullName;
        var options = new EmbeddedEnginesOptions(folder, EnginesFolder.Find()) { ClickHouseUsers = password => ClickHouseWalls.UsersFile(Databases, password) };
        var engines = await EmbeddedEngines.StartAsync(options, new Progress<string>(), NullLoggerFactory.Instance, cancellationToken);
        return new Engines(engines, folder);
    }

    /// <summary>Makes an empty PostgreSQL database and gives its connection string. ClickHouse's is made by the server's own migration.</summary>
    public Task<(string Postgres, string ClickHouse)> NewDatabasesAsync(CancellationToken cancellationToken = default) => NewDatabasesAsync("", cancellationToken);

    /// <summary>The same with PostgreSQL's tables and the public prices in it: a server that starts on them finds nothing to do there.</summary>
    public async Task<(string Postgres, string ClickHouse)> NewMigratedDatabasesAsync(CancellationToken cancellationToken = default) =>
        await NewDatabasesAsync($" TEMPLATE {await PatternAsync(cancellationToken)}", cancellationToken);

    private async Task<(string Postgres, string ClickHouse)> NewDatabasesAsync(string clauses, CancellationToken cancellationToken)
    {
        var name = "test_" + Guid.NewGuid().ToString("N");
        await CreateAsync(name, clauses, cancellationToken);
        var clickHouse = new ClickHouseConnectionStringBuilder(_engines.Addresses.ClickHouseConnectionString) { Database = Databases[Interlocked.Increment(ref _databases)] };
        return (PostgresOf(name), clickHouse.ConnectionString);
    }

    /// <summary>A database that went the whole way of the migrations, and to which nothing is connected any more.</summary>
    private async Task<string> PatternAsync(CancellationToken cancellationToken)
    {
        const string name = "pattern";
        await _making.WaitAsync(cancellationToken);
        try
        {
            if (_isPatternMade) return name;
            await CreateAsync(name, "", cancellationToken);
            await using var services = new ServiceCollection().AddLogging().AddPostgres(new PostgresOptions { ConnectionString = PostgresOf(name) + ";Pooling=false" }).BuildServiceProvider();
            await services.GetRequiredService<PostgresMigrator>().MigrateAsync(cancellationToken);
            services.GetRequiredService<StoresReady>().Open();
            await new ImportPrices(services.GetRequiredService<FinOpsDatabase>(), TimeProvider.System, NullLogger<ImportPrices>.Instance).RunAsync(cancellationToken);
            _isPatternMade = true;
            return name;
        }
        finally
        {
            _making.Release();
        }
    }

    private async Task CreateAsync(string name, string clauses, CancellationToken cancellationToken)
    {
        await using var source = NpgsqlDataSource.Create(_engines.Addresses.PostgresConnectionString);
        await using var command = source.CreateCommand($"CREATE DATABASE {name}{clauses}");
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private string PostgresOf(string database) => new NpgsqlConnectionStringBuilder(_engines.Addresses.PostgresConnectionString) { Database = database }.ConnectionString;

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        await _engines.DisposeAsync();
        _making.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
