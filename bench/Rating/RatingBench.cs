using System.Globalization;
using FinOps.Analytics.Prices;
using FinOps.Bench.Ingest;
using FinOps.Domain.Pricing;
using FinOps.Domain.Usage;

namespace FinOps.Bench.Rating;

/// <summary>The rating function alone, on one thread: calls a second of CPU time, and bytes allocated for each. No engine needed.</summary>
internal static class RatingBench
{
    private const int Calls = 100_000;
    private const int WarmUpSeconds = 4;
    private const int Rounds = 15;
    private const double FewestMillions = 3;

    // What a company's calls look like: a few models take most of them, each known by its own dialect of a name. Weights are parts of 100.
    private static readonly (string Provider, string Model, int Weight)[] Models =
    [
        ("openai", "gpt-4o-mini-2024-07-18", 20), ("openai", "gpt-5-mini-2025-08-07", 12), ("openai", "gpt-5.5", 8), ("openai", "text-embedding-3-small", 10),
        ("anthropic", "claude-haiku-4-5-20251001", 12), ("anthropic", "claude-sonnet-4-5-20250929", 8), ("anthropic", "claude-opus-4-8", 3),
        ("gcp.gemini", "gemini-2.5-flash", 6), ("gcp.vertex_ai", "gemini-2.5-pro", 4), ("aws.bedrock", "us.anthropic.claude-haiku-4-5-20251001-v1:0", 4),
        ("azure.ai.openai", "gpt-4o-2024-11-20", 4), ("groq", "llama-3.3-70b-versatile", 2), ("deepseek", "deepseek-v4-pro", 2),
        ("openrouter", "google/gemini-2.5-flash-lite", 2), ("openai", "gpt-realtime", 1), ("", "gpt-4o", 1), ("azure.ai.openai", "my-own-deployment", 1),
    ];

    public static int Run()
    {
        var snapshot = PriceSnapshot.Create(PublicCatalogue.Shipped.Catalogue);
        var calls = RandomCalls();
        var rates = new List<double>();
        var until = TimeProvider.System.GetTimestamp();
        long allocated = 0;
        for (var measured = 0; measured < Rounds;)
        {
            var bytes = GC.GetAllocatedBytesForCurrentThread();
            var began = ThreadCpu.Micros();
            foreach (var call in calls) snapshot.Rate(call);
            var micros = ThreadCpu.Micros() - began;
            bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
            if (TimeProvider.System.GetElapsedTime(until).TotalSeconds < WarmUpSeconds) continue;
            measured++;
            rates.Add(Calls / micros);
            allocated += bytes;
        }

        var priced = calls.Count(call => (call.Flags & CallFlags.Unpriced) == 0);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"rating ({Calls} calls of {Models.Length} models, {100.0 * priced / Calls:F0} % priced): {BenchContext.Median(rates):F2} million calls a second of CPU, best {rates.Max():F2}, worst {rates.Min():F2} (asked for: {FewestMillions:F0}); {(double)allocated / Rounds / Calls:F3} bytes allocated a call (asked for: 0)"));
        return BenchContext.Median(rates) >= FewestMillions && allocated == 0 ? 0 : 1;
    }

    private static CallReport[] RandomCalls()
    {
        var random = new Random(20261125);
        var names = Models.SelectMany(model => Enumerable.Repeat(model, model.Weight)).ToArray();
        var start = new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds() * 1000;
        return [.. Enumerable.Range(0, Calls).Select(_ =>
        {
            var (provider, model, _) = names[random.Next(names.Length)];
            uint UpTo(int most, double share) => random.NextDouble() < share ? (uint)random.Next(most) : 0;
            var claude = model.Contains("claude", StringComparison.Ordinal);
            return new CallReport
            {
                Provider = provider,
                ServedModel = model,
                StartUnixMicros = start + random.NextInt64(20L * 86_400_000_000),
                UsageSource = UsageSource.Reported,
                Told = UsageParts.Input | UsageParts.Output | UsageParts.CacheRead | UsageParts.CacheWrite | UsageParts.CacheWriteSplit,
                ServedTier = provider != "openai" ? "" : random.Next(20) == 0 ? "flex" : "default",
                Batch = random.Next(50) == 0,
                Usage = new UsageVector
                {
                    InputFresh = (uint)random.Next(random.Next(20) == 0 ? 300_000 : 6_000),
                    CacheRead = UpTo(20_000, 0.5),
                    CacheWrite5m = claude ? UpTo(5_000, 0.3) : 0,
                    CacheWrite1h = claude ? UpTo(5_000, 0.1) : 0,
                    OutputText = model.Contains("embedding", StringComparison.Ordinal) ? 0 : (uint)random.Next(2_000),
                    OutputReasoning = UpTo(3_000, 0.2),
                    InputAudio = model == "gpt-realtime" ? UpTo(3_000, 1) : 0,
                    CacheReadAudio = model == "gpt-realtime" ? UpTo(1_000, 0.5) : 0,
                    WebSearches = claude ? UpTo(4, 0.05) : 0,
                },
            };
        })];
    }
}
