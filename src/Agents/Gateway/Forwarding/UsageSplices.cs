namespace FinOps.Gateway.Forwarding;

/// <summary>What makes a stream of <c>chat/completions</c> tell its usage in a last chunk (<c>stream_options.include_usage</c>).</summary>
internal static class UsageSplices
{
    private static readonly byte[] Yes = "true"u8.ToArray();
    private static readonly byte[] Field = "\"include_usage\":true"u8.ToArray();
    private static readonly byte[] FieldBefore = "\"include_usage\":true,"u8.ToArray();
    private static readonly byte[] Options = ",\"stream_options\":{\"include_usage\":true}"u8.ToArray();

    public static IReadOnlyList<Splice> For(in RequestFacts facts)
    {
        if (!facts.IncludeUsageValue.IsEmpty) return [new Splice(facts.IncludeUsageValue, Yes)];
        if (facts.StreamOptionsValue.IsEmpty) return [new Splice(new Place(facts.End, 0), Options)];
        var inside = new Place(facts.StreamOptionsValue.Start + 1, 0);
        return [new Splice(inside, facts.IsStreamOptionsEmpty ? Field : FieldBefore)];
    }
}
