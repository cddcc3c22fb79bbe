using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Audit;

/// <summary>Entries of one chain, the latest first.</summary>
/// <param name="Chain">A tenant, or <see cref="AuditTrail.Installation"/>.</param>
public sealed record AuditQuestion(TenantId Chain)
{
    public const int DefaultLimit = 50;
    public const int MaxLimit = 1000;

    /// <summary>The range belongs to it at its start, not at its end.</summary>
    public DateTimeOffset? From { get; init; }

    public DateTimeOffset? To { get; init; }

    /// <summary>Part of the actor's name, or the whole id.</summary>
    public string? Actor { get; init; }

    /// <summary>An act, or what stands before its full stop for all acts of that kind: <c>key</c>.</summary>
    public string? Act { get; init; }

    /// <summary>Part of the subject's name, or the whole id.</summary>
    public string? Subject { get; init; }

    /// <summary>Only entries with a lower sequence number: the page after that one.</summary>
    public long? Before { get; init; }

    public int Limit { get; init; } = DefaultLimit;
}

/// <param name="Next">What the next page's <see cref="AuditQuestion.Before"/> is; null on the last page.</param>
public sealed record AuditAnswer(IReadOnlyList<AuditRecord> Entries, long? Next);

/// <summary>What a walk along a chain found.</summary>
/// <param name="Entries">Links that hold, counted from the first.</param>
/// <param name="HeadHash">The hash of the last link in hexadecimal; empty for a chain without any. Kept elsewhere, it proves later that nobody wrote the whole chain anew.</param>
/// <param name="Broken">The first link that does not hold; null when all do.</param>
public sealed record AuditVerdict(long Entries, string HeadHash, BrokenLink? Broken);
