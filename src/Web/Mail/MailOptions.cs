namespace FinOps.Web.Mail;

/// <summary>How the way to the mail server is protected.</summary>
public enum MailSecurity
{
    /// <summary>Not at all: for a server on the same machine.</summary>
    None,

    /// <summary>Plain first, then TLS; refused where the server offers none. Usual on port 587.</summary>
    StartTls,

    /// <summary>TLS from the first byte. Usual on port 465.</summary>
    Tls,
}

/// <summary>The mail server and the limits of sending, section <c>FinOps:Mail</c>. Without <see cref="Host"/> nothing is mailed: an invitation is then a link to copy.</summary>
public sealed class MailOptions
{
    public const string Section = "FinOps:Mail";

    /// <summary>Name or address of the SMTP server. Default none.</summary>
    public string? Host { get; set; }

    /// <summary>Default 587.</summary>
    public int Port { get; set; } = 587;

    /// <summary>Default StartTls.</summary>
    public MailSecurity Security { get; set; } = MailSecurity.StartTls;

    /// <summary>Default none: the server asks for no sign-in.</summary>
    public string? UserName { get; set; }

    public string? Password { get; set; }

    /// <summary>The address that mails come from. Needed with <see cref="Host"/>.</summary>
    public string? From { get; set; }

    /// <summary>Default "FinOps for AI".</summary>
    public string FromName { get; set; } = "FinOps for AI";

    /// <summary>Where people reach the pages, for the links in mails, for example <c>https://finops.example.com</c>. Needed with <see cref="Host"/>: a link must not follow from what a browser called this server.</summary>
    public Uri? PublicAddress { get; set; }

    /// <summary>Tries until a mail is given up. Default 10: with the waits below about two hours.</summary>
    public int MaxTries { get; set; } = 10;

    /// <summary>Seconds until the second try; each further wait is twice as long. Default 15.</summary>
    public int FirstRetrySeconds { get; set; } = 15;

    /// <summary>The longest wait between two tries. Default 3600.</summary>
    public int LongestRetrySeconds { get; set; } = 3600;

    /// <summary>How long one conversation with the server may take. Default 60. A mail is leased for twice as long.</summary>
    public int TimeoutSeconds { get; set; } = 60;

    /// <summary>Days for which the outbox remembers that a mail was sent (not its text). Default 30.</summary>
    public int KeepSentDays { get; set; } = 30;

    public bool IsConfigured => !string.IsNullOrWhiteSpace(Host);

    /// <summary>What cannot be used as it is, each with its key.</summary>
    internal IEnumerable<string> FindProblems()
    {
        if (MaxTries < 1) yield return Wrong(nameof(MaxTries), "must be at least 1");
        if (FirstRetrySeconds < 1) yield return Wrong(nameof(FirstRetrySeconds), "must be at least 1");
        if (LongestRetrySeconds < FirstRetrySeconds) yield return Wrong(nameof(LongestRetrySeconds), $"must be at least {nameof(FirstRetrySeconds)}");
        if (TimeoutSeconds < 1) yield return Wrong(nameof(TimeoutSeconds), "must be at least 1");
        if (KeepSentDays < 1) yield return Wrong(nameof(KeepSentDays), "must be at least 1");
        if (!IsConfigured) yield break;
        if (Port is < 1 or > 65535) yield return Wrong(nameof(Port), "must be a port from 1 to 65535");
        if (!MimeKit.MailboxAddress.TryParse(From, out _)) yield return Wrong(nameof(From), $"must be an e-mail address, because {nameof(Host)} is set");
        if (PublicAddress is not { IsAbsoluteUri: true, Scheme: "http" or "https" }) yield return Wrong(nameof(PublicAddress), $"must be the http(s) address of the pages, because {nameof(Host)} is set");
    }

    private static string Wrong(string key, string rule) => $"{Section}:{key} {rule}.";
}
