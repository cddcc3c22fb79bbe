using System.ComponentModel;
using FinOps.Analytics.Budgets;
using FinOps.Domain.Policies;

namespace FinOps.Web.Api;

/// <summary>A policy that leases the budget to gateways. Amounts in USD.</summary>
public sealed record LeasingPolicyEntry
{
    public required string Id { get; init; }
    public required string Name { get; init; }
    public required int Version { get; init; }

    [Description("active, or on its way there: draft or submitted.")]
    public required string State { get; init; }

    [Description("What is done to calls above the end: downgrade, throttle or block.")]
    public required string Action { get; init; }

    [Description("Of the allowance, where the end is: the lowest threshold of what was spent with this action, or 100.")]
    public required decimal Percent { get; init; }

    [Description("Where the end is; null where the policy is not active, or `problem` says why it is not known.")]
    public required decimal? EndUsd { get; init; }

    [Description("What may still be leased; null as above.")]
    public required decimal? FreeUsd { get; init; }

    [Description("Leased and not settled yet.")]
    public required decimal LeasedUsd { get; init; }

    [Description("What gateways told that they spent of leases of this period, by their prices.")]
    public required decimal SettledUsd { get; init; }

    [Description("Of one lease, as the policy has it.")]
    public required decimal LeaseUsd { get; init; }
    public required int LeaseSeconds { get; init; }

    internal static LeasingPolicyEntry Of(LeasingPolicy policy) => new()
    {
        Id = policy.Version.PolicyId,
        Name = policy.Version.Name,
        Version = policy.Version.Version,
        State = CallsEndpoint.Word(policy.Version.State),
        Action = PolicyWords.Actions[policy.Action],
        Percent = policy.Percent,
        EndUsd = policy.Books?.End,
        FreeUsd = policy.Books?.Free,
        LeasedUsd = policy.LeasedUsd,
        SettledUsd = policy.SettledUsd,
        LeaseUsd = policy.Lease.Usd,
        LeaseSeconds = policy.Lease.Seconds,
    };
}

/// <summary>A lease whose time is not over. Amounts in USD.</summary>
public sealed record OpenLeaseEntry
{
    public required Guid Id { get; init; }

    [Description("The policy for which it was asked.")]
    public required string Policy { get; init; }

    [Description("The gateway's name.")]
    public required string Agent { get; init; }
    public required Guid AgentId { get; init; }
    public required decimal GrantedUsd { get; init; }
    public required decimal SettledUsd { get; init; }
    public required long Calls { get; init; }
    public required DateTimeOffset GrantedAt { get; init; }
    public required DateTimeOffset ExpiresAt { get; init; }

    internal static OpenLeaseEntry Of(OpenLease open) => new()
    {
        Id = open.Lease.Id,
        Policy = open.Lease.PolicyId,
        Agent = open.Agent,
        AgentId = open.Lease.AgentId,
        GrantedUsd = open.Lease.GrantedUsd,
        SettledUsd = open.Lease.SettledUsd,
        Calls = open.Lease.Calls,
        GrantedAt = open.Lease.GrantedAt,
        ExpiresAt = open.Lease.ExpiresAt,
    };
}

/// <summary>How a budget is leased to gateways.</summary>
/// <param name="Policies">Active ones first.</param>
/// <param name="Leases">Those that end first, at most 200.</param>
/// <param name="Open">How many leases there are whose time is not over.</param>
/// <param name="Problem">Why what is left is not known, for people; null: it is known, or nothing is leased.</param>
public sealed record BudgetLeasesResponse(IReadOnlyList<LeasingPolicyEntry> Policies, IReadOnlyList<OpenLeaseEntry> Leases, int Open, string? Problem)
{
    internal static BudgetLeasesResponse Of(LeasesOfBudget leases) => new([.. leases.Policies.Select(LeasingPolicyEntry.Of)], [.. leases.Leases.Select(OpenLeaseEntry.Of)], leases.Open, leases.Problem);
}
