using System.Diagnostics;

namespace FinOps.Embedded;

/// <summary>Runs a program that ends by itself, such as <c>initdb</c>.</summary>
internal static class ShortCommand
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>The program's output; an <see cref="EngineException"/> with what it printed when it failed.</summary>
    public static async Task<string> RunAsync(IReadOnlyList<string> command, CancellationToken cancellationToken, string? input = null)
    {
        var (exitCode, output) = await TryRunAsync(command, cancellationToken, input);
        return exitCode == 0
            ? output
            : throw new EngineException($"{string.Join(' ', command)} failed with code {exitCode}: {output.Trim()}");
    }

    public static async Task<(int ExitCode, string Output)> TryRunAsync(
        IReadOnlyList<string> command, CancellationToken cancellationToken, string? input = null)
    {
        var start = new ProcessStartInfo(command[0])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        foreach (var argument in command.Skip(1))
            start.ArgumentList.Add(argument);

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        using var process = Process.Start(start)!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.StandardInput.WriteAsync(input.AsMemory(), limit.Token);
            process.StandardInput.Close();
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await output + await errors);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}
