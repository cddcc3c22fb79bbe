using FinOps.Analytics.Tenancy;
using FinOps.Testing;
using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

/// <summary>What a person sees by their place: some teams alone, several organisations, a suspended one, the installation.</summary>
public sealed class PlacesTests(DemoInstallation demo)
{
    /// <summary>What is promised for a change of a place on an open page, and the time to load it anew.</summary>
    private const float ChangedWithinMilliseconds = 8_000;

    private static readonly string[] OtherTeams = ["support-intent", "invoice-extraction", "research-agent", "nightly-summaries", "help-center", "gemini-", "haiku"];

    [Fact]
    public async Task TeamLead_EveryPage_ShowsTheirTeamAlone()
    {
        var lead = await demo.NewTeamLeadAsync(TenantRole.Analyst, "growth");
        // A call of the research team, by its id.
        var call = (await demo.CallPathAsync()).Split('?')[0];
        await demo.VisitAsync(new Visit(lead), async page =>
        {
            await page.GotoAsync("/?range=30d");
            await page.WaitForFirstAsync(".ranked tbody tr");
            await Assertions.Expect(page.GetByRole(AriaRole.Note)).ToContainTextAsync("Figures of team growth only");
            await Assertions.Expect(page.Card("Top teams").Locator("tbody tr")).ToHaveCountAsync(1);
            await AssertOwnAsync(page, "in-app-chat");
            await Assertions.Expect(page.Locator("nav.rail .entry")).ToHaveTextAsync(["Overview", "Explore", "Why it changed", "Calls", "Unit cost", "Budgets", "Alerts"]);

            // An address cannot ask for more.
            await page.GotoAsync("/explore?range=30d&by=feature&then=team&team=growth&team=research");
            await page.WaitForFirstAsync(".table tr.sum");
            await AssertOwnAsync(page, "in-app-chat");
            var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Button, new() { Name = "Export CSV" }).ClickAsync());
            using (var reader = new StreamReader(await download.CreateReadStreamAsync()))
            {
                var csv = await reader.ReadToEndAsync();
                Assert.Contains("in-app-chat,growth,", csv, StringComparison.Ordinal);
                Assert.DoesNotContain("research", csv, StringComparison.Ordinal);
            }

            await page.GotoAsync("/explore?range=30d&team=research");
            await Assertions.Expect(page.GetByText("No call matches").First).ToBeVisibleAsync();

            await page.GotoAsync("/units?range=30d");
            await page.WaitForFirstAsync(".table tbody tr");
            await AssertOwnAsync(page, "in-app-chat");

            await page.GotoAsync("/calls?range=30d");
            await page.WaitForFirstAsync("tr.call");
            await AssertOwnAsync(page, "in-app-chat");
            await page.GotoAsync(call);
            await Assertions.Expect(page.GetByText("There is no such call in your organisation.")).ToBeVisibleAsync();

            // The demo has budgets of features and of everything, and alerts of these; of this team none.
            await page.GotoAsync("/budgets");
            await Assertions.Expect(page.GetByText("There is no budget of your teams yet.")).ToBeVisibleAsync();
            await page.GotoAsync("/alerts?state=all");
            await Assertions.Expect(page.GetByText("There are none.")).ToBeVisibleAsync();

            await page.Keyboard.PressAsync("Control+k");
            var palette = page.GetByRole(AriaRole.Dialog, new() { Name = "Search and commands" });
            await Assertions.Expect(palette.GetByRole(AriaRole.Combobox)).ToBeFocusedAsync();
            await page.Keyboard.TypeAsync("research");
            await Assertions.Expect(palette.GetByText("Nothing with calls in the chosen time range")).ToBeVisibleAsync();
        });

        // The control: the same call, asked for by someone who sees everything.
        await demo.VisitAsync(new Visit(demo.DemoAdmin), async page =>
        {
            await page.GotoAsync(call);
            await Assertions.Expect(page.GetByText("research-agent").First).ToBeVisibleAsync();
        });
    }

    [Fact]
    public async Task Organisations_SwitchedInTheHeader_ShowNothingOfTheFormer_AndARoleChangesOnAnOpenPage()
    {
        var lead = await demo.NewTeamLeadAsync(TenantRole.Viewer, "growth");
        var own = await demo.Tenants.NewTenantAsync($"Own {Guid.NewGuid():N}"[..12]);
        await demo.Tenants.PlaceAsync(lead.Email, own.Id, TenantRole.Admin);
        await demo.VisitAsync(new Visit(lead), async page =>
        {
            await page.GotoAsync("/calls?range=30d");
            await page.WaitForFirstAsync("tr.call");
            await page.Locator("details.organisations summary").FocusAsync();
            await page.Keyboard.PressAsync("Enter");
            await page.GetByRole(AriaRole.Button, new() { Name = own.Name }).FocusAsync();
            await page.Keyboard.PressAsync("Enter");
            await Assertions.Expect(page.GetByText("No call has arrived yet")).ToBeVisibleAsync();
            await Assertions.Expect(page.Locator("details.organisations summary")).ToContainTextAsync(own.Name);
            await page.GotoAsync("/calls?range=30d");
            await Assertions.Expect(page.GetByText("No call matches")).ToBeVisibleAsync();
            Assert.DoesNotContain("in-app-chat", await page.ContentAsync(), StringComparison.Ordinal);

            // Here they are the administrator, until someone else takes that away while the page is open.
            await page.GotoAsync("/settings");
            await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Invite" })).ToBeVisibleAsync();
            await demo.Tenants.NewMemberAsync(own.Id, TenantRole.Admin);
            await demo.Tenants.PlaceAsync(lead.Email, own.Id, TenantRole.Viewer);
            await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Invite" })).ToHaveCountAsync(0, new() { Timeout = ChangedWithinMilliseconds });
            await Assertions.Expect(page.Card("Members")).ToContainTextAsync("viewer");
        });

        // A new sign-in on a phone opens what was chosen last, and leads back.
        await demo.VisitAsync(new Visit(null, Visit.PhoneWidth), async page =>
        {
            await page.SignInAsync(lead);
            await Assertions.Expect(page.GetByText("No call has arrived yet")).ToBeVisibleAsync();
            await page.Locator("details.organisations summary").ClickAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Demo company" }).ClickAsync();
            await Assertions.Expect(page.GetByRole(AriaRole.Note)).ToContainTextAsync("Figures of team growth only");
            Assert.Equal(0, await page.SidewaysAsync(Visit.PhoneWidth));
        });
    }

    [Fact]
    public async Task Operator_OnTheInstallation_SuspendsAnOrganisationWhoseOpenPagesSayWhy()
    {
        var (tenant, admin) = await demo.NewTenantAsync(TenantRole.Admin);
        await demo.VisitAsync(new Visit(admin, MayBeRefused: true), async theirs =>
        {
            await theirs.GotoAsync("/settings");
            await theirs.ShowsAsync("Settings");
            await demo.VisitAsync(new Visit(demo.DemoAdmin), async page =>
            {
                await page.GotoAsync($"/installation?search={Uri.EscapeDataString(tenant.Name)}");
                await Assertions.Expect(page.Card("Organisations").Locator("tbody tr")).ToContainTextAsync("never sent");
                await page.GetByRole(AriaRole.Button, new() { Name = $"Suspend {tenant.Name}" }).ClickAsync();
                await page.GetByLabel("Reason").FillAsync("the trial is over");
                await page.Locator("form.suspend").GetByRole(AriaRole.Button, new() { Name = $"Suspend {tenant.Name}" }).ClickAsync();
                await Assertions.Expect(page.Card("Organisations")).ToContainTextAsync("the trial is over");

                await Assertions.Expect(theirs.GetByText("the trial is over")).ToBeVisibleAsync(new() { Timeout = ChangedWithinMilliseconds });
                await Assertions.Expect(theirs.Card("Keys")).ToHaveCountAsync(0);

                await page.GetByRole(AriaRole.Button, new() { Name = $"Resume {tenant.Name}" }).ClickAsync();
                await Assertions.Expect(theirs.Card("Keys")).ToBeVisibleAsync(new() { Timeout = ChangedWithinMilliseconds });
            });
        });
    }

    [Fact]
    public async Task Members_InSettings_AreLimitedRemovedAndTakenBack_AndTheLastAdministratorStays()
    {
        var (tenant, admin) = await demo.NewTenantAsync(TenantRole.Admin);
        var member = await demo.Tenants.NewMemberAsync(tenant.Id, TenantRole.Viewer);
        await demo.VisitAsync(new Visit(admin), async page =>
        {
            await page.GotoAsync("/settings");
            var members = page.Card("Members");
            await page.GetByRole(AriaRole.Button, new() { Name = $"Change {member}" }).ClickAsync();
            await members.GetByLabel("Sees the spend of").SelectOptionAsync("some teams only");
            await members.GetByLabel("Other teams").FillAsync("growth, search");
            await members.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
            await Assertions.Expect(members.Locator("tbody")).ToContainTextAsync("growth, search only");

            await page.GetByRole(AriaRole.Button, new() { Name = $"Change {member}" }).ClickAsync();
            await members.GetByRole(AriaRole.Button, new() { Name = "Remove", Exact = true }).ClickAsync();
            await members.GetByRole(AriaRole.Button, new() { Name = $"Remove {member}" }).ClickAsync();
            await Assertions.Expect(members.Locator("tbody")).Not.ToContainTextAsync(member);
            await members.GetByRole(AriaRole.Button, new() { Name = "Undo" }).ClickAsync();
            await Assertions.Expect(members.Locator("tbody")).ToContainTextAsync("growth, search only");

            await page.GetByRole(AriaRole.Button, new() { Name = $"Change {admin.Email}" }).ClickAsync();
            await members.GetByLabel("Role").SelectOptionAsync("viewer");
            await members.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
            await Assertions.Expect(members.GetByRole(AriaRole.Alert)).ToContainTextAsync("the last administrator");
        });
    }

    private static async Task AssertOwnAsync(IPage page, string own)
    {
        await Assertions.Expect(page.Locator(".skeleton")).ToHaveCountAsync(0);
        var content = await page.ContentAsync();
        Assert.Contains(own, content, StringComparison.Ordinal);
        foreach (var name in OtherTeams) Assert.DoesNotContain(name, content, StringComparison.Ordinal);
    }
}
