using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace FinOps.Embedded.Supervision;

/// <summary>Starts one engine, and starts it again on the same ports whenever it dies while the application runs.</summary>
internal sealed class EngineSupervisor(IEngine engine, EmbeddedEnginesOptions options, IProgress<string> progress, ILogger logger) : IAsyncDisposable
{
    /// <summary>A free port may be taken by another program before the engine opens it; then others are tried.</summary>
    private const int StartAttempts = 3;

    private static readonly TimeSpan ReadyPollInterval = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan FirstRestartDelay = TimeSpan.FromMilliseconds(500);

    /// <summary>An engine that ran this long was healthy: the next restart begins with the short delay again.</summary>
    private static readonly TimeSpan HealthyAfter = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan TrimInterval = TimeSpan.FromMinutes(1);

    private readonly CancellationTokenSource _stopping = new();
    private EngineProcess? _process;
    private Task _watching = Task.CompletedTask;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        await PreviousRun.WaitForEndAsync(engine, TimeSpan.FromSeconds(options.PreviousRunTimeoutSeconds), progress, cancellationToken);
        await engine.PrepareAsync(progress, cancellationToken);
        progress.Report($"{engine.Name}: starting");
        for (var attempt = 1; ; attempt++)
        {
            engine.ChooseFreePorts();
            try
            {
                await LaunchAsync(cancellationToken);
                break;
            }
            catch (EngineException failure) when (attempt < StartAttempts)
            {
                Log.StartAttemptFailed(logger, engine.Name, attempt, failure);
            }
        }

        progress.Report($"{engine.Name}: ready after {clock.Elapsed.TotalSeconds:0.0} s");
        Log.EngineReady(logger, engine.Name, clock.Elapsed.TotalSeconds);
        _watching = Task.Run(WatchAsync, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _watching;
        if (_process is { } process)
        {
            if (!process.HasExited && !await process.StopAsync(TimeSpan.FromSeconds(options.StopTimeoutSeconds)))
                Log.StoppedHard(logger, engine.Name, options.StopTimeoutSeconds);
            process.Dispose();
        }

        _stopping.Dispose();
    }

    private async Task LaunchAsync(CancellationToken cancellationToken)
    {
        _process?.Dispose();
        _process = EngineProcess.Start(engine.Command());
        var clock = Stopwatch.StartNew();
        while (!await engine.AnswersAsync(cancellationToken))
        {
            if (_process.HasExited)
                throw new EngineException($"{engine.Name} ended during its start (code {_process.ExitCode}). {engine.LastLogLines()}");
            if (clock.Elapsed.TotalSeconds > options.ReadyTimeoutSeconds)
            {
                await _process.StopAsync(TimeSpan.FromSeconds(options.StopTimeoutSeconds));
                throw new EngineException($"{engine.Name} did not answer within {options.ReadyTimeoutSeconds} s. {engine.LastLogLines()}");
            }

            await Task.Delay(ReadyPollInterval, cancellationToken);
        }
    }

    private async Task WatchAsync()
    {
        var delay = FirstRestartDelay;
        var running = Stopwatch.StartNew();
        try
        {
            while (true)
            {
                await ExitAsync();
                if (running.Elapsed > HealthyAfter)
                    delay = FirstRestartDelay;
                Log.EngineDied(logger, engine.Name, _process!.ExitCode, delay.TotalSeconds);
                await Task.Delay(delay, _stopping.Token);
                delay = TimeSpan.FromSeconds(Math.Min(delay.TotalSeconds * 2, options.MaxRestartDelaySeconds));
                running.Restart();
                await RestartAsync();
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The application ends; DisposeAsync stops what runs.
        }
    }

    private async Task ExitAsync()
    {
        var exited = _process!.Exited;
        while (!exited.IsCompleted)
        {
            await Task.WhenAny(exited, Task.Delay(TrimInterval, _stopping.Token));
            _stopping.Token.ThrowIfCancellationRequested();
            engine.TrimLogs();
        }
    }

    private async Task RestartAsync()
    {
        try
        {
            // Closing the pipe ends what the dead supervisor may have left behind.
            _process!.Dispose();
            await PreviousRun.WaitForEndAsync(engine, TimeSpan.FromSeconds(options.PreviousRunTimeoutSeconds), progress, _stopping.Token);
            await LaunchAsync(_stopping.Token);
            Log.EngineRestarted(logger, engine.Name);
        }
        catch (EngineException failure)
        {
            // The loop sees the exit and tries again after a longer delay.
            Log.RestartFailed(logger, engine.Name, failure);
        }
    }
}
