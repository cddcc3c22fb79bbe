using FinOps.Analytics.Channels;
using FinOps.Domain.Channels;

namespace FinOps.Web.Features.Channels;

/// <summary>What a person fills in to make or change a channel. Knows nothing of rendering.</summary>
public sealed class ChannelForm
{
    private static readonly (TimeOnly From, TimeOnly To) Night = (new(22, 0), new(7, 0));

    /// <summary>Null for a new one.</summary>
    public RecordedChannel? Seen { get; private init; }
    public string Name { get; set; } = "";
    public ChannelKind Kind { get; set; } = ChannelKind.SlackWebhook;

    /// <summary>Secrets are never shown: empty keeps what is there.</summary>
    public string Address { get; set; } = "";
    public string Token { get; set; } = "";
    public string Key { get; set; } = "";
    public string SlackChannel { get; set; } = "";

    /// <summary>One a line, or with commas between.</summary>
    public string Recipients { get; set; } = "";
    public bool IsQuiet { get; set; }
    public TimeOnly From { get; set; } = Night.From;
    public TimeOnly To { get; set; } = Night.To;
    public bool Weekends { get; set; }
    public string TimeZone { get; set; } = "UTC";

    public static ChannelForm New(string timeZone) => new() { TimeZone = timeZone };

    public static ChannelForm Of(RecordedChannel row, string timeZone)
    {
        var channel = row.ToChannel();
        return new ChannelForm
        {
            Seen = row,
            Name = channel.Name,
            Kind = channel.Kind,
            SlackChannel = channel.SlackChannel,
            Recipients = string.Join('\n', channel.Recipients),
            IsQuiet = channel.Quiet is not null,
            From = channel.Quiet?.From ?? Night.From,
            To = channel.Quiet?.To ?? Night.To,
            Weekends = channel.Quiet?.Weekends ?? false,
            TimeZone = channel.Quiet?.TimeZone ?? timeZone,
        };
    }

    /// <summary>The channel, or what is wrong, for people.</summary>
    /// <param name="id">Of a new one.</param>
    public (Channel? Channel, string? Problem) ToChannel(Guid id)
    {
        var channel = new Channel(Seen?.Id ?? id, Name.Trim(), Kind)
        {
            SlackChannel = Kind == ChannelKind.SlackApp ? SlackChannel.Trim() : "",
            Recipients = Kind == ChannelKind.Email ? [.. Recipients.Split(['\n', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)] : [],
            Quiet = IsQuiet ? new QuietHours(TimeZone.Trim(), From, To, Weekends) : null,
        };
        return channel.FindProblem() is { } problem ? (null, problem) : (channel, null);
    }

    public ChannelSecrets ToSecrets() => new(Address, Token, Key);
}
