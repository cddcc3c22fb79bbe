using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using ClickHouse.Driver.ADO;
using FinOps.Analytics.Tenancy;
using FinOps.Testing;
using Microsoft.Playwright;
using Npgsql;

namespace FinOps.EndToEnd.Tests;

/// <summary>Who uses the browser.</summary>
public sealed record Account(string Email, string Password);

/// <summary>A server beside the demo's, and its ways to the stores: shut, or held, that store is away. Whoever shuts one opens it again; what tests make of tenants goes around them.</summary>
public sealed record OtherServer(ServerProcess Process, TenantMaker Tenants, TcpGate PostgresGate, TcpGate ClickHouseGate) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        await PostgresGate.DisposeAsync();
        await ClickHouseGate.DisposeAsync();
        await Tenants.DisposeAsync();
    }
}

/// <summary>
/// For the whole assembly: the real server in demo mode on real engines, and the installed Chromium. Ready when Overview shows the demo's last seven days;
/// its older days are still being written while the tests run, as they are for a newcomer.
/// </summary>
public sealed partial class DemoInstallation : IAsyncLifetime
{
    /// <summary>How long the fixture waits at most; what is promised is asserted in a test.</summary>
    private static readonly TimeSpan SevenDaysTimeout = TimeSpan.FromMinutes(4);

    /// <summary>Longer than a page waits for an answer: what the product still shows in time must not fail a test.</summary>
    private const float ExpectTimeoutMilliseconds = 20_000;

    /// <summary>The first sign-in meets a server that has compiled nothing yet, while the demo's days are written and other test programs run.</summary>
    private const float SignInTimeoutMilliseconds = 90_000;

    private static readonly TimeSpan PrintTimeout = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, string> _signedIn = [];
    private readonly ConcurrentDictionary<Visit, IBrowserContext> _kept = [];
    private readonly Lazy<Task<ReconciledTenant>> _reconciled;
    private string _folder = "";
    private string? _call;
    private Engines? _engines;
    private ServerProcess? _server;
    private TenantMaker? _tenants;
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public DemoInstallation() => _reconciled = new(() => ReconciledTenant.MakeAsync(this));

    /// <summary>Where the server expects the OpenID provider; a test starts it there.</summary>
    public int ProviderPort { get; } = FreePort.Next();

    public ServerProcess Server => _server ?? throw NotStarted();

    public TenantMaker Tenants => _tenants ?? throw NotStarted();

    /// <summary>The UTC day on which the demo was started: what it tells happened so many days before.</summary>
    public DateOnly FirstDay { get; private set; }

    /// <summary>The administrator that the start printed.</summary>
    public Account DemoAdmin { get; private set; } = new("", "");

    /// <summary>From before the engines were started until Overview, open since the server was ready, showed a bar of each of the last seven days.</summary>
    public TimeSpan SevenDaysAfter { get; private set; }

    private IBrowser Browser => _browser ?? throw NotStarted();

    public async ValueTask InitializeAsync()
    {
        var began = TimeProvider.System.GetTimestamp();
        _folder = Directory.CreateTempSubdirectory("finops-endtoend-").FullName;
        _engines = await Engines.StartAsync();
        var (postgres, clickHouse) = await _engines.NewDatabasesAsync();
        var environment = new Dictionary<string, string?>
        {
            ["FINOPS_POSTGRES"] = postgres,
            ["FINOPS_CLICKHOUSE"] = clickHouse,
            [ServerProcess.RecompileDelay] = ServerProcess.UsualRecompileDelay,
            // Asked only when somebody comes by it.
            ["FinOps__Oidc__Authority"] = $"http://127.0.0.1:{ProviderPort}",
            ["FinOps__Oidc__ClientId"] = ProviderProcess.ClientId,
            ["FinOps__Oidc__ClientSecret"] = ProviderProcess.ClientSecret,
            ["FinOps__Oidc__DisplayName"] = ProviderProcess.DisplayName,
            ["FinOps__Oidc__Groups__0__Group"] = ProviderProcess.Group,
            ["FinOps__Oidc__Groups__0__Organisation"] = "demo-company",
        };
        _server = new ServerProcess(_folder, environment, "--role", "all", "--demo");
        _tenants = new TenantMaker(postgres);
        FirstDay = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        await _server.StartReadyAsync();
        DemoAdmin = await PrintedSignInAsync();

        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            // The installed browser; none is ever downloaded.
            ExecutablePath = Environment.GetEnvironmentVariable("FINOPS_CHROMIUM") is { Length: > 0 } named ? named : "/usr/bin/chromium",
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
        Assertions.SetDefaultExpectTimeout(ExpectTimeoutMilliseconds);
        await VisitAsync(new Visit(DemoAdmin), page => ShowSevenDaysAsync(page));
        SevenDaysAfter = TimeProvider.System.GetElapsedTime(began);
    }

