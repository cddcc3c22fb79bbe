using System.Diagnostics;
using System.Globalization;

namespace FinOps.Embedded.Supervision;

/// <summary>An engine of an earlier run that is still shutting down: its lock is held until the last of its processes is gone.</summary>
internal static class PreviousRun
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan KillTimeout = TimeSpan.FromSeconds(10);

    public static async Task WaitForEndAsync(IEngine engine, TimeSpan timeout, IProgress<string> progress, CancellationToken cancellationToken)
    {
        if (IsOver(engine.Files))
            return;

        progress.Report($"{engine.Name}: waiting for the previous run to finish its shutdown");
        if (await BecomesOverAsync(engine.Files, timeout, cancellationToken))
            return;

        progress.Report($"{engine.Name}: the previous run did not finish in {timeout.TotalSeconds:0} s and is ended hard");
        Kill(engine.Files);
        if (!await BecomesOverAsync(engine.Files, KillTimeout, cancellationToken))
            throw new EngineException($"{engine.Name} of an earlier run still holds {engine.Files.LockFile} and could not be ended. Find it with: fuser {engine.Files.LockFile}");
    }

    private static bool IsOver(EngineFiles files)
    {
        using var file = InstallationLock.TryOpen(files.LockFile);
        return file is not null;
    }

    private static async Task<bool> BecomesOverAsync(EngineFiles files, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var started = Stopwatch.StartNew();
        while (!IsOver(files))
        {
            if (started.Elapsed > timeout)
                return false;
            await Task.Delay(PollInterval, cancellationToken);
        }

        return true;
    }

    private static void Kill(EngineFiles files)
    {
        if (!File.Exists(files.PidFile) || !int.TryParse(File.ReadAllText(files.PidFile), CultureInfo.InvariantCulture, out var id))
            return;

        try
        {
            // The number may belong to another program by now: only a command line that names this installation is ended.
            if (File.ReadAllText($"/proc/{id}/cmdline").Contains(files.Marker, StringComparison.Ordinal))
                Process.GetProcessById(id).Kill();
        }
        catch (Exception gone) when (gone is IOException or ArgumentException or InvalidOperationException)
        {
            // It ended in between.
        }
    }
}
