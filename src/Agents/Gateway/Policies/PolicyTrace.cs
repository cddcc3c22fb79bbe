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

    /// <summary>It went although no lease of the budget was left, because the control plane was away.</summary>
    Away,

    /// <summary>It is one of the few that a spent budget lets through.</summary>
    Throttled,

    /// <summary>It stayed where its prompt is warm, because that is cheaper than the cheaper model that the policy names.</summary>
    KeptWarm,

    /// <summary>What a lease would have done is not known: one on trial reserves nothing.</summary>
    Unknown,
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

    public bool Is(CompiledPolicy policy, PolicyEffect effect)
    {
        foreach (var entry in _entries)
            if (ReferenceEquals(entry.Policy, policy)) return entry.Effect == effect;
        return false;
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
        PolicyEffect.Away => "away",
        PolicyEffect.Throttled => "throttled",
        PolicyEffect.KeptWarm => "kept_warm",
        PolicyEffect.Unknown => "unknown",
        _ => "none",
    };
}
