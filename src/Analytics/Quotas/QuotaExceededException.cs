using FinOps.Domain.Quotas;

namespace FinOps.Analytics.Quotas;

/// <summary>A tenant's question or export is over its limit. Thrown where the answer would be read, caught where pages and API say what failed.</summary>
public sealed class QuotaExceededException(Quota quota, long limit, TimeSpan retryAfter) : Exception($"Over the quota {quota.Text().Name} of {limit}.")
{
    public Quota Quota => quota;

    /// <summary>After which it is worth trying again; at least a second.</summary>
    public TimeSpan RetryAfter => retryAfter;

    public int RetryAfterSeconds => Math.Max(1, (int)Math.Ceiling(retryAfter.TotalSeconds));

    /// <summary>For people: which limit, and what to do.</summary>
    public string Advice => quota switch
    {
        Quota.QuerySecondsPerMinute => $"The organisation's questions have used up their {limit} query seconds of this minute. Try again in {RetryAfterSeconds} s, or ask over a shorter range.",
        Quota.ConcurrentExports => $"The organisation has {limit} exports under way, as many as it may. Try again when one has ended.",
        _ => $"The organisation has more questions under way than it may ({limit} at once). Try again in {RetryAfterSeconds} s.",
    };
}
