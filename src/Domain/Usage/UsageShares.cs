namespace FinOps.Domain.Usage;

/// <summary>Takes usage vectors apart so that the parts are the whole to the last token.</summary>
public static class UsageShares
{
    /// <summary>Equal shares; what cannot be divided goes to the first ones, one each.</summary>
    /// <param name="whole">What is divided.</param>
    /// <param name="count">1 or more.</param>
    public static UsageVector[] Divide(in UsageVector whole, int count)
    {
        var shares = new UsageVector[count];
        for (var i = 0; i < count; i++)
        {
            shares[i] = new UsageVector
            {
                InputFresh = Share(whole.InputFresh, count, i),
                CacheRead = Share(whole.CacheRead, count, i),
                CacheWrite5m = Share(whole.CacheWrite5m, count, i),
                CacheWrite1h = Share(whole.CacheWrite1h, count, i),
                OutputText = Share(whole.OutputText, count, i),
                OutputReasoning = Share(whole.OutputReasoning, count, i),
                InputAudio = Share(whole.InputAudio, count, i),
                OutputAudio = Share(whole.OutputAudio, count, i),
                InputImage = Share(whole.InputImage, count, i),
                OutputImage = Share(whole.OutputImage, count, i),
                WebSearches = Share(whole.WebSearches, count, i),
                GpuMilliseconds = Share(whole.GpuMilliseconds, count, i),
                CacheReadAudio = Share(whole.CacheReadAudio, count, i),
                CacheReadImage = Share(whole.CacheReadImage, count, i),
                AudioMilliseconds = Share(whole.AudioMilliseconds, count, i),
                Images = Share(whole.Images, count, i),
                FileSearches = Share(whole.FileSearches, count, i),
                CodeSessions = Share(whole.CodeSessions, count, i),
                SearchUnits = Share(whole.SearchUnits, count, i),
                CacheStorageTokenHours = Share(whole.CacheStorageTokenHours, count, i),
            };
        }

        return shares;
    }

    /// <summary>Takes a part off; false where it is no part, because something of it is more than there is. Then the vector is of no use.</summary>
    public static bool TrySubtract(ref UsageVector from, in UsageVector part) =>
        Take(ref from.InputFresh, part.InputFresh) && Take(ref from.CacheRead, part.CacheRead) && Take(ref from.CacheWrite5m, part.CacheWrite5m)
        && Take(ref from.CacheWrite1h, part.CacheWrite1h) && Take(ref from.OutputText, part.OutputText) && Take(ref from.OutputReasoning, part.OutputReasoning)
        && Take(ref from.InputAudio, part.InputAudio) && Take(ref from.OutputAudio, part.OutputAudio) && Take(ref from.InputImage, part.InputImage)
        && Take(ref from.OutputImage, part.OutputImage) && Take(ref from.WebSearches, part.WebSearches) && Take(ref from.GpuMilliseconds, part.GpuMilliseconds)
        && Take(ref from.CacheReadAudio, part.CacheReadAudio) && Take(ref from.CacheReadImage, part.CacheReadImage) && Take(ref from.AudioMilliseconds, part.AudioMilliseconds)
        && Take(ref from.Images, part.Images) && Take(ref from.FileSearches, part.FileSearches) && Take(ref from.CodeSessions, part.CodeSessions)
        && Take(ref from.SearchUnits, part.SearchUnits) && Take(ref from.CacheStorageTokenHours, part.CacheStorageTokenHours);

    private static uint Share(uint whole, int count, int i) => whole / (uint)count + (i < whole % (uint)count ? 1u : 0);

    private static bool Take(ref uint from, uint part)
    {
        if (part > from) return false;
        from -= part;
        return true;
    }
}
