namespace FinOps.Domain.Channels;

/// <summary>What a try came to. The names are stored and part of the API.</summary>
public enum DeliveryOutcome
{
    /// <summary>The receiver took it.</summary>
    Sent,

    /// <summary>It may be taken later.</summary>
    Failed,

    /// <summary>Trying again would fail in the same way.</summary>
    Refused,
}

/// <summary>What a receiver made of a message.</summary>
/// <param name="Outcome">What follows from it.</param>
/// <param name="Status">Of HTTP or SMTP; 0 where there was no answer.</param>
/// <param name="Answer">What it said, or why it said nothing, for people.</param>
/// <param name="RetryAfter">What it asked for; null where it asked for nothing.</param>
public sealed record DeliveryAnswer(DeliveryOutcome Outcome, int Status, string Answer, TimeSpan? RetryAfter = null)
{
    /// <summary>What a status of HTTP means: what was wrong with the request stays wrong, but for a time-out and for too many requests; nothing is followed elsewhere.</summary>
    public static DeliveryOutcome Of(int status) => status switch
    {
        >= 200 and < 300 => DeliveryOutcome.Sent,
        408 or 425 or 429 or >= 500 => DeliveryOutcome.Failed,
        _ => DeliveryOutcome.Refused,
    };

    /// <summary>Whether an error of Slack's API may pass; by its documentation of <c>chat.postMessage</c>.</summary>
    public static DeliveryOutcome OfSlack(string error) => error is "ratelimited" or "rate_limited" or "internal_error" or "fatal_error" or "service_unavailable" or "request_timeout" or "message_limit_exceeded"
        ? DeliveryOutcome.Failed : DeliveryOutcome.Refused;
}
