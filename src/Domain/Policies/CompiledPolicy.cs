using FinOps.Domain.Usage;

namespace FinOps.Domain.Policies;

/// <summary>A policy as a gateway asks it for each request. Immutable; nothing is allocated but for units of more than 84 letters.</summary>
public sealed class CompiledPolicy
{
    private readonly CompiledMatch _match;
    private readonly CompiledMatch[] _rules;
    private readonly ArmHash _arms;
    private readonly ArmHash _targets;
    private readonly WireProtocol? _protocol;

    internal CompiledPolicy(Policy policy, int rank, IReadOnlyDictionary<string, WireProtocol> protocols)
    {
        Policy = policy;
        Rank = rank;
        BudgetTurn = policy.DryRun ? 2 : policy.Body is BudgetLimit { Kill: true } ? 0 : 1;
        var target = policy.Body.Targets.FirstOrDefault(target => target.Provider.Length > 0);
        _protocol = target is null ? null : Protocols.Of(target.Provider, protocols);
        // A budget bounds calls of every protocol, whatever its cheaper model speaks.
        _match = new CompiledMatch(policy.Match, policy.Body is BudgetLimit ? null : _protocol);
        _rules = policy.Body is Route route ? [.. route.Rules.Select(rule => new CompiledMatch(rule.When, null))] : [];
        _arms = ArmHash.For(policy.Id, policy.Arms.Salt);
        _targets = ArmHash.ForTargets(policy.Id);
    }

    public Policy Policy { get; }

    public PolicyKind Kind => Policy.Kind;

    /// <summary>Place in the order of precedence, 0 the first.</summary>
    public int Rank { get; }

    /// <summary>Among the budgets of a request: what stops every call must not be left out for others, and a trial takes no other one's place.</summary>
    internal int BudgetTurn { get; }

    public bool Matches(in RequestFacts facts) => _match.Holds(in facts);

    /// <summary>Whether a budget has a cheaper model for such requests: questions in the protocol that its target speaks. Others it lets through and counts.</summary>
    public bool Downgrades(RequestOperation operation) =>
        Policy.Body is BudgetLimit { DowngradeTo: not null } && Protocols.Of(operation) is { } asked && (_protocol is not { } spoken || spoken == asked);

    /// <summary>The arm of the request's unit. A request in another arm than <see cref="Arm.Treatment"/> is left as it is, and no other policy of the kind takes the place.</summary>
    public Arm ArmOf(in RequestFacts facts)
    {
        var plan = Policy.Arms;
        if (plan.IsEveryone) return Arm.Treatment;
        var (source, unit) = plan.Unit == ArmUnit.User ? (UnitSource.User, facts.Tags[Tag.User]) : (UnitSource.Session, facts.Tags[Tag.Session]);
        if (unit.Length == 0)
        {
            if (plan.Unknown != UnknownUnit.Key) return plan.Unknown == UnknownUnit.Treated ? Arm.Treatment : Arm.Control;
            (source, unit) = (UnitSource.Key, facts.KeyId);
        }

        return plan.At(_arms.Point(source, unit));
    }

    /// <summary>The choice of the first rule of a route that holds; null where none does, so that the classifier decides, if there is one.</summary>
    public RouteChoice? RuleFor(in RequestFacts facts)
    {
        for (var index = 0; index < _rules.Length; index++)
        {
            if (_rules[index].Holds(in facts)) return ((Route)Policy.Body).Rules[index].Choice;
        }

        return null;
    }

    /// <summary>The point at which <see cref="RouteChoice.Pick"/> gives a session the same target each time. <paramref name="chance"/> is for requests without a session.</summary>
    public ulong TargetPoint(in RequestFacts facts, ulong chance) =>
        facts.Tags[Tag.Session] is { Length: > 0 } session ? _targets.Point(UnitSource.Session, session) : chance;

    public override string ToString() => $"{Policy.Id} v{Policy.Version}";
}