    /// <summary>A server with databases of its own on the same engines, ready; for what the demo's settings do not have.</summary>
    public async Task<OtherServer> NewServerAsync(Dictionary<string, string?> settings)
    {
        var (postgres, clickHouse) = await (_engines ?? throw NotStarted()).NewMigratedDatabasesAsync();
        var address = new NpgsqlConnectionStringBuilder(postgres);
        var gate = TcpGate.To(address.Host ?? "127.0.0.1", address.Port);
        (address.Host, address.Port) = ("127.0.0.1", gate.Port);
        var calls = new ClickHouseConnectionStringBuilder(clickHouse);
        var callsGate = TcpGate.To(calls.Host, calls.Port);
        (calls.Host, calls.Port) = ("127.0.0.1", (ushort)callsGate.Port);
        var environment = new Dictionary<string, string?>(settings) { ["FINOPS_POSTGRES"] = address.ConnectionString, ["FINOPS_CLICKHOUSE"] = calls.ConnectionString };
        var server = new ServerProcess(Directory.CreateDirectory(Path.Combine(_folder, Guid.NewGuid().ToString("N"))).FullName, environment, "--role", "all");
        await server.StartReadyAsync();
        return new OtherServer(server, new TenantMaker(postgres), gate, callsGate);
    }

    /// <summary>Opens a browser context of its own, signed in where the visit names an account, and fails when the pages write errors to the console.</summary>
    public async Task VisitAsync(Visit visit, Func<IPage, Task> body)
    {
        if (!_kept.TryGetValue(visit, out var context)) context = await NewContextAsync(visit);
        if (visit.Again) _kept[visit] = context;
        await using var ended = visit.Again ? null : context;
        var page = await context.NewPageAsync();
        var watch = new ConsoleWatch(page, visit.MayBeRefused);
        var done = false;
        try
        {
            await body(page);
            done = true;
        }
        finally
        {
            if (!done) await Failures.KeepAsync(page, watch, (visit.At ?? Server).Output);
        }

        if (visit.Again) await page.CloseAsync();
        watch.AssertNoError();
    }

    /// <summary>An account of a tenant of its own that never sent anything.</summary>
    public async Task<(TestTenant Tenant, Account Account)> NewTenantAsync(TenantRole role)
    {
        var tenant = await Tenants.NewTenantAsync();
        return (tenant, new Account(await Tenants.NewMemberAsync(tenant.Id, role), TenantMaker.Password));
    }

    /// <summary>An account of the demo company that sees the spend of these teams alone.</summary>
    public async Task<Account> NewTeamLeadAsync(TenantRole role, params string[] teams) =>
        new(await Tenants.NewMemberAsync(await Tenants.TenantOfAsync(DemoAdmin.Email), role, teams), TenantMaker.Password);

