using FinOps.Analytics.Audit;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Tests.Accounts;
using FinOps.Analytics.Tests.Prices;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace FinOps.Analytics.Tests.Isolation;

/// <summary>Members, the last administrator, suspension, on the real engine.</summary>
public sealed class MembersTests(PriceBookFixture fixture)
{
    private static readonly Actor Author = Actor.OfUser(Guid.NewGuid(), "owner@example.test");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task LastAdministrator_CanBeNeitherDemotedNorRemoved_NotEvenByTwoAtOnce()
    {
        await using var services = await fixture.CreateAsync();
        var (members, tenant) = (services.GetRequiredService<Members>(), await NewTenantAsync(services, "One"));
        var (first, second) = (await NewUserAsync(services), await NewUserAsync(services));
        await members.SetAsync(tenant, first, TenantRole.Admin, null, Author, Token);

        await Assert.ThrowsAsync<TenancyException>(() => members.SetAsync(tenant, first, TenantRole.Viewer, null, Author, Token));
        await Assert.ThrowsAsync<TenancyException>(() => members.RemoveAsync(tenant, first, Author, Token));
        Assert.Equal(TenantRole.Admin, Assert.Single(await members.ListAsync(tenant, Token)).Role);

        for (var round = 0; round < 5; round++)
        {
            await members.SetAsync(tenant, first, TenantRole.Admin, null, Author, Token);
            await members.SetAsync(tenant, second, TenantRole.Admin, null, Author, Token);
            var both = await Task.WhenAll(RefusedAsync(() => members.SetAsync(tenant, first, TenantRole.Viewer, null, Author, Token)), RefusedAsync(() => members.RemoveAsync(tenant, second, Author, Token)));
            Assert.Single(both, refused => refused);
            Assert.Single(await members.ListAsync(tenant, Token), member => member.Role == TenantRole.Admin);
        }

        Assert.False(await members.RemoveAsync(await NewTenantAsync(services, "Other"), first, Author, Token));

        static async Task<bool> RefusedAsync(Func<Task> change)
        {
            try
            {
                await change();
                return false;
            }
            catch (TenancyException)
            {
                return true;
            }
        }
    }

    [Fact]
    public async Task Teams_OfAMember_AreToldToTheSessionAndNeverToAnAdministrator()
    {
        await using var services = await fixture.CreateAsync();
        var (members, tenant) = (services.GetRequiredService<Members>(), await NewTenantAsync(services, "One"));
        var user = await NewUserAsync(services);

        await members.SetAsync(tenant, user, TenantRole.Analyst, [" search", "growth", "search", ""], Author, Token);

        var standing = await members.StandingAsync(user, tenant, Token);
        Assert.Equal(new MemberPlace(ReadScope.OfTeams(tenant, ["growth", "search"]), "One", TenantRole.Analyst, null), standing!.Place);
        Assert.Equal(standing.Place, Assert.Single(await members.PlacesOfAsync(user, Token)));
        Assert.Equal(["growth", "search"], Assert.Single(await members.ListAsync(tenant, Token)).Teams!);
        Assert.Null((await members.StandingAsync(user, await NewTenantAsync(services, "Other"), Token))!.Place);
        Assert.Null(await members.StandingAsync(Guid.NewGuid(), tenant, Token));

        await Assert.ThrowsAsync<TenancyException>(() => members.SetAsync(tenant, user, TenantRole.Admin, ["growth"], Author, Token));
        await Assert.ThrowsAsync<TenancyException>(() => members.SetAsync(tenant, user, TenantRole.Viewer, ["", " "], Author, Token));
        await Assert.ThrowsAsync<TenancyException>(() => members.SetAsync(tenant, user, TenantRole.Viewer, [.. Enumerable.Range(0, ReadScope.MaxTeams + 1).Select(i => $"t{i}")], Author, Token));
        // The database itself refuses a limit to nothing, which could be taken for none.
        foreach (var wrong in (string[])["teams = '{}'", "role = 'Admin'"])
        {
            await using var owner = NpgsqlDataSource.Create(services.GetRequiredService<PostgresOptions>().ForOwner()!);
            await using var command = owner.CreateCommand($"UPDATE finops.memberships SET {wrong}");
            Assert.Equal(PostgresErrorCodes.CheckViolation, (await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync(Token))).SqlState);
        }

