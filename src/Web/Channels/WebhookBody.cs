using System.Text.Json;
using FinOps.Analytics.Channels;
using FinOps.Domain.Tenancy;
using FinOps.Web.Api;

namespace FinOps.Web.Channels;

/// <summary>What a webhook of one's own gets. The names are part of the contract (docs/channels.md).</summary>
/// <param name="Key">The same as the header <c>idempotency-key</c>: a receiver that knows it has nothing new.</param>
/// <param name="Type">alerts, reminder or test.</param>
/// <param name="Organisation">Its id.</param>
/// <param name="Alerts">As the REST API tells them, with their words.</param>
/// <param name="More">How many there are beyond these.</param>
internal sealed record WebhookBody(string Key, string Type, string Organisation, IReadOnlyList<WebhookAlert> Alerts, int More)
{
    /// <summary>Alerts that a body holds. Default 100.</summary>
    public const int MaxAlerts = 100;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new Rfc3339Converter() } };

    public static byte[] Of(MessageWords words, TenantId tenant)
    {
        var (shown, leftOut) = words.First(MaxAlerts);
        var type = words.IsTest ? "test" : words.Kind == MessageKind.Reminder ? "reminder" : "alerts";
        return JsonSerializer.SerializeToUtf8Bytes(
            new WebhookBody(words.Key, type, tenant.ToString(), [.. shown.Select(alert => new WebhookAlert(alert.Title, alert.Facts, alert.Link?.AbsoluteUri, AlertResponse.Of(alert.Entry)))], leftOut), Json);
    }
}

/// <summary>One alert in words, and as data.</summary>
/// <param name="Title">What, in one line.</param>
/// <param name="Text">How much, in one line.</param>
/// <param name="Url">Where to look; null where the installation does not know its own address.</param>
/// <param name="Alert">As the REST API tells it.</param>
internal sealed record WebhookAlert(string Title, string Text, string? Url, AlertResponse Alert);
