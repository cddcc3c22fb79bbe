using System.Globalization;
using System.Runtime.CompilerServices;
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
    private static readonly int Arms = Enum.GetValues<Arm>().Length, Effects = Enum.GetValues<PolicyEffect>().Length;

    /// <summary>Of each policy that is in force, by arm and effect: they go with it.</summary>
    private static readonly ConditionalWeakTable<CompiledPolicy, string?[]> Known = [];

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
        if (_entries.Count > 1) _entries.Sort(static (one, other) => one.Policy.Rank.CompareTo(other.Policy.Rank));
        var words = new string[_entries.Count];
        for (var i = 0; i < words.Length; i++)
        {
            var (policy, arm, dryRun, effect) = _entries[i];
            // The same few words for each call of a policy. Two threads that meet here write the same.
            ref var known = ref Known.GetValue(policy, static _ => new string?[Arms * Effects])[((dryRun ? (int)Arm.Treatment : (int)arm) * Effects) + (int)effect];
            words[i] = known ??= string.Create(CultureInfo.InvariantCulture, $"{policy.Policy.Id}@{policy.Policy.Version}:{(dryRun ? "dry_run" : PolicyWords.Arms[arm])}:{Word(effect)}");
        }

        return words;
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
