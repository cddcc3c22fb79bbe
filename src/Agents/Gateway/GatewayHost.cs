using System.Diagnostics;
using System.Net;
using System.Text;
using FinOps.Domain.Policies.Control;
using FinOps.Gateway.Caching;
using FinOps.Gateway.Configuration;
using FinOps.Gateway.Control;
using FinOps.Gateway.Embeddings;
using FinOps.Gateway.Forwarding;
using FinOps.Gateway.Leases;
using FinOps.Gateway.Limits;
using FinOps.Gateway.Metering;
using FinOps.Gateway.Policies;
using FinOps.Gateway.Reporting;
using FinOps.Gateway.Routing;
using FinOps.Gateway.Sharing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Console;

namespace FinOps.Gateway;

/// <summary>A running gateway: its listeners, its connections to providers, its reports.</summary>
internal sealed class GatewayHost : IAsyncDisposable
{
    /// <summary>For what is in flight when it is told to end.</summary>
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Beyond the time for slow callers, of each piece. The server gives those that were faster as much more time, so that it is high: 1 MB.</summary>
    private const double SlowestBytesPerSecond = 1 << 20;

    /// <summary>For the last reports; what is not sent then stays on disk.</summary>
    private static readonly TimeSpan LastReportsTimeout = TimeSpan.FromSeconds(3);

    private readonly WebApplication _app;
    private readonly GatewayCounters _counters = new();
    private readonly CallReporter _reporter = new();
    private readonly UpstreamClients _clients = new();
    private readonly EdgePrices _prices;
    private readonly ReportOutbox? _outbox;
    private readonly ReportQueue? _queue;
    private readonly PolicyState _policies;
    private readonly FollowPolicyFile? _file;
    private readonly FollowControlPlane? _control;
    private readonly AnswerCache _cache;
    private readonly AnswerCache _vectors;
    private readonly LeaseDesk? _desk;
    private readonly FollowLeases? _leases;
    private readonly ForwardCall _forward;
    private readonly GatewaySettings _settings;
    private readonly CancellationTokenSource _ending = new();
    private Task _running = Task.CompletedTask;

