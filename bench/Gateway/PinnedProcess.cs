using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace FinOps.Bench.Gateway;

/// <summary>A process on one processor, until it is disposed.</summary>
internal sealed class PinnedProcess : IDisposable
{
    private const string Aside = "FINOPS_BENCH_ASIDE";

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(15);

    private readonly Process _process;

    private PinnedProcess(Process process) => _process = process;

    /// <summary>
    /// Puts the benchmark itself on the other processor than those that it measures, by starting it there. A running process cannot be moved whole: threads that it has already, its compiler's among them, would stay and take time from what is measured.
    /// </summary>
    /// <returns>What it ended with; null: it is there already, and goes on.</returns>
    public static async Task<int?> AsideAsync(IEnumerable<string> arguments)
    {
        if (Environment.GetEnvironmentVariable(Aside) is not null) return null;
        if (!OperatingSystem.IsLinux() || Environment.ProcessorCount < 2)
        {
            Console.Error.WriteLine("It needs Linux, two processors and taskset.");
            return 64;
        }

        var start = new ProcessStartInfo("taskset", ["-c", "1", Environment.ProcessPath!, .. arguments]);
        start.Environment[Aside] = "1";
        using var self = Process.Start(start) ?? throw new InvalidOperationException("taskset did not start.");
        await self.WaitForExitAsync();
        return self.ExitCode;
    }

    public static async Task<PinnedProcess> StartAsync(int port, string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string? folder = null)
    {
        var start = new ProcessStartInfo("taskset") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder ?? "" };
        foreach (var argument in (IEnumerable<string>)["-c", "0", file, .. arguments]) start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        var began = Stopwatch.GetTimestamp();
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{file} did not start.");
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, line) => { if (line.Data is not null) Console.Error.WriteLine(line.Data); };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        while (true)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync("127.0.0.1", port);
                return new PinnedProcess(process) { ReadyAfter = Stopwatch.GetElapsedTime(began) };
            }
            catch (SocketException)
            {
                if (Stopwatch.GetElapsedTime(began) > StartTimeout || process.HasExited) throw new InvalidOperationException($"{file} does not listen on {port}.");
                await Task.Delay(2);
            }
        }
    }

    /// <summary>From its start until it took a connection.</summary>
    public TimeSpan ReadyAfter { get; private init; }

    /// <summary>Megabytes in memory: now, and at most.</summary>
    public (double Now, double Most) Megabytes
    {
        get
        {
            double Read(string name) => File.ReadLines($"/proc/{_process.Id}/status").Where(line => line.StartsWith(name, StringComparison.Ordinal))
                .Select(line => double.Parse(line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024).FirstOrDefault();
            return (Read("VmRSS:"), Read("VmHWM:"));
        }
    }

    public int ProcessId => _process.Id;

    /// <summary>Open files and sockets.</summary>
    public int Handles => Directory.GetFileSystemEntries($"/proc/{_process.Id}/fd").Length;

    public int Threads
    {
        get
        {
            _process.Refresh();
            return _process.Threads.Count;
        }
    }

    /// <summary>Asks it to end and waits until it has.</summary>
    public async Task StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await _process.WaitForExitAsync(limit.Token);
    }

    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}
