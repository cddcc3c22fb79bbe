namespace FinOps.Ingest.Health;

/// <summary>What became of one request and its items, by reason. One owner at a time; pooled.</summary>
public sealed class IngestTally
{
    private readonly int[] _counts = new int[IngestReasons.Count];

    public int this[IngestReason reason] => _counts[(int)reason];

    public void Count(IngestReason reason, int items = 1) => _counts[(int)reason] += items;

    /// <summary>Items that were refused while their neighbours were taken.</summary>
    public int RejectedItems
    {
        get
        {
            var sum = 0;
            for (var reason = IngestReason.MissingIds; reason <= IngestReason.MalformedItem; reason++) sum += _counts[(int)reason];
            return sum;
        }
    }

    public void Clear() => Array.Clear(_counts);
}