    public GatewayHost(GatewaySettings settings, TimeProvider time)
    {
        _settings = settings;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.AddSimpleConsole(console => (console.SingleLine, console.TimestampFormat, console.UseUtcTimestamp) = (true, "yyyy-MM-ddTHH:mm:ss.fffZ ", true));
        // Who writes into a log that nobody reads does not wait: what is lost is told.
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite);
        // The host's own diagnostics would begin an activity and a scope of the log for each call; calls are reported by CallReporter.
        builder.Logging.SetMinimumLevel(LogLevel.Information).AddFilter("Microsoft", LogLevel.Warning).AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        // As in EventLoop, for the server's part.
        builder.WebHost.UseKestrelCore().UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true).ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            // An answer that is thought about sends nothing for minutes, which is not counted: only what waits for its caller is, for it holds what others need.
            kestrel.Limits.MinResponseDataRate = new MinDataRate(SlowestBytesPerSecond, settings.Limits.SlowCaller);
            // As the provider's have come: any byte.
            kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
            kestrel.Listen(settings.Listen);
            if (settings.AdminListen is { } admin) kestrel.Listen(admin);
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = EndTimeout);
        _app = builder.Build();
        var log = _app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("gateway");
        if (settings.Report is { } report)
        {
            _outbox = new ReportOutbox(report, () => report.Key ?? _control?.AgentKey, settings.DataFolder, time, _counters, log);
            _queue = new ReportQueue(_outbox, _reporter);
        }

        // An own key reports for a project that only the control plane knows.
        _prices = new EdgePrices(() => settings.Report is { Key: null } ? _control?.Project ?? default : default);
        _policies = new PolicyState(settings, _prices);
        _control = settings.Control is { } control ? new FollowControlPlane(control, settings.DataFolder, _policies, settings.Providers, Beat, log, time) : null;
        var leases = new LeaseBook(new ExpectedCost(_prices, settings.Limits.UnpricedUsdPerMillionTokens, settings.Limits.UnmeteredCallUsd, _counters.Leases, time), settings.Limits.LeaseWait, _counters.Leases, time);
        if (settings.Control is { } plane)
        {
            _desk = new LeaseDesk(plane.Address, () => _control!.AgentKey, _counters.Leases, log);
            _leases = new FollowLeases(leases, _desk, _policies, new LeaseFile(settings.DataFolder, log), _counters.Leases);
        }

        _file = settings.PolicyFile is { } file ? new FollowPolicyFile(file, _policies, settings.Providers, log) : null;
        _cache = new AnswerCache(Path.Combine(settings.DataFolder, "answers"), settings.Limits.MaxCacheMemoryBytes, settings.Limits.MaxCacheDiskBytes, time, _counters, log);
        _vectors = new AnswerCache(Path.Combine(settings.DataFolder, "vectors"), settings.Limits.MaxVectorMemoryBytes, settings.Limits.MaxVectorDiskBytes, time, _counters, log);
        var limits = new MinuteLimits(_counters, time);
        var warm = new KeepWarm(new WarmPrompts(_counters, time), _prices, _counters, time);
        var apply = new ApplyPolicies(settings.Providers, new ChooseTarget(new StickyTargets(time)), warm, limits, _cache);
        var meter = new MeterAnswer(_prices);
        var later = new LaterUsage(_counters);
        var results = new BatchResults(settings.Limits.MaxEventBytes, meter, later, _reporter, _counters, () => _queue?.IsBusy == true, time);
        var relay = new RelayAnswer(settings.Limits, meter, results, _counters);
        var ask = new AskProviders(settings, _clients, relay, later, apply, warm, new Breakers(time, _counters), new RetryBudget(time), limits, _cache, _reporter, _counters, log, time);
        var answer = new AnswerCall(ask, time);
        var embeddings = new AnswerEmbeddings(ask, answer, _vectors, settings.Limits, _counters, time);
        var share = new ShareCalls(new CallsInFlight(settings.Limits, _counters), embeddings, ask, _counters);
        _forward = new ForwardCall(settings, _policies, new FindKeys(), apply, leases, ask, share, answer, _counters, log, time);
        var adminPort = settings.AdminListen?.Port;
        _app.Run(http => adminPort is { } port && http.Connection.LocalPort == port && port != 0 ? AdminAsync(http) : _forward.RunAsync(http));
        Log = log;
    }

    public ILogger Log { get; }

    /// <summary>Where calls are taken, as it is really bound.</summary>
    public string Address => _app.Urls.First();

    public GatewayCounters Counters => _counters;

    public int InFlight => _forward.InFlight;

    /// <summary>Everything that is wrong with the policies it is to begin with; empty: nothing.</summary>
    public IReadOnlyList<string> LoadPolicies()
    {
        _control?.LoadLast();
        _leases?.Load();
        return _file?.Load() ?? [];
    }

    private Heartbeat Beat()
    {
        var spans = _outbox?.Spans ?? default;
        return new Heartbeat(0, "", _forward.Calls, spans.Waiting, spans.Lost);
    }

    public async Task StartAsync(long startedAt, CancellationToken cancellationToken)
    {
        await _app.StartAsync(cancellationToken);
        _running = Task.WhenAll(
            _control?.RunAsync(_ending.Token) ?? Task.CompletedTask, _leases?.RunAsync(_ending.Token) ?? Task.CompletedTask, _file?.RunAsync(_ending.Token) ?? Task.CompletedTask, _outbox?.RunAsync(_ending.Token) ?? Task.CompletedTask, _queue?.RunAsync(_ending.Token) ?? Task.CompletedTask, Task.Run(Warm, cancellationToken));
        Gateway.Log.Ready(
            Log, (long)Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds, _settings.Providers.All.Count, _settings.Keys.Count, new Uri(Address).Authority, _settings.AdminListen?.ToString() ?? "none");
    }

    /// <summary>What the start leaves behind, most of it of reading the list of prices, is given back before calls come.</summary>
    private void Warm()
    {
        _prices.Warm();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive);
    }

    public Task WaitForEndAsync(CancellationToken cancellationToken) => _app.WaitForShutdownAsync(cancellationToken);

    private async Task AdminAsync(HttpContext http)
    {
        switch (http.Request.Path.Value)
        {
            case "/healthz":
                await http.Response.WriteAsync("ok\n", http.RequestAborted);
                break;
            case "/metrics":
                await EventLoop.Leave();
                http.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
                await _counters.WriteAsync(http.Response.Body, _forward.InFlight, _outbox?.Waiting ?? default, (_cache.Bytes.Memory + _vectors.Bytes.Memory, _cache.Bytes.Disk + _vectors.Bytes.Disk), http.RequestAborted);
                break;
            default:
                http.Response.StatusCode = (int)HttpStatusCode.NotFound;
                await http.Response.WriteAsync("Here are /healthz and /metrics.\n", http.RequestAborted);
                break;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        // What is answered is reported: first into the outbox, then to ingest as long as it takes it, then to disk.
        _queue?.Stop();
        for (var waited = TimeSpan.Zero; _outbox?.Waiting.Memory > 0 && waited < LastReportsTimeout; waited += TimeSpan.FromMilliseconds(50)) await Task.Delay(50);
        await _ending.CancelAsync();
        await _running;
        if (_leases is not null) await _leases.GiveBackAsync();
        _outbox?.Keep();
        _cache.Save();
        _vectors.Save();
        _outbox?.Dispose();
        _desk?.Dispose();
        _control?.Dispose();
        _reporter.Dispose();
        _clients.Dispose();
        _ending.Dispose();
        await _app.DisposeAsync();
    }
}
