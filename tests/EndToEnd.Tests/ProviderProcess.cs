using System.Diagnostics;
using System.Globalization;

namespace FinOps.EndToEnd.Tests;

/// <summary>The OpenID provider of npm as a child process, for as long as a test needs it.</summary>
internal sealed class ProviderProcess : IAsyncDisposable
{
    public const string ClientId = "finops-demo";
    public const string ClientSecret = "a secret of the tests";
    public const string DisplayName = "Acme ID";
    public const string Group = "demo-viewers";

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);

    private readonly Process _process;

    private ProviderProcess(Process process) => _process = process;

    public static async Task<ProviderProcess> StartAsync(int port, Uri server)
    {
        var start = new ProcessStartInfo("node") { WorkingDirectory = Folder(), RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["provider.mjs", port.ToString(CultureInfo.InvariantCulture), new Uri(server, "/sign-in/oidc/callback").ToString()]) start.ArgumentList.Add(argument);
        var process = Process.Start(start) ?? throw new InvalidOperationException("node did not start.");
        var complaints = new List<string?>();
        process.ErrorDataReceived += (_, line) => complaints.Add(line.Data);
        process.BeginErrorReadLine();
        using var limit = new CancellationTokenSource(StartTimeout);
        if (await process.StandardOutput.ReadLineAsync(limit.Token) != "ready") throw new InvalidOperationException($"The provider did not start.\n{string.Join('\n', complaints)}");
        return new ProviderProcess(process);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static string Folder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "FinOps.sln"))) return Path.Combine(folder.FullName, "tests", "EndToEnd.Tests", "Provider");
        throw new InvalidOperationException($"No FinOps.sln above {AppContext.BaseDirectory}.");
    }
}
