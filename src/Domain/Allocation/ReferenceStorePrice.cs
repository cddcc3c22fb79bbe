namespace FinOps.Domain.Allocation;

/// <summary>A public price of a vector database or bucket: what to begin with, never what anything is rated by until somebody takes it over.</summary>
/// <param name="Price">USD for as many as <see cref="DataStoreMeters.UnitSize"/> says.</param>
/// <param name="Terms">Plan and region that it is for.</param>
/// <param name="Source">Where it was read.</param>
/// <param name="ReadOn">When the source read it: providers change their lists.</param>
public sealed record ReferenceStorePrice(string System, DataStoreMeter Meter, decimal Price, string Terms, string Source, DateOnly ReadOn)
{
    private const string Pinecone = "Pinecone's pricing page, as quoted in Flexprice's pricing teardown";
    private const string Standard = "Standard plan, on demand, AWS us-east-1; without its monthly minimum";
    private static readonly DateOnly Read = new(2026, 11, 4);

    /// <summary>Few: only what a dated source tells in full. Products that are rented by the node or run by oneself have no public price of a node.</summary>
    public static IReadOnlyList<ReferenceStorePrice> All { get; } =
    [
        new("pinecone", DataStoreMeter.DiskGigabyteMonths, 0.33m, Standard, Pinecone, Read),
        new("pinecone", DataStoreMeter.ReadUnits, 16m, Standard, Pinecone, Read),
        new("pinecone", DataStoreMeter.WriteUnits, 4m, Standard, Pinecone, Read),
    ];
}
