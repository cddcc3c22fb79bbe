using FinOps.Analytics.Alerts;
using FinOps.Domain.Alerts;
using FinOps.Domain.Runaway;

namespace FinOps.Web.Features.Alerts;

/// <summary>Alerts of runaways in words.</summary>
internal static class RunawayTexts
{
    /// <summary>What runs away and how, for example "agent-7: asks the same again and again".</summary>
    public static string Title(AlertEntry alert) => $"{alert.Row.Subject}: {Kind(alert.Fact(RunawayAlerts.Kind)?.Value)}";

    public static string Kind(string? word) => word switch
    {
        "loop" => "asks the same again and again",
        "stuck" => "is stuck, with ever more context",
        "retryStorm" => "repeats failed calls without waiting",
        "tokenFlood" => "sends far larger calls than usual",
        "velocity" => "spends far faster than usual",
        _ => "runs away",
    };

    public static IEnumerable<string> Facts(AlertEntry alert, TimeZoneInfo zone)
    {
        var perHour = alert.Fact(RunawayAlerts.PerHour);
        if (perHour is not null) yield return $"{AlertTexts.Value(perHour, zone)} an hour{Usually(alert, zone)}";
        if (alert.Fact(RunawayAlerts.Calls) is { } calls && alert.Fact(RunawayAlerts.Cost) is { } cost) yield return $"{AlertTexts.Value(calls, zone)} for {AlertTexts.Value(cost, zone)} in two minutes";
        if (alert.Fact(RunawayAlerts.Times) is { } times && Measure(alert.Fact(RunawayAlerts.Kind)?.Value) is { } measure) yield return $"{AlertTexts.Value(times, zone)} {measure}";
        if (alert.Fact(RunawayAlerts.Kind)?.Value == "tokenFlood" && alert.Fact(RunawayAlerts.Tokens) is { } tokens) yield return AlertTexts.Value(tokens, zone);
        if (alert.Fact(RunawayAlerts.UnpricedCalls) is { } unpriced) yield return $"{AlertTexts.Value(unpriced, zone)} without a price";
        if (alert.Fact(RunawayAlerts.Since) is { } since) yield return $"since {AlertTexts.Value(since, zone)}";
    }

    /// <summary>Ids of some of its calls.</summary>
    public static IEnumerable<string> Calls(AlertEntry alert) => alert.Facts.Where(fact => fact.Name == RunawayAlerts.Call).Select(fact => fact.Value);

    private static string Usually(AlertEntry alert, TimeZoneInfo zone) =>
        alert.Fact(RunawayAlerts.UsualPerHour) is { } usual ? $", usually {AlertTexts.Value(usual, zone)}" : ", nothing is usual yet";

    private static string? Measure(string? word) => word switch
    {
        "loop" => "repeats",
        "stuck" => "calls in a row",
        "retryStorm" => "failures",
        "tokenFlood" or "velocity" => "times the usual",
        _ => null,
    };
}
