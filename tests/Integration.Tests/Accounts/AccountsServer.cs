using System.Globalization;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Mail;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Testing;
using FinOps.Web.Mail;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace FinOps.Integration.Tests.Accounts;

[CollectionDefinition(Name)]
public sealed class AccountsCollection : ICollectionFixture<AccountsServer>
{
    public const string Name = "accounts";
}

/// <summary>A server with a mail server and an OpenID provider, and the services that it uses itself, on its own PostgreSQL.</summary>
public sealed class AccountsServer(Installation installation) : IAsyncLifetime
{
    public const string ViewersGroup = "finops-viewers";
    public const string AdminsGroup = "finops-admins";
    public const string Sender = "finops@acme.test";

    private ServerUnderTest? _server;
    private ServiceProvider? _services;
    private IdentityProvider? _provider;

    public MailServer Mail { get; } = new();

    public ServerUnderTest Server => _server!;

    public ServerProcess Process => Server.Process;

    /// <summary>The organisation that the provider's groups lead to.</summary>
    public TestTenant Organisation { get; private set; } = null!;

    public T Get<T>() where T : notnull => _services!.GetRequiredService<T>();

    internal IdentityProvider Provider => _provider!;

    public async ValueTask InitializeAsync()
    {
        _provider = new IdentityProvider(FreePort.Next());
        await _provider.StartAsync();
        var settings = new Dictionary<string, string?>
        {
            ["FinOps__Mail__Host"] = "127.0.0.1",
            ["FinOps__Mail__Port"] = Mail.Port.ToString(CultureInfo.InvariantCulture),
            ["FinOps__Mail__Security"] = "None",
            ["FinOps__Mail__From"] = Sender,
            ["FinOps__Mail__PublicAddress"] = "https://finops.acme.test/",
            ["FinOps__Mail__MaxTries"] = "3",
            ["FinOps__Mail__FirstRetrySeconds"] = "1",
            ["FinOps__Mail__LongestRetrySeconds"] = "1",
            ["FinOps__Oidc__Authority"] = _provider.Address,
            ["FinOps__Oidc__ClientId"] = IdentityProvider.ClientId,
            ["FinOps__Oidc__ClientSecret"] = IdentityProvider.ClientSecret,
            ["FinOps__Oidc__Groups__0__Group"] = ViewersGroup,
            ["FinOps__Oidc__Groups__0__Organisation"] = "grouped",
            ["FinOps__Oidc__Groups__1__Group"] = AdminsGroup,
            ["FinOps__Oidc__Groups__1__Organisation"] = "grouped",
            ["FinOps__Oidc__Groups__1__Role"] = "Admin",
            // Wrong ones are tried on purpose; the limit has a test of its own.
            ["FinOps__SignIn__FailuresPerAddress"] = "10000",
        };
        _server = await installation.NewServerAsync(settings);
        await Process.StartReadyAsync();
        Organisation = await Server.Tenants.NewTenantAsync("Grouped");

        var services = new ServiceCollection();
        services.AddLogging();
        services.AddPostgres(new PostgresOptions { ConnectionString = Server.Postgres, MaxConnections = 5 });
        services.AddDataProtection().SetApplicationName("finops").PersistKeysToDbContext<FinOpsDbContext>();
        services.AddSingleton(Options.Create(new MailOptions { Host = "127.0.0.1", From = Sender, PublicAddress = new Uri("https://finops.acme.test/") }));
        services.AddSingleton<MailOutbox>().AddSingleton<MailCipher>().AddSingleton<InvitationMail>();
        _services = services.BuildServiceProvider();
    }

    /// <summary>As an administrator does on the page.</summary>
    public Task<MadeInvitation> InviteAsync(TestTenant tenant, string email, bool byMail = false, TenantRole role = TenantRole.Viewer) => Get<Invitations>().InviteAsync(
        tenant.Id, new InvitationRequest(email, role, Actor.OfUser(Guid.Empty, "admin@acme.test")), TimeSpan.FromDays(7), byMail ? Get<InvitationMail>().Write : _ => null, TestContext.Current.CancellationToken);

    /// <summary>What stands in the tenant's audit record, oldest first.</summary>
    public Task<List<string>> ActsAsync(TestTenant tenant) => Get<FinOpsDatabase>().RunAsync(tenant.Id, context => context.AuditEntries
        .OrderBy(entry => entry.Sequence).Select(entry => entry.Act).ToListAsync(TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_services is not null) await _services.DisposeAsync();
        if (_server is not null) await _server.DisposeAsync();
        if (_provider is not null) await _provider.DisposeAsync();
        await Mail.DisposeAsync();
    }
}
