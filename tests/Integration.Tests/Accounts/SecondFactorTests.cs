using System.Net;
using System.Text.RegularExpressions;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Accounts;

[Collection(AccountsCollection.Name)]
public sealed partial class SecondFactorTests(AccountsServer accounts)
{
    private const string Page = "/account/second-factor";
    private const string CodePage = "/sign-in/code";

    [Fact]
    public async Task SecondFactor_OnceSetUp_IsAskedForAndItsCodesWorkOnce()
    {
        var tenant = await accounts.Server.Tenants.NewTenantAsync();
        var email = await accounts.Server.Tenants.NewMemberAsync(tenant.Id, TenantRole.Viewer);
        using var owner = new FormVisitor(accounts.Process);
        await owner.SignInAsync(email, TenantMaker.Password);
        var (key, typed, codes) = await SetUpAsync(owner);

        using var thief = new FormVisitor(accounts.Process);
        var half = await thief.SignInAsync(email, TenantMaker.Password);
        Assert.StartsWith(CodePage, half.Location, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Redirect, (await thief.GetAsync("/account")).Status);
        // Half signed in with one code that was seen being typed: the one that set it up.
        Assert.Contains("used before", (await SendCodeAsync(thief, typed)).Body, StringComparison.Ordinal);
        Assert.Contains("not right", (await SendCodeAsync(thief, "000000")).Body, StringComparison.Ordinal);

        using var other = new FormVisitor(accounts.Process);
        await other.SignInAsync(email, TenantMaker.Password);
        var next = Code(key, later: 1);
        (await SendCodeAsync(other, next)).IsRedirectTo("/");
        Assert.Equal(HttpStatusCode.OK, (await other.GetAsync("/account")).Status);
        Assert.NotEqual(HttpStatusCode.Redirect, (await SendCodeAsync(thief, next)).Status);

        (await RecoverAsync(thief, codes[0])).IsRedirectTo("/");
        using var late = new FormVisitor(accounts.Process);
        await late.SignInAsync(email, TenantMaker.Password);
        Assert.Contains("used before", (await RecoverAsync(late, codes[0])).Body, StringComparison.Ordinal);
        Assert.Equal(
            ["sign_in.succeeded", "two_factor.enabled", "sign_in.failed", "sign_in.failed", "sign_in.succeeded", "sign_in.failed", "sign_in.succeeded", "sign_in.failed"],
            (await accounts.ActsAsync(tenant)).Where(act => act.StartsWith("sign_in", StringComparison.Ordinal) || act.StartsWith("two_factor", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task SecondFactor_TurnedOff_AsksForThePasswordAndEndsOtherSessions()
    {
        var email = await NewMemberAsync();
        using var other = new FormVisitor(accounts.Process);
        await other.SignInAsync(email, TenantMaker.Password);
        using var owner = new FormVisitor(accounts.Process);
        await owner.SignInAsync(email, TenantMaker.Password);
        await SetUpAsync(owner);
        await Task.Delay(TimeSpan.FromSeconds(4));
        Assert.Equal(HttpStatusCode.Redirect, (await other.GetAsync("/account")).Status);

        Assert.Contains("not your password", (await owner.SendAsync(Page, "off", ("OffForm.Password", "guess"))).Body, StringComparison.Ordinal);
        Assert.Contains("is off", (await owner.SendAsync(Page, "off", ("OffForm.Password", TenantMaker.Password))).Body, StringComparison.Ordinal);
        using var later = new FormVisitor(accounts.Process);
        (await later.SignInAsync(email, TenantMaker.Password)).IsRedirectTo("/");
    }

    [Fact]
    public async Task SetUp_WithAKeyOfSomebodyElseOrAWrongCode_TurnsNothingOn()
    {
        using var one = new FormVisitor(accounts.Process);
        await one.SignInAsync(await NewMemberAsync(), TenantMaker.Password);
        using var two = new FormVisitor(accounts.Process);
        await two.SignInAsync(await NewMemberAsync(), TenantMaker.Password);
        var (shown, sealedKey) = Shown((await one.GetAsync(Page)).Body);

        var foreign = await two.SendAsync(Page, "set-up", ("SetUpForm.Key", sealedKey), ("SetUpForm.Code", Code(shown)));
        var wrong = await one.SendAsync(Page, "set-up", ("SetUpForm.Key", sealedKey), ("SetUpForm.Code", "000000"));

        Assert.Contains("shown too long ago", foreign.Body, StringComparison.Ordinal);
        Assert.Contains("not right", wrong.Body, StringComparison.Ordinal);
        // The same key is offered again: the app that scanned it stays right.
        Assert.Equal(shown, Shown(wrong.Body).Key);
    }

    private static string Code(string key, int later = 0) => Totp.CodeOf(key, Totp.StepOf(TimeProvider.System.GetUtcNow()) + later);

    private static Task<Answered> SendCodeAsync(FormVisitor visitor, string code) => visitor.SendAsync(CodePage, "code", ("Form.Code", code));

    private static Task<Answered> RecoverAsync(FormVisitor visitor, string code) => visitor.SendAsync(CodePage + "?recovery=true", "code", ("Form.Code", code));

    private static async Task<(string Key, string Typed, List<string> Codes)> SetUpAsync(FormVisitor owner)
    {
        var (key, sealedKey) = Shown((await owner.GetAsync(Page)).Body);
        var typed = Code(key);
        var done = await owner.SendAsync(Page, "set-up", ("SetUpForm.Key", sealedKey), ("SetUpForm.Code", typed));
        var codes = RecoveryCode().Matches(done.Body).Select(code => code.Groups[1].Value).ToList();
        Assert.Equal(10, codes.Count);
        Assert.Contains("finops-recovery-codes.txt", done.Body, StringComparison.Ordinal);
        return (key, typed, codes);
    }

    private static (string Key, string Sealed) Shown(string body) => (
        ShownKey().Match(body).Groups[1].Value.Replace(" ", "", StringComparison.Ordinal), WebUtility.HtmlDecode(SealedKey().Match(body).Groups[1].Value));

    private async Task<string> NewMemberAsync() => await accounts.Server.Tenants.NewMemberAsync((await accounts.Server.Tenants.NewTenantAsync()).Id, TenantRole.Viewer);

    [GeneratedRegex("<code>([A-Z2-7 ]{39})</code>")]
    private static partial Regex ShownKey();

    [GeneratedRegex("name=\"SetUpForm.Key\" value=\"([^\"]*)\"")]
    private static partial Regex SealedKey();

    [GeneratedRegex("<li><code>([A-Z0-9-]+)</code></li>")]
    private static partial Regex RecoveryCode();
}
