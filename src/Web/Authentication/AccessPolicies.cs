using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Identity;

namespace FinOps.Web.Authentication;

/// <summary>The names of what a caller must be allowed, for <c>RequireAuthorization</c> and <c>[Authorize(Policy = …)]</c>. <see cref="AccessTable"/> says who is.</summary>
public static class AccessPolicies
{
    public const string Member = "member";
    public const string ReadSpend = "spend.read";
    public const string ReadSamples = "samples.read";
    public const string ReadHealth = "health.read";
    public const string ReadOrganisation = "organisation.read";
    public const string ManageOrganisation = "organisation.manage";
    public const string ManageKeys = "keys.manage";
    public const string ManageMembers = "members.manage";
    public const string ReadAudit = "audit.read";
    public const string ManageData = "data.manage";
    public const string ManageOutcomes = "outcomes.manage";
    public const string ReadExports = "exports.read";
    public const string ManageCurrency = "currency.manage";
    public const string ReadPrices = "prices.read";
    public const string ReadResources = "resources.read";
    public const string ManagePrices = "prices.manage";
    public const string ReadBudgets = "budgets.read";
    public const string ManageBudgets = "budgets.manage";
    public const string ReadAlerts = "alerts.read";
    public const string ManageAlerts = "alerts.manage";
    public const string ReadChannels = "channels.read";
    public const string ManageChannels = "channels.manage";
    public const string ReadBills = "bills.read";
    public const string ManageBills = "bills.manage";

    /// <summary>Opens the books of a closed month again.</summary>
    public const string ReopenBooks = "books.reopen";

    /// <summary>Previews of re-ratings.</summary>
    public const string PreviewRerating = "rerating.preview";
    public const string ApplyRerating = "rerating.apply";

    /// <summary>Policies, and the agents that obey them.</summary>
    public const string ReadPolicies = "policies.read";
    public const string DraftPolicies = "policies.draft";
    public const string ApprovePolicies = "policies.approve";
    public const string ManageAgents = "agents.manage";
    public const string ManageJobs = "jobs.manage";

    /// <summary>Mails of all organisations.</summary>
    public const string ManageMail = "mail.manage";

    /// <summary>What concerns all organisations of the installation.</summary>
    public const string ReadInstallation = "installation.read";

    /// <summary>Make, suspend, resume and delete organisations.</summary>
    public const string ManageInstallation = "installation.manage";

    /// <summary>The bearer of an API key; one that sends is refused with 403.</summary>
    public const string Api = "api";
    public const string ApiReadCosts = "api.costs.read";
    public const string ApiReadCalls = "api.calls.read";
    public const string ApiReadSamples = "api.samples.read";
    public const string ApiReadAudit = "api.audit.read";
    public const string ApiManageKeys = "api.keys.manage";
    public const string ApiManageOrganisation = "api.organisation.manage";
    public const string ApiManageMembers = "api.members.manage";
    public const string ApiReadQuotas = "api.quotas.read";
    public const string ApiManageInstallation = "api.installation.manage";
    public const string ApiReadBudgets = "api.budgets.read";
    public const string ApiManageBudgets = "api.budgets.manage";
    public const string ApiReadAlerts = "api.alerts.read";
    public const string ApiReadMetrics = "api.metrics.read";
    public const string ApiManageAlerts = "api.alerts.manage";
    public const string ApiReadChannels = "api.channels.read";
    public const string ApiManageChannels = "api.channels.manage";
    public const string ApiReadBills = "api.bills.read";
    public const string ApiManageBills = "api.bills.manage";
    public const string ApiManageData = "api.data.manage";
    public const string ApiReadResources = "api.resources.read";
    public const string ApiManageOutcomes = "api.outcomes.manage";
    public const string ApiWriteOutcomes = "api.outcomes.write";
    public const string ApiReadExports = "api.exports.read";
    public const string ApiManageCurrency = "api.currency.manage";
    public const string ApiReadPrices = "api.prices.read";
    public const string ApiManagePrices = "api.prices.manage";
    public const string ApiPreviewRerating = "api.rerating.preview";
    public const string ApiApplyRerating = "api.rerating.apply";
    public const string ApiReadPolicies = "api.policies.read";
    public const string ApiDraftPolicies = "api.policies.draft";
    public const string ApiApprovePolicies = "api.policies.approve";
    public const string ApiManageAgents = "api.agents.manage";

    /// <summary>The bearer of an agent's key; whether an agent is enrolled with it, its endpoints look up themselves.</summary>
    public const string Agent = "agent";

    internal static void Add(AuthorizationOptions options)
    {
        foreach (var rule in AccessTable.Rules)
        {
            if (rule.Key is { } kind) options.AddPolicy(rule.Policy, builder => RequireKey(builder, kind, rule.Scope));
            else if (rule.Least is { } least) options.AddPolicy(rule.Policy, builder => RequireRole(builder, rule, least));
        }

        options.DefaultPolicy = options.GetPolicy(Member)!;
        options.FallbackPolicy = options.DefaultPolicy;
    }

    private static void RequireKey(AuthorizationPolicyBuilder builder, KeyKind kind, string? scope)
    {
        builder.AddAuthenticationSchemes(ApiKeyAuthentication.Scheme).RequireClaim(TenantClaims.KeyKind, kind.ToString());
        if (scope is not null) builder.RequireClaim(TenantClaims.KeyScope, scope);
    }

    private static void RequireRole(AuthorizationPolicyBuilder builder, AccessRule rule, TenantRole least)
    {
        builder.AddAuthenticationSchemes(IdentityConstants.ApplicationScheme)
            .RequireClaim(TenantClaims.Tenant)
            .RequireClaim(TenantClaims.Role, Enum.GetValues<TenantRole>().Where(role => role >= least).Select(role => role.ToString()));
        if (rule.Operator) builder.RequireClaim(TenantClaims.Operator);
        if (!rule.Teams) builder.RequireClaim(TenantClaims.Reach, TenantClaims.WholeOrganisation);
        if (!rule.Suspended) builder.RequireAssertion(context => !context.User.HasClaim(claim => claim.Type == TenantClaims.Suspension));
    }
}
