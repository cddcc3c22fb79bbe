using System.ComponentModel;
using System.Globalization;
using System.Text.Json.Serialization;
using FinOps.Analytics.Channels;
using FinOps.Domain.Alerts;
using FinOps.Domain.Channels;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using FinOps.Web.Channels;

namespace FinOps.Web.Api;

/// <summary>A channel as it shall be.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ChannelRequest
{
    public required string Name { get; init; }

    [Description("`slackWebhook`, `slackApp`, `email` or `webhook`. It stays.")]
    public required string Kind { get; init; }

    [Description("Of `slackWebhook` and `webhook`: where to post. A secret: it is never shown again; left out in a change it stays.")]
    public string? Address { get; init; }

    [Description("Of `slackApp`: the bot's token. A secret.")]
    public string? Token { get; init; }

    [Description("Of `slackApp`: the app's signing secret. Of `webhook`: what messages are signed with; left out, one is made and shown once. A secret.")]
    public string? Key { get; init; }

    [Description("Of `slackApp`: the conversation, by its id or name.")]
    public string? SlackChannel { get; init; }

    [Description("Of `email`, 1 to 50. Who unsubscribed stays so until they are taken off and added anew.")]
    public IReadOnlyList<string>? Recipients { get; init; }

    [Description("Hours in which what is not critical waits. Left out: none.")]
    public QuietEntry? Quiet { get; init; }

    [Description("To change one: the version that you have seen. A later one is a conflict.")]
    public int? Version { get; init; }

    internal (Channel? Channel, ApiProblem? Problem) ToChannel(Guid id)
    {
        if (!ApiBody.TryWord<ChannelKind>(Kind, out var kind)) return (null, ApiBody.NoWord<ChannelKind>("kind", Kind));
        QuietHours? quiet = null;
        if (Quiet is { } told)
        {
            if (!TimeOnly.TryParseExact(told.From, QuietEntry.Format, CultureInfo.InvariantCulture, DateTimeStyles.None, out var from) || !TimeOnly.TryParseExact(told.To, QuietEntry.Format, CultureInfo.InvariantCulture, DateTimeStyles.None, out var to))
                return (null, new ApiProblem("quiet", "\"from\" and \"to\" are times of day, for example 22:00."));
            quiet = new QuietHours(told.TimeZone, from, to, told.Weekends);
        }

        var channel = new Channel(id, Name, kind) { SlackChannel = SlackChannel ?? "", Recipients = Recipients ?? [], Quiet = quiet };
        return channel.FindProblem() is { } problem ? (null, new ApiProblem("body", problem)) : (channel, null);
    }

    internal ChannelSecrets ToSecrets() => new(Address ?? "", Token ?? "", Key ?? "");
}

/// <summary>Hours in which what is not critical waits.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record QuietEntry
{
    internal const string Format = "HH:mm";

    [Description("IANA name.")]
    public required string TimeZone { get; init; }

    [Description("The first quiet minute, for example 22:00.")]
    public required string From { get; init; }

    [Description("The first minute that is not quiet any more; before `from` it is the next day's.")]
    public required string To { get; init; }

    [Description("Saturday and Sunday are quiet from midnight to midnight. Default: false.")]
    public bool Weekends { get; init; }

    internal static QuietEntry Of(QuietHours quiet) =>
        new() { TimeZone = quiet.TimeZone, From = quiet.From.ToString(Format, CultureInfo.InvariantCulture), To = quiet.To.ToString(Format, CultureInfo.InvariantCulture), Weekends = quiet.Weekends };
}

/// <summary>Channels of the organisation, by name.</summary>
public sealed record ChannelsResponse(IReadOnlyList<ChannelResponse> Channels);

/// <summary>A channel with how it stands. It has no secrets.</summary>
public sealed record ChannelResponse
{
    public required Guid Id { get; init; }
    public required int Version { get; init; }
    public required string Name { get; init; }
    public required string Kind { get; init; }

    [Description("Where it leads, as far as that is no secret: the host, the conversation, the recipient or how many there are.")]
    public required string LeadsTo { get; init; }
    public required string SlackChannel { get; init; }
    public required IReadOnlyList<string> Recipients { get; init; }

