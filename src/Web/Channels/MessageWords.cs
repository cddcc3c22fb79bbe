using FinOps.Analytics.Alerts;
using FinOps.Analytics.Channels;
using FinOps.Domain.Alerts;
using FinOps.Domain.Channels;
using FinOps.Web.Features.Alerts;
using FinOps.Web.Parts;

namespace FinOps.Web.Channels;

/// <summary>One alert as a message tells it.</summary>
/// <param name="Entry">The alert itself.</param>
/// <param name="Title">What.</param>
/// <param name="Facts">How much, in one line.</param>
/// <param name="Since">Since when, how urgent, whose calls.</param>
/// <param name="Link">Where to look; null where the installation does not know its own address.</param>
internal sealed record ToldAlert(AlertEntry Entry, string Title, string Facts, string Since, Uri? Link);

/// <summary>What a message says, before a channel gives it its form.</summary>
/// <param name="Key">The same for each try to say the same.</param>
/// <param name="Title">In one line.</param>
/// <param name="Alerts">In their order; empty in a test.</param>
/// <param name="More">How many there are beyond these.</param>
/// <param name="Centre">Where all alerts are; null where the installation does not know its own address.</param>
/// <param name="IsTest">Somebody asked for it, and nothing has happened.</param>
/// <param name="Kind">Whether they were raised, or are still open.</param>
internal sealed record MessageWords(string Key, string Title, IReadOnlyList<ToldAlert> Alerts, int More, Uri? Centre, bool IsTest, MessageKind Kind)
{
    private const string AlertsPath = "/alerts";

    public const string TestText = "This is a test. If you can read it, alerts will reach you here.";

    /// <summary>Everything that is known of the alerts, in the zone of the channel's quiet hours, else in UTC.</summary>
    public static MessageWords Of(TakenMessage message, MessageContent content, ChannelLinks links)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(content.Channel.Quiet?.TimeZone ?? "UTC");
        List<ToldAlert> told = [.. content.Alerts.Select(alert => new ToldAlert(alert, AlertTexts.Title(alert), AlertTexts.Facts(alert, zone), SinceOf(alert, zone), links.To(alert.Row.Link.Length > 0 ? alert.Row.Link : AlertsPath)))];
        var all = told.Count + message.More;
        var title = message.Kind == MessageKind.Reminder ? "Still open: " : "";
        title += told is [var only] && all == 1 ? only.Title : $"{all} alerts, {told.Count(one => one.Entry.Row.Severity == AlertSeverity.Critical)} of them critical";
        return new MessageWords(message.IdempotencyKey, title, told, message.More, links.To(AlertsPath), IsTest: false, message.Kind);
    }

    public static MessageWords Test(Guid id, ChannelLinks links) => new($"test-{id:N}", "Test of a channel", [], 0, links.To("/"), IsTest: true, MessageKind.Raised);

    /// <summary>The first of the alerts, and how many a form that shows so many leaves out.</summary>
    public (IReadOnlyList<ToldAlert> Shown, int LeftOut) First(int most) => ([.. Alerts.Take(most)], Math.Max(0, Alerts.Count - most) + More);

    private static string SinceOf(AlertEntry alert, TimeZoneInfo zone)
    {
        var state = alert.Row.State == AlertState.Open ? "" : $", {AlertTexts.State(alert.Row.State)} since";
        return $"{alert.Row.Severity} since {Figures.Instant(alert.Row.OpenedAt, zone)} {(zone == TimeZoneInfo.Utc ? "UTC" : zone.Id)}{state} · {AlertTexts.Scope(alert)}";
    }
}
