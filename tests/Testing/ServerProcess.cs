using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace FinOps.Testing;

/// <summary>The real server as a child process, on free ports. What it prints is kept for the messages of failing tests.</summary>
public sealed class ServerProcess : IAsyncDisposable
{
    /// <summary>Lines kept of what a server prints.</summary>
    private const int MaxLines = 2000;

    private const int Terminate = 15;

    private readonly ConcurrentQueue<string> _output = new();
    private readonly Dictionary<string, string?> _environment;
    private readonly string[] _arguments;
    private Process? _process;

    /// <summary>How long after the last new code hot code begins to be compiled anew; a server that lives for the whole run takes the runtime's default.</summary>
    public const string RecompileDelay = "DOTNET_TC_CallCountingDelayMs";

    /// <summary>The runtime's own value of <see cref="RecompileDelay"/>: 100 ms.</summary>
    public const string UsualRecompileDelay = "64";

    /// <param name="arguments">For example <c>--role all</c>; <c>--data</c> is added.</param>
    /// <param name="environment">Beyond the ports, which are chosen here.</param>
    public ServerProcess(string dataFolder, IReadOnlyDictionary<string, string?> environment, params string[] arguments)
    {
        DataFolder = dataFolder;
        Environment = environment;
        HttpPort = FreePort.Next();
        OtlpHttpPort = FreePort.Next();
        OtlpGrpcPort = FreePort.Next();
        _arguments = [.. arguments, "--data", dataFolder];
        _environment = new Dictionary<string, string?>(environment)
        {
            ["FINOPS_BIND"] = "127.0.0.1",
            ["FINOPS_HTTP_PORT"] = HttpPort.ToString(CultureInfo.InvariantCulture),
            ["FINOPS_OTLP_HTTP_PORT"] = OtlpHttpPort.ToString(CultureInfo.InvariantCulture),
            ["FINOPS_OTLP_GRPC_PORT"] = OtlpGrpcPort.ToString(CultureInfo.InvariantCulture),
        };
    }

    public string DataFolder { get; }

    /// <summary>What the process was given beyond its ports.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; }

    public int HttpPort { get; }

    public int OtlpHttpPort { get; }

    public int OtlpGrpcPort { get; }

    public Uri Web => new($"{Scheme}://127.0.0.1:{HttpPort}");

    public Uri OtlpHttp => new($"{Scheme}://127.0.0.1:{OtlpHttpPort}");

    public Uri OtlpGrpc => new($"{Scheme}://127.0.0.1:{OtlpGrpcPort}");

    public int ProcessId => Running.Id;

    public string Output => string.Join('\n', _output);

    private string Scheme => Environment.ContainsKey("FINOPS_TLS_CERTIFICATE") ? "https" : "http";

    /// <summary>For clients of this server: a certificate of the test's own is as good as any.</summary>
    public static System.Net.Security.SslClientAuthenticationOptions AnyCertificate => new() { RemoteCertificateValidationCallback = static (_, _, _, _) => true };

    private Process Running => _process ?? throw new InvalidOperationException("The server was not started.");

    public void Start()
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add(ServerFile());
        foreach (var argument in _arguments) start.ArgumentList.Add(argument);
        foreach (var key in start.Environment.Keys.Where(key => key.StartsWith("FINOPS_", StringComparison.Ordinal) && key != "FINOPS_ENGINES").ToList())
            start.Environment.Remove(key);
        // As ./finops and the image start it.
        start.Environment["DOTNET_GCgen0size"] = "4000000";
        // Most servers under test live for seconds: compiling anew what is hot takes a third of the processor time of the first half minute and gives nothing back. Hexadecimal milliseconds.
        start.Environment[RecompileDelay] = "10000";
        foreach (var (key, value) in _environment) start.Environment[key] = value;

        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _process = process;
    }

    /// <summary>Starts and waits until <c>/readyz</c> says so.</summary>
    public async Task StartReadyAsync(TimeSpan? limit = null)
    {
        Start();
        await WaitForAsync("/readyz", HttpStatusCode.OK, limit ?? TimeSpan.FromSeconds(90));
    }

    /// <summary>Asks again and again until the path answers with this status.</summary>
    public async Task WaitForAsync(string path, HttpStatusCode status, TimeSpan limit)
    {
        using var http = Client();
        var began = TimeProvider.System.GetTimestamp();
        var last = "no answer";
        while (TimeProvider.System.GetElapsedTime(began) < limit)
        {
            if (Running.HasExited) throw new InvalidOperationException($"The server ended with {Running.ExitCode}.\n{Output}");
            try
            {
                using var response = await http.GetAsync(path);
                if (response.StatusCode == status) return;
                last = $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}";
            }
            catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException)
            {
                last = failure.Message;
            }

            await Task.Delay(100);
        }

        throw new TimeoutException($"{path} did not become {(int)status} within {limit.TotalSeconds} s; last: {last}\n{Output}");
    }

    /// <summary>A client of the web port that follows no redirects and keeps no cookies.</summary>
    public HttpClient Client(string? apiKey = null)
    {
        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false, SslOptions = AnyCertificate })
        {
            BaseAddress = Web,
            Timeout = TimeSpan.FromSeconds(30),
        };
        if (apiKey is not null) client.DefaultRequestHeaders.Authorization = new("Bearer", apiKey);
        return client;
    }

    /// <summary>SIGTERM, then waits for the end; gives the exit code.</summary>
    public async Task<int> StopAsync()
    {
        using var kill = Process.Start("kill", [$"-{Terminate}", Running.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        return await WaitForExitAsync();
    }

    public async Task<int> WaitForExitAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await Running.WaitForExitAsync(limit.Token);
        return Running.ExitCode;
    }

    /// <summary>SIGKILL: nothing of the process gets to clean up.</summary>
    public async Task KillAsync()
    {
        Running.Kill();
        await Running.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is null) return;
        if (!_process.HasExited) await StopAsync();
        _process.Dispose();
    }

    /// <summary>The server's own build output, where its static files are known, beside this test's configuration.</summary>
    private static string ServerFile()
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        var framework = output.Name;
        var configuration = output.Parent?.Name ?? throw new InvalidOperationException($"{output} is no build output.");
        for (var folder = output; folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(Path.Combine(folder.FullName, "FinOps.sln"))) continue;
            return Path.Combine(folder.FullName, "src", "Web", "bin", configuration, framework, "FinOps.Web.dll");
        }

        throw new InvalidOperationException($"No FinOps.sln above {output}.");
    }

    private void Keep(string? line)
    {
        if (line is null) return;
        _output.Enqueue(line);
        while (_output.Count > MaxLines) _output.TryDequeue(out _);
    }
}
