using System.Diagnostics;
using FinOps.Embedded;

namespace FinOps.Analytics.Tests.Prices;

/// <summary>Runs a script with the packages of the engines folder.</summary>
internal static class NodeScript
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    public static string EnginesFolder { get; } = Embedded.EnginesFolder.Find();

    public static async Task<string> RunAsync(IReadOnlyList<string> arguments, string input = "")
    {
        using var node = Process.Start(new ProcessStartInfo("node", arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = EnginesFolder,
        })!;
        using var limit = new CancellationTokenSource(Limit);
        var output = node.StandardOutput.ReadToEndAsync(limit.Token);
        var errors = node.StandardError.ReadToEndAsync(limit.Token);
        await node.StandardInput.WriteAsync(input);
        node.StandardInput.Close();
        await node.WaitForExitAsync(limit.Token);
        Assert.True(node.ExitCode == 0, await errors);
        return await output;
    }
}