    [Description("Recipients who asked for no more mail of this channel.")]
    public required IReadOnlyList<string> Unsubscribed { get; init; }
    public required QuietEntry? Quiet { get; init; }
    public required DateTimeOffset ChangedAt { get; init; }
    public required string ChangedBy { get; init; }

    [Description("The key that was made for a `webhook`: in the answer that makes it, and never again.")]
    public required string? Key { get; init; }

    [Description("Of `slackApp`: what the app's interactivity needs as its request URL, an address within the product; else null.")]
    public required string? Interactions { get; init; }

    [Description("The latest try; null where there was none.")]
    public required DeliveryEntry? Last { get; init; }

    [Description("Messages that wait.")]
    public required int Waiting { get; init; }

    [Description("Messages that were given up.")]
    public required int Dead { get; init; }

    internal static ChannelResponse Of(ChannelStanding standing, string? key = null) => new()
    {
        Id = standing.Row.Id,
        Version = standing.Row.Version,
        Name = standing.Row.Name,
        Kind = CallsEndpoint.Word(standing.Channel.Kind),
        LeadsTo = standing.Row.Shown,
        SlackChannel = standing.Channel.SlackChannel,
        Recipients = standing.Channel.Recipients,
        Unsubscribed = standing.Row.Unsubscribed,
        Quiet = standing.Channel.Quiet is { } quiet ? QuietEntry.Of(quiet) : null,
        ChangedAt = standing.Row.ChangedAt,
        ChangedBy = standing.Row.ChangedBy,
        Key = key,
        Interactions = standing.Channel.Kind == ChannelKind.SlackApp ? SlackInteractions.PathOf(new TenantId(standing.Row.TenantId), standing.Row.Id) : null,
        Last = standing.Last is { } last ? DeliveryEntry.Of(last) : null,
        Waiting = standing.Waiting,
        Dead = standing.Dead,
    };
}

/// <summary>A route as it shall be.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record RouteRequest
{
    public required string Name { get; init; }

    [Description("Ids of channels, 1 to 20.")]
    public required IReadOnlyList<Guid> Channels { get; init; }

    [Description("Only of what these found: `budget`, `runaway`, `anomaly`, `agent`. Default: all.")]
    public IReadOnlyList<string>? Kinds { get; init; }

    [Description("Nothing below it: `notice`, `warning` or `critical`. Default: notice.")]
    public string? Least { get; init; }

    [Description("Only alerts about nothing but calls with these values; as of a budget, and by `session` and `key`. Default: all.")]
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Scope { get; init; }

    [Description("To change one: the version that you have seen. A later one is a conflict.")]
    public int? Version { get; init; }

    internal (AlertRoute? Route, ApiProblem? Problem) ToRoute(Guid id)
    {
        var kinds = new List<AlertKind>();
        foreach (var word in Kinds ?? [])
        {
            if (!ApiBody.TryWord<AlertKind>(word, out var kind)) return (null, ApiBody.NoWord<AlertKind>("kinds", word));
            kinds.Add(kind);
        }

        if (!ApiBody.TryWord<AlertSeverity>(Least ?? "notice", out var least)) return (null, ApiBody.NoWord<AlertSeverity>("least", Least!));
        var scope = SpendScope.Everything;
        foreach (var (name, values) in Scope ?? new Dictionary<string, IReadOnlyList<string>>())
        {
            if (!ApiBody.TryWord<ScopeDimension>(name, out var dimension)) return (null, ApiBody.NoWord<ScopeDimension>("scope", name));
            scope = scope.And(dimension, values);
        }

        var route = new AlertRoute(id, Name) { Channels = Channels, Kinds = kinds, Least = least, Scope = scope };
        return route.FindProblem() is { } problem ? (null, new ApiProblem("body", problem)) : (route, null);
    }
}

/// <summary>Routes of the organisation, by name.</summary>
public sealed record RoutesResponse(IReadOnlyList<RouteResponse> Routes);

