using ClickHouse.Driver.ADO;
using Npgsql;
using Xunit;

namespace FinOps.Testing;

/// <summary>
/// For a whole test assembly: both real engines, started once, and one ready server of role <c>all</c> on them. Each test makes a tenant of its own,
/// which keeps tests apart and proves that tenants are.
/// </summary>
public sealed class Installation : IAsyncLifetime
{
    public const string BootstrapTenant = "Bootstrapped Ltd";
    public const string AdminEmail = "owner@example.test";
    public const string AdminPassword = "a long enough password";
    public const string BootstrapIngestKey = "verbatim-INGEST_key-0123456789";
    public const string BootstrapApiKey = "verbatim-API_key-0123456789-abcdef";

    private readonly List<string> _folders = [];
    private Engines? _engines;
    private ServerUnderTest? _server;

    public Engines Engines => _engines ?? throw NotStarted();

    /// <summary>The shared server. Tests that disturb a server start one of their own with <see cref="NewServerAsync"/>.</summary>
    public ServerUnderTest Server => _server ?? throw NotStarted();

    public Task<TestTenant> NewTenantAsync() => Server.Tenants.NewTenantAsync();

    public async ValueTask InitializeAsync()
    {
        _engines = await Engines.StartAsync();
        _server = await NewServerAsync(new Dictionary<string, string?>
        {
            ["FinOps__PriceCheck__Source"] = await NewSecondListAsync(),
            ["FinOps__Runaway__PollSeconds"] = "2",
            // Receivers of alerts in tests are on this machine, and do not keep them waiting.
            ["FinOps__Channels__InternalHosts__0"] = "127.0.0.1",
            ["FinOps__Channels__FirstRetrySeconds"] = "1",
            ["FinOps__Channels__TimeoutSeconds"] = "3",
            [ServerProcess.RecompileDelay] = ServerProcess.UsualRecompileDelay,
        });
        await _server.Process.StartReadyAsync();
    }

    /// <summary>A server with databases, ports and a data folder of its own on the shared engines; not started yet. PostgreSQL's tables and the public prices are there.</summary>
    public Task<ServerUnderTest> NewServerAsync(params string[] arguments) => NewServerAsync([], arguments);

    /// <param name="settings">Environment variables for this server alone, for example <c>FinOps__Ingest__MaxBodyBytes</c>.</param>
    public async Task<ServerUnderTest> NewServerAsync(Dictionary<string, string?> settings, params string[] arguments) =>
        Create(await Engines.NewMigratedDatabasesAsync(), settings, arguments);

    /// <summary>A server whose databases have no tables yet, as at the first start of all.</summary>
    public async Task<ServerUnderTest> NewEmptyServerAsync(params string[] arguments) => Create(await Engines.NewDatabasesAsync(), [], arguments);

    private ServerUnderTest Create((string Postgres, string ClickHouse) stores, Dictionary<string, string?> settings, string[] arguments) =>
        ServerUnderTest.Create(stores.Postgres, stores.ClickHouse, NewFolder(), settings, arguments);

    /// <summary>A second price list that asks twice what the book does for one price of gpt-4o, and the same for another.</summary>
    private async Task<string> NewSecondListAsync()
    {
        var path = Path.Combine(NewFolder(), "second-list.json");
        await File.WriteAllTextAsync(path, """{"gpt-4o": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 5e-06, "output_cost_per_token": 1e-05}}""");
        return path;
    }

    /// <summary>An empty folder that goes with the fixture.</summary>
    public string NewFolder()
    {
        var folder = Directory.CreateTempSubdirectory("finops-server-").FullName;
        _folders.Add(folder);
        return folder;
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        if (_engines is not null) await _engines.DisposeAsync();
        foreach (var folder in _folders) Directory.Delete(folder, recursive: true);
    }

    private static InvalidOperationException NotStarted() => new("The installation is not started: use it as an assembly fixture.");
}

/// <summary>A server process, the gates through which it reaches the stores, and a way to make tenants that goes around the gates.</summary>
public sealed class ServerUnderTest : IAsyncDisposable
{
    private ServerUnderTest(ServerProcess process, TcpGate postgresGate, TcpGate clickHouseGate, string postgres, string clickHouse)
    {
        Process = process;
        PostgresGate = postgresGate;
        ClickHouseGate = clickHouseGate;
        Postgres = postgres;
        ClickHouse = clickHouse;
        Tenants = new TenantMaker(postgres);
    }

    public ServerProcess Process { get; }

    public TcpGate PostgresGate { get; }

    public TcpGate ClickHouseGate { get; }

    /// <summary>Straight to PostgreSQL, not through the gate.</summary>
    public string Postgres { get; }

    /// <summary>Straight to ClickHouse, not through the gate.</summary>
    public string ClickHouse { get; }

    public TenantMaker Tenants { get; }

    internal static ServerUnderTest Create(string postgres, string clickHouse, string folder, Dictionary<string, string?> settings, string[] arguments)
    {
        var postgresAddress = new NpgsqlConnectionStringBuilder(postgres);
        var clickHouseAddress = new ClickHouseConnectionStringBuilder(clickHouse);
        var postgresGate = TcpGate.To(postgresAddress.Host ?? "127.0.0.1", postgresAddress.Port);
        var clickHouseGate = TcpGate.To(clickHouseAddress.Host, clickHouseAddress.Port);
        var environment = new Dictionary<string, string?>(settings)
        {
            ["FINOPS_POSTGRES"] = new NpgsqlConnectionStringBuilder(postgres) { Host = "127.0.0.1", Port = postgresGate.Port }.ConnectionString,
            ["FINOPS_CLICKHOUSE"] = new ClickHouseConnectionStringBuilder(clickHouse) { Host = "127.0.0.1", Port = (ushort)clickHouseGate.Port }.ConnectionString,
            ["FINOPS_BOOTSTRAP_TENANT"] = Installation.BootstrapTenant,
            ["FINOPS_BOOTSTRAP_ADMIN_EMAIL"] = Installation.AdminEmail,
            ["FINOPS_BOOTSTRAP_ADMIN_PASSWORD"] = Installation.AdminPassword,
            ["FINOPS_BOOTSTRAP_INGEST_KEY"] = Installation.BootstrapIngestKey,
            ["FINOPS_BOOTSTRAP_API_KEY"] = Installation.BootstrapApiKey,
        };
        string[] role = arguments.Contains("--role") ? [] : ["--role", "all"];
        return new ServerUnderTest(new ServerProcess(folder, environment, [.. role, .. arguments]), postgresGate, clickHouseGate, postgres, clickHouse);
    }

    /// <summary>Another process on the same databases, as a cluster has it; not started yet.</summary>
    public ServerProcess WithRole(string role, string dataFolder) => new(dataFolder, Process.Environment, "--role", role);

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        await Tenants.DisposeAsync();
        await PostgresGate.DisposeAsync();
        await ClickHouseGate.DisposeAsync();
    }
}
