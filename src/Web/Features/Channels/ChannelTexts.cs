using FinOps.Analytics.Channels;
using FinOps.Domain.Alerts;
using FinOps.Domain.Channels;
using FinOps.Web.Features.Budgets;

namespace FinOps.Web.Features.Channels;

/// <summary>Channels, routes and what was told, in words.</summary>
internal static class ChannelTexts
{
    public static string Kind(ChannelKind kind) => kind switch
    {
        ChannelKind.SlackWebhook => "Slack webhook",
        ChannelKind.SlackApp => "Slack app",
        ChannelKind.Email => "E-mail",
        _ => "Webhook",
    };

    public static string Outcome(DeliveryOutcome outcome) => outcome switch
    {
        DeliveryOutcome.Sent => "sent",
        DeliveryOutcome.Failed => "failed",
        _ => "refused",
    };

    /// <summary>For a badge: what failed may still get through, what was refused will not.</summary>
    public static string? Tone(DeliveryOutcome outcome) => outcome == DeliveryOutcome.Sent ? null : "warn";

    /// <summary>"3 alerts", "a test or a button".</summary>
    public static string What(ChannelAttempt attempt) => attempt.MessageId is null ? attempt.Alerts == 0 ? "a test" : "a button in Slack" : Alerts(attempt.Alerts);

    public static string Alerts(int count) => count == 1 ? "1 alert" : $"{count:N0} alerts";

    /// <summary>"budgets and runaways, from warning on, feature is rag"; "everything".</summary>
    public static string Takes(AlertRoute route, IReadOnlyDictionary<string, string> projects)
    {
        List<string> parts = [];
        if (route.Kinds.Count > 0) parts.Add("of " + string.Join(" and ", route.Kinds.Select(kind => Plural(kind))));
        if (route.Least != AlertSeverity.Notice) parts.Add(route.Least == AlertSeverity.Critical ? "critical ones" : "from warning on");
        if (route.Scope.Parts.Count > 0) parts.Add(BudgetTexts.Scope(route.Scope, projects));
        return parts.Count == 0 ? "everything" : string.Join(", ", parts);
    }

    public static string Plural(AlertKind kind) => kind switch
    {
        AlertKind.Budget => "budgets",
        AlertKind.Runaway => "runaways",
        AlertKind.Agent => "gateways",
        _ => "anomalies",
    };

    public static string Quiet(QuietHours quiet) => (quiet.From == quiet.To ? "" : $"{quiet.From:HH\\:mm} to {quiet.To:HH\\:mm}") + (quiet.Weekends ? quiet.From == quiet.To ? "weekends" : " and weekends" : "") + $", {quiet.TimeZone}";
}
