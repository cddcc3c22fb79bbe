namespace FinOps.Demo;

/// <summary>
/// SplitMix64. The demo's events are a function of (tenant, day, index), so that a day sent twice, or continued after a restart,
/// yields the same spans with the same ids, and nothing is counted twice. A random source of the runtime would not promise that between versions.
/// </summary>
internal sealed class DemoRandom(ulong seed)
{
    private ulong _state = seed;

    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9UL;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EBUL;
        return value ^ (value >> 31);
    }

    public static DemoRandom For(ulong seed, long day, long index) => new(Mix(seed ^ Mix(((ulong)day << 32) + (ulong)index)));

    public ulong NextId()
    {
        _state += 0x9E3779B97F4A7C15UL;
        var id = Mix(_state);
        return id == 0 ? 1 : id;
    }

    /// <summary>Uniform in [0, 1).</summary>
    public double NextUnit() => (NextId() >> 11) * (1.0 / (1UL << 53));

    public int Below(int limit) => (int)(NextUnit() * limit);

    public bool Chance(double probability) => NextUnit() < probability;

    /// <summary>An index in [0, count) where low ones are more frequent, as customers and users are.</summary>
    public int Skewed(int count, double power = 2.2) => Math.Min(count - 1, (int)(count * Math.Pow(NextUnit(), power)));
}
