using FinOps.Analytics.Alerts;
using FinOps.Domain.Alerts;
using FinOps.Domain.Anomalies;

namespace FinOps.Web.Features.Alerts;

/// <summary>Alerts of unusual spend in words.</summary>
internal static class AnomalyTexts
{
    public static string Title(AlertEntry alert) => alert.Fact(AnomalyAlerts.Excess) is { } excess
        ? $"{alert.Row.Subject}: {AlertTexts.Value(excess, TimeZoneInfo.Utc)} more than expected"
        : $"{alert.Row.Subject} spends unusually";

    public static IEnumerable<string> Facts(AlertEntry alert, TimeZoneInfo zone)
    {
        if (alert.Fact(AnomalyAlerts.Actual) is { } actual && alert.Fact(AnomalyAlerts.Expected) is { } expected) yield return $"{AlertTexts.Value(actual, zone)} in all, {AlertTexts.Value(expected, zone)} expected";
        if (alert.Fact(AnomalyAlerts.From) is { } from && alert.Fact(AnomalyAlerts.To) is { } to) yield return $"{AlertTexts.Value(from, zone)} to {AlertTexts.Value(to, zone)}";
    }

    /// <summary>The scopes that rose, the one that names the cause best first: what it is, by how much, and the share of the difference that it explains.</summary>
    public static IReadOnlyList<string> Moved(AlertEntry alert)
    {
        var moved = new List<string>();
        for (var i = 0; i + 2 < alert.Facts.Count; i++)
        {
            if (alert.Facts[i].Name != AnomalyAlerts.Moved) continue;
            moved.Add($"{alert.Facts[i].Value} +{AlertTexts.Value(alert.Facts[i + 1], TimeZoneInfo.Utc)} ({AlertTexts.Value(alert.Facts[i + 2], TimeZoneInfo.Utc)})");
        }

        return moved;
    }
}
