using System.Globalization;
using ClickHouse.Driver.ADO;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;
using FinOps.Testing;

namespace FinOps.Bench.Ingest;

/// <summary>The real server as a child process of role <c>all</c> beside its engines, settling and all other jobs on; and what it takes of the machine.</summary>
internal sealed class AppUnderLoad : IAsyncDisposable
{
    public const string AdminEmail = "owner@example.test";
    public const string AdminPassword = "a long enough password";
    public const string IngestKey = "bench-INGEST-key-0123456789-abcdef";
    public const string ApiKey = "bench-API-key-0123456789-abcdef-ghijk";

    private readonly Engines _engines;
    private readonly string _folder;

    private AppUnderLoad(Engines engines, string folder, string postgres, string clickHouse, ServerProcess server)
    {
        Postgres = postgres;
        _engines = engines;
        _folder = folder;
        ClickHouse = clickHouse;
        Server = server;
    }

    public ServerProcess Server { get; private set; }

    /// <summary>As the owner of the tables.</summary>
    public string Postgres { get; }

    private string Folder => string.Create(CultureInfo.InvariantCulture, $"/proc/{Server.ProcessId}");

    /// <summary>As the user who migrates.</summary>
    public string ClickHouse { get; }

    public static Task<AppUnderLoad> StartAsync(params string[] arguments) => StartAsync(new Dictionary<string, string?>(), arguments);

    /// <param name="settings">Environment variables beside the usual ones.</param>
    public static async Task<AppUnderLoad> StartAsync(IReadOnlyDictionary<string, string?> settings, params string[] arguments)
    {
        var engines = await Engines.StartAsync();
        var folder = Directory.CreateTempSubdirectory("finops-bench-").FullName;
        var (postgres, clickHouse) = await engines.NewDatabasesAsync();
        var app = new AppUnderLoad(engines, folder, postgres, clickHouse, NewServer(folder, postgres, clickHouse, settings, arguments));
        await app.Server.StartReadyAsync();
        return app;
    }

    /// <summary>Stops the server and starts it again on the same data; gives the seconds until it is ready.</summary>
    public async Task<double> StartAgainAsync()
    {
        await Server.StopAsync();
        var began = TimeProvider.System.GetTimestamp();
        await Server.StartReadyAsync();
        return TimeProvider.System.GetElapsedTime(began).TotalSeconds;
    }

    /// <summary>An empty database in the same ClickHouse with the same tables and views.</summary>
    public async Task<ClickHouseStore> NewDatabaseAsync(string name)
    {
        var store = Open(name);
        await new ClickHouseMigrator(store, Microsoft.Extensions.Logging.Abstractions.NullLogger<ClickHouseMigrator>.Instance).MigrateAsync(null, CancellationToken.None);
        return store;
    }

    /// <summary>The organisation's id, from a call that it sends.</summary>
    public async Task<TenantId> TenantAsync()
    {
        using var load = new HttpLoad(Server.OtlpHttp);
        await load.SendAsync(new SpanBodies(1).All);
        using var store = Open(null);
        using var connection = store.CreateConnection();
        using var command = connection.CreateCommand("SELECT any(tenant_id) FROM calls");
        return new TenantId((Guid)(await command.ExecuteScalarAsync())!);
    }

    /// <summary>Distinct calls that the server has stored.</summary>
    public async Task<long> CallsAsync()
    {
        using var store = Open(null);
        using var connection = store.CreateConnection();
        using var command = connection.CreateCommand("SELECT count() FROM calls FINAL");
        return Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }

    /// <summary>CPU time of the server's process so far.</summary>
    public double CpuSeconds() => ProcessTime.Read(Folder)?.CpuSeconds ?? throw new InvalidOperationException("The server has ended.");

    /// <summary>CPU time, of that, that the runtime took to compile anew what turned out to be hot.</summary>
    public double CompileSeconds() => Directory.EnumerateDirectories(Path.Combine(Folder, "task")).Select(ProcessTime.Read).OfType<ProcessTime>()
        .Where(thread => thread.Name.StartsWith(".NET Tiered", StringComparison.Ordinal)).Sum(thread => thread.CpuSeconds);

    /// <summary>Resident memory of the server's process in MB: now, and at its highest.</summary>
    public (double Now, double Highest) Memory()
    {
        var lines = File.ReadAllLines(Path.Combine(Folder, "status"));
        return (Read("VmRSS:"), Read("VmHWM:"));

        double Read(string name) => double.Parse(
            lines.Single(line => line.StartsWith(name, StringComparison.Ordinal)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }

    /// <summary>Until the server hardly works (its settling of what came has caught up), or the limit has passed.</summary>
    public Task ServerQuietAsync(TimeSpan limit) => QuietAsync(CpuSeconds, 0.1, limit);

    /// <summary>The same, and the engines too (their merges have caught up).</summary>
    public static Task QuietAsync(TimeSpan limit) => QuietAsync(EngineCpu.Seconds, 0.2, limit);

    private static async Task QuietAsync(Func<double> cpuSeconds, double most, TimeSpan limit)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(began) < limit)
        {
            var before = cpuSeconds();
            await Task.Delay(1000);
            if (cpuSeconds() - before < most) return;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await _engines.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private ClickHouseStore Open(string? database)
    {
        var address = new ClickHouseConnectionStringBuilder(ClickHouse);
        if (database is not null) address.Database = database;
        return new ClickHouseStore(new ClickHouseOptions { ConnectionString = address.ConnectionString });
    }

    private static ServerProcess NewServer(string folder, string postgres, string clickHouse, IReadOnlyDictionary<string, string?> settings, string[] arguments) => new(
        Path.Combine(folder, "data"),
        new Dictionary<string, string?>(settings)
        {
            ["FINOPS_POSTGRES"] = postgres,
            ["FINOPS_CLICKHOUSE"] = clickHouse,
            ["FINOPS_BOOTSTRAP_TENANT"] = "Benchmark Ltd",
            ["FINOPS_BOOTSTRAP_ADMIN_EMAIL"] = AdminEmail,
            ["FINOPS_BOOTSTRAP_ADMIN_PASSWORD"] = AdminPassword,
            ["FINOPS_BOOTSTRAP_INGEST_KEY"] = IngestKey,
            ["FINOPS_BOOTSTRAP_API_KEY"] = ApiKey,
            // One tenant with all of the machine: its quotas would be the first thing measured.
            ["FinOps__Quotas__IngestItemsPerSecond"] = "0",
            ["FinOps__Quotas__IngestBytesPerSecond"] = "0",
            ["FinOps__Quotas__QuerySecondsPerMinute"] = "0",
        },
        ["--role", "all", .. arguments]);
}
