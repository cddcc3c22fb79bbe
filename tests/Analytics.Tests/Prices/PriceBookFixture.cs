using FinOps.Analytics.Stores;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tests.Prices;
using FinOps.Embedded;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

[assembly: AssemblyFixture(typeof(PriceBookFixture))]

namespace FinOps.Analytics.Tests.Prices;

/// <summary>One real PostgreSQL for all tests of the assembly; each test gets a migrated database of its own, because the public price book is one for everybody.</summary>
public sealed class PriceBookFixture : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("finops-prices-").FullName;
    private EmbeddedEngines? _engines;
    private readonly SemaphoreSlim _making = new(1, 1);
    private bool _isPatternMade;
    private int _databases;

    public async ValueTask InitializeAsync()
    {
        if (OperatingSystem.IsLinux()) File.SetUnixFileMode(_folder, (UnixFileMode)0b111_001_001);
        _engines = await EmbeddedEngines.StartAsync(
            new EmbeddedEnginesOptions(Path.Combine(_folder, "data"), EnginesFolder.Find()) { ClickHouse = false },
            new Progress<string>(), NullLoggerFactory.Instance, TestContext.Current.CancellationToken);
    }

    /// <summary>The services of a process whose database is new and migrated.</summary>
    public Task<ServiceProvider> CreateAsync() => CreateAsync("");

    /// <summary>The same, with an owner that may make roles and is no superuser.</summary>
    public async Task<ServiceProvider> CreateForPlainOwnerAsync()
    {
        await ExecuteAsync(
            "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'plain_owner') THEN CREATE ROLE plain_owner LOGIN CREATEROLE PASSWORD 'plain owner''s password'; END IF; END $$");
        return await CreateAsync("plain_owner");
    }

    private async Task<ServiceProvider> CreateAsync(string owner)
    {
        var name = $"book_{Interlocked.Increment(ref _databases)}";
        await ExecuteAsync($"CREATE DATABASE {name}{(owner.Length > 0 ? " OWNER " + owner : $" TEMPLATE {await PatternAsync()}")}");
        return await OpenAsync(name, owner);
    }

    /// <summary>A database that went the whole way of the migrations: the others begin as copies of it, and find nothing to do.</summary>
    private async Task<string> PatternAsync()
    {
        const string name = "book_pattern";
        await _making.WaitAsync();
        try
        {
            if (_isPatternMade) return name;
            await ExecuteAsync($"CREATE DATABASE {name}");
            await using (await OpenAsync(name, "")) _isPatternMade = true;
            return name;
        }
        finally
        {
            _making.Release();
        }
    }

    private async Task<ServiceProvider> OpenAsync(string name, string owner)
    {
        var address = new NpgsqlConnectionStringBuilder(_engines!.Addresses.PostgresConnectionString) { Database = name };
        if (owner.Length > 0) (address.Username, address.Password) = (owner, "plain owner's password");
        var services = new ServiceCollection()
            .AddLogging()
            .AddPostgres(new PostgresOptions { ConnectionString = address.ConnectionString })
            .BuildServiceProvider();
        await services.GetRequiredService<PostgresMigrator>().MigrateAsync(TestContext.Current.CancellationToken);
        services.GetRequiredService<StoresReady>().Open();
        return services;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_engines!.Addresses.PostgresConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_engines is not null) await _engines.DisposeAsync();
        _making.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
