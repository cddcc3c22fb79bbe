using System.Runtime.InteropServices;
using FinOps.Embedded.ClickHouse;
using FinOps.Embedded.Postgres;
using FinOps.Embedded.Supervision;
using Microsoft.Extensions.Logging;

namespace FinOps.Embedded;

/// <summary>Owns a PostgreSQL, a ClickHouse or both for as long as it lives; they end with the process that holds it, however that ends.</summary>
public sealed class EmbeddedEngines : IAsyncDisposable
{
    private readonly InstallationLock _lock;
    private readonly HttpMessageInvoker _http;
    private readonly IReadOnlyList<EngineSupervisor> _supervisors;

    private EmbeddedEngines(InstallationLock installation, HttpMessageInvoker http, IReadOnlyList<EngineSupervisor> supervisors, EngineAddresses addresses)
    {
        _lock = installation;
        _http = http;
        _supervisors = supervisors;
        Addresses = addresses;
    }

    public EngineAddresses Addresses { get; }

    /// <summary>
    /// Starts what the options ask for at the same time and returns when it answers. Throws <see cref="EngineException"/> with a message for the person at the
    /// keyboard when that cannot be.
    /// </summary>
    public static async Task<EmbeddedEngines> StartAsync(
        EmbeddedEnginesOptions options, IProgress<string> progress, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        RequireLinuxX64();
        var folder = DataFolder.Open(options.DataFolder);
        var installation = InstallationLock.Acquire(folder);
        var http = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
        var supervisors = new List<EngineSupervisor>();
        try
        {
            var secrets = EngineSecrets.LoadOrCreate(folder);
            var logger = loggers.CreateLogger<EmbeddedEngines>();
            var postgres = options.Postgres ? await PostgresAsync(options, folder, secrets, progress, cancellationToken) : null;
            var clickHouse = options.ClickHouse ? ClickHouse(options, folder, secrets, http) : null;
            if (postgres is not null) supervisors.Add(new(postgres, options, progress, logger));
            if (clickHouse is not null) supervisors.Add(new(clickHouse, options, progress, logger));
            await Task.WhenAll(supervisors.Select(supervisor => supervisor.StartAsync(cancellationToken)));
            return new EmbeddedEngines(installation, http, supervisors, new EngineAddresses(postgres?.ConnectionString, clickHouse?.ConnectionString));
        }
        catch
        {
            await StopAsync(supervisors, http, installation);
            throw;
        }
    }

    private static async Task<PostgresEngine> PostgresAsync(
        EmbeddedEnginesOptions options, DataFolder folder, EngineSecrets secrets, IProgress<string> progress, CancellationToken cancellationToken)
    {
        var place = await PostgresPlace.ChooseAsync(folder, options.EnginesFolder, progress, cancellationToken);
        return new PostgresEngine(place, EngineFiles.Of(folder, "postgres", place.Data), secrets.PostgresPassword);
    }

    private static ClickHouseEngine ClickHouse(EmbeddedEnginesOptions options, DataFolder folder, EngineSecrets secrets, HttpMessageInvoker http) => new(
        folder, EngineFiles.Of(folder, "clickhouse", folder.ClickHouse), EnginesFolder.ClickHouseLibrary(options.EnginesFolder),
        secrets.ClickHousePassword, options, http);

    /// <summary>Stops them cleanly; returns when no process of theirs is left.</summary>
    public async ValueTask DisposeAsync() => await StopAsync(_supervisors, _http, _lock);

    private static async Task StopAsync(IEnumerable<EngineSupervisor> supervisors, HttpMessageInvoker http, InstallationLock installation)
    {
        await Task.WhenAll(supervisors.Select(supervisor => supervisor.DisposeAsync().AsTask()));
        http.Dispose();
        installation.Dispose();
    }

    private static void RequireLinuxX64()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            throw new EngineException(
                $"The embedded engines are for Linux x64; this is {RuntimeInformation.RuntimeIdentifier}. "
                + "Start a PostgreSQL and a ClickHouse yourself and set FINOPS_POSTGRES and FINOPS_CLICKHOUSE to their connection strings.");
        }
    }
}
