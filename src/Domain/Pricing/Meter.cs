namespace FinOps.Domain.Pricing;

/// <summary>What a price is for. The numbers are part of a price row's id and of the price book's tables: never renumber.</summary>
public enum Meter : byte
{
    Input = 0,
    CacheRead = 1,
    CacheWrite5m = 2,
    CacheWrite1h = 3,
    Output = 4,
    Reasoning = 5,
    InputAudio = 6,
    OutputAudio = 7,
    InputImage = 8,
    OutputImage = 9,
    WebSearch = 10,
    Request = 11,
    GpuTime = 12,
}
