using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;

namespace FinOps.Web.Authentication;

/// <summary>One line of the authorisation table: who may do what.</summary>
/// <param name="Policy">The name that an endpoint or page gives (<see cref="AccessPolicies"/>).</param>
/// <param name="Least">The least role of a member who may; null where no person is asked for.</param>
/// <param name="Key">The kind of key that may; null where no key is.</param>
/// <param name="What">What it allows, for the documentation.</param>
/// <param name="Operator">Only who also runs the installation: it shows or changes what is not one tenant's.</param>
/// <param name="Teams">Members who are limited to teams may, too: what is shown keeps to their teams, or is nobody's figures at all.</param>
/// <param name="Suspended">Also while the organisation is suspended.</param>
/// <param name="Scope">What the key must be allowed beside its kind; null where the kind is enough.</param>
public sealed record AccessRule(string Policy, TenantRole? Least, KeyKind? Key, string What, bool Operator = false, bool Teams = false, bool Suspended = false, string? Scope = null)
{
    /// <summary>As the endpoint's policy decides, for what a page offers.</summary>
    public bool Allows(TenantSession session) =>
        Least is { } least && session.Role >= least && (!Operator || session.IsOperator) && (Teams || session.Scope.IsWhole) && (Suspended || session.Suspension is null);
}

