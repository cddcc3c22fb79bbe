namespace FinOps.Gateway.Embeddings;

/// <summary>What each text of a list used of the tokens that were reported for all of it.</summary>
internal static class ShareOfTokens
{
    /// <summary>By length, exactly: the parts sum to the whole. Of one text it is what was reported.</summary>
    public static uint[] Of(long tokens, IReadOnlyList<int> lengths)
    {
        var all = lengths.Sum(length => (long)length);
        var parts = new uint[lengths.Count];
        long before = 0, given = 0;
        for (var i = 0; i < parts.Length; i++)
        {
            before += lengths[i];
            var until = (long)((Int128)tokens * before / Math.Max(1, all));
            parts[i] = (uint)(until - given);
            given = until;
        }

        return parts;
    }
}
