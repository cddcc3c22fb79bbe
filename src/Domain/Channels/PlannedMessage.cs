using System.Globalization;
using FinOps.Domain.Alerts;

namespace FinOps.Domain.Channels;

/// <summary>A channel as messages are planned for it.</summary>
/// <param name="Channel">As it is defined.</param>
/// <param name="Unsubscribed">Recipients that want no mail.</param>
/// <param name="Behind">Recipients (empty for the channel itself) for whom a message waits that could not be sent so far.</param>
public sealed record ReachedChannel(Channel Channel, IReadOnlyList<string> Unsubscribed, IReadOnlyList<string> Behind)
{
    /// <summary>To whom messages go: each recipient of e-mail, else the channel itself, which is told by the empty string.</summary>
    public IEnumerable<string> Recipients => Channel.Kind != ChannelKind.Email ? [""] : Channel.Recipients.Where(one => !Unsubscribed.Contains(one, StringComparer.OrdinalIgnoreCase));
}

/// <summary>What is to be told to whom. Messages with the same channel, recipient and group are one while they wait.</summary>
/// <param name="Group">The incident, or what the alert waits for together with others.</param>
/// <param name="DueAt">Null = at once.</param>
public sealed record PlannedMessage(Guid Channel, string Recipient, string Group, DateTimeOffset? DueAt, IReadOnlyList<Guid> Alerts)
{
    /// <summary>The group of what could not be told so far.</summary>
    public const string Backlog = "backlog";

    /// <summary>Incidents that one finding tells in messages of their own; more of them are told together. Default 3.</summary>
    public const int MaxApart = 3;

    /// <summary>
    /// Where alerts go that were raised together, each (channel, recipient, group) once and in this order. What is raised while a receiver is away, or in quiet hours, is told together: so nobody is flooded afterwards.
    /// </summary>
    /// <param name="raised">With their ids, in the order in which they are to be told.</param>
    /// <param name="channels">All of the organisation's.</param>
    /// <param name="routes">The same.</param>
    public static IReadOnlyList<PlannedMessage> Of(IReadOnlyList<(Guid Id, Alert Alert)> raised, IReadOnlyList<ReachedChannel> channels, IReadOnlyList<AlertRoute> routes)
    {
        var byId = channels.ToDictionary(one => one.Channel.Id);
        var existing = byId.Keys.ToHashSet();
        var told = raised.SelectMany(one => AlertRoute.ChannelsOf(one.Alert, routes, existing).SelectMany(id => byId[id].Recipients.Select(recipient => One(one.Id, one.Alert, byId[id], recipient))));
        return [.. told
            .GroupBy(one => (one.Channel, one.Recipient))
            .SelectMany(Together)
            .GroupBy(one => (one.Channel, one.Recipient, one.Group, one.DueAt), (key, few) => new PlannedMessage(key.Channel, key.Recipient, key.Group, key.DueAt, [.. few.SelectMany(one => one.Alerts)]))
            .OrderBy(one => one.Channel.ToString(), StringComparer.Ordinal).ThenBy(one => one.Recipient, StringComparer.Ordinal).ThenBy(one => one.Group, StringComparer.Ordinal)];
    }

    private static PlannedMessage One(Guid id, Alert alert, ReachedChannel channel, string recipient)
    {
        var until = channel.Channel.Quiet?.Until(alert.OpenedAt, alert.Severity) ?? alert.OpenedAt;
        if (until > alert.OpenedAt) return new(channel.Channel.Id, recipient, string.Create(CultureInfo.InvariantCulture, $"quiet/{until.UtcDateTime:yyyy-MM-dd'T'HH:mm'Z'}"), until, [id]);
        return new(channel.Channel.Id, recipient, channel.Behind.Contains(recipient, StringComparer.Ordinal) ? Backlog : alert.GroupKey, null, [id]);
    }

    private static IEnumerable<PlannedMessage> Together(IEnumerable<PlannedMessage> ofOne)
    {
        var all = ofOne.ToList();
        var apart = all.Where(one => one.DueAt is null).Select(one => one.Group).Distinct(StringComparer.Ordinal).ToList();
        return apart.Count <= MaxApart ? all : all.Select(one => one.DueAt is null ? one with { Group = $"together/{all[0].Alerts[0]}" } : one);
    }
}