    /// <summary>The path of one of the demo's agent calls, whose trace has several spans.</summary>
    public async Task<string> CallPathAsync()
    {
        if (_call is { } known) return known;
        await VisitAsync(new Visit(DemoAdmin), async page =>
        {
            await page.GotoAsync("/calls?feature=research-agent&unpriced=no&status=answered");
            _call = await page.Locator("tr.call a[href^='/calls/']").First.GetAttributeAsync("href");
        });
        return (_call ?? throw new InvalidOperationException("The demo has no agent call.")).Split('?')[0];
    }

    /// <summary>Made by the first page that asks for it.</summary>
    internal Task<ReconciledTenant> ReconciledAsync() => _reconciled.Value;

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
        if (_tenants is not null) await _tenants.DisposeAsync();
        if (_server is not null) await _server.DisposeAsync();
        if (_engines is not null) await _engines.DisposeAsync();
        if (_folder.Length > 0) Directory.Delete(_folder, recursive: true);
    }

    private async Task<IBrowserContext> NewContextAsync(Visit visit)
    {
        var context = await Browser.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = (visit.At ?? Server).Web.ToString(),
            Locale = "en-US",
            TimezoneId = "UTC",
            ColorScheme = visit.Dark ? ColorScheme.Dark : ColorScheme.Light,
            // Pictures and contrast are judged at rest.
            ReducedMotion = ReducedMotion.Reduce,
            ViewportSize = new ViewportSize { Width = visit.Width, Height = visit.IsPhone ? 844 : 900 },
            IsMobile = visit.IsPhone,
            HasTouch = visit.IsPhone,
            StorageState = visit.Account is { } account ? await SignedInAsync(account, (visit.At ?? Server).Web) : null,
        });
        context.SetDefaultTimeout(30_000);
        return context;
    }

    /// <summary>Cookies of a real sign-in, made once per account.</summary>
    private async Task<string> SignedInAsync(Account account, Uri at)
    {
        if (_signedIn.TryGetValue(account.Email, out var state)) return state;
        await using var context = await Browser.NewContextAsync(new BrowserNewContextOptions { BaseURL = at.ToString() });
        context.SetDefaultTimeout(SignInTimeoutMilliseconds);
        var page = await context.NewPageAsync();
        await page.SignInAsync(account);
        await page.WaitForURLAsync(url => new Uri(url).AbsolutePath == "/", new PageWaitForURLOptions { WaitUntil = WaitUntilState.Commit });
        return _signedIn[account.Email] = await context.StorageStateAsync();
    }

    /// <summary>The page refreshes itself: nobody reloads it.</summary>
    private static async Task ShowSevenDaysAsync(IPage page)
    {
        await page.GotoAsync("/");
        await page.WaitForFunctionAsync(
            """
            () => {
              const written = document.querySelector('progress[aria-label="Days written"]');
              const days = [...document.querySelectorAll('.as-table tbody tr')];
              return (!written || written.value >= 7) && days.length === 7
                && days.every(day => [...day.querySelectorAll('td')].some(cost => cost.textContent.trim() !== '$0.00'));
            }
            """,
            null, new PageWaitForFunctionOptions { Timeout = (float)SevenDaysTimeout.TotalMilliseconds, PollingInterval = 250 });
    }

    /// <summary>From what the start prints for the person at the keyboard, just after the server became ready.</summary>
    private async Task<Account> PrintedSignInAsync()
    {
        var began = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(began) < PrintTimeout)
        {
            var lines = Lines().Matches(Server.Output).ToLookup(line => line.Groups["label"].Value, line => line.Groups["value"].Value);
            if (lines["Sign in as"].FirstOrDefault() is { } email && lines["Password"].FirstOrDefault() is { } password) return new Account(email, password);
            await Task.Delay(50);
        }

        throw new TimeoutException($"The start printed no sign-in.\n{Server.Output}");
    }

    private static InvalidOperationException NotStarted() => new("The demo is not started: use it as an assembly fixture.");

    [GeneratedRegex(@"^  (?<label>\S[^\n]*?) {2,}(?<value>\S+)\s*$", RegexOptions.Multiline)]
    private static partial Regex Lines();
}
