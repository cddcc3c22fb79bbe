using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Analytics.Tests.Prices;
using FinOps.Domain.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace FinOps.Analytics.Tests.Accounts;

/// <summary>Sessions, used codes and memberships by group, on the real engine.</summary>
public sealed class AccountsTests(PriceBookFixture postgres)
{
    private static readonly TimeSpan Idle = TimeSpan.FromDays(14);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sessions_OfTwoPeople_AreEndedByTheirOwnersAlone()
    {
        await using var services = await postgres.CreateAsync();
        var sessions = services.GetRequiredService<UserSessions>();
        var (one, two) = (await NewUserAsync(services), await NewUserAsync(services));
        var first = await StartAsync(sessions, one);
        var second = await StartAsync(sessions, one);
        var foreign = await StartAsync(sessions, two);

        Assert.True(await sessions.IsOpenAsync(one, first, Token));
        Assert.False(await sessions.IsOpenAsync(two, first, Token));
        Assert.Equal(0, await sessions.EndAsync(two, first, Token));
        Assert.Equal(1, await sessions.EndOthersAsync(one, second, Token));
        Assert.False(await sessions.IsOpenAsync(one, first, Token));
        Assert.True(await sessions.IsOpenAsync(two, foreign, Token));
        Assert.Equal([second], (await sessions.OfUserAsync(one, Token)).Select(session => session.Id));
        Assert.Equal(1, await sessions.EndAllAsync(two, Token));
    }

    [Fact]
    public async Task Sessions_PastTheirTime_AreOverAndForgotten()
    {
        await using var services = await postgres.CreateAsync();
        var sessions = services.GetRequiredService<UserSessions>();
        var user = await NewUserAsync(services);
        var session = await sessions.StartAsync(new SessionStart(user, "Firefox", "127.0.0.1", "password"), TimeSpan.FromMilliseconds(1), Token);
        await Task.Delay(20, Token);

        Assert.False(await sessions.IsOpenAsync(user, session, Token));
        Assert.Empty(await sessions.OfUserAsync(user, Token));
        await new RemoveExpiredSessions(sessions).RunAsync(Token);
        await using var context = services.GetRequiredService<FinOpsDatabase>().OpenWithoutTenant();
        Assert.Equal(0, await context.Sessions.CountAsync(Token));
    }

    [Fact]
    public async Task Sessions_OverTheLimit_EndTheOldest()
    {
        await using var services = await postgres.CreateAsync();
        var sessions = services.GetRequiredService<UserSessions>();
        var user = await NewUserAsync(services);
        var oldest = await StartAsync(sessions, user);
        for (var i = 0; i < UserSessions.MaxPerUser; i++) await StartAsync(sessions, user);

        Assert.False(await sessions.IsOpenAsync(user, oldest, Token));
        Assert.Equal(UserSessions.MaxPerUser, (await sessions.OfUserAsync(user, Token)).Count);
    }

    [Fact]
    public async Task Code_TakenByManyAtOnce_IsTakenOnce()
    {
        await using var services = await postgres.CreateAsync();
        var steps = services.GetRequiredService<AuthenticatorSteps>();
        var user = await NewUserAsync(services);

        var taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => steps.TakeAsync(user, 1000, Token)));

        Assert.Equal(1, taken.Count(one => one));
        Assert.False(await steps.TakeAsync(user, 999, Token));
        // Saving a user that was read before does not bring used codes back.
        await using (var context = services.GetRequiredService<FinOpsDatabase>().OpenWithoutTenant())
        {
            var stale = await context.Users.SingleAsync(row => row.Id == user, Token);
            Assert.True(await steps.TakeAsync(user, 1001, Token));
            context.Update(stale);
            await context.SaveChangesAsync(Token);
        }

        Assert.False(await steps.TakeAsync(user, 1001, Token));
        Assert.True(await steps.TakeAsync(user, 1002, Token));
    }

    [Fact]
    public async Task Groups_OfAPerson_GiveChangeAndTakeTheirMemberships_AndLeaveThoseOfPeople()
    {
        await using var services = await postgres.CreateAsync();
        var (tenants, groups, database) = (services.GetRequiredService<Tenants>(), services.GetRequiredService<GroupMemberships>(), services.GetRequiredService<FinOpsDatabase>());
        var (one, two, hand) = (await tenants.EnsureAsync("One", Token), await tenants.EnsureAsync("Two", Token), await tenants.EnsureAsync("By hand", Token));
        var user = await NewUserAsync(services);
        await services.GetRequiredService<Members>().SetAsync(hand.Id, user, TenantRole.Admin, teams: null, FinOps.Analytics.Audit.Actor.Start, Token);

        var first = await groups.ApplyAsync(new AppUser { Id = user, Email = "a@b.test" }, Roles(("one", TenantRole.Viewer), ("two", TenantRole.Admin), ("by-hand", TenantRole.Viewer), ("nowhere", TenantRole.Admin)), Token);
        Assert.Equal(["nowhere"], first.Unknown);
        Assert.Equal([TenantRole.Viewer, TenantRole.Admin, TenantRole.Admin], [await RoleAsync(one.Id), await RoleAsync(two.Id), await RoleAsync(hand.Id)]);

        var second = await groups.ApplyAsync(new AppUser { Id = user, Email = "a@b.test" }, Roles(("one", TenantRole.Analyst)), Token);
        Assert.Equal([two.Id], second.Taken);
        Assert.Equal([TenantRole.Analyst, null, TenantRole.Admin], [await RoleAsync(one.Id), await RoleAsync(two.Id), await RoleAsync(hand.Id)]);

        await groups.ApplyAsync(new AppUser { Id = user, Email = "a@b.test" }, Roles(), Token);
        Assert.Equal([null, null, TenantRole.Admin], [await RoleAsync(one.Id), await RoleAsync(two.Id), await RoleAsync(hand.Id)]);

        Task<TenantRole?> RoleAsync(TenantId tenant) => database.RunAsync(
            tenant, context => context.Memberships.Where(row => row.UserId == user).Select(row => (TenantRole?)row.Role).SingleOrDefaultAsync(Token), Token);
    }

    private static Dictionary<string, TenantRole> Roles(params (string Slug, TenantRole Role)[] wanted) => wanted.ToDictionary(one => one.Slug, one => one.Role);

    private static Task<Guid> StartAsync(UserSessions sessions, Guid user) => sessions.StartAsync(new SessionStart(user, "Firefox", "127.0.0.1", "password"), Idle, Token);

    private static async Task<Guid> NewUserAsync(ServiceProvider services)
    {
        var id = Guid.NewGuid();
        await using var context = services.GetRequiredService<FinOpsDatabase>().OpenWithoutTenant();
        context.Users.Add(new AppUser { Id = id, UserName = id.ToString(), NormalizedUserName = id.ToString(), CreatedAt = DateTimeOffset.UnixEpoch });
        await context.SaveChangesAsync(Token);
        return id;
    }
}
