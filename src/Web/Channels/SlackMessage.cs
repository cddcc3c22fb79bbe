using System.Globalization;
using System.Text.Json.Nodes;
using FinOps.Domain.Alerts;
using FinOps.Domain.Channels;

namespace FinOps.Web.Channels;

/// <summary>A message in Slack's blocks. An incoming webhook gets a link; an app's message has buttons that come back to us.</summary>
internal static class SlackMessage
{
    /// <summary>Alerts that a message shows; with at most three blocks each it stays below Slack's 50. Default 10.</summary>
    public const int MaxAlerts = 10;

    public const string Acknowledge = "acknowledge";
    public const string Snooze = "snooze";
    public const string Open = "open";

    // Slack's own limits, in characters.
    private const int MaxHeader = 150;
    private const int MaxSection = 3_000;

    /// <param name="words">What it says.</param>
    /// <param name="kind">An app's message has buttons.</param>
    /// <param name="conversation">Of an app; else empty.</param>
    public static JsonObject Of(MessageWords words, ChannelKind kind, string conversation = "")
    {
        var blocks = new JsonArray(new JsonObject { ["type"] = "header", ["text"] = Plain(words.Title, MaxHeader) });
        if (words.IsTest) blocks.Add(Section(MessageWords.TestText));
        var (shown, leftOut) = words.First(MaxAlerts);
        foreach (var alert in shown)
        {
            blocks.Add(Section($"*{Escape(alert.Title)}*\n{Escape(alert.Facts)}"));
            blocks.Add(new JsonObject { ["type"] = "context", ["elements"] = new JsonArray(Marked(Escape(alert.Since))) });
            var buttons = ButtonsOf(alert, kind);
            if (buttons.Count > 0) blocks.Add(new JsonObject { ["type"] = "actions", ["elements"] = buttons });
        }

        if (leftOut > 0) blocks.Add(Section(words.Centre is { } centre ? $"and <{centre}|{leftOut.ToString("N0", CultureInfo.InvariantCulture)} more>" : $"and {leftOut.ToString("N0", CultureInfo.InvariantCulture)} more"));
        var message = new JsonObject { ["text"] = Cut(words.Title, MaxSection), ["blocks"] = blocks };
        if (conversation.Length == 0) return message;
        message["channel"] = conversation;
        // Slack has no idempotency key: this lets whoever reads the conversation by program tell a second copy.
        message["metadata"] = new JsonObject { ["event_type"] = "finops_alerts", ["event_payload"] = new JsonObject { ["key"] = words.Key } };
        return message;
    }

    /// <summary>Puts what became of an alert in the place of its buttons.</summary>
    /// <param name="blocks">Of the message, as Slack sent it back.</param>
    /// <param name="alert">Whose buttons go.</param>
    /// <param name="text">What became of it.</param>
    public static JsonArray Answered(JsonArray blocks, Guid alert, string text) => new([.. blocks.Select(block =>
        IsButtonsOf(block, alert) ? new JsonObject { ["type"] = "context", ["elements"] = new JsonArray(Marked(Escape(text))) } : block?.DeepClone())]);

    private static bool IsButtonsOf(JsonNode? block, Guid alert) => block is JsonObject { } one && one["type"]?.GetValue<string>() == "actions"
        && one["elements"] is JsonArray elements && elements.Any(element => element?["value"]?.GetValue<string>() == alert.ToString());

    private static JsonArray ButtonsOf(ToldAlert alert, ChannelKind kind)
    {
        var buttons = new JsonArray();
        if (kind == ChannelKind.SlackApp && alert.Entry.Row.State == AlertState.Open)
        {
            buttons.Add(Button("Acknowledge", Acknowledge, alert.Entry.Row.Id));
            buttons.Add(Button("Snooze 1 h", Snooze, alert.Entry.Row.Id));
        }

        if (alert.Link is { } link) buttons.Add(new JsonObject { ["type"] = "button", ["text"] = Plain("Open", MaxHeader), ["action_id"] = Open, ["url"] = link.AbsoluteUri });
        return buttons;
    }

    private static JsonObject Button(string text, string action, Guid alert) =>
        new() { ["type"] = "button", ["text"] = Plain(text, MaxHeader), ["action_id"] = action, ["value"] = alert.ToString() };

    private static JsonObject Section(string text) => new() { ["type"] = "section", ["text"] = Marked(text) };

    private static JsonObject Plain(string text, int most) => new() { ["type"] = "plain_text", ["text"] = Cut(text, most) };

    private static JsonObject Marked(string text) => new() { ["type"] = "mrkdwn", ["text"] = Cut(text, MaxSection) };

    /// <summary>Nothing that people named becomes a link or a mention.</summary>
    private static string Escape(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);

    private static string Cut(string text, int most) => text.Length <= most ? text : text[..(most - 1)] + "…";
}
