namespace FinOps.Analytics.Stores.ClickHouse;

/// <summary>What became of an insert, and whose fault it was when it did not succeed.</summary>
public enum InsertOutcome
{
    /// <summary>The rows are in the table.</summary>
    Stored,
    /// <summary>ClickHouse is away, busy, or not migrated yet, or it did not answer in time (then the rows may be in the table): try the same block again.</summary>
    Away,
    /// <summary>ClickHouse refused with an error that is not known to pass: try again a limited number of times.</summary>
    Failed,
    /// <summary>The block itself is wrong for this table: trying again cannot help.</summary>
    Rejected,
}

public readonly record struct InsertResult(InsertOutcome Outcome, int ErrorCode = 0, string? Message = null)
{
    public static InsertResult Stored { get; } = new(InsertOutcome.Stored);

    public bool IsStored => Outcome == InsertOutcome.Stored;
}
