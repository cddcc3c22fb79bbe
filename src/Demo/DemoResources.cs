using System.Globalization;

namespace FinOps.Demo;

/// <param name="Since">Of a counter: when it began to count. Null for a level.</param>
internal sealed record DemoPoint(string Metric, string Unit, DateTimeOffset At, double Value, IReadOnlyList<DemoAttribute> Attributes, DateTimeOffset? Since = null);

/// <summary>What the GPU hosts, their inference servers, the vector database and the buckets report: six GPUs, one of them nearly idle, two models of the company's own, a collection that grows beside one that nobody asks, and two buckets.</summary>
internal static class DemoResources
{
    private const int StepMinutes = 10;
    private const double BytesPerGibibyte = 1024d * 1024 * 1024;

    private static readonly (string Host, string Model, double MemoryGibibytes, double WattsLimit, double Load)[] Gpus =
    [
        ("gpu-a", "NVIDIA H100 80GB HBM3", 80, 700, 0.72), ("gpu-a", "NVIDIA H100 80GB HBM3", 80, 700, 0.66),
        ("gpu-b", "NVIDIA A100-SXM4-80GB", 80, 400, 0.55), ("gpu-b", "NVIDIA A100-SXM4-80GB", 80, 400, 0.48),
        ("gpu-c", "NVIDIA L4", 24, 72, 0.35), ("gpu-c", "NVIDIA L4", 24, 72, 0.02),
    ];

    /// <summary>Which host answers with which model. The third only runs experiments that tell nothing.</summary>
    private static readonly (string Host, string Model, double PrefillSeconds, double DecodeSeconds)[] Servers =
        [("gpu-a", "Qwen/Qwen3-32B", 0.00009, 0.0085), ("gpu-b", "meta-llama/Llama-3.3-70B-Instruct", 0.00022, 0.0155)];

    /// <summary>The points of a UTC day up to <paramref name="until"/>. Inference servers count the calls of <paramref name="traces"/>, the whole day's.</summary>
    public static List<DemoPoint> Points(ulong tenantSeed, DateOnly day, DateTimeOffset from, DateTimeOffset until, IReadOnlyList<DemoTrace> traces)
    {
        var points = new List<DemoPoint>();
        var midnight = new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
        for (var step = 0; step < 24 * 60 / StepMinutes; step++)
        {
            var at = midnight.AddMinutes(step * StepMinutes);
            if (at < from || at >= until) continue;
            var random = DemoRandom.For(tenantSeed ^ 0x47505553, day.DayNumber, step);
            // Utilisation follows the office hours at which the company's own models are asked.
            var rhythm = 0.35 + 0.65 * Math.Max(0, Math.Sin((at.Hour + at.Minute / 60.0 - 5) / 14 * Math.PI));
            for (var gpu = 0; gpu < Gpus.Length; gpu++) AddGpu(points, gpu, at, random, rhythm);
            AddCollections(points, day, step, at, random);
            AddBuckets(points, day, midnight, at);
        }

        foreach (var server in Servers) AddServer(points, server, midnight, from, until, traces);
        return points;
    }

    /// <summary>vLLM's counters, which began anew at midnight: tokens of the calls that were answered by then, and the seconds that took.</summary>
    private static void AddServer(
        List<DemoPoint> points, (string Host, string Model, double PrefillSeconds, double DecodeSeconds) server, DateTimeOffset midnight, DateTimeOffset from, DateTimeOffset until, IReadOnlyList<DemoTrace> traces)
    {
        var calls = traces.SelectMany(trace => trace.Spans).Where(span => !span.Failed && TextOf(span, "gen_ai.response.model") == server.Model)
            .Select(span => (At: span.Start + span.Duration, Read: CountOf(span, "gen_ai.usage.input_tokens"), Written: CountOf(span, "gen_ai.usage.output_tokens"))).OrderBy(call => call.At).ToList();
        DemoAttribute[] attributes = [new("model_name", server.Model), new("engine", "0"), new("host.name", server.Host)];
        var (next, read, written) = (0, 0d, 0d);
        for (var step = 0; step < 24 * 60 / StepMinutes; step++)
        {
            var at = midnight.AddMinutes(step * StepMinutes);
            for (; next < calls.Count && calls[next].At <= at; next++) (read, written) = (read + calls[next].Read, written + calls[next].Written);
            if (at < from || at >= until) continue;
            points.Add(new DemoPoint("vllm:prompt_tokens_total", "{token}", at, read, attributes, midnight));
            points.Add(new DemoPoint("vllm:generation_tokens_total", "{token}", at, written, attributes, midnight));
            points.Add(new DemoPoint("vllm:request_prefill_time_seconds", "s", at, read * server.PrefillSeconds, attributes, midnight));
            points.Add(new DemoPoint("vllm:request_decode_time_seconds", "s", at, written * server.DecodeSeconds, attributes, midnight));
        }
    }

