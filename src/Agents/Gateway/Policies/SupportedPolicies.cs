using FinOps.Domain.Policies;
using FinOps.Gateway.Providers;

namespace FinOps.Gateway.Policies;

/// <summary>What a bundle asks that this gateway cannot do. It is refused whole: a policy that is silently not obeyed would be shown as if it were.</summary>
internal static class SupportedPolicies
{
    /// <param name="hasControl">There is a control plane to lease from.</param>
    public static IReadOnlyList<PolicyError> Errors(PolicyBundle bundle, ProviderTable providers, bool hasControl)
    {
        List<PolicyError> errors = [];
        for (var i = 0; i < bundle.Policies.Count; i++)
        {
            var (policy, path) = (bundle.Policies[i], $"$.policies[{i}]");
            if (!policy.Enabled) continue;
            if (policy.Body is BudgetLimit { Lease: not null } && !hasControl)
                errors.Add(new PolicyError($"{path}.body.lease", "A file has no budget to lease from: that is at a control plane.", "Limit requests, tokens or dollars a minute instead, or let the gateway obey a control plane (\"control\" in its configuration)."));
            foreach (var target in policy.Body.Targets)
                if (target.Provider.Length != 0 && providers.Find(target.Provider) is null)
                    errors.Add(new PolicyError($"{path}.body", $"This gateway has no provider '{target.Provider}'.", "Name one of its own, or enter the provider into its configuration."));
        }

        return errors;
    }
}
