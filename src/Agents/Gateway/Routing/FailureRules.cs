using FinOps.Domain.Policies;
using FinOps.Gateway.Providers;

namespace FinOps.Gateway.Routing;

/// <summary>Which failure an answer is (the vendors' documentation of their errors). A 429 that is about money is final: waiting does not help.</summary>
internal static class FailureRules
{
    private static readonly HashSet<string> Money = new(StringComparer.Ordinal)
    {
        "insufficient_quota", "credit_balance_exhausted", "organization_spend_limit_exceeded", "project_spend_limit_exceeded", "organization_usage_limit_exceeded", "billing_error", "enforced_spend_limit_reached",
        "billing_hard_limit_reached",
    };

    /// <summary>Null: it is no failure, or the caller's own.</summary>
    public static FailureClass? Of(int status, string errorCode) => status switch
    {
        402 => FailureClass.Money,
        429 => Money.Contains(errorCode) ? FailureClass.Money : FailureClass.Throttled,
        503 or 529 => FailureClass.Throttled,
        408 or 409 or 500 or 502 or 504 => FailureClass.Transient,
        _ => null,
    };

    /// <summary>Of an error that a stream tells before it has told anything else: its code, else its type.</summary>
    public static FailureClass? OfStream(string errorCode) => errorCode switch
    {
        _ when Money.Contains(errorCode) => FailureClass.Money,
        _ when errorCode.StartsWith("rate_limit", StringComparison.Ordinal) || errorCode is "overloaded_error" or "slow_down" or "server_is_overloaded" => FailureClass.Throttled,
        _ when errorCode.StartsWith("invalid", StringComparison.Ordinal) || errorCode is "authentication_error" or "permission_error" or "not_found_error" or "request_too_large" or "context_length_exceeded" or "content_filter" => null,
        _ => FailureClass.Transient,
    };
}
