using FinOps.Analytics.Audit;
using FinOps.Analytics.Outcomes;
using FinOps.Analytics.Tenancy;
using FinOps.Demo;
using FinOps.Domain.Outcomes;
using FinOps.Domain.Tenancy;
using FinOps.Web.Roles;
using Microsoft.AspNetCore.Identity;

namespace FinOps.Web.Bootstrap;

/// <summary>Makes the first tenants, their administrators and keys. Runs at each start under the installation's lock and changes nothing that is there.</summary>
internal sealed class BootstrapInstallation(
    StartOptions start, Tenants tenants, Members members, AccessKeys keys, OutcomeDefinitions outcomes, IServiceScopeFactory scopes, StartBanner banner, DemoStart demo, TimeProvider clock)
{
    private const string OrganisationName = "My organisation";
    private const string OrganisationEmail = "admin@localhost";
    private const string DemoName = "Demo company";
    private const string DemoEmail = "demo@localhost";

    private readonly SignInFile _file = new(Path.Combine(start.DataFolder, "sign-in.json"));

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (start.Bootstrap.Any) await MakeConfiguredAsync(start.Bootstrap, cancellationToken);
        if (start.Role != ServerRole.All) return;
        if (start.Demo)
        {
            var (tenant, signIn) = await MakeFromFileAsync(SignInFile.Demo, DemoName, DemoEmail, cancellationToken);
            await DefineDemoOutcomesAsync(tenant.Id, cancellationToken);
            demo.Begin(tenant.Id, signIn.IngestKey);
        }
        else if (!start.Bootstrap.Any)
        {
            await MakeFromFileAsync(SignInFile.Organisation, OrganisationName, OrganisationEmail, cancellationToken);
        }
    }

    /// <summary>Valid for all days that the demo writes. One that a person has ended stays ended.</summary>
    private async Task DefineDemoOutcomesAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        var known = (await outcomes.ListAsync(tenant, cancellationToken)).Select(row => row.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var outcome in DemoOutcome.All.Where(outcome => !known.Contains(outcome.Name)))
        {
            var rule = new OutcomeRule(Guid.CreateVersion7(clock.GetUtcNow()), outcome.Name, OutcomeSource.SpanAttribute) { Key = outcome.Attribute, ValidFrom = clock.GetUtcNow().AddDays(-400) };
            await outcomes.AddAsync(tenant, rule, [outcome.Feature], Actor.Start, cancellationToken);
        }
    }

    private async Task MakeConfiguredAsync(BootstrapOptions options, CancellationToken cancellationToken)
    {
        var tenant = await tenants.EnsureAsync(options.Tenant ?? OrganisationName, cancellationToken);
        if (options is { AdminEmail: { } email, AdminPassword: { } password })
        {
            await EnsureAdminAsync(tenant.Id, email, password, cancellationToken);
            banner.AddSignIn(tenant.Name, email, "the one in FINOPS_BOOTSTRAP_ADMIN_PASSWORD, or the one you changed it to");
        }

        if (options.IngestKey is { } ingestKey)
            await keys.EnsureVerbatimAsync(tenant.Id, new NewAccessKey(tenant.DefaultProject, KeyKind.Ingest, "First ingest key"), ingestKey, Actor.Start, cancellationToken);
        if (options.ApiKey is { } apiKey)
            await keys.EnsureVerbatimAsync(tenant.Id, FirstApiKey(tenant), apiKey, Actor.Start, cancellationToken);
    }

    private async Task<(TenantHandle Tenant, SignIn SignIn)> MakeFromFileAsync(
        string section, string tenantName, string email, CancellationToken cancellationToken)
    {
        var (signIn, made) = await _file.GetOrMakeAsync(section, tenantName, email, cancellationToken);
        var tenant = await tenants.EnsureAsync(signIn.Tenant, cancellationToken);
        var passwordHolds = await EnsureAdminAsync(tenant.Id, signIn.Email, signIn.Password, cancellationToken);
        await keys.EnsureVerbatimAsync(tenant.Id, new NewAccessKey(tenant.DefaultProject, KeyKind.Ingest, "First ingest key"), signIn.IngestKey, Actor.Start, cancellationToken);
        await keys.EnsureVerbatimAsync(tenant.Id, FirstApiKey(tenant), signIn.ApiKey, Actor.Start, cancellationToken);
        banner.AddSignIn(tenant.Name, signIn.Email, passwordHolds ? signIn.Password : "the one you changed it to");
        if (made) banner.AddKeys(signIn, _file.FilePath);
        else banner.AddKeysFile(_file.FilePath);
        return (tenant, signIn);
    }

    private static NewAccessKey FirstApiKey(TenantHandle tenant) => new(tenant.DefaultProject, KeyKind.Api, "First API key") { Scopes = KeyScopes.First };

    /// <summary>True when the password is still this one. An existing user keeps theirs.</summary>
    private async Task<bool> EnsureAdminAsync(TenantId tenant, string email, string password, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<AppUser>>();
        var user = await users.FindByEmailAsync(email);
        if (user is not null)
        {
            // Only a membership that is missing altogether is made: a person may have changed the role since.
            if (!(await members.ListAsync(tenant, cancellationToken)).Any(member => member.UserId == user.Id))
                await members.SetAsync(tenant, user.Id, TenantRole.Admin, teams: null, Actor.Start, cancellationToken);
            if (!user.IsOperator)
            {
                // Made by a release that knew no operators.
                user.IsOperator = true;
                await users.UpdateAsync(user);
            }

            return await users.CheckPasswordAsync(user, password);
        }

        user = new AppUser { Id = Guid.CreateVersion7(clock.GetUtcNow()), UserName = email, Email = email, EmailConfirmed = true, CreatedAt = clock.GetUtcNow(), IsOperator = true };
        var result = await users.CreateAsync(user, password);
        if (!result.Succeeded)
            throw new TenancyException($"The user {email} cannot be made: {string.Join(" ", result.Errors.Select(error => error.Description))}");
        await members.SetAsync(tenant, user.Id, TenantRole.Admin, teams: null, Actor.Start, cancellationToken);
        return true;
    }
}
