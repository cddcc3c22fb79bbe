using FinOps.Domain.Budgets;

namespace FinOps.Domain.Policies;

/// <summary>Finds what cannot be meant, though each field by itself may stand there.</summary>
internal static class PolicyRules
{
    public static void Check(Policy policy, string path, IReadOnlyDictionary<string, WireProtocol> protocols, PolicyErrors errors)
    {
        CheckProtocols(policy, path, protocols, errors);
        switch (policy.Body)
        {
            case OutputLimit when policy.Match.Operations is [RequestOperation.Embeddings]:
                errors.Add($"{path}.match.operation", "Embeddings have no output that could be limited.", "Leave \"operation\" out, or name chat, responses or messages.");
                break;
            case EmbeddingCache when policy.Match.Operations.Count > 0 && !policy.Match.Operations.Contains(RequestOperation.Embeddings):
                errors.Add($"{path}.match.operation", "Only embeddings can be kept by this policy.", "Leave \"operation\" out, or write embeddings.");
                break;
            case Route route:
                CheckRoute(route, $"{path}.body", errors);
                break;
            case Fallback fallback:
                CheckChain(policy.Match, fallback, $"{path}.body.chain", errors);
                break;
            case BudgetLimit budget:
                CheckBudget(policy, budget, path, errors);
                break;
        }
    }

    /// <summary>What one protocol says cannot always be said in another; a gateway forwards bytes and does not translate.</summary>
    private static void CheckProtocols(Policy policy, string path, IReadOnlyDictionary<string, WireProtocol> protocols, PolicyErrors errors)
    {
        const string remedy = "Stay within one protocol: make a policy for each, or declare what a provider speaks under \"providers\".";
        var first = policy.Body.Targets.FirstOrDefault(target => target.Provider.Length > 0);
        if (first is null) return;
        var protocol = Protocols.Of(first.Provider, protocols);
        foreach (var target in policy.Body.Targets)
        {
            if (target.Provider.Length > 0 && Protocols.Of(target.Provider, protocols) != protocol)
                errors.Add($"{path}.body", $"{first} speaks {PolicyWords.Protocols[protocol]}'s protocol, and {target} does not.", remedy);
        }

        Check(policy.Match, $"{path}.match");
        var rules = policy.Body is Route route ? route.Rules : [];
        for (var index = 0; index < rules.Count; index++) Check(rules[index].When, $"{path}.body.rules[{index}].when");

        void Check(PolicyMatch match, string where)
        {
            foreach (var operation in match.Operations)
            {
                if (Protocols.Of(operation) != protocol)
                    errors.Add($"{where}.operation", $"{PolicyWords.Operations[operation]} is not of {PolicyWords.Protocols[protocol]}'s protocol, which {first} speaks.", remedy);
            }

            foreach (var provider in match.Providers)
            {
                if (Protocols.Of(provider, protocols) != protocol)
                    errors.Add($"{where}.provider", $"{provider} does not speak {PolicyWords.Protocols[protocol]}'s protocol, which {first} speaks.", remedy);
            }
        }
    }

    private static void CheckRoute(Route route, string path, PolicyErrors errors)
    {
        if (route.Rules.Count == 0 && route.Classifier is null) errors.Add(path, "The route leads nowhere.", "Write rules, a classifier, or both.");
        for (var index = 0; index < route.Rules.Count; index++)
        {
            if (!route.Rules[index].When.All) continue;
            if (index < route.Rules.Count - 1) errors.Add($"{path}.rules[{index + 1}]", $"Rule {index} holds always, so that this one is never reached.", "Put the rule without \"when\" last.");
            else if (route.Classifier is not null) errors.Add($"{path}.classifier", "The last rule holds always, so that the classifier is never asked.", "Give the rule a \"when\", or leave one of both out.");
            break;
        }
    }

    /// <summary>A chain that leads to where the request came from would try what has just failed.</summary>
    private static void CheckChain(PolicyMatch match, Fallback fallback, string path, PolicyErrors errors)
    {
        var model = match.Models is [var only] && NamePattern.IsExact(only) ? only : null;
        var provider = match.Providers is [var sole] ? sole : null;
        for (var index = 0; index < fallback.Chain.Count; index++)
        {
            var target = fallback.Chain[index];
            var sameModel = target.Model.Length == 0 || string.Equals(target.Model, model, StringComparison.OrdinalIgnoreCase);
            var sameProvider = target.Provider.Length == 0 || string.Equals(target.Provider, provider, StringComparison.OrdinalIgnoreCase);
            if (sameModel && sameProvider) errors.Add($"{path}[{index}]", $"{target} leads back to what the policy is for.", "Name another model or provider; for further attempts at the same one raise \"retries\".");
        }
    }

    private static void CheckBudget(Policy policy, BudgetLimit budget, string path, PolicyErrors errors)
    {
        if (!policy.Arms.IsEveryone) errors.Add($"{path}.arms", "A budget has no holdout and no canary: what it left out it would not bound.", "Leave \"arms\" out.");
        if (budget is { Kill: false, RequestsPerMinute: null, TokensPerMinute: null, UsdPerMinute: null, Lease: null })
            errors.Add($"{path}.body", "Nothing is limited.", "Write requests_per_minute, tokens_per_minute, usd_per_minute, a lease, or \"kill\": true.");
        if (budget.Kill && budget.Action != BudgetAction.Block) errors.Add($"{path}.body.action", "A kill switch lets nothing through.", "Write block.");
        if (budget.Action == BudgetAction.Downgrade == budget.DowngradeTo is null)
        {
            errors.Add(
                $"{path}.body.downgrade_to", budget.DowngradeTo is null ? "Nothing says what calls are downgraded to." : "Only the action downgrade sends calls elsewhere.",
                budget.DowngradeTo is null ? "Name a cheaper model." : "Leave it out, or write \"action\": \"downgrade\".");
        }
    }
}
