using System.Globalization;
using ClickHouse.Driver.ADO;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Embedded;
using FinOps.Ingest.Tests.Pipeline;
using Microsoft.Extensions.Logging.Abstractions;

[assembly: AssemblyFixture(typeof(ClickHouseFixture))]

namespace FinOps.Ingest.Tests.Pipeline;

/// <summary>One real ClickHouse for all tests of this assembly, started by the first that needs it. Each test gets a migrated database of its own.</summary>
public sealed class ClickHouseFixture : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("finops-ingest-tests-").FullName;
    private readonly SemaphoreSlim _starting = new(1, 1);
    private EmbeddedEngines? _engines;
    private int _databases = -1;

    /// <summary>Known when the engine starts, because its users file names the databases whose rows it separates.</summary>
    private static readonly string[] Databases = [.. Enumerable.Range(0, 200).Select(i => string.Create(CultureInfo.InvariantCulture, $"test_{i}"))];

    /// <summary>The connection string of a fresh, migrated database; through another port when a test stands between.</summary>
    public async Task<ClickHouseConnectionStringBuilder> CreateDatabaseAsync()
    {
        await _starting.WaitAsync();
        try
        {
            if (_engines is null)
            {
                _engines = await EmbeddedEngines.StartAsync(
                    new EmbeddedEnginesOptions(_folder, EnginesFolder.Find()) { ClickHouseUsers = password => ClickHouseWalls.UsersFile(Databases, password) }, new Progress<string>(), NullLoggerFactory.Instance, TestContext.Current.CancellationToken);
            }
        }
        finally
        {
            _starting.Release();
        }

        var address = new ClickHouseConnectionStringBuilder(_engines.Addresses.ClickHouseConnectionString)
        {
            Database = NewName(),
        };
        using var store = Open(address);
        await new ClickHouseMigrator(store, NullLogger<ClickHouseMigrator>.Instance).MigrateAsync(null, TestContext.Current.CancellationToken);
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
}
