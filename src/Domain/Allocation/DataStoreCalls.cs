namespace FinOps.Domain.Allocation;

/// <summary>Operations of one owner on one collection in one quarter hour, told by spans.</summary>
/// <param name="Collection">Empty where the span names none.</param>
/// <param name="ReadUnits">As answers of the database tell them; 0 where they do not.</param>
/// <param name="Failed">Of all operations.</param>
public sealed record DataStoreCalls(string System, string Collection, DataOwner Owner, long Reads, long Writes, decimal ReadUnits, long Failed)
{
    private static readonly string[] WritingWords =
        ["upsert", "insert", "update", "delete", "add", "create", "drop", "put", "set", "write", "remove", "modify", "overwrite", "import", "batch_upsert", "batch_update", "truncate", "index"];

    public long Operations => Reads + Writes;

    /// <summary>In one order, whatever order they came in: sums of long decimals depend on it.</summary>
    public static IOrderedEnumerable<DataStoreCalls> InOrder(IEnumerable<DataStoreCalls> calls) => calls
        .OrderBy(call => call.Owner.Feature, StringComparer.Ordinal).ThenBy(call => call.Owner.Team, StringComparer.Ordinal).ThenBy(call => call.Owner.Customer, StringComparer.Ordinal);

    /// <summary>Whether an operation of this name changes the collection; every other one reads it.</summary>
    public static bool IsWrite(string operation) => Array.Exists(WritingWords, word => operation.StartsWith(word, StringComparison.OrdinalIgnoreCase));
}
