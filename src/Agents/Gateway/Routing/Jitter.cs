namespace FinOps.Gateway.Routing;

/// <summary>Pauses before a repetition: half of each is drawn at random, so that those who lost the same server do not come back together.</summary>
internal static class Jitter
{
    public static TimeSpan Of(TimeSpan pause) => (pause / 2) + (pause / 2 * Random.Shared.NextDouble());
}
