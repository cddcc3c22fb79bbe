using System.Globalization;
using FinOps.Domain.Alerts;

namespace FinOps.Domain.Policies.Control;

/// <summary>The alerts about agents, and the words of their facts.</summary>
public static class AgentAlerts
{
    /// <summary>One of <see cref="PolicyWords.Refusals"/>; missing where the agent is not heard of.</summary>
    public const string Refusal = "refusal";

    /// <summary>Of the bundle that was refused; missing where it could not be told.</summary>
    public const string Version = "version";

    /// <summary>Of the bundle that the agent goes on with; missing: none.</summary>
    public const string Held = "held";

    /// <summary>What is wrong with the document, the first of it.</summary>
    public const string Error = "error";

    /// <summary>How many errors there are besides.</summary>
    public const string MoreErrors = "moreErrors";

    /// <summary>When it was last heard of; missing of a refusal.</summary>
    public const string LastSeen = "lastSeen";

    /// <summary>Errors that an alert tells. Default 3, of 300 characters.</summary>
    private const int MaxErrors = 3;
    private const int MaxErrorLength = 300;

    private const string Link = "/agents";

    /// <summary>All refusals of one agent are one incident, which ends when it applies a bundle.</summary>
    public static string RefusedGroup(Guid agent) => $"agent/{agent}/refused";

    /// <summary>Ends when the agent is heard of again.</summary>
    public static string AwayGroup(Guid agent) => $"agent/{agent}/away";

    /// <summary>
    /// A bundle was refused: one alert for each bundle and reason as long as the agent holds the same, however often it is told. A bundle that somebody else made or played back is critical.
    /// </summary>
    /// <param name="agent">Its id.</param>
    /// <param name="name">What people call it.</param>
    /// <param name="held">The version that it goes on with; 0: none.</param>
    /// <param name="told">What it said.</param>
    public static Alert Refused(Guid agent, string name, long held, Acknowledgement told, DateTimeOffset now)
    {
        List<AlertFact> facts = [AlertFact.OfText(Refusal, told.Refusal)];
        if (told.Version > 0) facts.Add(AlertFact.OfText(Version, Number(told.Version)));
        if (held > 0) facts.Add(AlertFact.OfText(Held, Number(held)));
        facts.AddRange(told.Errors.Take(MaxErrors).Select(error => AlertFact.OfText(Error, Short(error.ToString()))));
        if (told.Errors.Count > MaxErrors) facts.Add(AlertFact.OfCount(MoreErrors, told.Errors.Count - MaxErrors, "errors"));
        var isForeign = PolicyWords.Refusals.Find(told.Refusal) is BundleRefusal.UnknownKey or BundleRefusal.BadSignature or BundleRefusal.OtherTenant or BundleRefusal.Older;
        return new Alert(
            AlertKind.Agent, isForeign ? AlertSeverity.Critical : AlertSeverity.Warning, $"{RefusedGroup(agent)}/{Number(held)}/{Number(told.Version)}/{told.Refusal}", RefusedGroup(agent), name, now)
        {
            Facts = facts,
            Link = Link,
        };
    }

    /// <summary>An agent is not heard of: one alert for each silence.</summary>
    public static Alert Away(Guid agent, string name, long held, DateTimeOffset lastSeen, DateTimeOffset now)
    {
        List<AlertFact> facts = [AlertFact.OfInstant(LastSeen, lastSeen)];
        if (held > 0) facts.Add(AlertFact.OfText(Held, Number(held)));
        return new Alert(
            AlertKind.Agent, AlertSeverity.Warning, string.Create(CultureInfo.InvariantCulture, $"{AwayGroup(agent)}/{lastSeen.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'}"), AwayGroup(agent), name, now)
        {
            Facts = facts,
            Link = Link,
        };
    }

    private static string Number(long version) => version.ToString(CultureInfo.InvariantCulture);

    /// <summary>An agent's own words: one line, cut where they are long.</summary>
    private static string Short(string text)
    {
        var line = string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
        return line.Length > MaxErrorLength ? string.Concat(line.AsSpan(0, MaxErrorLength), "…") : line;
    }
}
