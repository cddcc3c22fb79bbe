using System.Collections.Concurrent;
using FinOps.Domain.Policies;

namespace FinOps.Gateway.Routing;

/// <summary>Where a session's last call went: it goes there again as long as a provider keeps its prompt warm. Bounded; beyond, all are forgotten, which costs a cold prompt each.</summary>
internal sealed class StickyTargets(TimeProvider time)
{
    public const int MaxSessions = 50_000;

    private readonly ConcurrentDictionary<(string Policy, string Session), (PolicyTarget Target, long Until)> _targets = new();

    public PolicyTarget? Find(string policy, string session) =>
        _targets.TryGetValue((policy, session), out var kept) && kept.Until > time.GetTimestamp() ? kept.Target : null;

    public void Keep(string policy, string session, PolicyTarget target, int seconds)
    {
        if (_targets.Count >= MaxSessions) _targets.Clear();
        _targets[(policy, session)] = (target, time.GetTimestamp() + (seconds * time.TimestampFrequency));
    }
}
