using System.Net;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Testing;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;

namespace FinOps.Integration.Tests.Accounts;

/// <summary>The code flow with tokens of every kind of wrongness. With a real provider: EndToEnd.Tests.</summary>
[Collection(AccountsCollection.Name)]
public sealed class OidcTests(AccountsServer accounts)
{
    private const string Failed = "/sign-in/no-access?reason=failed";
    private const string NoMembership = "/sign-in/no-access?reason=no-membership";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Groups_AtEachSignIn_GiveTheRole_AndTakeItAway()
    {
        var person = NewPerson() with { Groups = [AccountsServer.ViewersGroup] };

        (await SignInAsync(person)).IsRedirectTo("/settings");
        Assert.Equal(TenantRole.Viewer, await RoleAsync(person));
        (await SignInAsync(person with { Groups = [AccountsServer.ViewersGroup, AccountsServer.AdminsGroup] })).IsRedirectTo("/settings");
        Assert.Equal(TenantRole.Admin, await RoleAsync(person));
        (await SignInAsync(person with { Groups = [] })).IsRedirectTo(NoMembership);
        Assert.Null(await RoleAsync(person));
    }

    [Fact]
    public async Task Person_WithoutGroupOrInvitation_GetsNoAccount()
    {
        var person = NewPerson();

        (await SignInAsync(person)).IsRedirectTo(NoMembership);
        Assert.False(await HasAccountAsync(person));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Invitation_OfTheProvidersAddress_CountsWhereTheProviderVerifiedIt(bool verified)
    {
        var person = NewPerson() with { EmailVerified = verified };
        await accounts.InviteAsync(accounts.Organisation, person.Email!, role: TenantRole.Analyst);

        (await SignInAsync(person)).IsRedirectTo(verified ? "/settings" : NoMembership);
        Assert.Equal(verified ? TenantRole.Analyst : null, await RoleAsync(person));
    }

    [Fact]
    public async Task Address_OfALocalAccount_DoesNotOpenIt()
    {
        var email = await accounts.Server.Tenants.NewMemberAsync(accounts.Organisation.Id, TenantRole.Admin);
        var person = NewPerson() with { Email = email, Groups = [AccountsServer.AdminsGroup] };

        (await SignInAsync(person)).IsRedirectTo("/sign-in/no-access?reason=email-taken");
    }

    public static TheoryData<string> Wrongs => ["nonce", "expired", "issuer", "audience", "another key", "no signature"];

    [Theory]
    [MemberData(nameof(Wrongs))]
    public async Task Token_ThatIsWrong_IsRefused(string wrong)
    {
        var good = NewPerson() with { Groups = [AccountsServer.AdminsGroup] };
        var token = wrong switch
        {
            "nonce" => good with { Nonce = "of another sign-in" },
            "expired" => good with { Lifetime = TimeSpan.FromMinutes(-10) },
            "issuer" => good with { Issuer = "https://elsewhere.test" },
            "audience" => good with { Audience = "another-client" },
            "another key" => good with { Signature = TokenSignature.ByAnotherKey },
            _ => good with { Signature = TokenSignature.None },
        };

        (await SignInAsync(token)).IsRedirectTo(Failed);
        Assert.False(await HasAccountAsync(good));
    }

    [Fact]
    public async Task Answer_WithAnotherState_OrReplayed_OrInAnotherBrowser_IsRefused()
    {
        var person = NewPerson() with { Groups = [AccountsServer.AdminsGroup] };
        using var visitor = new FormVisitor(accounts.Process);
        using var stranger = new FormVisitor(accounts.Process);
        var asked = await AskAsync(visitor);
        var code = accounts.Provider.Issue(person, asked["nonce"], asked["code_challenge"]);

        (await visitor.GetAsync(Callback(code, asked["state"][..^2] + "xx"))).IsRedirectTo(Failed);
        (await stranger.GetAsync(Callback(code, asked["state"]))).IsRedirectTo(Failed);
        Assert.False(await HasAccountAsync(person));
        var good = await visitor.GetAsync(Callback(code, asked["state"]));
        Assert.StartsWith("/sign-in/oidc/done", good.Location, StringComparison.Ordinal);
        (await visitor.GetAsync(Callback(accounts.Provider.Issue(person, asked["nonce"], asked["code_challenge"]), asked["state"]))).IsRedirectTo(Failed);
        // Without the provider's word there is nothing to finish.
        (await stranger.GetAsync("/sign-in/oidc/done")).IsRedirectTo(Failed);
    }

    [Fact]
    public async Task Start_AsksForACodeWithPkce_AndLeadsNowhereElse()
    {
        using var visitor = new FormVisitor(accounts.Process);
        var asked = await AskAsync(visitor, "https://evil.test/");

        Assert.Equal(("code", "S256", "openid profile email"), (asked["response_type"], asked["code_challenge_method"], asked["scope"]));
        var code = accounts.Provider.Issue(NewPerson() with { Groups = [AccountsServer.ViewersGroup] }, asked["nonce"], asked["code_challenge"]);
        var back = await visitor.GetAsync(Callback(code, asked["state"]));
        (await visitor.GetAsync(back.Location!)).IsRedirectTo("/");
    }

    private static ProviderToken NewPerson() => new(Guid.NewGuid().ToString("N")) { Email = $"{Guid.NewGuid():N}@example.test", EmailVerified = true };

    private static string Callback(string code, string state) => $"/sign-in/oidc/callback?code={Uri.EscapeDataString(code)}&state={Uri.EscapeDataString(state)}";

    /// <summary>The query with which the browser is sent to the provider.</summary>
    private static async Task<Dictionary<string, string>> AskAsync(FormVisitor visitor, string returnUrl = "/settings")
    {
        var start = await visitor.GetAsync($"/sign-in/oidc?returnUrl={Uri.EscapeDataString(returnUrl)}");
        Assert.Equal(HttpStatusCode.Redirect, start.Status);
        return QueryHelpers.ParseQuery(new Uri(start.Location!).Query).ToDictionary(part => part.Key, part => part.Value.ToString());
    }

    /// <summary>Where the whole way ends, in a new browser.</summary>
    private async Task<Answered> SignInAsync(ProviderToken token)
    {
        using var visitor = new FormVisitor(accounts.Process);
        var asked = await AskAsync(visitor);
        var back = await visitor.GetAsync(Callback(accounts.Provider.Issue(token, asked["nonce"], asked["code_challenge"]), asked["state"]));
        if (back.Location?.StartsWith("/sign-in/oidc/done", StringComparison.Ordinal) != true) return back;
        var end = await visitor.GetAsync(back.Location);
        if (end.Location == "/settings") Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/settings")).Status);
        return end;
    }

    private async Task<bool> HasAccountAsync(ProviderToken person)
    {
        await using var context = accounts.Get<FinOpsDatabase>().OpenWithoutTenant();
        return await context.Users.AnyAsync(user => user.Email == person.Email, Token);
    }

    private Task<TenantRole?> RoleAsync(ProviderToken person) => accounts.Get<FinOpsDatabase>().RunAsync(accounts.Organisation.Id, context => context.Memberships
        .Where(member => context.Users.Any(user => user.Id == member.UserId && user.Email == person.Email))
        .Select(member => (TenantRole?)member.Role).SingleOrDefaultAsync(Token), Token);
}
