using System.Net;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Testing;
using Microsoft.EntityFrameworkCore;

namespace FinOps.Integration.Tests.Accounts;

[Collection(AccountsCollection.Name)]
public sealed class SessionTests(AccountsServer accounts)
{
    private static readonly TimeSpan Promised = TimeSpan.FromSeconds(5);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Session_EndedElsewhere_IsOverWithinFiveSecondsAndLeavesTheOther()
    {
        var (user, email) = await NewMemberAsync();
        using var one = new FormVisitor(accounts.Process);
        await one.SignInAsync(email, TenantMaker.Password);
        var first = Assert.Single(await SessionsAsync(user));
        using var two = new FormVisitor(accounts.Process);
        await two.SignInAsync(email, TenantMaker.Password);
        Assert.Equal(HttpStatusCode.OK, (await one.GetAsync("/account")).Status);

        var ended = TimeProvider.System.GetTimestamp();
        Assert.Equal(1, await accounts.Get<UserSessions>().EndAsync(user, first.Id, Token));
        while ((await one.GetAsync("/account")).Status == HttpStatusCode.OK)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(ended) < Promised, "The ended session was still good after five seconds.");
            await Task.Delay(50, Token);
        }

        Assert.Equal(HttpStatusCode.OK, (await two.GetAsync("/account")).Status);
        Assert.Equal("127.0.0.1", Assert.Single(await SessionsAsync(user)).Address);
    }

    [Fact]
    public async Task SignOut_EndsTheSessionItself_SoThatAKeptCookieIsWorthNothing()
    {
        var (user, email) = await NewMemberAsync();
        using var visitor = new FormVisitor(accounts.Process);
        await visitor.SignInAsync(email, TenantMaker.Password);
        var denied = await visitor.GetAsync("/denied");

        var out_ = await visitor.SendAsync("/sign-out", "", FormVisitor.TokenOf(denied.Body));

        out_.IsRedirectTo("/sign-in");
        Assert.Empty(await SessionsAsync(user));
    }

    private Task<IReadOnlyList<UserSession>> SessionsAsync(Guid user) => accounts.Get<UserSessions>().OfUserAsync(user, Token);

    private async Task<(Guid User, string Email)> NewMemberAsync()
    {
        var tenant = await accounts.Server.Tenants.NewTenantAsync();
        var email = await accounts.Server.Tenants.NewMemberAsync(tenant.Id, TenantRole.Viewer);
        await using var context = accounts.Get<FinOpsDatabase>().OpenWithoutTenant();
        return (await context.Users.Where(user => user.Email == email).Select(user => user.Id).SingleAsync(Token), email);
    }
}
