using FinOps.Domain.Policies.Control;

namespace FinOps.Gateway.Leases;

/// <summary>What the control plane is to be told of a lease.</summary>
/// <param name="IsFinal">It is given back by it.</param>
internal readonly record struct LeaseWord(Lease Lease, LeaseSettlement Settlement, bool IsFinal);

/// <summary>What became of a word.</summary>
internal enum WordOutcome : byte
{
    Taken,

    /// <summary>The control plane never granted this lease.</summary>
    Unknown,

    /// <summary>It is told again later: totals, so that twice counts once.</summary>
    NoAnswer,
}
