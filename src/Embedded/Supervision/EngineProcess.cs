using System.Diagnostics;

namespace FinOps.Embedded.Supervision;

/// <summary>
/// A running engine in a session of its own, so that Ctrl-C on the terminal reaches only the application. The engine lives as long as
/// the pipe to its standard input: the kernel closes that pipe when this process ends, SIGKILL included.
/// </summary>
internal sealed class EngineProcess : IDisposable
{
    private readonly Process _process;
    private bool _inputClosed;

    private EngineProcess(Process process) => _process = process;

    public Task Exited => _process.WaitForExitAsync();

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    public static EngineProcess Start(EngineCommand command)
    {
        // The root folder can be entered by the unprivileged user that PostgreSQL runs as; the current one perhaps not.
        var start = new ProcessStartInfo("setsid") { RedirectStandardInput = true, WorkingDirectory = "/" };
        string[] arguments = ["sh", "-c", Script(command.Script), command.Script, command.LockFile, command.PidFile, command.StartLog, .. command.Arguments];
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);

        // Settings of the user's own PostgreSQL (PGPORT, PGDATA, PGOPTIONS ...) must not reach this one.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("PG", StringComparison.Ordinal)).ToArray())
            start.Environment.Remove(name);

        var process = Process.Start(start)!;
        if (command.FirstInputLine is { } line)
        {
            process.StandardInput.WriteLine(line);
            process.StandardInput.Flush();
        }

        return new EngineProcess(process);
    }

    /// <summary>Asks for the stop, waits, and ends it hard if need be. True when the engine stopped by itself in time.</summary>
    public async Task<bool> StopAsync(TimeSpan timeout)
    {
        CloseInput();
        try
        {
            await Exited.WaitAsync(timeout);
            return true;
        }
        catch (TimeoutException)
        {
            _process.Kill(entireProcessTree: true);
            await Exited;
            return false;
        }
    }

    public void Dispose()
    {
        CloseInput();
        _process.Dispose();
    }

    private void CloseInput()
    {
        if (_inputClosed)
            return;
        _inputClosed = true;
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The engine is already gone: its end of the pipe is closed, which is what was wanted.
        }
    }

    private static string Script(string name)
    {
        using var stream = typeof(EngineProcess).Assembly.GetManifestResourceStream("FinOps.Embedded." + name)!;
        return new StreamReader(stream).ReadToEnd();
    }
}