    private static string? TextOf(DemoSpan span, string key) => span.Attributes.FirstOrDefault(attribute => attribute.Key == key).Value as string;

    private static long CountOf(DemoSpan span, string key) => span.Attributes.FirstOrDefault(attribute => attribute.Key == key).Value is long count ? count : 0;

    private static void AddGpu(List<DemoPoint> points, int index, DateTimeOffset at, DemoRandom random, double rhythm)
    {
        var (host, model, memory, watts, load) = Gpus[index];
        var utilization = Math.Clamp(load * rhythm + (random.NextUnit() - 0.5) * 0.12 * load, 0, 1);
        DemoAttribute[] attributes =
        [
            new("hw.id", string.Create(CultureInfo.InvariantCulture, $"GPU-{index:00000000}-demo")), new("hw.type", "gpu"),
            new("hw.model", model), new("hw.vendor", "NVIDIA"), new("host.name", host),
        ];
        points.Add(new DemoPoint("hw.gpu.utilization", "1", at, utilization, attributes));
        points.Add(new DemoPoint("hw.gpu.memory.usage", "By", at, memory * BytesPerGibibyte * (load < 0.1 ? 0.04 : 0.78), attributes));
        points.Add(new DemoPoint("hw.gpu.memory.limit", "By", at, memory * BytesPerGibibyte, attributes));
        points.Add(new DemoPoint("hw.power", "W", at, watts * (0.14 + 0.82 * utilization), attributes));
    }

    /// <summary>Qdrant on one node: the collection of today, and the one it replaced, which nobody asks any more.</summary>
    private static void AddCollections(List<DemoPoint> points, DateOnly day, int step, DateTimeOffset at, DemoRandom random)
    {
        var articles = 180_000 + (day.DayNumber % 1000) * 55 + step * 0.4;
        points.Add(new DemoPoint("collection_points", "{point}", at, Math.Floor(articles), [new("id", "help_articles"), new("host.name", "qdrant-0")]));
        points.Add(new DemoPoint("collection_points", "{point}", at, 60_000, [new("id", "help_articles_2025"), new("host.name", "qdrant-0")]));
        points.Add(new DemoPoint("memory_resident_bytes", "By", at, (articles + 60_000) * 1536 * 4 * 1.5 + random.Below(1 << 20), [new("host.name", "qdrant-0")]));
    }

    /// <summary>Two buckets; who owns the documents is told, whose the training data are is not.</summary>
    private static void AddBuckets(List<DemoPoint> points, DateOnly day, DateTimeOffset midnight, DateTimeOffset at)
    {
        var grown = day.DayNumber % 1000 + (at - midnight).TotalDays;
        foreach (var (bucket, tier, gigabytes, feature) in ((string, string, double, string)[])
            [("documents", "standard", 620 + grown * 1.8, "invoice-extraction"), ("documents", "archive", 5_400 + grown * 2.5, "invoice-extraction"), ("training-data", "standard", 2_300, "")])
        {
            DemoAttribute[] labels = [new("db.system.name", "aws.s3"), new("finops.storage.bucket", bucket), new("finops.storage.tier", tier)];
            points.Add(new DemoPoint("finops.storage.bytes", "By", at, Math.Floor(gigabytes * BytesPerGibibyte), feature.Length > 0 ? [.. labels, new("feature", feature)] : labels));
        }

        DemoAttribute[] documents = [new("db.system.name", "aws.s3"), new("finops.storage.bucket", "documents"), new("finops.storage.tier", "standard"), new("feature", "invoice-extraction")];
        points.Add(new DemoPoint("finops.storage.reads", "{request}", at, Math.Floor((at - midnight).TotalMinutes * 140), documents, midnight));
        points.Add(new DemoPoint("finops.storage.writes", "{request}", at, Math.Floor((at - midnight).TotalMinutes * 22), documents, midnight));
    }
}
