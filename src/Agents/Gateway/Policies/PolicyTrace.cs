using System.Globalization;
using FinOps.Domain.Policies;

namespace FinOps.Gateway.Policies;

/// <summary>What a policy did to a call. The names are on spans, in lower case.</summary>
internal enum PolicyEffect : byte
{
    None,
    Unchanged,
    Limited,
    Hit,
    Miss,
    Bypassed,
    Routed,
    Answered,
    FellBack,
    Refused,
    Shared,
    Partial,
}

/// <summary>Which policies touched a call, in which arm, and to what effect: what its spans tell as <c>finops.policies</c>. One owner, the call.</summary>
internal sealed class PolicyTrace
{
    private readonly List<(CompiledPolicy Policy, Arm Arm, bool DryRun, PolicyEffect Effect)> _entries = new(4);

    public bool IsEmpty => _entries.Count == 0;

    public void Add(CompiledPolicy policy, Arm arm, PolicyEffect effect) => _entries.Add((policy, arm, policy.Policy.DryRun, effect));

    /// <summary>The latest word about a policy counts: a cache is missed before it is known what became of the call.</summary>
    public void Set(CompiledPolicy policy, PolicyEffect effect)
    {
        for (var i = 0; i < _entries.Count; i++)
        {
            if (!ReferenceEquals(_entries[i].Policy, policy)) continue;
            _entries[i] = _entries[i] with { Effect = effect };
            return;
        }
    }

    /// <summary><c>ID@VERSION:ARM:EFFECT</c>, in order of precedence.</summary>
    public string[] ToSpan()
    {
        _entries.Sort(static (one, other) => one.Policy.Rank.CompareTo(other.Policy.Rank));
        return [.. _entries.Select(entry => string.Create(
            CultureInfo.InvariantCulture, $"{entry.Policy.Policy.Id}@{entry.Policy.Policy.Version}:{(entry.DryRun ? "dry_run" : PolicyWords.Arms[entry.Arm])}:{Word(entry.Effect)}"))];
    }

    private static string Word(PolicyEffect effect) => effect switch
    {
        PolicyEffect.Unchanged => "unchanged",
        PolicyEffect.Limited => "limited",
        PolicyEffect.Hit => "hit",
        PolicyEffect.Miss => "miss",
        PolicyEffect.Bypassed => "bypassed",
        PolicyEffect.Routed => "routed",
        PolicyEffect.Answered => "answered",
        PolicyEffect.FellBack => "fell_back",
        PolicyEffect.Refused => "refused",
        PolicyEffect.Shared => "shared",
        PolicyEffect.Partial => "partial",
        _ => "none",
    };
}
