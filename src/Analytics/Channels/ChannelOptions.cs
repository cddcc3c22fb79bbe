using System.Net;

namespace FinOps.Analytics.Channels;

/// <summary>Channels and the sending of their messages. Section <c>FinOps:Channels</c>.</summary>
public sealed class ChannelOptions
{
    public const string Section = "FinOps:Channels";

    /// <summary>Channels of one organisation. Default 100; a further one is refused.</summary>
    public int MaxChannels { get; set; } = 100;

    /// <summary>Routes of one organisation. Default 200; a further one is refused.</summary>
    public int MaxRoutes { get; set; } = 200;

    /// <summary>Seconds that one try may take. Default 10. Counter: finops.messages.tries_failed.</summary>
    public int TimeoutSeconds { get; set; } = 10;

    /// <summary>Messages that one process sends at once. Default 16; further ones wait.</summary>
    public int Parallel { get; set; } = 16;

    /// <summary>Of them those of one organisation, so that receivers that hang hold up nobody else. Default 4.</summary>
    public int ParallelPerOrganisation { get; set; } = 4;

    /// <summary>Tries until a message is given up. Default 100: with the waits below about a day. Counter: finops.messages.given_up.</summary>
    public int MaxTries { get; set; } = 100;

    /// <summary>Seconds until the second try; each further wait is twice as long, at random between its half and the whole. Default 5.</summary>
    public int FirstRetrySeconds { get; set; } = 5;

    /// <summary>The longest wait between two tries. Default 900.</summary>
    public int LongestRetrySeconds { get; set; } = 900;

    /// <summary>The longest wait that a receiver can ask for by Retry-After. Default 3,600.</summary>
    public int MaxRetryAfterSeconds { get; set; } = 3_600;

    /// <summary>Days for which the log, and messages that were sent or given up, are kept. Default 90.</summary>
    public int KeepDays { get; set; } = 90;

    /// <summary>Names of hosts, and networks such as <c>10.1.0.0/16</c>, of one's own that channels may lead to, by plain http, too. Default none: internal addresses are refused.</summary>
    public IList<string> InternalHosts { get; } = [];

    /// <summary>Where apps of Slack are spoken to. Default <c>https://slack.com/api/</c>.</summary>
    public Uri SlackApi { get; set; } = new("https://slack.com/api/");

    internal bool IsValid => MaxChannels is >= 1 and <= 10_000 && MaxRoutes is >= 1 and <= 10_000 && TimeoutSeconds is >= 1 and <= 120 && Parallel is >= 1 and <= 256
        && ParallelPerOrganisation >= 1 && ParallelPerOrganisation <= Parallel && MaxTries is >= 1 and <= 10_000 && FirstRetrySeconds is >= 1 and <= 3_600 && LongestRetrySeconds >= FirstRetrySeconds && LongestRetrySeconds <= 86_400
        && MaxRetryAfterSeconds is >= 1 and <= 86_400 && KeepDays is >= 1 and <= 3_650 && InternalHosts.All(host => host.Length > 0) && SlackApi.IsAbsoluteUri && SlackApi.AbsolutePath.EndsWith('/');

    internal const string Problem = $"{Section}: MaxChannels and MaxRoutes 1 to 10,000, TimeoutSeconds 1 to 120, Parallel 1 to 256, ParallelPerOrganisation 1 to Parallel, MaxTries 1 to 10,000, FirstRetrySeconds 1 to 3,600, "
        + "LongestRetrySeconds from FirstRetrySeconds to 86,400, MaxRetryAfterSeconds 1 to 86,400, KeepDays 1 to 3,650, InternalHosts names or networks, SlackApi an address that ends with a slash.";

    /// <summary>Whether this host may have this internal address.</summary>
    public bool MayBeInternal(string host, IPAddress address) =>
        InternalHosts.Contains(host, StringComparer.OrdinalIgnoreCase) || InternalHosts.Any(network => IPNetwork.TryParse(network, out var known) && known.Contains(address));

    /// <summary>What is wrong with an address that somebody names, for people; null when it can be asked.</summary>
    public string? FindProblem(string text)
    {
        if (text.Length > MaxAddressLength || !Uri.TryCreate(text, UriKind.Absolute, out var address) || address.Host.Length == 0) return "The address is an https address, for example https://hooks.example.com/finops.";
        if (address.UserInfo.Length > 0) return "The address has no user and password in it.";
        if (address.Scheme == Uri.UriSchemeHttps) return null;
        var isOwn = InternalHosts.Contains(address.Host, StringComparer.OrdinalIgnoreCase) || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && MayBeInternal(address.Host, ip));
        return address.Scheme == Uri.UriSchemeHttp && isOwn ? null : $"The address is not https. Plain http is for hosts that whoever runs the installation names in {Section}:{nameof(InternalHosts)}.";
    }

    private const int MaxAddressLength = 2_000;
}
