using FinOps.Domain.Alerts;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Channels;

/// <summary>How a message is told. The names are stored and part of the API.</summary>
public enum ChannelKind
{
    /// <summary>An incoming webhook of Slack, or of what takes the same messages: text and a link.</summary>
    SlackWebhook,

    /// <summary>An app of Slack with a bot: the message has buttons.</summary>
    SlackApp,

    /// <summary>A mail to each recipient.</summary>
    Email,

    /// <summary>JSON to an address of one's own, signed.</summary>
    Webhook,
}

/// <summary>A way by which alerts reach people. Addresses that let somebody write, tokens and keys are kept apart from it, encrypted.</summary>
public sealed record Channel(Guid Id, string Name, ChannelKind Kind)
{
    public const int MaxNameLength = 100;

    /// <summary>Recipients of one channel. Default 50.</summary>
    public const int MaxRecipients = 50;

    /// <summary>RFC 5321: a path of 256 characters with its brackets.</summary>
    public const int MaxRecipientLength = 254;

    private const int MaxSlackChannelLength = 80;

    /// <summary>Of an app of Slack the conversation it writes to, for example <c>C0123456789</c> or <c>#costs</c>; else empty.</summary>
    public string SlackChannel { get; init; } = "";

    /// <summary>Of e-mail; else empty.</summary>
    public IReadOnlyList<string> Recipients { get; init; } = [];

    /// <summary>Null = told at any hour.</summary>
    public QuietHours? Quiet { get; init; }

    /// <summary>What is wrong with it, for people; null when it can be used.</summary>
    public string? FindProblem()
    {
        if (Name.Trim().Length is 0 or > MaxNameLength) return $"A channel's name has 1 to {MaxNameLength} characters.";
        if (Kind == ChannelKind.SlackApp ? SlackChannel.Length is 0 or > MaxSlackChannelLength : SlackChannel.Length > 0)
            return Kind == ChannelKind.SlackApp ? "Name the conversation that the app writes to, by its id (C0123456789) or its name (#costs)." : "Only an app of Slack names a conversation.";
        if (Kind != ChannelKind.Email && Recipients.Count > 0) return "Only e-mail has recipients.";
        if (Kind == ChannelKind.Email && Recipients.Count is 0 or > MaxRecipients) return $"E-mail has 1 to {MaxRecipients} recipients.";
        if (Recipients.FirstOrDefault(recipient => !IsAddress(recipient)) is { } wrong) return $"\"{wrong}\" is not an e-mail address.";
        if (Recipients.Distinct(StringComparer.OrdinalIgnoreCase).Count() < Recipients.Count) return "A recipient stands twice.";
        return Quiet?.FindProblem();
    }

    /// <summary>One sign between a name and a domain, and nothing that could end a header or an envelope; whether it exists a mail server says.</summary>
    private static bool IsAddress(string text)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        return text.Length <= MaxRecipientLength && at > 0 && at == text.LastIndexOf('@') && at < text.Length - 1 && !text.Any(letter => char.IsControl(letter) || char.IsWhiteSpace(letter) || letter is '<' or '>' or ',' or ';' or '"');
    }
}

/// <summary>Where an alert goes that no budget's own channels take: all channels of all routes that it fits.</summary>
public sealed record AlertRoute(Guid Id, string Name)
{
    public const int MaxNameLength = 100;

    /// <summary>Channels of one route. Default 20.</summary>
    public const int MaxChannels = 20;

    /// <summary>Only of what these found; empty = of all.</summary>
    public IReadOnlyList<AlertKind> Kinds { get; init; } = [];

    /// <summary>Nothing below it.</summary>
    public AlertSeverity Least { get; init; } = AlertSeverity.Notice;

    /// <summary>Only alerts that are about nothing but these calls.</summary>
    public SpendScope Scope { get; init; } = SpendScope.Everything;

    public IReadOnlyList<Guid> Channels { get; init; } = [];

    public bool Fits(Alert alert) => alert.Severity >= Least && (Kinds.Count == 0 || Kinds.Contains(alert.Kind)) && Scope.Covers(alert.Scope);

    /// <summary>What is wrong with it, for people; null when it can be used.</summary>
    public string? FindProblem()
    {
        if (Name.Trim().Length is 0 or > MaxNameLength) return $"A route's name has 1 to {MaxNameLength} characters.";
        if (Channels.Count is 0 or > MaxChannels || Channels.Distinct().Count() < Channels.Count) return $"A route leads to 1 to {MaxChannels} channels, each once.";
        return Scope.FindProblem();
    }

    /// <summary>Channels of an alert, each once: its own, of those that are still there, else those of all routes that it fits.</summary>
    public static IReadOnlyList<Guid> ChannelsOf(Alert alert, IReadOnlyList<AlertRoute> routes, IReadOnlySet<Guid> existing)
    {
        List<Guid> own = [.. alert.Channels.Where(existing.Contains).Distinct()];
        return own.Count > 0 ? own : [.. routes.Where(route => route.Fits(alert)).SelectMany(route => route.Channels).Where(existing.Contains).Distinct()];
    }
}
