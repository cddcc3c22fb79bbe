using FinOps.Analytics.Audit;
using FinOps.Analytics.Bills;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace FinOps.Testing;

/// <summary>A tenant of a test's own, with a key of each kind.</summary>
public sealed record TestTenant(TenantId Id, ProjectId Project, string Name, string IngestKey, string ApiKey);

/// <summary>Makes tenants, keys and members in a server's PostgreSQL, through the code that the server itself uses.</summary>
public sealed class TenantMaker : IAsyncDisposable
{
    public const string Password = "correct horse battery";

    /// <summary>Who does what tests prepare.</summary>
    public static Actor Author { get; } = Actor.OfJob("test");

    private readonly ServiceProvider _services;

    public TenantMaker(string postgres)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddPostgres(new PostgresOptions { ConnectionString = postgres, MaxConnections = 5 });
        services.AddIdentityCore<AppUser>(options => options.Password = new PasswordOptions
        {
            RequireDigit = false,
            RequireUppercase = false,
            RequireNonAlphanumeric = false,
        }).AddEntityFrameworkStores<FinOpsDbContext>();
        _services = services.BuildServiceProvider();
    }

    public AccessKeys Keys => _services.GetRequiredService<AccessKeys>();

    public async Task<TestTenant> NewTenantAsync(string? name = null, CancellationToken cancellationToken = default)
    {
        var tenant = await _services.GetRequiredService<Tenants>().EnsureAsync(name ?? $"Tenant {Guid.NewGuid():N}", cancellationToken);
        return new TestTenant(
            tenant.Id, tenant.DefaultProject, tenant.Name,
            (await NewKeyAsync(tenant.Id, tenant.DefaultProject, KeyKind.Ingest, cancellationToken: cancellationToken)).Token,
            (await NewKeyAsync(tenant.Id, tenant.DefaultProject, KeyKind.Api, cancellationToken: cancellationToken)).Token);
    }

    public Task<CreatedAccessKey> NewKeyAsync(
        TenantId tenant, ProjectId project, KeyKind kind, IReadOnlyDictionary<Tag, string>? boundTags = null, DateTimeOffset? expiresAt = null,
        CancellationToken cancellationToken = default) =>
        Keys.CreateAsync(tenant, new NewAccessKey(project, kind, $"{kind} key of a test {Guid.NewGuid():N}")
        {
            BoundTags = boundTags ?? new Dictionary<Tag, string>(),
            Scopes = kind == KeyKind.Api ? [.. KeyScopes.All.Keys.Except(KeyScopes.OfOperators)] : [],
            ExpiresAt = expiresAt,
        }, Author, cancellationToken);

    /// <summary>An API key that manages the installation.</summary>
    public Task<CreatedAccessKey> NewOperatorKeyAsync(TestTenant tenant) => Keys.CreateAsync(
        tenant.Id, new NewAccessKey(tenant.Project, KeyKind.Api, "operator") { Scopes = KeyScopes.OfOperators, ByOperator = true }, Author);

    public Members Members => _services.GetRequiredService<Members>();

    private Installations Installations => _services.GetRequiredService<Installations>();

    /// <summary>A user with this role and <see cref="Password"/>; gives the e-mail address.</summary>
    /// <param name="teams">The only teams whose spend they see; null: the whole tenant's.</param>
    public async Task<string> NewMemberAsync(TenantId tenant, TenantRole role, IReadOnlyList<string>? teams = null, CancellationToken cancellationToken = default)
    {
        var email = $"{Guid.NewGuid():N}@example.test";
        await using var scope = _services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<AppUser>>();
        var user = new AppUser { Id = Guid.NewGuid(), UserName = email, Email = email, CreatedAt = TimeProvider.System.GetUtcNow() };
        var made = await users.CreateAsync(user, Password);
        if (!made.Succeeded) throw new InvalidOperationException(string.Join(" ", made.Errors.Select(error => error.Description)));
        await Members.SetAsync(tenant, user.Id, role, teams, Author, cancellationToken);
        return email;
    }

    /// <summary>Books of a month as they stand after a close, without its lines: of telemetry that is a month old nothing is sent by tests of pages.</summary>
    public Task CloseMonthAsync(TenantId tenant, DateOnly month, decimal cost, decimal corrections, CancellationToken cancellationToken = default) =>
        _services.GetRequiredService<FinOpsDatabase>().RunAsync(tenant, async context =>
        {
            var now = TimeProvider.System.GetUtcNow();
            context.Add(new ClosedMonth { TenantId = tenant.Value, Id = Guid.NewGuid(), Month = month, State = MonthState.Closed, RequestedAt = now, RequestedBy = "test", ClosedAt = now, Cost = cost, Lines = 1, Corrections = corrections });
            return await context.SaveChangesAsync(cancellationToken);
        }, cancellationToken);

    /// <summary>Gives someone who has an account this place in the tenant, whatever they had.</summary>
    public async Task PlaceAsync(string email, TenantId tenant, TenantRole role, IReadOnlyList<string>? teams = null) =>
        await Members.SetAsync(tenant, await UserIdAsync(email), role, teams, Author, CancellationToken.None);

    /// <summary>The tenant that they joined first.</summary>
    public async Task<TenantId> TenantOfAsync(string email) => (await Members.PlacesOfAsync(await UserIdAsync(email), CancellationToken.None))[0].Tenant;

    public async Task RemoveAsync(string email, TenantId tenant) => await Members.RemoveAsync(tenant, await UserIdAsync(email), Author, CancellationToken.None);

    public async Task<bool> SuspendAsync(TestTenant tenant, string reason) => await Installations.SuspendAsync(await RowAsync(tenant), reason, Author, CancellationToken.None);

    public async Task<bool> ResumeAsync(TestTenant tenant) => await Installations.ResumeAsync(await RowAsync(tenant), Author, CancellationToken.None);

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private async Task<TenantRow> RowAsync(TestTenant tenant) => (await Installations.ListAsync(tenant.Name, 0, CancellationToken.None)).Single(row => row.Id == tenant.Id);

    private async Task<Guid> UserIdAsync(string email)
    {
        await using var scope = _services.CreateAsyncScope();
        return (await scope.ServiceProvider.GetRequiredService<UserManager<AppUser>>().FindByEmailAsync(email) ?? throw new InvalidOperationException($"There is no account {email}.")).Id;
    }
}
