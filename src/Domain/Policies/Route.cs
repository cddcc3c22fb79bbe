namespace FinOps.Domain.Policies;

/// <summary>
/// Which model answers. The first rule that holds decides; where none does the classifier, if there is one; else the request stays as it is.
/// A request is never routed to a provider of another protocol.
/// </summary>
public sealed record Route : PolicyBody
{
    /// <summary>Default 100.</summary>
    public const int MaxRules = 100;

    /// <summary>Default a day.</summary>
    public const int MaxStickySeconds = 86_400;

    public override PolicyKind Kind => PolicyKind.Route;

    public IReadOnlyList<RouteRule> Rules { get; init; } = [];

    public RouteClassifier? Classifier { get; init; }

    /// <summary>
    /// How long a session keeps the target of its last call, so that a warm prompt cache is not thrown away; 0: each call is decided by itself. Default 300, as long as providers keep a prompt.
    /// </summary>
    public int StickySeconds { get; init; } = 300;

    public override IEnumerable<PolicyTarget> Targets =>
        Rules.SelectMany(rule => rule.Choice.Targets).Concat(Classifier is { } both ? both.Weak.Targets.Concat(both.Strong.Targets) : []);
}

/// <param name="When">Beside what the policy itself asks; <see cref="PolicyMatch.All"/>: always.</param>
public sealed record RouteRule(PolicyMatch When, RouteChoice Choice);

/// <param name="Threshold">0 to 1; a prompt that is scored at or above it goes to <paramref name="Strong"/>.</param>
public sealed record RouteClassifier(double Threshold, RouteChoice Weak, RouteChoice Strong);

/// <summary>What answers: one of some targets by their weights, or a fixed text.</summary>
/// <param name="Tier">1 (cheap) to 3 (frontier), for people and reports; an answer that does not validate may go one up.</param>
public sealed record RouteChoice(int Tier, IReadOnlyList<PolicyTarget> Targets)
{
    /// <summary>Default 3.</summary>
    public const int MaxTier = 3;

    /// <summary>Default 20.</summary>
    public const int MaxTargets = 20;

    /// <summary>Characters. Default 32,768.</summary>
    public const int MaxAnswerLength = 32_768;

    /// <summary>The answer itself, of tier 1: no model is asked, and <see cref="Targets"/> is empty. Null: a model answers.</summary>
    public string? Answer { get; init; }

    /// <summary>The target at a point of 64 bits: the same one each time, each as often as its weight says. Only where <see cref="Answer"/> is null.</summary>
    /// <param name="point">Evenly spread: <see cref="ArmHash.Point"/> of the session, or drawn by chance where there is none.</param>
    public PolicyTarget Pick(ulong point)
    {
        if (Targets.Count == 1) return Targets[0];
        var sum = 0ul;
        for (var index = 0; index < Targets.Count; index++) sum += (ulong)Targets[index].Weight;
        var place = Math.BigMul(point, sum, out _);
        for (var index = 0; index < Targets.Count; index++)
        {
            var weight = (ulong)Targets[index].Weight;
            if (place < weight) return Targets[index];
            place -= weight;
        }

        throw new InvalidOperationException("A choice without targets was asked for one.");
    }
}
