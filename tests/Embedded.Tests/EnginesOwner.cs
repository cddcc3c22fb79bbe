using System.Diagnostics;
using System.Text;

namespace FinOps.Embedded.Tests;

/// <summary>Another process that owns the engines of a data folder, to be ended in every way.</summary>
internal sealed class EnginesOwner : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StringBuilder _said = new();

    private EnginesOwner(Process process) => _process = process;

    public static string Assembly => Path.GetFullPath(
        Path.Combine(AppContext.BaseDirectory, "../../../Owner", Path.GetRelativePath(Path.Combine(AppContext.BaseDirectory, "../../.."), AppContext.BaseDirectory), "FinOps.Embedded.Tests.Owner.dll"));

    public EngineAddresses? Addresses { get; private set; }

    public string? Refusal { get; private set; }

    public string Said => _said.ToString();

    /// <summary>Returns when the engines answer or the start was refused.</summary>
    public static async Task<EnginesOwner> StartAsync(string dataFolder, string? enginesFolder = null, string[]? runAs = null, string? assembly = null)
    {
        string[] command = [.. runAs ?? [], "dotnet", assembly ?? Assembly, dataFolder];
        var start = new ProcessStartInfo(command[0]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var argument in command.Skip(1))
            start.ArgumentList.Add(argument);
        start.Environment[FinOps.Embedded.EnginesFolder.Variable] = enginesFolder ?? FinOps.Embedded.EnginesFolder.Find();
        // An unprivileged user cannot write root's home.
        start.Environment["HOME"] = Path.GetTempPath();

        var owner = new EnginesOwner(Process.Start(start)!);
        await owner.ReadUntilReadyAsync().WaitAsync(StartTimeout);
        return owner;
    }

    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async Task StopAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync().WaitAsync(StartTimeout);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await StopAsync();
        _process.Dispose();
    }

    private async Task ReadUntilReadyAsync()
    {
        string? postgres = null;
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            _said.AppendLine(line);
            if (line.StartsWith("refused=", StringComparison.Ordinal))
            {
                Refusal = line["refused=".Length..];
                return;
            }

            if (line.StartsWith("postgres=", StringComparison.Ordinal))
                postgres = line["postgres=".Length..];
            if (line.StartsWith("clickhouse=", StringComparison.Ordinal))
            {
                Addresses = new EngineAddresses(postgres!, line["clickhouse=".Length..]);
                return;
            }
        }

        throw new InvalidOperationException("The owner ended without an answer:\n" + Said);
    }
}