/// <summary>
/// Who may do what, in one place. Each endpoint and page names one of these policies or is open to everyone on purpose; the server does not start
/// otherwise (<see cref="AccessCheck"/>). docs/access.md shows the same table, held to it by a test.
/// </summary>
public static class AccessTable
{
    public static readonly IReadOnlyList<AccessRule> Rules =
    [
        new(AccessPolicies.Member, TenantRole.Viewer, null, "Keep a page's live connection, choose among one's own organisations, see and end one's own sessions, change one's password and second factor, choose one's digests, delete one's account", Teams: true, Suspended: true),
        new(AccessPolicies.ReadSpend, TenantRole.Viewer, null, "See spend, calls and their traces: Overview, Explore, Why it changed, Calls, Unit cost, CSV export", Teams: true),
        new(AccessPolicies.ReadSamples, TenantRole.Analyst, null, "Read samples of prompts and answers, where a project has opted in: on the page of a call"),
        new(AccessPolicies.ReadHealth, TenantRole.Viewer, null, "See what arrived and what was refused: Ingest health"),
        new(AccessPolicies.ReadOrganisation, TenantRole.Viewer, null, "See Settings: set-up, the organisation's name and projects, members, keys by their prefix, quotas and their use"),
        new(AccessPolicies.ManageOrganisation, TenantRole.Admin, null, "Rename the organisation, make projects"),
        new(AccessPolicies.ManageKeys, TenantRole.Admin, null, "Make, rotate and revoke keys, and keys of gateways' clients"),
        new(AccessPolicies.ManageMembers, TenantRole.Admin, null, "Invite and remove members, give them roles and teams"),
        new(AccessPolicies.ReadAudit, TenantRole.Admin, null, "See, verify and export the audit record: Audit"),
        new(AccessPolicies.ManageData, TenantRole.Admin, null, "Set how long data is kept and which projects keep samples of prompts and answers, erase a user of the organisation's calls"),
        new(AccessPolicies.ReadResources, TenantRole.Viewer, null, "See GPUs, vector databases and buckets with their use, cost and idle money, and models of one's own: GPUs, Vectors & storage"),
        new(AccessPolicies.ManageOutcomes, TenantRole.Approver, null, "Define what counts as an outcome, and end definitions: Unit cost"),
        new(AccessPolicies.ManageCurrency, TenantRole.Approver, null, "Set the billing currency, import exchange rates: /prices/currency"),
        new(AccessPolicies.ReadExports, TenantRole.Analyst, null, "Export what calls cost, with adjustments, corrections, GPUs, vector databases and storage, and lines of bills, as FOCUS files: Settings"),
        new(AccessPolicies.ReadPrices, TenantRole.Viewer, null, "See prices, their history and who changed them: Prices"),
        new(AccessPolicies.ReadBudgets, TenantRole.Viewer, null, "See budgets, how they stand, and who changed them: Budgets. Who is limited to teams sees those of nothing but their teams' calls", Teams: true),
        new(AccessPolicies.ManageBudgets, TenantRole.Approver, null, "Make, change, archive and restore budgets"),
        new(AccessPolicies.ReadAlerts, TenantRole.Viewer, null, "See alerts and what became of them: Alerts. Who is limited to teams sees those of their teams' budgets", Teams: true),
        new(AccessPolicies.ManageAlerts, TenantRole.Analyst, null, "Acknowledge, put off, resolve and reopen alerts, say whether they were useful, and mute what detection tells"),
        new(AccessPolicies.ReadChannels, TenantRole.Viewer, null, "See channels without their secrets, routes, and what was told to whom: Channels"),
        new(AccessPolicies.ManageChannels, TenantRole.Approver, null, "Make, change, test and remove channels and routes, send again what was given up"),
        new(AccessPolicies.ReadBills, TenantRole.Viewer, null, "See providers' bills beside the figures, accepted differences, closed months and their corrections: Bills"),
        new(AccessPolicies.ManageBills, TenantRole.Approver, null, "Import and withdraw providers' bills, map their words, accept differences, close the books of a month"),
        new(AccessPolicies.ReopenBooks, TenantRole.Admin, null, "Open the books of a closed month again"),
        new(AccessPolicies.ManagePrices, TenantRole.Approver, null, "Make, change, end and undo the organisation's own prices, discounts and aliases; make, change and end commitments and prices of GPU hours, vector databases and storage"),
        new(AccessPolicies.PreviewRerating, TenantRole.Analyst, null, "Preview what calls would cost by the prices of today, cancel a preview: Prices › Re-rating"),
        new(AccessPolicies.ApplyRerating, TenantRole.Approver, null, "Make a preview the calls' cost, take it back, or stop it while it is applied"),
        new(AccessPolicies.ReadPolicies, TenantRole.Viewer, null, "See policies, their history and what they would touch, the agents that obey them, and the keys of their clients: Policies, Agents, Gateway keys"),
        new(AccessPolicies.DraftPolicies, TenantRole.Analyst, null, "Draft policies and submit them for approval"),
        new(AccessPolicies.ApprovePolicies, TenantRole.Approver, null, "Approve and refuse policies that other people wrote, take active ones back"),
        new(AccessPolicies.ManageAgents, TenantRole.Admin, null, "Make one-time tokens for agents, revoke agents"),
        new(AccessPolicies.ReadInstallation, TenantRole.Admin, null, "See how many requests came without a known key, whoever sent them", Operator: true),
        new(AccessPolicies.ManageInstallation, TenantRole.Viewer, null, "See all organisations with their volume and health, make, suspend, resume and delete them, set their quotas: /installation", Operator: true, Teams: true, Suspended: true),
        new(AccessPolicies.ManageJobs, TenantRole.Admin, null, "See and start background jobs, which are all tenants': /jobs", Operator: true),
        new(AccessPolicies.ManageMail, TenantRole.Viewer, null, "See mails that could not be sent, which are all tenants', and try them again: /installation/mail", Operator: true, Teams: true, Suspended: true),
        new(AccessPolicies.Api, null, KeyKind.Api, "Come in to the REST API"),
        new(AccessPolicies.ApiReadCosts, null, KeyKind.Api, KeyScopes.All[KeyScopes.ReadCosts], Scope: KeyScopes.ReadCosts),
        new(AccessPolicies.ApiReadCalls, null, KeyKind.Api, KeyScopes.All[KeyScopes.ReadCalls], Scope: KeyScopes.ReadCalls),
        new(AccessPolicies.ApiReadSamples, null, KeyKind.Api, KeyScopes.All[KeyScopes.ReadSamples], Scope: KeyScopes.ReadSamples),
        new(AccessPolicies.ApiManageCurrency, null, KeyKind.Api, KeyScopes.All[KeyScopes.ManageCurrency], Scope: KeyScopes.ManageCurrency),
        new(AccessPolicies.ApiReadExports, null, KeyKind.Api, KeyScopes.All[KeyScopes.ReadExports], Scope: KeyScopes.ReadExports),
        new(AccessPolicies.ApiReadAudit, null, KeyKind.Api, KeyScopes.All[KeyScopes.ReadAudit], Scope: KeyScopes.ReadAudit),
        new(AccessPolicies.ApiManageKeys, null, KeyKind.Api, KeyScopes.All[KeyScopes.ManageKeys], Scope: KeyScopes.ManageKeys),
        new(AccessPolicies.ApiManageOrganisation, null, KeyKind.Api, KeyScopes.All[KeyScopes.ManageOrganisation], Scope: KeyScopes.ManageOrganisation),
        new(AccessPolicies.ApiManageMembers, null, KeyKind.Api, KeyScopes.All[KeyScopes.ManageMembers], Scope: KeyScopes.ManageMembers),
        new(AccessPolicies.ApiReadQuotas, null, KeyKind.Api, KeyScopes.All[KeyScopes.ReadQuotas], Scope: KeyScopes.ReadQuotas),
        new(AccessPolicies.ApiManageInstallation, null, KeyKind.Api, KeyScopes.All[KeyScopes.ManageInstallation], Scope: KeyScopes.ManageInstallation),
        new(AccessPolicies.ApiReadBudgets, null, KeyKind.Api, KeyScopes.All[KeyScopes.ReadBudgets], Scope: KeyScopes.ReadBudgets),
        new(AccessPolicies.ApiManageBudgets, null, KeyKind.Api, KeyScopes.All[KeyScopes.ManageBudgets], Scope: KeyScopes.ManageBudgets),
        new(AccessPolicies.ApiReadAlerts, null, KeyKind.Api, KeyScopes.All[KeyScopes.ReadAlerts], Scope: KeyScopes.ReadAlerts),
        new(AccessPolicies.ApiManageAlerts, null, KeyKind.Api, KeyScopes.All[KeyScopes.ManageAlerts], Scope: KeyScopes.ManageAlerts),
        new(AccessPolicies.ApiReadChannels, null, KeyKind.Api, KeyScopes.All[KeyScopes.ReadChannels], Scope: KeyScopes.ReadChannels),
        new(AccessPolicies.ApiManageChannels, null, KeyKind.Api, KeyScopes.All[KeyScopes.ManageChannels], Scope: KeyScopes.ManageChannels),
        new(AccessPolicies.ApiReadMetrics, null, KeyKind.Api, KeyScopes.All[KeyScopes.ReadMetrics], Scope: KeyScopes.ReadMetrics),
        new(AccessPolicies.ApiReadBills, null, KeyKind.Api, KeyScopes.All[KeyScopes.ReadBills], Scope: KeyScopes.ReadBills),
        new(AccessPolicies.ApiManageBills, null, KeyKind.Api, KeyScopes.All[KeyScopes.ManageBills], Scope: KeyScopes.ManageBills),
        new(AccessPolicies.ApiManageData, null, KeyKind.Api, KeyScopes.All[KeyScopes.ManageData], Scope: KeyScopes.ManageData),
        new(AccessPolicies.ApiReadResources, null, KeyKind.Api, KeyScopes.All[KeyScopes.ReadResources], Scope: KeyScopes.ReadResources),
        new(AccessPolicies.ApiManageOutcomes, null, KeyKind.Api, KeyScopes.All[KeyScopes.ManageOutcomes], Scope: KeyScopes.ManageOutcomes),
        new(AccessPolicies.ApiWriteOutcomes, null, KeyKind.Api, KeyScopes.All[KeyScopes.WriteOutcomes], Scope: KeyScopes.WriteOutcomes),
        new(AccessPolicies.ApiReadPrices, null, KeyKind.Api, KeyScopes.All[KeyScopes.ReadPrices], Scope: KeyScopes.ReadPrices),
        new(AccessPolicies.ApiManagePrices, null, KeyKind.Api, KeyScopes.All[KeyScopes.ManagePrices], Scope: KeyScopes.ManagePrices),
        new(AccessPolicies.ApiPreviewRerating, null, KeyKind.Api, KeyScopes.All[KeyScopes.PreviewRerating], Scope: KeyScopes.PreviewRerating),
        new(AccessPolicies.ApiReadPolicies, null, KeyKind.Api, KeyScopes.All[KeyScopes.ReadPolicies], Scope: KeyScopes.ReadPolicies),
        new(AccessPolicies.ApiDraftPolicies, null, KeyKind.Api, KeyScopes.All[KeyScopes.DraftPolicies], Scope: KeyScopes.DraftPolicies),
        new(AccessPolicies.ApiApprovePolicies, null, KeyKind.Api, KeyScopes.All[KeyScopes.ApprovePolicies], Scope: KeyScopes.ApprovePolicies),
        new(AccessPolicies.ApiManageAgents, null, KeyKind.Api, KeyScopes.All[KeyScopes.ManageAgents], Scope: KeyScopes.ManageAgents),
        new(AccessPolicies.Agent, null, KeyKind.Agent, "Get the organisation's bundle of policies, tell what became of it and that the agent lives, lease parts of budgets that policies name"),
        new(AccessPolicies.ApiApplyRerating, null, KeyKind.Api, KeyScopes.All[KeyScopes.ApplyRerating], Scope: KeyScopes.ApplyRerating),
    ];

    public static AccessRule Rule(string policy) =>
        Rules.FirstOrDefault(rule => rule.Policy == policy) ?? throw new ArgumentException($"No policy is called {policy}.", nameof(policy));

    /// <summary>The table as docs/access.md shows it.</summary>
    public static string ToMarkdown() =>
        "| policy | least role or key | limited to teams | allows |\n|---|---|---|---|\n"
        + string.Join('\n', Rules.Select(rule => $"| `{rule.Policy}` | {Who(rule)} | {(rule.Key is not null ? "" : rule.Teams ? "yes" : "no")} | {rule.What} |"));

    private static string Who(AccessRule rule) => rule.Least is { } least ? least.ToString().ToLowerInvariant() + (rule.Operator ? " who runs the installation" : "") : $"{rule.Key?.ToString().ToUpperInvariant()} key{(rule.Scope is { } scope ? $" with the scope `{scope}`" : "")}";
}
