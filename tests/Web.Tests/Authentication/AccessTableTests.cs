using System.Reflection;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using FinOps.Web.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;

namespace FinOps.Web.Tests.Authentication;

public sealed class AccessTableTests
{
    [Fact]
    public void Pages_EachNamesAPolicyOfTheTable_OrIsOpenOnPurpose()
    {
        var pages = typeof(AccessTable).Assembly.GetTypes().Where(type => type.GetCustomAttributes<RouteAttribute>().Any()).ToList();

        Assert.NotEmpty(pages);
        Assert.All(pages, page => Assert.True(
            page.GetCustomAttribute<AllowAnonymousAttribute>() is not null
            || AccessTable.Rules.Any(rule => rule.Policy == page.GetCustomAttribute<AuthorizeAttribute>()?.Policy), page.Name));
    }

    [Fact]
    public void Policies_EachStandsInTheTableOnce()
    {
        var names = typeof(AccessPolicies).GetFields(BindingFlags.Public | BindingFlags.Static).Where(field => field.IsLiteral).Select(field => (string)field.GetRawConstantValue()!);

        Assert.Equal(names.Order(StringComparer.Ordinal), AccessTable.Rules.Select(rule => rule.Policy).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Rules_EachAsksForEitherARoleOrAKey() => Assert.All(AccessTable.Rules, rule => Assert.True(rule.Least is null != rule.Key is null, rule.Policy));

    [Theory]
    [InlineData(AccessPolicies.ReadSpend, true)]
    [InlineData(null, false)]
    [InlineData("not in the table", false)]
    public void NamesPolicy_OfAnEndpoint_LooksItUpInTheTable(string? policy, bool expected)
    {
        var metadata = policy is null ? EndpointMetadataCollection.Empty : new EndpointMetadataCollection(new AuthorizeAttribute(policy));

        Assert.Equal(expected, AccessCheck.NamesPolicy(new Endpoint(null, metadata, "one")));
    }

    [Theory]
    [InlineData(TenantRole.Viewer, AccessPolicies.ReadSpend, true)]
    [InlineData(TenantRole.Viewer, AccessPolicies.ManageKeys, false)]
    [InlineData(TenantRole.Approver, AccessPolicies.ManageKeys, false)]
    [InlineData(TenantRole.Admin, AccessPolicies.ManageKeys, true)]
    [InlineData(TenantRole.Admin, AccessPolicies.Api, false)]
    [InlineData(TenantRole.Viewer, AccessPolicies.ReadSamples, false)]
    [InlineData(TenantRole.Analyst, AccessPolicies.ReadSamples, true)]
    public void May_OfASession_FollowsTheTable(TenantRole role, string policy, bool expected) =>
        Assert.Equal(expected, Session(role).May(policy));

    /// <summary>What is the whole organisation's is closed to who sees some teams alone, whatever the role; so is everything but the way out while it is suspended.</summary>
    [Theory]
    [InlineData(AccessPolicies.Member, true, true)]
    [InlineData(AccessPolicies.ReadSpend, true, false)]
    [InlineData(AccessPolicies.ReadHealth, false, false)]
    [InlineData(AccessPolicies.ReadSamples, false, false)]
    [InlineData(AccessPolicies.ReadOrganisation, false, false)]
    [InlineData(AccessPolicies.ManageInstallation, false, false)]
    public void May_OfALimitedOrSuspendedSession_FollowsTheTable(string policy, bool limited, bool suspended)
    {
        var session = Session(TenantRole.Approver);

        Assert.Equal(limited, (session with { Scope = ReadScope.OfTeams(session.Tenant, ["growth"]) }).May(policy));
        Assert.Equal(suspended, (session with { Suspension = "unpaid" }).May(policy));
    }

    [Fact]
    public void May_OfAnOperator_ManagesTheInstallationInWhateverPlace()
    {
        var session = Session(TenantRole.Viewer) with { IsOperator = true, Suspension = "unpaid" };

        Assert.True((session with { Scope = ReadScope.OfTeams(session.Tenant, ["growth"]) }).May(AccessPolicies.ManageInstallation));
        Assert.False(session.May(AccessPolicies.ManageJobs));
    }

    private static TenantSession Session(TenantRole role) => new(ReadScope.Whole(new(Guid.NewGuid())), "one", role, Guid.NewGuid(), "a@b.test");

    [Fact]
    public void Documentation_ShowsTheTableAsItIs() =>
        Assert.Contains(AccessTable.ToMarkdown(), File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", "access.md")).ReplaceLineEndings("\n"));
}
