using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FinOps.Domain.Policies;
using FinOps.Domain.Policies.Control;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace FinOps.Gateway.Tests.Control;

/// <summary>What becomes of what gateways say about leases.</summary>
internal enum LeaseFault
{
    None,

    /// <summary>Connections break at once.</summary>
    Away,

    /// <summary>Nothing is answered for longer than calls wait; then the connection breaks.</summary>
    Silent,

    /// <summary>It is done, and every third answer is lost.</summary>
    LosesAnswers,
}

/// <summary>A control plane that says what a test wants, good or bad, by the types that the real one has; the end-to-end test has the real one.</summary>
internal sealed class ControlServer : IAsyncDisposable
{
    public const string Token = "fin_en_test";

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Acknowledgement> _told = new();
    private readonly ConcurrentQueue<Heartbeat> _beats = new();
    private SignedBundle? _bundle;
    private long _version;
    private int _leaseAnswers, _grantsToLose;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ControlServer()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.Run(ServeAsync);
    }

    public static async Task<ControlServer> StartAsync()
    {
        var server = new ControlServer();
        await server._app.StartAsync();
        return server;
    }

    public string Address => _app.Urls.First();
    public ECDsa Key { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    public Guid Tenant { get; } = Guid.NewGuid();
    public string AgentKey { get; } = "fin_ag_" + RandomNumberGenerator.GetHexString(16);
    public int Enrolments { get; private set; }

    /// <summary>Budgets by their id.</summary>
    public Dictionary<string, LeaseLedger> Ledgers { get; } = [];

    public LeaseFault LeaseFault { get; set; }

    /// <summary>So many of the next leases are reserved, and their answers lost.</summary>
    public int LosesGrants
    {
        set => Volatile.Write(ref _grantsToLose, value);
    }

    public IReadOnlyList<Acknowledgement> Told => [.. _told];
    public IReadOnlyList<Heartbeat> Beats => [.. _beats];

    /// <summary>Signs and sends.</summary>
    public void Send(long version, string policies, ECDsa? key = null, Guid? tenant = null) => SendRaw(version, SignedBundle.Sign(key ?? Key, Encoding.UTF8.GetBytes(
        $$"""{"schema":1,"version":{{version}},"tenant":"{{tenant ?? Tenant}}","issued_at":"2026-11-26T00:00:00Z","policies":[{{policies}}]}""")));

    public void SendRaw(long version, SignedBundle bundle)
    {
        (_bundle, _version) = (bundle, version);
        Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }

    public async Task<Acknowledgement> WaitForWordAsync(int count)
    {
        for (var waited = 0; _told.Count < count; waited++)
        {
            if (waited == 200) throw new TimeoutException($"Of {count} acknowledgements came {_told.Count}.");
            await Task.Delay(50);
        }

        return Told[count - 1];
    }

    private async Task ServeAsync(HttpContext http)
    {
        var path = http.Request.Path.Value;
        if (path == AgentControl.EnrolPath)
        {
            var request = await JsonSerializer.DeserializeAsync(http.Request.Body, ControlJson.Default.EnrolRequest);
            if (request!.Token != Token) http.Response.StatusCode = 401;
            else
            {
                Enrolments++;
                await http.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(new EnrolResponse(Guid.NewGuid(), "edge-1", Tenant, AgentKey, Key.ExportSubjectPublicKeyInfo()), ControlJson.Default.EnrolResponse));
            }

            return;
        }

        if (http.Request.Headers.Authorization != "Bearer " + AgentKey)
        {
            http.Response.StatusCode = 403;
            return;
        }

        switch (path)
        {
            case AgentControl.BundlePath:
                var have = long.Parse(http.Request.Query[AgentControl.HaveParameter].ToString(), System.Globalization.CultureInfo.InvariantCulture);
                var changed = _changed.Task;
                if (_version == have) await Task.WhenAny(changed, Task.Delay(TimeSpan.FromSeconds(20), http.RequestAborted));
                if (_bundle is null) http.Response.StatusCode = 404;
                else if (_version == have) http.Response.StatusCode = 304;
                else await http.Response.Body.WriteAsync(_bundle.ToJson());
                break;
            case AgentControl.AcknowledgePath:
                _told.Enqueue((await JsonSerializer.DeserializeAsync(http.Request.Body, ControlJson.Default.Acknowledgement))!);
                http.Response.StatusCode = 204;
                break;
            case AgentControl.HeartbeatPath:
                _beats.Enqueue((await JsonSerializer.DeserializeAsync(http.Request.Body, ControlJson.Default.Heartbeat))!);
                await http.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(new HeartbeatResponse(_version, 1), ControlJson.Default.HeartbeatResponse));
                break;
            case AgentControl.ReserveLeasePath or AgentControl.SettleLeasePath or AgentControl.ReturnLeasePath:
                await LeaseAsync(http, path);
                break;
            default:
                http.Response.StatusCode = 404;
                break;
        }
    }

    private async Task LeaseAsync(HttpContext http, string path)
    {
        if (LeaseFault is LeaseFault.Away or LeaseFault.Silent)
        {
            if (LeaseFault == LeaseFault.Silent) await Task.Delay(TimeSpan.FromMilliseconds(700));
            http.Abort();
            return;
        }

        if (path == AgentControl.ReserveLeasePath)
        {
            var request = (await JsonSerializer.DeserializeAsync(http.Request.Body, ControlJson.Default.LeaseRequest))!;
            if (Ledgers.TryGetValue(request.BudgetId, out var ledger))
            {
                var grant = ledger.Reserve(request);
                if (LosesAnswer() || Interlocked.Decrement(ref _grantsToLose) >= 0) http.Abort();
                else await http.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(grant, ControlJson.Default.LeaseGrant));
                return;
            }
        }
        else
        {
            var told = (await JsonSerializer.DeserializeAsync(http.Request.Body, ControlJson.Default.LeaseSettlement))!;
            if (Ledgers.Values.Any(ledger => ledger.Settle(told, path == AgentControl.ReturnLeasePath)))
            {
                if (LosesAnswer()) http.Abort();
                else http.Response.StatusCode = 204;
                return;
            }
        }

        http.Response.StatusCode = 404;
    }

    private bool LosesAnswer() => LeaseFault == LeaseFault.LosesAnswers && Interlocked.Increment(ref _leaseAnswers) % 3 == 0;

    public async ValueTask DisposeAsync()
    {
        SendRaw(_version, _bundle ?? new SignedBundle([], "", []));
        await _app.DisposeAsync();
    }
}
