using ClickHouse.Driver.ADO;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Embedded;
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
    public async Task<(string Postgres, string ClickHouse)> NewDatabasesAsync(CancellationToken cancellationToken = default)
    {
        var name = "test_" + Guid.NewGuid().ToString("N");
        await using (var source = NpgsqlDataSource.Create(_engines.Addresses.PostgresConnectionString))
        await using (var command = source.CreateCommand($"CREATE DATABASE {name}"))
        {
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        var postgres = new NpgsqlConnectionStringBuilder(_engines.Addresses.PostgresConnectionString) { Database = name };
        var clickHouse = new ClickHouseConnectionStringBuilder(_engines.Addresses.ClickHouseConnectionString) { Database = Databases[Interlocked.Increment(ref _databases)] };
        return (postgres.ConnectionString, clickHouse.ConnectionString);
    }

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        await _engines.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
