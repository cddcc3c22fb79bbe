namespace FinOps.Domain.Tenancy;

/// <summary>What an API key may be allowed. A key without a scope is refused at the addresses that ask for it.</summary>
public static class KeyScopes
{
    public const string ReadCosts = "costs.read";
    public const string ReadCalls = "calls.read";
    public const string ReadAudit = "audit.read";
    public const string ManageKeys = "keys.manage";
    public const string ManageOrganisation = "organisation.manage";
    public const string ManageMembers = "members.manage";
    public const string ReadQuotas = "quotas.read";
    public const string ReadExports = "exports.read";
    public const string ManageCurrency = "currency.manage";

    /// <summary>Prompts and answers.</summary>
    public const string ReadSamples = "samples.read";

    public const string ReadResources = "resources.read";
    public const string ReadPrices = "prices.read";
    public const string ManagePrices = "prices.manage";
    public const string ReadBudgets = "budgets.read";
    public const string ManageBudgets = "budgets.manage";
    public const string ReadAlerts = "alerts.read";
    public const string ManageAlerts = "alerts.manage";
    public const string ReadChannels = "channels.read";
    public const string ManageChannels = "channels.manage";

    /// <summary>For a scraper alone.</summary>
    public const string ReadMetrics = "metrics.read";
    public const string ReadBills = "bills.read";
    public const string ManageBills = "bills.manage";
    public const string PreviewRerating = "rerating.preview";
    public const string ApplyRerating = "rerating.apply";

    /// <summary>Policies, and the agents that obey them.</summary>
    public const string ReadPolicies = "policies.read";
    public const string DraftPolicies = "policies.draft";
    public const string ApprovePolicies = "policies.approve";
    public const string ManageAgents = "agents.manage";

    /// <summary>What concerns all organisations: <see cref="OfOperators"/>.</summary>
    public const string ManageInstallation = "installation.manage";
    public const string ManageData = "data.manage";

    /// <summary>Definitions of outcomes.</summary>
    public const string ManageOutcomes = "outcomes.manage";
    public const string WriteOutcomes = "outcomes.write";

    /// <summary>Every scope with what it allows.</summary>
    public static readonly IReadOnlyDictionary<string, string> All = new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        [ReadCosts] = "Ask what calls cost",
        [ReadCalls] = "List calls, and look at one with its trace",
        [ReadAudit] = "Read and verify the audit record",
        [ManageCurrency] = "See and set the billing currency, list and import exchange rates",
        [ReadExports] = "Export what calls cost as FOCUS files, with adjustments, corrections of closed months, GPUs, vector databases and storage, and lines of bills",
        [ReadSamples] = "Read and export samples of prompts and answers, where a project has opted in",
        [ManageData] = "See and set how long data is kept and which projects keep samples of prompts and answers, erase users",
        [ReadResources] = "Read what GPUs, vector databases and buckets did and cost, by device, model, collection, feature, team and customer",
        [ManageOutcomes] = "List, make and end definitions of outcomes",
        [WriteOutcomes] = "Tell outcomes: how something ended",
        [ReadPrices] = "Look up prices, their history and who changed them",
        [ManagePrices] = "Make, change, end and undo the organisation's own prices, discounts and aliases; make, change and end commitments and prices of GPU hours, vector databases and storage",
        [PreviewRerating] = "Preview what calls would cost by the prices of today, and cancel a preview",
        [ApplyRerating] = "Make a preview the calls' cost, take it back, or stop it while it is applied",
        [ManageKeys] = "List, make, change, rotate and revoke keys; gives no scope that it has not itself",
        [ManageOrganisation] = "Rename the organisation, list and make projects",
        [ManageMembers] = "List, change and remove members, set their digests, invite people and revoke invitations",
        [ReadBudgets] = "See budgets, how they stand, what they ask of a gateway, and who changed them",
        [ManageBudgets] = "Make, change, archive, restore and evaluate budgets",
        [ReadAlerts] = "See alerts and what became of them",
        [ManageAlerts] = "Acknowledge, put off, resolve and reopen alerts, say whether they were useful, and mute what detection tells",
        [ReadChannels] = "See channels without their secrets, routes, and what was told to whom",
        [ManageChannels] = "Make, change, test and remove channels and routes, send again what was given up",
        [ReadMetrics] = "Scrape spend, budgets and alerts as Prometheus metrics",
        [ReadBills] = "See providers' bills beside the figures, accepted differences, closed months and their corrections",
        [ManageBills] = "Import and withdraw providers' bills, accept differences, close months",
        [ReadPolicies] = "See policies with their history, and the agents that obey them",
        [DraftPolicies] = "Draft policies and submit them for approval",
        [ApprovePolicies] = "Approve and refuse policies that other people wrote, take active ones back",
        [ManageAgents] = "Make one-time tokens for agents, revoke agents",
        [ReadQuotas] = "Read the organisation's quotas and what it uses of them",
        [ManageInstallation] = "List all organisations of the installation, make, suspend, resume and delete them, set their quotas, delete people's accounts, start the comparison of price lists; only who runs the installation gives it",
    };

    /// <summary>Only who runs the installation gives a key one of these, and only a key that has it itself.</summary>
    public static readonly IReadOnlyList<string> OfOperators = [ManageInstallation];

    /// <summary>What a key has where nothing is said: it reads figures.</summary>
    public static readonly IReadOnlyList<string> Usual = [ReadCalls, ReadCosts];

    /// <summary>What an installation's first API key has: it reads all figures, and neither people, prompts nor settings.</summary>
    public static readonly IReadOnlyList<string> First = [ReadCalls, ReadCosts, ReadExports, ReadResources];
}
