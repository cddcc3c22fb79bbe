using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FinOps.Analytics.Alerts;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Channels;
using FinOps.Domain.Alerts;
using FinOps.Domain.Channels;
using FinOps.Domain.Tenancy;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;

namespace FinOps.Web.Channels;

/// <summary>
/// Buttons of messages of an app of Slack. The address names organisation and channel; the signature, made with the channel's own signing secret over time and body, says that Slack sent it. Without a right one nothing is told, not even whether there is such a channel.
/// A request that was recorded and is sent once more is refused: each is noted in the channel's log under an id that follows from its signature.
/// </summary>
internal sealed class SlackInteractions(ChannelBook book, ChannelCipher cipher, MessageOutbox outbox, AlertBook alerts, HttpDelivery http, IOptions<ChannelOptions> options, TimeProvider clock)
{
    /// <summary>Bytes of a request: Slack sends the whole message back. Default 262,144; a larger one is refused.</summary>
    private const int MaxBytes = 256 * 1024;

    private static readonly TimeSpan SnoozeFor = TimeSpan.FromHours(1);

    /// <summary>Where Slack sends the buttons of one channel's messages.</summary>
    public static string PathOf(TenantId tenant, Guid channel) => $"/slack/interactions/{tenant}/{channel}";

    public async Task<IResult> RunAsync(Guid tenantId, Guid channelId, HttpRequest request, CancellationToken cancellationToken)
    {
        if (await ReadAsync(request, cancellationToken) is not { } body) return Results.StatusCode(StatusCodes.Status413PayloadTooLarge);
        var tenant = new TenantId(tenantId);
        var now = clock.GetUtcNow();
        var (time, signature) = (request.Headers[SlackSignature.TimeHeader].ToString(), request.Headers[SlackSignature.Header].ToString());
        if (await book.FindAsync(tenant, channelId, cancellationToken) is not { Channel.Kind: ChannelKind.SlackApp } standing || cipher.Open(standing.Row) is not { Key.Length: > 0 } secrets
            || !SlackSignature.IsValid(secrets.Key, time, signature, body, now)) return Results.Unauthorized();
        if (Press.Read(body) is not { } press) return Results.BadRequest();
        if (press.Action is not (SlackMessage.Acknowledge or SlackMessage.Snooze)) return Results.Ok();

        var answer = new DeliveryAnswer(DeliveryOutcome.Sent, StatusCodes.Status200OK, $"{press.Name} pressed {press.Action}.");
        var attempt = Attempts.Of(tenant, channelId, "", answer, TimeSpan.Zero, now, alerts: 1, message: null, IdOf(signature));
        if (!await outbox.LogOnceAsync(tenant, attempt, cancellationToken)) return Results.Conflict();
        var actor = new Actor(ActorKind.User, "slack:" + press.User, press.Name + " (Slack)");
        var entry = press.Action == SlackMessage.Acknowledge
            ? await alerts.AcknowledgeAsync(tenant, press.Alert, actor, cancellationToken)
            : await alerts.SnoozeAsync(tenant, press.Alert, now + SnoozeFor, actor, cancellationToken);
        if (press.Response is { } response && options.Value.FindProblem(response.AbsoluteUri) is null)
        {
            var text = TextOf(entry, TimeZoneInfo.FindSystemTimeZoneById(standing.Channel.Quiet?.TimeZone ?? "UTC"));
            var message = new JsonObject { ["replace_original"] = true, ["text"] = text, ["blocks"] = SlackMessage.Answered(press.Blocks, press.Alert, text) };
            // The act stands whatever becomes of the message; the log says so.
            var shown = await http.ToSlackResponseAsync(response, message, cancellationToken);
            if (shown.Outcome != DeliveryOutcome.Sent) await outbox.LogAsync(tenant, Attempts.Of(tenant, channelId, "", shown, TimeSpan.Zero, now, alerts: 1, message: null), cancellationToken);
        }

        return Results.Ok();
    }

    /// <summary>Null where it is too large.</summary>
    private static async Task<byte[]?> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (int read; (read = await request.Body.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            if (body.Length + read > MaxBytes) return null;
            body.Write(buffer, 0, read);
        }

        return body.ToArray();
    }

    /// <summary>What stands where the buttons were, as it is now: somebody else may have been faster.</summary>
    private static string TextOf(AlertEntry? alert, TimeZoneInfo zone) => alert?.Row switch
    {
        null => "This alert is not kept any more.",
        { State: AlertState.Acknowledged, AcknowledgedAt: { } at } row => $"Acknowledged by {row.AcknowledgedBy}, {Figures.Instant(at, zone)}",
        { State: AlertState.Resolved, ResolvedAt: { } at } row => $"Resolved by {row.ResolvedBy}, {Figures.Instant(at, zone)}",
        { SnoozedUntil: { } until } row => $"Put off by {row.SnoozedBy} until {Figures.Instant(until, zone)}",
        _ => "Open",
    };

    private static Guid IdOf(string signature) => new(SHA256.HashData(Encoding.UTF8.GetBytes(signature)).AsSpan(0, 16));

    /// <summary>A button that somebody pressed.</summary>
    private sealed record Press(string Action, Guid Alert, string User, string Name, Uri? Response, JsonArray Blocks)
    {
        /// <summary>Null for what is no such request.</summary>
        public static Press? Read(byte[] body)
        {
            try
            {
                var form = QueryHelpers.ParseQuery(Encoding.UTF8.GetString(body));
                if (!form.TryGetValue("payload", out var payload) || JsonNode.Parse(payload.ToString()) is not JsonObject told || told["actions"]?[0] is not JsonObject action) return null;
                var (user, name) = (Text(told["user"]?["id"]), Text(told["user"]?["username"]));
                if (name.Length == 0) name = Text(told["user"]?["name"]);
                return new Press(
                    Text(action["action_id"]), Guid.TryParse(Text(action["value"]), out var alert) ? alert : Guid.Empty, user, name.Length > 0 ? name : user,
                    Uri.TryCreate(Text(told["response_url"]), UriKind.Absolute, out var response) ? response : null, told["message"]?["blocks"] as JsonArray ?? []);
            }
            catch (Exception malformed) when (malformed is JsonException or InvalidOperationException or ArgumentOutOfRangeException)
            {
                return null;
            }
        }

        private static string Text(JsonNode? node) => node?.GetValue<string>() ?? "";
    }
}

/// <summary>The address of <see cref="SlackInteractions"/>.</summary>
internal static class SlackInteractionsEndpoint
{
    private const string InteractionsPath = "/slack/interactions/{tenant:guid}/{channel:guid}";

    public static void MapSlackInteractions(this IEndpointRouteBuilder app) =>
        app.MapPost(InteractionsPath, (Guid tenant, Guid channel, HttpRequest request, SlackInteractions interactions) => interactions.RunAsync(tenant, channel, request, request.HttpContext.RequestAborted))
            .AllowAnonymous().DisableAntiforgery().ExcludeFromDescription();
}
