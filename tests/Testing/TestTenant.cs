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
        Keys.CreateAsync(tenant, project, kind, $"{kind} key of a test", "test", boundTags, expiresAt, cancellationToken);

    /// <summary>A user with this role and <see cref="Password"/>; gives the e-mail address.</summary>
    public async Task<string> NewMemberAsync(TenantId tenant, TenantRole role, CancellationToken cancellationToken = default)
    {
        var email = $"{Guid.NewGuid():N}@example.test";
        await using var scope = _services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<AppUser>>();
        var user = new AppUser { Id = Guid.NewGuid(), UserName = email, Email = email, CreatedAt = TimeProvider.System.GetUtcNow() };
        var made = await users.CreateAsync(user, Password);
        if (!made.Succeeded) throw new InvalidOperationException(string.Join(" ", made.Errors.Select(error => error.Description)));
        await _services.GetRequiredService<Tenants>().SetMemberAsync(tenant, user.Id, role, cancellationToken);
        return email;
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