/// <summary>Which alerts go to which channels.</summary>
/// <param name="Id">Stays.</param>
/// <param name="Version">To change it.</param>
/// <param name="Name">One route has it.</param>
/// <param name="Kinds">Empty: all.</param>
/// <param name="Least">Nothing below it.</param>
/// <param name="Scope">Empty: all.</param>
/// <param name="Channels">Ids; one that was removed since is passed over.</param>
/// <param name="ChangedAt">Last.</param>
/// <param name="ChangedBy">The e-mail address, or the name of the key.</param>
public sealed record RouteResponse(
    Guid Id, int Version, string Name, IReadOnlyList<string> Kinds, string Least, IReadOnlyDictionary<string, IReadOnlyList<string>> Scope, IReadOnlyList<Guid> Channels, DateTimeOffset ChangedAt, string ChangedBy)
{
    internal static RouteResponse Of(RecordedRoute row)
    {
        var route = row.ToRoute();
        return new RouteResponse(row.Id, row.Version, row.Name, [.. route.Kinds.Select(CallsEndpoint.Word)], CallsEndpoint.Word(route.Least), ScopeWords.Of(route.Scope), route.Channels, row.ChangedAt, row.ChangedBy);
    }
}

/// <summary>Tries to tell something.</summary>
/// <param name="Deliveries">The latest first.</param>
/// <param name="HasMore">There are more: ask for the next page.</param>
public sealed record DeliveriesResponse(IReadOnlyList<DeliveryEntry> Deliveries, bool HasMore);

/// <summary>One try.</summary>
/// <param name="Channel">Its id.</param>
/// <param name="Message">Null: a test, or a button that somebody pressed in Slack.</param>
/// <param name="Recipient">Of e-mail; else empty.</param>
/// <param name="At">When it ended.</param>
/// <param name="Outcome">sent; failed (tried again); refused (for good).</param>
/// <param name="Status">Of HTTP or SMTP; 0 where there was no answer.</param>
/// <param name="Answer">What the receiver said, or why it said nothing.</param>
/// <param name="Milliseconds">How long it took.</param>
/// <param name="Alerts">How many alerts it told; 0 for a test.</param>
public sealed record DeliveryEntry(Guid Channel, Guid? Message, string Recipient, DateTimeOffset At, string Outcome, int Status, string Answer, int Milliseconds, int Alerts)
{
    internal static DeliveryEntry Of(ChannelAttempt attempt) =>
        new(attempt.ChannelId, attempt.MessageId, attempt.Recipient, attempt.At, CallsEndpoint.Word(attempt.Outcome), attempt.Status, attempt.Answer, attempt.Milliseconds, attempt.Alerts);
}

/// <summary>Messages to channels.</summary>
/// <param name="Messages">The latest first.</param>
/// <param name="HasMore">There are more: ask for the next page.</param>
public sealed record MessagesResponse(IReadOnlyList<MessageEntry> Messages, bool HasMore);

/// <summary>One message.</summary>
/// <param name="Id">Stays; with the number of alerts it is the idempotency key.</param>
/// <param name="Channel">Its id.</param>
/// <param name="Recipient">Of e-mail; else empty.</param>
/// <param name="State">waiting, sent or dead.</param>
/// <param name="Alerts">Ids of the alerts that it tells of.</param>
/// <param name="More">How many there are beyond these.</param>
/// <param name="CreatedAt">When the first of its alerts was raised.</param>
/// <param name="DueAt">When it is tried (again), while it waits.</param>
/// <param name="Tries">Since it was written, or sent again.</param>
/// <param name="EndedAt">When it was sent or given up.</param>
/// <param name="Reason">What the last try failed with; null where none did.</param>
public sealed record MessageEntry(
    Guid Id, Guid Channel, string Recipient, string State, IReadOnlyList<Guid> Alerts, int More, DateTimeOffset CreatedAt, DateTimeOffset DueAt, int Tries, DateTimeOffset? EndedAt, string? Reason)
{
    internal static MessageEntry Of(ChannelMessage row) =>
        new(row.Id, row.ChannelId, row.Recipient, CallsEndpoint.Word(row.State), row.AlertIds, row.More, row.CreatedAt, row.DueAt, row.Tries, row.EndedAt, row.Reason);
}
