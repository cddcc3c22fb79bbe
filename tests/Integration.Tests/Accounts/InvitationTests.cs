using System.Net;
using FinOps.Analytics.Mail;
using FinOps.Analytics.Tenancy;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Accounts;

[Collection(AccountsCollection.Name)]
public sealed class InvitationTests(AccountsServer accounts)
{
    private const string Password = "correct horse battery";

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private static string NewEmail() => $"{Guid.NewGuid():N}@example.test";

    [Fact]
    public async Task Link_FromTheMail_MakesAnAccountOnce()
    {
        var tenant = await accounts.Server.Tenants.NewTenantAsync();
        var email = NewEmail();
        await accounts.InviteAsync(tenant, email, byMail: true);

        var mail = await accounts.Mail.WaitForAsync(email, Soon);
        var path = new Uri(mail.TextBody!.Split('\n').Single(line => line.StartsWith("https://", StringComparison.Ordinal)).Trim()).AbsolutePath;
        using var visitor = new FormVisitor(accounts.Process);
        using var second = new FormVisitor(accounts.Process);
        var opened = FormVisitor.TokenOf((await second.GetAsync(path)).Body);
        var tooShort = await visitor.SendAsync(path, "account", ("AccountForm.Password", "short"), ("AccountForm.Again", "short"));
        var joined = await visitor.SendAsync(path, "account", ("AccountForm.Password", Password), ("AccountForm.Again", Password));
        var late = await second.SendAsync(path, "account", opened, ("AccountForm.Password", Password), ("AccountForm.Again", Password));
        var replayed = await second.GetAsync(path);

        Assert.Contains("at least 8 characters", tooShort.Body, StringComparison.Ordinal);
        joined.IsRedirectTo("/");
        Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/settings")).Status);
        Assert.Equal(HttpStatusCode.Gone, late.Status);
        Assert.Equal(HttpStatusCode.Gone, replayed.Status);
        Assert.Contains("A link works once", replayed.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Link_OfSomebodyWithAnAccount_JoinsItAfterTheSignIn()
    {
        var (own, other) = (await accounts.Server.Tenants.NewTenantAsync(), await accounts.Server.Tenants.NewTenantAsync());
        var email = await accounts.Server.Tenants.NewMemberAsync(own.Id, TenantRole.Viewer);
        var path = "/invitation/" + (await accounts.InviteAsync(other, email, role: TenantRole.Admin)).Token;
        using var visitor = new FormVisitor(accounts.Process);
        using var stranger = new FormVisitor(accounts.Process);
        await stranger.SignInAsync(await accounts.Server.Tenants.NewMemberAsync(own.Id, TenantRole.Admin), TenantMaker.Password);

        var asked = await visitor.GetAsync(path);
        var forged = await visitor.SendAsync(path, "account", ("AccountForm.Password", Password), ("AccountForm.Again", Password));
        var strange = await stranger.SendAsync(path, "join");
        await visitor.SignInAsync(email, TenantMaker.Password);
        var joined = await visitor.SendAsync(path, "join");

        Assert.Contains("Sign in to join", asked.Body, StringComparison.Ordinal);
        Assert.NotEqual(HttpStatusCode.Redirect, forged.Status);
        Assert.NotEqual(HttpStatusCode.Redirect, strange.Status);
        joined.IsRedirectTo("/");
        Assert.Equal(HttpStatusCode.Gone, (await stranger.GetAsync(path)).Status);
    }

    [Theory]
    [InlineData("fin_inv_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("x")]
    [InlineData("fin_in_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task Link_ThatNeverWas_OpensNothing(string token)
    {
        using var visitor = new FormVisitor(accounts.Process);

        var answer = await visitor.GetAsync("/invitation/" + token);

        Assert.Equal(HttpStatusCode.Gone, answer.Status);
        Assert.Contains("no such invitation", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mail_ToABusyServer_IsTriedAgain_AndOneRefusedForGoodIsListedUntilSomebodyTriesAgain()
    {
        var tenant = await accounts.Server.Tenants.NewTenantAsync();
        var (busy, unknown) = (NewEmail(), NewEmail());
        accounts.Mail.Answer(busy, "450 busy, come back");
        accounts.Mail.Answer(unknown, "550 no such user");
        await accounts.InviteAsync(tenant, busy, byMail: true);
        await accounts.InviteAsync(tenant, unknown, byMail: true);
        var outbox = accounts.Get<MailOutbox>();

        var dead = await DeadAsync(outbox, unknown);
        accounts.Mail.Answer(busy, null);
        accounts.Mail.Answer(unknown, null);
        var late = await accounts.Mail.WaitForAsync(busy, Soon);

        Assert.Equal(1, dead.Tries);
        Assert.Contains("550", dead.Reason, StringComparison.Ordinal);
        Assert.Contains(tenant.Name, late.Subject, StringComparison.Ordinal);
        Assert.True(await outbox.TryAgainAsync(dead.Id, TestContext.Current.CancellationToken));
        var again = await accounts.Mail.WaitForAsync(unknown, Soon);
        Assert.Equal($"{dead.Id:N}@acme.test", again.MessageId);
        Assert.Equal(2, accounts.Mail.Received.Count(mail => mail.To.Mailboxes.Any(to => to.Address == busy || to.Address == unknown)));
    }

    private static async Task<DeadMail> DeadAsync(MailOutbox outbox, string recipient)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(began) < Soon)
        {
            if ((await outbox.DeadAsync(TestContext.Current.CancellationToken)).FirstOrDefault(mail => mail.Recipient == recipient) is { } dead) return dead;
            await Task.Delay(100);
        }

        throw new TimeoutException("The mail was not given up.");
    }
}
