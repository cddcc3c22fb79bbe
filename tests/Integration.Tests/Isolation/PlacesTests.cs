using System.Net;
using System.Text.Json;
using FinOps.Analytics.Tenancy;
using FinOps.Integration.Tests.Wire;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Isolation;

/// <summary>A person's place: limited to teams, in several organisations, changed or suspended while they are signed in.</summary>
public sealed class PlacesTests(Installation installation)
{
    /// <summary>What is promised for everything that an administrator or an operator changes.</summary>
    private static readonly TimeSpan Promised = TimeSpan.FromSeconds(5);

    private ServerProcess Server => installation.Server.Process;

    private TenantMaker Tenants => installation.Server.Tenants;

    [Fact]
    public async Task TeamLead_OnPagesOfTheWholeOrganisation_IsRefused()
    {
        var tenant = await installation.NewTenantAsync();
        var (lead, viewer) = (await Tenants.NewMemberAsync(tenant.Id, TenantRole.Approver, ["growth"]), await Tenants.NewMemberAsync(tenant.Id, TenantRole.Viewer));

        foreach (var (page, limited, whole) in ((string, HttpStatusCode, HttpStatusCode)[])
        [
            ("/", HttpStatusCode.OK, HttpStatusCode.OK), ("/explore", HttpStatusCode.OK, HttpStatusCode.OK), ("/calls", HttpStatusCode.OK, HttpStatusCode.OK),
            ("/gpus", HttpStatusCode.Forbidden, HttpStatusCode.OK), ("/prices/resources", HttpStatusCode.Forbidden, HttpStatusCode.OK), ("/vectors", HttpStatusCode.Forbidden, HttpStatusCode.OK),
            ("/ingest", HttpStatusCode.Forbidden, HttpStatusCode.OK), ("/settings", HttpStatusCode.Forbidden, HttpStatusCode.OK),
            ("/installation", HttpStatusCode.Forbidden, HttpStatusCode.Forbidden),
        ])
        {
            Assert.Equal((page, limited), (page, await StatusAsync(lead, page)));
            Assert.Equal((page, whole), (page, await StatusAsync(viewer, page)));
        }

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(Installation.AdminEmail, "/installation", Installation.AdminPassword));
    }

    [Fact]
    public async Task Browser_OnAPageThatIsClosed_IsLedToAWordAboutIt()
    {
        var tenant = await installation.NewTenantAsync();
        var (client, _) = await Server.SignInAsync(await Tenants.NewMemberAsync(tenant.Id, TenantRole.Viewer, ["growth"]), TenantMaker.Password);
        using (client)
        {
            client.DefaultRequestHeaders.Accept.ParseAdd("text/html");
            using var led = await client.GetAsync("/ingest?range=30d");
            Assert.Equal((HttpStatusCode.Redirect, "/refused?from=%2Fingest%3Frange%3D30d"), (led.StatusCode, led.Headers.Location?.OriginalString));
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(client, led.Headers.Location!.OriginalString));
        }
    }

    /// <summary>The next request knows: no new sign-in, and no minute to wait.</summary>
    [Fact]
    public async Task Place_ChangedWhileSignedIn_HoldsAtOnce()
    {
        var tenant = await installation.NewTenantAsync();
        var email = await Tenants.NewMemberAsync(tenant.Id, TenantRole.Viewer);
        var (client, _) = await Server.SignInAsync(email, TenantMaker.Password);
        using (client)
        {
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(client, "/settings"));

            await Tenants.PlaceAsync(email, tenant.Id, TenantRole.Analyst, ["growth"]);
            Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(client, "/settings"));
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(client, "/calls"));

            await Tenants.PlaceAsync(email, tenant.Id, TenantRole.Viewer);
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(client, "/settings"));

            await Tenants.RemoveAsync(email, tenant.Id);
            using var gone = await client.GetAsync("/calls");
            Assert.Equal((HttpStatusCode.Redirect, "/denied"), (gone.StatusCode, gone.Headers.Location?.AbsolutePath));
        }
    }

    [Fact]
    public async Task Organisations_OfOnePerson_AreChosenAndRemembered_AndNoOthers()
    {
        var (mine, theirs, foreign) = (await installation.NewTenantAsync(), await installation.NewTenantAsync(), await installation.NewTenantAsync());
        var email = await Tenants.NewMemberAsync(mine.Id, TenantRole.Viewer, ["growth"]);
        await Tenants.PlaceAsync(email, theirs.Id, TenantRole.Admin);
        var (client, _) = await Server.SignInAsync(email, TenantMaker.Password);
        using (client)
        {
            Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(client, "/settings"));

            Assert.Equal(HttpStatusCode.BadRequest, await client.ChooseOrganisationAsync(theirs.Id.ToString(), withToken: false));
            Assert.Equal(HttpStatusCode.BadRequest, await client.ChooseOrganisationAsync("mine"));
            Assert.Equal(HttpStatusCode.NotFound, await client.ChooseOrganisationAsync(foreign.Id.ToString()));
            Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(client, "/settings"));

            Assert.Equal(HttpStatusCode.Redirect, await client.ChooseOrganisationAsync(theirs.Id.ToString()));
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(client, "/settings"));
        }

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(email, "/settings"));

        // Thrown out of the one that was chosen, they go on in the other.
        await Tenants.NewMemberAsync(theirs.Id, TenantRole.Admin);
        await Tenants.RemoveAsync(email, theirs.Id);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(email, "/calls"));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(email, "/settings"));
    }

    [Fact]
    public async Task Tenant_Suspended_IsRefusedEverywhereWithinSeconds_AndServedAgainWhenResumed()
    {
        await using var sent = await Sent.NewAsync(installation);
        await using var neighbour = await Sent.NewAsync(installation);
        var email = await Tenants.NewMemberAsync(sent.Tenant.Id, TenantRole.Admin);
        var body = SpanInPlace.Together([new TraceBuilder().Call(new Tokens(100, 10))]);
        var (client, _) = await Server.SignInAsync(email, TenantMaker.Password);
        using (client)
        {
            Assert.Equal((HttpStatusCode.OK, 0, HttpStatusCode.OK, HttpStatusCode.OK), await AnswersAsync(client));

            Assert.True(await Tenants.SuspendAsync(sent.Tenant, "unpaid since May"));

            await SpendApi.BecomesAsync(() => AnswersAsync(client), (HttpStatusCode.Forbidden, 7, HttpStatusCode.Forbidden, HttpStatusCode.Forbidden), Promised);
            var refused = await Reply.GetAsync(Server, sent.Tenant.ApiKey, "/api/v1/costs");
            Assert.Contains("suspended", JsonDocument.Parse(refused.Body).RootElement.GetProperty("detail").GetString(), StringComparison.Ordinal);
            // For the members' eyes alone.
            Assert.DoesNotContain("unpaid", refused.Body, StringComparison.Ordinal);
            await neighbour.Sender.AcceptAsync(new TraceBuilder().Call(new Tokens(1, 1)));

            Assert.True(await Tenants.ResumeAsync(sent.Tenant));

            await SpendApi.BecomesAsync(() => AnswersAsync(client), (HttpStatusCode.OK, 0, HttpStatusCode.OK, HttpStatusCode.OK), Promised);
        }

        async Task<(HttpStatusCode Http, int? Grpc, HttpStatusCode Api, HttpStatusCode Page)> AnswersAsync(HttpClient page) =>
            ((await sent.Sender.HttpAsync(body)).Http, (await sent.Sender.GrpcAsync(body)).Grpc, (await Reply.GetAsync(Server, sent.Tenant.ApiKey, "/api/v1/costs")).Status, await StatusAsync(page, "/calls"));
    }

    private async Task<HttpStatusCode> StatusAsync(string email, string page, string password = TenantMaker.Password)
    {
        var (client, _) = await Server.SignInAsync(email, password);
        using (client) return await StatusAsync(client, page);
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string page)
    {
        using var response = await client.GetAsync(page);
        return response.StatusCode;
    }
}
