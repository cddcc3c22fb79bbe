using System.Net;
using FinOps.Analytics.Tenancy;
using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

/// <summary>What a newcomer does: make a key, send a call, see what it costs; and take the key back.</summary>
public sealed class SettingsTests(DemoInstallation demo, ITestOutputHelper output)
{
    /// <summary>From the acknowledgement of a call to its cost on the page.</summary>
    private const float SeenWithinMilliseconds = 10_000;

    private static readonly TimeSpan RefusedWithin = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Key_MadeOnSettings_SendsACallAtOnceAndIsRefusedOnceRevoked()
    {
        var (_, admin) = await demo.NewTenantAsync(TenantRole.Admin);
        await demo.VisitAsync(new Visit(admin), async page =>
        {
            var token = await MakeKeyAsync(page, "checkout");
            using var sender = new OtlpSender(demo.Server, token);
            Assert.Equal(HttpStatusCode.OK, await sender.SendCallAsync("checkout-helper"));
            var sent = TimeProvider.System.GetTimestamp();

            await page.GotoAsync("/calls");
            var row = page.Locator("tr.call");
            await Assertions.Expect(row).ToContainTextAsync(OtlpSender.CostOfACall, new() { Timeout = SeenWithinMilliseconds });
            output.WriteLine($"The call's cost stood on Calls {TimeProvider.System.GetElapsedTime(sent).TotalSeconds:0.0} s after it was acknowledged");
            await Assertions.Expect(row).ToHaveCountAsync(1);
            await Assertions.Expect(row).ToContainTextAsync("checkout-helper");

            await page.GotoAsync("/settings");
            await page.ShowsAsync("Settings");
            await Assertions.Expect(page.Card("Keys")).ToContainTextAsync("checkout");
            Assert.DoesNotContain(token, await page.ContentAsync(), StringComparison.Ordinal);
            await page.GetByRole(AriaRole.Button, new() { Name = "Revoke checkout", Exact = true }).ClickAsync();
            await page.Locator(".confirm").GetByRole(AriaRole.Button, new() { Name = "Revoke checkout", Exact = true }).ClickAsync();
            await Assertions.Expect(page.Locator(".confirm")).ToHaveCountAsync(0);
            Assert.True(await RefusedAsync(sender), $"The key was still taken {RefusedWithin} after it was revoked.");
        });
    }

    [Fact]
    public async Task Viewer_OnSettings_SeesButCannotMakeKeysOrMembers()
    {
        var (_, viewer) = await demo.NewTenantAsync(TenantRole.Viewer);
        await demo.VisitAsync(new Visit(viewer), async page =>
        {
            await page.GotoAsync("/settings");
            await Assertions.Expect(page.Card("Keys").Locator("tbody tr")).ToHaveCountAsync(2);
            await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "New key" })).ToHaveCountAsync(0);
            await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Invite" })).ToHaveCountAsync(0);
            await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Revoke" })).ToHaveCountAsync(0);
        });
    }

    /// <summary>No mail server is set here: the link is copied.</summary>
    [Fact]
    public async Task Invitation_MadeOnSettings_LetsOnePersonInOnce()
    {
        var (_, admin) = await demo.NewTenantAsync(TenantRole.Admin);
        var email = $"{Guid.NewGuid():N}@example.test";
        var link = "";
        await demo.VisitAsync(new Visit(admin), async page =>
        {
            await page.GotoAsync("/settings");
            var form = page.Card("Members");
            await form.GetByRole(AriaRole.Button, new() { Name = "Invite" }).ClickAsync();
            await form.GetByLabel("E-mail").FillAsync(email);
            await form.GetByLabel("Role").SelectOptionAsync("analyst");
            await form.GetByRole(AriaRole.Button, new() { Name = "Make link" }).ClickAsync();
            var card = page.Card("Invitations");
            link = await card.Locator(".notice code").InnerTextAsync();
            await Assertions.Expect(card.Locator("tbody")).ToContainTextAsync(email);
        });
        await demo.VisitAsync(new Visit(null), async page =>
        {
            await page.GotoAsync(link);
            await page.GetByLabel("Choose a password").FillAsync("correct horse battery");
            await page.GetByLabel("Once more").FillAsync("correct horse battery");
            await page.GetByRole(AriaRole.Button, new() { Name = "Make account and join" }).ClickAsync();
            await page.ShowsAsync("Overview");
            await page.GotoAsync("/settings");
            await Assertions.Expect(page.Card("Members").Locator("tr", new() { HasText = email })).ToContainTextAsync("analyst");
        });
    }

    private static async Task<string> MakeKeyAsync(IPage page, string name)
    {
        await page.GotoAsync("/settings");
        await page.ShowsAsync("Settings");
        await page.GetByRole(AriaRole.Button, new() { Name = "New key" }).ClickAsync();
        await page.Card("Keys").GetByLabel("Name").FillAsync(name);
        await page.GetByRole(AriaRole.Button, new() { Name = "Make key" }).ClickAsync();
        var token = await page.Locator(".token").InnerTextAsync();
        // The snippet above is ready to paste.
        await Assertions.Expect(page.Locator("pre.snippet")).ToContainTextAsync(token);
        return token;
    }

    private static async Task<bool> RefusedAsync(OtlpSender sender)
    {
        var revoked = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(revoked) < RefusedWithin)
        {
            if (await sender.SendCallAsync("after-revocation") == HttpStatusCode.Unauthorized) return true;
            await Task.Delay(100);
        }

        return false;
    }
}
