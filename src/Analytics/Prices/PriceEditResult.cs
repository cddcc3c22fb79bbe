namespace FinOps.Analytics.Prices;

/// <summary>Which version of a row somebody looked at when they decided to change it.</summary>
public readonly record struct SeenRow(long Id, DateTimeOffset RecordedAt);

/// <summary>How an edit of the book ended.</summary>
public enum PriceEditOutcome
{
    /// <summary>The book has a new version.</summary>
    Done,

    /// <summary>What was asked for is no possible price or alias, or goes over a limit: <see cref="PriceEditResult.Problem"/>.</summary>
    Refused,

    /// <summary>Another price or alias holds for the same calls at the same time; nothing was changed.</summary>
    Overlaps,

    /// <summary>Somebody else changed it since it was looked at; nothing was changed.</summary>
    Conflict,

    /// <summary>There is no such row of this tenant.</summary>
    NotFound,
}

/// <summary>What an edit did, or why it did nothing.</summary>
/// <param name="Problem">In plain words; null when done.</param>
public sealed record PriceEditResult(PriceEditOutcome Outcome, string? Problem = null)
{
    /// <summary>When done: the book's version with the edit.</summary>
    public long BookVersion { get; init; }

    /// <summary>When done: what is believed from now on, and what was until now.</summary>
    public IReadOnlyList<RecordedPrice> Added { get; init; } = [];
    public IReadOnlyList<RecordedPrice> Superseded { get; init; } = [];
    public IReadOnlyList<RecordedAlias> AliasesAdded { get; init; } = [];
    public IReadOnlyList<RecordedAlias> AliasesSuperseded { get; init; } = [];

    /// <summary>When it overlaps: the wanted row and the one that is there.</summary>
    public (RecordedPrice Wanted, RecordedPrice There)? Overlap { get; init; }
    public (RecordedAlias Wanted, RecordedAlias There)? AliasOverlap { get; init; }

    /// <summary>At a conflict: the change that came first. Null where the row is only older than that.</summary>
    public PriceChange? Theirs { get; init; }

    public bool IsDone => Outcome == PriceEditOutcome.Done;

    internal static PriceEditResult Refused(string problem) => new(PriceEditOutcome.Refused, problem);
}
