using FinOps.Domain.Policies;
using FinOps.Gateway.Providers;

namespace FinOps.Gateway.Policies;

/// <summary>What a bundle asks that this gateway cannot do. It is refused whole: a policy that is silently not obeyed would be shown as if it were.</summary>
internal static class SupportedPolicies
{
    public static IReadOnlyList<PolicyError> Errors(PolicyBundle bundle, ProviderTable providers)
    {
        List<PolicyError> errors = [];
        for (var i = 0; i < bundle.Policies.Count; i++)
        {
            var (policy, path) = (bundle.Policies[i], $"$.policies[{i}]");
            if (!policy.Enabled) continue;
            switch (policy.Body)
            {
                case BudgetLimit { Lease: not null }:
                    errors.Add(new PolicyError($"{path}.body.lease", "This release of the gateway takes no leases.", "Limit requests, tokens or dollars a minute instead."));
                    break;
                case Fallback fallback when fallback.On.Contains(FailureClass.InvalidOutput):
                    errors.Add(new PolicyError($"{path}.body.on", "This release of the gateway does not validate answers.", "Leave invalid_output out."));
                    break;
            }

            foreach (var target in policy.Body.Targets)
                if (target.Provider.Length != 0 && providers.Find(target.Provider) is null)
                    errors.Add(new PolicyError($"{path}.body", $"This gateway has no provider '{target.Provider}'.", "Name one of its own, or enter the provider into its configuration."));
        }

        return errors;
    }
}
