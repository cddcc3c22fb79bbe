using System.Reflection;
using FinOps.Analytics.Tenancy;
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
        var pages = typeof(AccessTable).Assembly.GetTypes().Where(type => type.GetCustomAttribute<RouteAttribute>() is not null).ToList();

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
    public void May_OfASession_FollowsTheTable(TenantRole role, string policy, bool expected) =>
        Assert.Equal(expected, new TenantSession(new(Guid.NewGuid()), "one", role, Guid.NewGuid(), "a@b.test").May(policy));

    [Fact]
    public void Documentation_ShowsTheTableAsItIs() =>
        Assert.Contains(AccessTable.ToMarkdown(), File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", "access.md")).ReplaceLineEndings("\n"));
}
