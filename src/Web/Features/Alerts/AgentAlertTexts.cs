using FinOps.Analytics.Alerts;
using FinOps.Domain.Policies;
using FinOps.Domain.Policies.Control;

namespace FinOps.Web.Features.Alerts;

/// <summary>Alerts about gateways in words.</summary>
internal static class AgentAlertTexts
{
    public static string Title(AlertEntry alert) => $"{alert.Row.Subject} {(alert.Fact(AgentAlerts.Refusal) is null ? "is not heard of" : "refused its policies")}";

    public static IEnumerable<string> Facts(AlertEntry alert, TimeZoneInfo zone)
    {
        if (alert.Fact(AgentAlerts.Refusal) is { } refusal) yield return Why(refusal.Value);
        if (alert.Fact(AgentAlerts.Version) is { } version) yield return $"bundle {version.Value}";
        if (alert.Fact(AgentAlerts.LastSeen) is { } seen) yield return $"last heard of {AlertTexts.Value(seen, zone)}";
        yield return alert.Fact(AgentAlerts.Held) is { } held ? $"goes on with bundle {held.Value}" : "obeys no policies";
        foreach (var error in alert.Facts.Where(fact => fact.Name == AgentAlerts.Error)) yield return error.Value;
        if (alert.Fact(AgentAlerts.MoreErrors) is { } more) yield return $"and {AlertTexts.Value(more, zone)} more";
    }

    private static string Why(string word) => PolicyWords.Refusals.Find(word) switch
    {
        BundleRefusal.NotReadable => "what came is no bundle",
        BundleRefusal.UnknownKey => "signed by a key that it does not know",
        BundleRefusal.BadSignature => "the signature is not that of these bytes",
        BundleRefusal.Invalid => "it does not know what to do with it",
        BundleRefusal.OtherTenant => "another organisation's bundle",
        BundleRefusal.Older => "older than what it holds",
        BundleRefusal.Expired => "its end is over",
        _ => word,
    };
}
