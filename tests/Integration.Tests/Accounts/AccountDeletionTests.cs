using System.Net;
using System.Text.Json;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Integration.Tests.Wire;
using FinOps.Testing;
using Microsoft.EntityFrameworkCore;

namespace FinOps.Integration.Tests.Accounts;

/// <summary>A person deletes their own account, or whoever runs the installation does by REST.</summary>
[Collection(AccountsCollection.Name)]
public sealed class AccountDeletionTests(AccountsServer accounts)
{
    private const string Page = "/account/delete";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Account_DeletedByItsPerson_IsShownFirst_AskedForTwice_AndSignedOutEverywhere()
    {
        var tenant = await accounts.Server.Tenants.NewTenantAsync();
        var email = await accounts.Server.Tenants.NewMemberAsync(tenant.Id, TenantRole.Viewer);
        using var other = new FormVisitor(accounts.Process);
        await other.SignInAsync(email, TenantMaker.Password);
        using var owner = new FormVisitor(accounts.Process);
        await owner.SignInAsync(email, TenantMaker.Password);

        var shown = (await owner.GetAsync(Page)).Body;
        foreach (var line in (string[])["1 account", $"1 membership: {tenant.Name}", "2 sessions"]) Assert.Contains($"<li>{line}</li>", shown, StringComparison.Ordinal);
        Assert.Contains($"Type {email} to delete", (await DeleteAsync(owner, "another@example.test", TenantMaker.Password)).Body, StringComparison.Ordinal);
        Assert.Contains("not your password", (await DeleteAsync(owner, email, "a guess at it")).Body, StringComparison.Ordinal);
        var done = (await DeleteAsync(owner, email.ToUpperInvariant(), TenantMaker.Password)).Body;

        Assert.Contains("The account is deleted", done, StringComparison.Ordinal);
        Assert.Contains("<li>2 sessions</li>", done, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Redirect, (await owner.GetAsync("/account")).Status);
        await SpendApi.BecomesAsync(async () => (await other.GetAsync("/account")).Status, HttpStatusCode.Redirect, TimeSpan.FromSeconds(5));
        Assert.NotEqual(HttpStatusCode.Redirect, (await other.SignInAsync(email, TenantMaker.Password)).Status);
        Assert.Equal(["member.removed", "data.deleted"], (await accounts.ActsAsync(tenant)).TakeLast(2));
    }

    [Fact]
    public async Task Account_WithoutAPassword_NeedsAFreshSignIn()
    {
        var tenant = await accounts.Server.Tenants.NewTenantAsync();
        var email = await accounts.Server.Tenants.NewMemberAsync(tenant.Id, TenantRole.Viewer);
        using var owner = new FormVisitor(accounts.Process);
        await owner.SignInAsync(email, TenantMaker.Password);
        // As if a provider had signed them in, an hour ago.
        await SetAsync(email, TimeSpan.FromHours(1));

        Assert.Contains("Sign in anew", (await owner.GetAsync(Page)).Body, StringComparison.Ordinal);
        Assert.DoesNotContain("is deleted", (await DeleteAsync(owner, email, "")).Body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await owner.GetAsync("/account")).Status);

        await SetAsync(email, TimeSpan.Zero);
        Assert.Contains("The account is deleted", (await DeleteAsync(owner, email, "")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Account_ThatSignsInAnew_IsSignedOutAndComesBack()
    {
        var email = await accounts.Server.Tenants.NewMemberAsync((await accounts.Server.Tenants.NewTenantAsync()).Id, TenantRole.Viewer);
        using var owner = new FormVisitor(accounts.Process);
        await owner.SignInAsync(email, TenantMaker.Password);
        await SetAsync(email, TimeSpan.FromHours(1));

        (await owner.SendAsync(Page, "again")).IsRedirectTo("/sign-in?returnUrl=%2Faccount%2Fdelete");

        Assert.Equal(HttpStatusCode.Redirect, (await owner.GetAsync("/account")).Status);
    }

    [Fact]
    public async Task Person_DeletedByAnOperatorsKey_IsToldByTable_AndIsUnknownAfterwards()
    {
        var (tenants, tenant) = (accounts.Server.Tenants, await accounts.Server.Tenants.NewTenantAsync());
        var (admin, viewer) = (await tenants.NewMemberAsync(tenant.Id, TenantRole.Admin), await tenants.NewMemberAsync(tenant.Id, TenantRole.Viewer));
        using var person = new FormVisitor(accounts.Process);
        await person.SignInAsync(viewer, TenantMaker.Password);
        using var organisations = accounts.Process.Client(tenant.ApiKey);
        using var operators = accounts.Process.Client((await tenants.NewOperatorKeyAsync(tenant)).Token);

        Assert.Equal(HttpStatusCode.Forbidden, (await DeleteAsync(organisations, viewer)).Status);
        var (status, refusal) = await DeleteAsync(operators, admin);
        Assert.Equal(HttpStatusCode.Conflict, status);
        Assert.Contains($"last administrator of {tenant.Name}", refusal.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await person.GetAsync("/account")).Status);

        (status, var deleted) = await DeleteAsync(operators, viewer);

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal([tenant.Name], deleted.GetProperty("organisations").EnumerateArray().Select(one => one.GetString()));
        var rows = deleted.GetProperty("rows");
        Assert.Equal((1, 1, 1, 0), (Rows("users"), Rows("memberships"), Rows("user_sessions"), Rows("mail_outbox")));
        await SpendApi.BecomesAsync(async () => (await person.GetAsync("/account")).Status, HttpStatusCode.Redirect, TimeSpan.FromSeconds(5));
        Assert.Equal(HttpStatusCode.NotFound, (await DeleteAsync(operators, viewer)).Status);
        Assert.Equal(admin, Assert.Single(await tenants.Members.ListAsync(tenant.Id, Token)).Email);

        int Rows(string table) => rows.GetProperty(table).GetInt32();
    }

    private static Task<Answered> DeleteAsync(FormVisitor visitor, string email, string password) =>
        visitor.SendAsync(Page, "delete", ("Form.Email", email), ("Form.Password", password));

    private static async Task<(HttpStatusCode Status, JsonElement Body)> DeleteAsync(HttpClient http, string email)
    {
        using var answer = await http.DeleteAsync($"/api/v1/people/{email}");
        var body = await answer.Content.ReadAsStringAsync();
        return (answer.StatusCode, body.Length > 0 ? JsonSerializer.Deserialize<JsonElement>(body) : default);
    }

    /// <summary>Takes the password away, and lets the sessions have begun so long ago.</summary>
    private async Task SetAsync(string email, TimeSpan age)
    {
        await using var context = accounts.Get<FinOpsDatabase>().OpenWithoutTenant();
        await context.Users.Where(user => user.Email == email).ExecuteUpdateAsync(row => row.SetProperty(user => user.PasswordHash, (string?)null), Token);
        var began = TimeProvider.System.GetUtcNow() - age;
        await context.Sessions.Where(session => context.Users.Any(user => user.Id == session.UserId && user.Email == email))
            .ExecuteUpdateAsync(row => row.SetProperty(session => session.CreatedAt, began), Token);
    }
}