        await members.SetAsync(tenant, user, TenantRole.Viewer, null, Author, Token);
        Assert.True((await members.StandingAsync(user, tenant, Token))!.Place!.Scope.IsWhole);
        Assert.Equal([AuditActs.OrganisationCreated, AuditActs.MemberAdded, AuditActs.MemberRoleChanged, AuditActs.MemberScopeChanged], await ActsAsync(services, tenant));
    }

    [Fact]
    public async Task Suspension_IsToldToSessionsAndKeys_AndTakenBack()
    {
        await using var services = await fixture.CreateAsync();
        var (members, installations, keys) = (services.GetRequiredService<Members>(), services.GetRequiredService<Installations>(), services.GetRequiredService<AccessKeys>());
        var (tenant, other) = (await services.GetRequiredService<Tenants>().MakeAsync("Late Payer", FinOps.Analytics.Audit.Actor.Start, Token), await NewTenantAsync(services, "Other"));
        var user = await NewUserAsync(services);
        await members.SetAsync(tenant.Id, user, TenantRole.Admin, null, Author, Token);
        var key = AccessKeyToken.Hash((await keys.CreateAsync(tenant.Id, new NewAccessKey(tenant.DefaultProject, KeyKind.Ingest, "k"), FinOps.Analytics.Audit.Actor.Start, Token)).Token);

        Assert.True(await installations.SuspendAsync(Assert.Single(await installations.ListAsync("Late Pay", 0, Token)), "unpaid", Author, Token));

        Assert.True((await keys.FindAsync(key, Token))!.IsSuspended);
        Assert.Equal("unpaid", (await members.StandingAsync(user, tenant.Id, Token))!.Place!.Suspension);
        var listed = Assert.Single(await installations.ListAsync("PAYER", 0, Token));
        Assert.Equal((1L, 1L, 1L, 1L, "unpaid", Author.Name), (listed.Members, listed.Admins, listed.Projects, listed.LiveKeys, listed.Suspension!.Reason, listed.Suspension.By));
        Assert.Null((await installations.ListAsync("", 0, Token)).Single(row => row.Id == other).Suspension);

        Assert.True(await installations.ResumeAsync(listed, Author, Token));

        Assert.False((await keys.FindAsync(key, Token))!.IsSuspended);
        Assert.Null((await members.StandingAsync(user, tenant.Id, Token))!.Place!.Suspension);
        Assert.False(await installations.SuspendAsync(listed with { Id = new TenantId(Guid.NewGuid()) }, "nobody", Author, Token));
        await Assert.ThrowsAsync<TenancyException>(() => installations.SuspendAsync(listed, " ", Author, Token));
        Assert.Equal(
            [AuditActs.OrganisationCreated, AuditActs.MemberAdded, AuditActs.KeyCreated, AuditActs.OrganisationSuspended, AuditActs.OrganisationResumed], await ActsAsync(services, tenant.Id));
        Assert.Equal([AuditActs.OrganisationCreated, AuditActs.OrganisationSuspended, AuditActs.OrganisationResumed], await ActsAsync(services, AuditTrail.Installation));
        await Assert.ThrowsAsync<TenancyException>(() => services.GetRequiredService<Tenants>().MakeAsync("late payer", FinOps.Analytics.Audit.Actor.Start, Token));
    }

    private static Task<List<string>> ActsAsync(ServiceProvider services, TenantId chain) => services.GetRequiredService<FinOpsDatabase>().RunAsync(
        chain, context => context.AuditEntries.OrderBy(entry => entry.Sequence).Select(entry => entry.Act).ToListAsync(Token), Token);

    private static async Task<TenantId> NewTenantAsync(ServiceProvider services, string name) => (await services.GetRequiredService<Tenants>().EnsureAsync(name, Token)).Id;

    private static async Task<Guid> NewUserAsync(ServiceProvider services)
    {
        var id = Guid.NewGuid();
        await using var context = services.GetRequiredService<FinOpsDatabase>().OpenWithoutTenant();
        context.Users.Add(new AppUser { Id = id, UserName = id.ToString(), Email = $"{id}@example.test", SecurityStamp = "stamp" });
        await context.SaveChangesAsync(Token);
        return id;
    }
}
