using FinOps.Domain.Usage;

namespace FinOps.Domain.Pricing;

/// <summary>What a call used, where no price tells what it cost.</summary>
public static class UnpricedUsage
{
    /// <summary>A line without cost for each part of the usage, in the order of the meters. False: nothing was told.</summary>
    public static bool Tell<TReceiver>(in UsageVector usage, ref TReceiver receiver)
        where TReceiver : ILineReceiver
    {
        var any = Tell(Meter.Input, usage.InputFresh, ref receiver);
        any |= Tell(Meter.CacheRead, usage.CacheRead, ref receiver);
        any |= Tell(Meter.CacheWrite5m, usage.CacheWrite5m, ref receiver);
        any |= Tell(Meter.CacheWrite1h, usage.CacheWrite1h, ref receiver);
        any |= Tell(Meter.Output, usage.OutputText, ref receiver);
        any |= Tell(Meter.Reasoning, usage.OutputReasoning, ref receiver);
        any |= Tell(Meter.InputAudio, usage.InputAudio, ref receiver);
        any |= Tell(Meter.OutputAudio, usage.OutputAudio, ref receiver);
        any |= Tell(Meter.InputImage, usage.InputImage, ref receiver);
        any |= Tell(Meter.OutputImage, usage.OutputImage, ref receiver);
        any |= Tell(Meter.CacheReadAudio, usage.CacheReadAudio, ref receiver);
        any |= Tell(Meter.CacheReadImage, usage.CacheReadImage, ref receiver);
        any |= Tell(Meter.Image, usage.Images, ref receiver);
        any |= Tell(Meter.InputAudioTime, usage.AudioMilliseconds, ref receiver);
        any |= Tell(Meter.SearchUnit, usage.SearchUnits, ref receiver);
        any |= Tell(Meter.WebSearch, usage.WebSearches, ref receiver);
        any |= Tell(Meter.StorageSearch, usage.FileSearches, ref receiver);
        any |= Tell(Meter.CodeSession, usage.CodeSessions, ref receiver);
        any |= Tell(Meter.GpuTime, usage.GpuMilliseconds, ref receiver);
        any |= Tell(Meter.CacheStorage, usage.CacheStorageTokenHours, ref receiver);
        return any;
    }

    private static bool Tell<TReceiver>(Meter meter, uint quantity, ref TReceiver receiver)
        where TReceiver : ILineReceiver
    {
        if (quantity == 0) return false;
        receiver.Take(new RatedLine(meter, quantity, Meters.Counted(meter).Unit, 1m, 0m, 0m, 0m, 0, "", PriceLabel.Unpriced));
        return true;
    }
}
