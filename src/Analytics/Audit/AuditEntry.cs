namespace FinOps.Analytics.Audit;

/// <summary>Something that was done, as it is told to <see cref="AuditTrail"/>. Never put a secret into it: it can be read for ever.</summary>
/// <param name="Act">One of <see cref="AuditActs"/>.</param>
/// <param name="SubjectId">What it was done to: an id that stays.</param>
/// <param name="SubjectName">The same as people know it at this moment.</param>
public sealed record AuditEntry(Actor Actor, string Act, string SubjectId, string SubjectName)
{
    /// <summary>The state before, written as JSON; null where there was none.</summary>
    public object? Before { get; init; }

    /// <summary>The state after, written as JSON; null where nothing is left.</summary>
    public object? After { get; init; }

    /// <summary>The reason, in the words of whoever did it.</summary>
    public string? Why { get; init; }
}
