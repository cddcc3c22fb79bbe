using System.Diagnostics;
using System.Globalization;
using ClickHouse.Driver.ADO;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace FinOps.Embedded.Tests;

/// <summary>A data folder of its own for one test, and what the test asks about it.</summary>
internal sealed class Installation : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("finops-embedded-").FullName;

    public Installation()
    {
        // Others may pass, as through /var or /srv: the closed home is a test of its own.
        File.SetUnixFileMode(_root, (UnixFileMode)0b111_001_001);
        DataFolder = Path.Combine(_root, "data");
    }

    public string Root => _root;

    public string DataFolder { get; }

    public Task<EmbeddedEngines> StartAsync(int previousRunTimeoutSeconds = 30, List<string>? progress = null) => EmbeddedEngines.StartAsync(
        new EmbeddedEnginesOptions(DataFolder, EnginesFolder.Find()) { PreviousRunTimeoutSeconds = previousRunTimeoutSeconds },
        new Steps(progress ?? []), NullLoggerFactory.Instance, CancellationToken.None);

    public Task<EmbeddedEngines> StartAsync(Func<EmbeddedEnginesOptions, EmbeddedEnginesOptions> change) => EmbeddedEngines.StartAsync(
        change(new EmbeddedEnginesOptions(DataFolder, EnginesFolder.Find())), new Steps([]), NullLoggerFactory.Instance, CancellationToken.None);

    public static async Task<object?> PostgresAsync(EngineAddresses addresses, string sql)
    {
        await using var connection = new NpgsqlConnection(addresses.PostgresConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    public static async Task<object?> ClickHouseAsync(EngineAddresses addresses, string sql)
    {
        await using var connection = new ClickHouseConnection(addresses.ClickHouseConnectionString);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return await command.ExecuteScalarAsync();
    }

    /// <summary>Every process whose command line names this installation's folder: engines, supervisors.</summary>
    public IReadOnlyList<int> EngineProcesses() =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(path => int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0 && CommandLine(id) is var line && line.Contains(DataFolder, StringComparison.Ordinal)
                && !line.Contains("Tests.Owner", StringComparison.Ordinal)),
    ];

    public int EngineProcess(string program) => EngineProcesses().Single(id => IsOf(id, program));

    public bool IsRunning(string program) => EngineProcesses().Any(id => IsOf(id, program));

    public async Task<TimeSpan> WaitUntilNoEngineRunsAsync(TimeSpan timeout)
    {
        var clock = Stopwatch.StartNew();
        while (EngineProcesses() is { Count: > 0 } left)
        {
            Assert.True(clock.Elapsed < timeout, $"Still running after {timeout}: {string.Join("; ", left.Select(CommandLine))}");
            await Task.Delay(50);
        }

        return clock.Elapsed;
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private static bool IsOf(int processId, string program) => CommandLine(processId).Split('\0')[0].EndsWith(program, StringComparison.Ordinal);

    private static string CommandLine(int processId)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId}/cmdline");
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private sealed class Steps(List<string> lines) : IProgress<string>
    {
        public void Report(string value)
        {
            lock (lines)
                lines.Add(value);
        }
    }
}
