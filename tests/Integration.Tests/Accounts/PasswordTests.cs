using System.Net;
using FinOps.Analytics.Tenancy;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Accounts;

[Collection(AccountsCollection.Name)]
public sealed class PasswordTests(AccountsServer accounts)
{
    private const string Page = "/account/password";
    private const string New = "staple battery horse correct";

    [Fact]
    public async Task Password_Changed_OpensTheAccountAloneAndEndsOtherSessions()
    {
        var tenant = await accounts.Server.Tenants.NewTenantAsync();
        var email = await accounts.Server.Tenants.NewMemberAsync(tenant.Id, TenantRole.Viewer);
        using var other = new FormVisitor(accounts.Process);
        await other.SignInAsync(email, TenantMaker.Password);
        using var owner = new FormVisitor(accounts.Process);
        await owner.SignInAsync(email, TenantMaker.Password);

        Assert.Contains("is changed", (await ChangeAsync(owner, TenantMaker.Password, New, New)).Body, StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.OK, (await owner.GetAsync("/account")).Status);
        await Task.Delay(TimeSpan.FromSeconds(4));
        Assert.Equal(HttpStatusCode.Redirect, (await other.GetAsync("/account")).Status);
        using var later = new FormVisitor(accounts.Process);
        Assert.NotEqual(HttpStatusCode.Redirect, (await later.SignInAsync(email, TenantMaker.Password)).Status);
        (await later.SignInAsync(email, New)).IsRedirectTo("/");
        Assert.Single(await accounts.ActsAsync(tenant), "password.changed");
    }

    [Theory]
    [InlineData("a guess at it", New, New, "not your password")]
    [InlineData(TenantMaker.Password, New, New + "!", "The two differ")]
    [InlineData(TenantMaker.Password, "short", "short", "at least 8")]
    [InlineData(TenantMaker.Password, TenantMaker.Password, TenantMaker.Password, "the one that you have")]
    public async Task Password_ThatCannotBe_ChangesNothing(string current, string wanted, string again, string told)
    {
        var email = await accounts.Server.Tenants.NewMemberAsync((await accounts.Server.Tenants.NewTenantAsync()).Id, TenantRole.Viewer);
        using var owner = new FormVisitor(accounts.Process);
        await owner.SignInAsync(email, TenantMaker.Password);

        Assert.Contains(told, (await ChangeAsync(owner, current, wanted, again)).Body, StringComparison.Ordinal);

        using var later = new FormVisitor(accounts.Process);
        (await later.SignInAsync(email, TenantMaker.Password)).IsRedirectTo("/");
    }

    private static Task<Answered> ChangeAsync(FormVisitor visitor, string current, string wanted, string again) =>
        visitor.SendAsync(Page, "password", ("Form.Current", current), ("Form.New", wanted), ("Form.Again", again));
}
