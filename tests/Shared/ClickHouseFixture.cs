using System.Globalization;
using ClickHouse.Driver.ADO;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Embedded;
using FinOps.Tests.Shared;
using Microsoft.Extensions.Logging.Abstractions;

[assembly: AssemblyFixture(typeof(ClickHouseFixture))]

namespace FinOps.Tests.Shared;

/// <summary>
/// One real ClickHouse for all tests of an assembly, started by the first that needs it. Each test gets a migrated database of its own: the first one goes the whole way of the migrations, the others get its
/// tables as they are then, in a third of the time.
/// </summary>
public sealed class ClickHouseFixture : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("finops-clickhouse-tests-").FullName;
    private readonly SemaphoreSlim _starting = new(1, 1);
    private EmbeddedEngines? _engines;
    private IReadOnlyList<string> _tables = [];
    private IReadOnlyList<string> _views = [];

    // The first is the pattern of all others.
    private int _databases;

    /// <summary>Known when the engine starts, because its users file names the databases whose rows it separates.</summary>
    private static readonly string[] Databases = [.. Enumerable.Range(0, 150).Select(i => string.Create(CultureInfo.InvariantCulture, $"test_{i}"))];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The connection string of a fresh, migrated database; through another port when a test stands between.</summary>
    public async Task<ClickHouseConnectionStringBuilder> CreateDatabaseAsync()
    {
        await _starting.WaitAsync(Token);
        try
        {
            if (_engines is null)
            {
                _engines = await EmbeddedEngines.StartAsync(
                    new EmbeddedEnginesOptions(_folder, EnginesFolder.Find()) { ClickHouseUsers = password => ClickHouseWalls.UsersFile(Databases, password) }, new Progress<string>(), NullLoggerFactory.Instance, Token);
                await MigrateAsync(AddressOf(Databases[0]));
                await LearnPatternAsync();
            }
        }
        finally
        {
            _starting.Release();
        }

        var address = AddressOf(NewName());
        await CopyPatternAsync(address);
        // Finds nothing to do, and puts up and looks at the walls as of any database.
        await MigrateAsync(address);
        return address;
    }

    /// <summary>The name of a database that is not there yet.</summary>
    public string NewName() => Databases[Interlocked.Increment(ref _databases)];

    public async Task<ClickHouseStore> CreateStoreAsync() => Open(await CreateDatabaseAsync());

    public static ClickHouseStore Open(ClickHouseConnectionStringBuilder address, Action<ClickHouseOptions>? configure = null)
    {
        var options = new ClickHouseOptions { ConnectionString = address.ConnectionString };
        configure?.Invoke(options);
        return new ClickHouseStore(options);
    }

    public async ValueTask DisposeAsync()
    {
        if (_engines is not null) await _engines.DisposeAsync();
        _starting.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private ClickHouseConnectionStringBuilder AddressOf(string database) => new(_engines!.Addresses.ClickHouseConnectionString) { Database = database };

    private static async Task MigrateAsync(ClickHouseConnectionStringBuilder address)
    {
        using var store = Open(address);
        await new ClickHouseMigrator(store, NullLogger<ClickHouseMigrator>.Instance).MigrateAsync(null, Token);
    }

    private async Task LearnPatternAsync()
    {
        var (tables, views) = (new List<string>(), new List<string>());
        using var connection = new ClickHouseConnection(AddressOf(Databases[0]).ConnectionString);
        using var command = connection.CreateCommand($"SELECT engine, create_table_query FROM system.tables WHERE database = '{Databases[0]}' ORDER BY name");
        using var reader = await command.ExecuteReaderAsync(Token);
        while (await reader.ReadAsync(Token)) (reader.GetString(0) is "MaterializedView" or "View" ? views : tables).Add(reader.GetString(1));
        (_tables, _views) = (tables, views);
    }

    private async Task CopyPatternAsync(ClickHouseConnectionStringBuilder address)
    {
        // The database itself is not there to connect to.
        using var connection = new ClickHouseConnection(AddressOf(Databases[0]).ConnectionString);
        await RunAsync($"CREATE DATABASE {address.Database}");
        foreach (var made in _tables.Concat(_views)) await RunAsync(made.Replace(Databases[0] + ".", address.Database + ".", StringComparison.Ordinal));
        await RunAsync($"INSERT INTO {address.Database}.schema_migrations SELECT * FROM {Databases[0]}.schema_migrations");

        async Task RunAsync(string text)
        {
            using var command = connection.CreateCommand(text);
            await command.ExecuteNonQueryAsync(Token);
        }
    }
}
