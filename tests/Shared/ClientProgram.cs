using System.Diagnostics;

namespace FinOps.Tests.Shared;

/// <summary>Runs somebody's program to its end and demands that it succeeds.</summary>
internal static class ClientProgram
{
    /// <summary>To compile a program ahead of time takes minutes on a machine that has other work.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);

    /// <summary>The folder in the checkout where the packages of a test project's Node clients are installed.</summary>
    public static string Folder(string project)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "FinOps.sln"))) return Path.Combine(folder.FullName, "tests", project, "Clients");
        throw new InvalidOperationException($"No FinOps.sln above {AppContext.BaseDirectory}.");
    }

    public static async Task<string> RunAsync(string file, IEnumerable<string> arguments, string folder, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(file) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        // The build that runs the tests hands its own settings down; a user's shell has none of them.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || name.StartsWith("OTEL_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{file} did not start.");
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
        }

        var (told, complained) = (await output, await errors);
        Assert.True(process.ExitCode == 0, $"{file} {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{told}\n{complained}");
        return told;
    }
}
