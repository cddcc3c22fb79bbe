using FinOps.Domain.Usage;

namespace FinOps.Domain.Alerts;

/// <summary>What found it. The names are stored and part of the API.</summary>
public enum AlertKind
{
    /// <summary>A budget passed one of its thresholds.</summary>
    Budget,

    /// <summary>Something spends, loops or floods far beyond its usual course, at this moment.</summary>
    Runaway,

    /// <summary>A scope's spend left its usual course.</summary>
    Anomaly,

    /// <summary>A gateway refused what it is to obey, or is not heard of.</summary>
    Agent,
}

/// <summary>How soon somebody should look. The names are stored and part of the API.</summary>
public enum AlertSeverity
{
    /// <summary>Good to know.</summary>
    Notice,

    /// <summary>Today.</summary>
    Warning,

    /// <summary>Now.</summary>
    Critical,
}

/// <summary>What people did about it. The names are stored and part of the API.</summary>
public enum AlertState
{
    Open,

    /// <summary>Somebody looks after it.</summary>
    Acknowledged,
    Resolved,
}

/// <summary>
/// Something that people should know of, as it is raised: data, not prose, so that each page, mail and message puts it into its own words. Raising the same <see cref="Key"/> again makes no second alert.
/// </summary>
/// <param name="Kind">What found it.</param>
/// <param name="Severity">How soon somebody should look.</param>
/// <param name="Key">Means this alert among all of its tenant, whoever raises it and however often: for example <c>budget/{id}/{period}/actual/80</c>.</param>
/// <param name="GroupKey">Alerts with the same one are one incident, and are told together.</param>
/// <param name="Subject">What it is about, by the name that people gave it: the budget's, or the value of the scope that stands out.</param>
/// <param name="OpenedAt">When it was found.</param>
public sealed record Alert(AlertKind Kind, AlertSeverity Severity, string Key, string GroupKey, string Subject, DateTimeOffset OpenedAt)
{
    /// <summary>Characters of a key. Default 300.</summary>
    public const int MaxKeyLength = 300;

    /// <summary>Characters of the subject and of the link. Default 1,000 each.</summary>
    public const int MaxTextLength = 1_000;

    /// <summary>Default 40.</summary>
    public const int MaxFacts = 40;

    /// <summary>Whose calls it is about.</summary>
    public SpendScope Scope { get; init; } = SpendScope.Everything;

    /// <summary>What was seen, the most telling first.</summary>
    public IReadOnlyList<AlertFact> Facts { get; init; } = [];

    /// <summary>Where to look, an address within the product from <c>/</c> on; empty = nowhere in particular.</summary>
    public string Link { get; init; } = "";

    /// <summary>Channels that whoever raises it chose for it, a budget's own for example: they win over the organisation's routes. Empty = the routes decide.</summary>
    public IReadOnlyList<Guid> Channels { get; init; } = [];

    /// <summary>What is wrong with it, for whoever programs a detector; null when it can be raised.</summary>
    public string? FindProblem()
    {
        if (Key.Length is 0 or > MaxKeyLength || GroupKey.Length is 0 or > MaxKeyLength) return $"Key and group key have 1 to {MaxKeyLength} characters.";
        if (Subject.Length > MaxTextLength || Link.Length > MaxTextLength) return $"Subject and link have at most {MaxTextLength} characters.";
        if (Link.Length > 0 && (Link[0] != '/' || Link.StartsWith("//", StringComparison.Ordinal))) return "A link is an address within the product.";
        return Facts.Count > MaxFacts ? $"An alert has at most {MaxFacts} facts." : Scope.FindProblem();
    }
}
