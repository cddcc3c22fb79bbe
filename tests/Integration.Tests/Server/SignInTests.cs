using System.Net;
using FinOps.Analytics.Tenancy;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Server;

public sealed class SignInTests(Installation installation)
{
    private ServerProcess Server => installation.Server.Process;

    [Fact]
    public async Task Page_WithoutSession_LeadsToSignIn()
    {
        using var client = Server.Client();

        using var response = await client.GetAsync("/");

        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        Assert.Equal("/sign-in", response.Headers.Location?.AbsolutePath);
    }

    [Fact]
    public async Task SignIn_BootstrappedAdmin_ReachesTheJobs()
    {
        var (client, status) = await Server.SignInAsync(Installation.AdminEmail, Installation.AdminPassword);
        using (client)
        {
            using var jobs = await client.GetAsync("/jobs");

            Assert.Equal(HttpStatusCode.Redirect, status);
            Assert.Equal(HttpStatusCode.OK, jobs.StatusCode);
        }
    }

    [Theory]
    [InlineData(TenantRole.Viewer)]
    [InlineData(TenantRole.Analyst)]
    [InlineData(TenantRole.Approver)]
    [InlineData(TenantRole.Admin)]
    public async Task Jobs_ForAnyMemberWhoRunsNotTheInstallation_AreRefused(TenantRole role)
    {
        var tenant = await installation.NewTenantAsync();
        var email = await installation.Server.Tenants.NewMemberAsync(tenant.Id, role);
        var (client, status) = await Server.SignInAsync(email, TenantMaker.Password);
        using (client)
        {
            using var jobs = await client.GetAsync("/jobs");

            Assert.Equal(HttpStatusCode.Redirect, status);
            Assert.Equal(HttpStatusCode.Forbidden, jobs.StatusCode);
        }
    }

    [Fact]
    public async Task SignIn_WrongPasswordTooOften_IsLockedOut()
    {
        var tenant = await installation.NewTenantAsync();
        var email = await installation.Server.Tenants.NewMemberAsync(tenant.Id, TenantRole.Viewer);
        for (var attempt = 0; attempt < 10; attempt++)
        {
            var (refused, wrong) = await Server.SignInAsync(email, "not the password");
            refused.Dispose();
            Assert.Equal(HttpStatusCode.OK, wrong);
        }

        var (client, status) = await Server.SignInAsync(email, TenantMaker.Password);
        client.Dispose();

        Assert.Equal(HttpStatusCode.OK, status);
    }

    [Fact]
    public async Task SignIn_FormWithoutToken_IsRefused()
    {
        using var client = Server.Client();
        using var form = new FormUrlEncodedContent(
            [new("_handler", "sign-in"), new("Form.Email", Installation.AdminEmail), new("Form.Password", Installation.AdminPassword)]);

        using var response = await client.PostAsync("/sign-in", form);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }
}
