namespace FinOps.Analytics.Mail;

/// <summary>When a mail that could not be sent is tried again: each time after twice as long, at random between the half and the whole of it, so that what failed together does not come back together.</summary>
/// <param name="MaxTries">After so many the mail is given up.</param>
/// <param name="First">The wait after the first try.</param>
/// <param name="Longest">No wait is longer.</param>
public readonly record struct MailRetry(int MaxTries, TimeSpan First, TimeSpan Longest)
{
    /// <param name="tries">Those that failed, at least 1.</param>
    /// <param name="random">From 0 to 1.</param>
    /// <returns>Null where it is given up.</returns>
    public TimeSpan? After(int tries, double random)
    {
        if (tries >= MaxTries) return null;
        // A shift of more than thirty doublings says nothing that the longest wait does not.
        var whole = Math.Min(First.TotalSeconds * Math.Pow(2, Math.Min(tries - 1, 30)), Longest.TotalSeconds);
        return TimeSpan.FromSeconds(whole * (0.5 + Math.Clamp(random, 0, 1) / 2));
    }
}
