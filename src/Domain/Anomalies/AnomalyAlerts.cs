using System.Globalization;
using FinOps.Domain.Alerts;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Anomalies;

/// <summary>The alerts of unusual spend, and the words of their facts.</summary>
public static class AnomalyAlerts
{
    /// <summary>What the whole organisation, or the scope that rose most, cost above what was expected.</summary>
    public const string Excess = "excess";
    public const string Actual = "actual";
    public const string Expected = "expected";
    public const string From = "from";
    public const string To = "to";

    /// <summary>A dimension and one of its values, for example <c>feature rag</c>; each is followed by <see cref="MovedBy"/> and <see cref="Explained"/>.</summary>
    public const string Moved = "moved";
    public const string MovedBy = "movedBy";

    /// <summary>Of the difference.</summary>
    public const string Explained = "explained";

    /// <summary>What the keys of all incidents begin with.</summary>
    public const string KeyPrefix = "anomaly/";

    /// <summary>A scope that explains less does not name the incident: then it is everything's.</summary>
    private const decimal LeastNaming = 0.3m;

    private const string InstantFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    public static string Key(AnomalyIncident incident) => KeyPrefix + incident.From.UtcDateTime.ToString(InstantFormat, CultureInfo.InvariantCulture);

    /// <summary>When the incident of a key began; null for another's key.</summary>
    public static DateTimeOffset? Begin(string key) => key.StartsWith(KeyPrefix, StringComparison.Ordinal)
        && DateTimeOffset.TryParseExact(key[KeyPrefix.Length..], InstantFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var begin) ? begin : null;

    /// <summary>The scope that names the incident; null where none explains enough of it.</summary>
    public static MovedScope? Cause(AnomalyIncident incident) => incident.Moved is [{ Explained: >= LeastNaming } first, ..] ? first : null;

    /// <param name="incident">What was found.</param>
    /// <param name="nameOf">What people call a project whose id is known.</param>
    /// <param name="criticalExcess">From this excess on, USD, somebody should look now.</param>
    /// <param name="now">When it was found.</param>
    public static Alert Of(AnomalyIncident incident, Func<MovedScope, string> nameOf, decimal criticalExcess, DateTimeOffset now)
    {
        var cause = Cause(incident);
        List<AlertFact> facts =
        [
            AlertFact.OfMoney(Excess, decimal.Round(incident.Excess, 6), "USD"), AlertFact.OfMoney(Actual, decimal.Round(incident.Actual, 6), "USD"),
            AlertFact.OfMoney(Expected, decimal.Round(incident.Expected, 6), "USD"), AlertFact.OfInstant(From, incident.From), AlertFact.OfInstant(To, incident.To),
        ];
        foreach (var scope in incident.Moved)
        {
            facts.Add(AlertFact.OfText(Moved, $"{scope.Dimension.ToString().ToLowerInvariant()} {nameOf(scope)}"));
            facts.Add(AlertFact.OfMoney(MovedBy, decimal.Round(scope.Excess, 6), "USD"));
            facts.Add(AlertFact.OfShare(Explained, scope.Explained));
        }

        return new Alert(AlertKind.Anomaly, incident.Excess >= criticalExcess ? AlertSeverity.Critical : AlertSeverity.Warning, Key(incident), Key(incident), cause is null ? "All spend" : nameOf(cause), now)
        {
            Scope = cause is null ? SpendScope.Everything : SpendScope.Of(cause.Dimension, cause.Value),
            Facts = facts,
            Link = Link(incident, cause),
        };
    }

    /// <summary>Why it changed: against the same hours a week before.</summary>
    private static string Link(AnomalyIncident incident, MovedScope? cause)
    {
        var (from, to) = (incident.From.UtcDateTime, incident.To.UtcDateTime);
        var range = string.Create(CultureInfo.InvariantCulture, $"/why?range=custom&from={from.ToString(InstantFormat, CultureInfo.InvariantCulture)}&to={to.ToString(InstantFormat, CultureInfo.InvariantCulture)}")
            + string.Create(CultureInfo.InvariantCulture, $"&before-from={from.AddDays(-7).ToString(InstantFormat, CultureInfo.InvariantCulture)}&before-to={to.AddDays(-7).ToString(InstantFormat, CultureInfo.InvariantCulture)}");
        if (cause is null) return range;
        var link = $"{range}&{cause.Dimension.ToString().ToLowerInvariant()}={Uri.EscapeDataString(cause.Value)}";
        return link.Length <= Alert.MaxTextLength ? link : range;
    }
}
