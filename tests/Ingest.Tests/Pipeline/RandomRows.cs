using CsCheck;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Ingest.Tests.Pipeline;

/// <summary>Rows with every edge that a column type has.</summary>
internal static class RandomRows
{
    private static readonly string[] EdgeTexts =
        ["", "a", "gpt-4o", "Ünïcödé 模型 🚀", "nul\0inside", "it's \\ \"quoted\"\n\t", new string('x', 127), new string('é', 64), new string('z', 5_000)];

    private static Gen<T> Of<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    public static Gen<string> Text { get; } = Gen.Frequency(
        (3, Of(EdgeTexts)),
        (1, Gen.String[Gen.Char['a', 'z'], 0, 20]));

    private static readonly Gen<ulong> Big = Gen.Frequency((1, Of(0UL, 1UL, ulong.MaxValue)), (2, Gen.ULong));

    private static readonly Gen<uint> Count = Gen.Frequency((1, Of(0U, 1U, uint.MaxValue)), (2, Gen.UInt[0, 100_000]));

    private static readonly Gen<ushort> Small = Gen.Frequency((1, Of((ushort)0, ushort.MaxValue)), (2, Gen.UShort));

    private static readonly Gen<decimal> Amount = Gen.Frequency(
        (2, Of(0m, 1m, -1m, 0.000000000001m, 0.0000000000005m, 0.0000000000015m, -0.0000000000025m, 12.345678901234567890m,
            99999999999999999999999999m, -99999999999999999999999999m, 0.0000000000000000000000000001m, 1.0000000000000m)),
        (2, Gen.Decimal[-1_000_000m, 1_000_000m]));

    // 1970 to 2099, to the microsecond.
    /// <summary>OTLP has nanoseconds in 64 bits: no attempt is longer, and a start with more beside it is no instant.</summary>
    private const ulong LongestMicros = ulong.MaxValue / 1000;

    private static readonly Gen<long> Micros = Gen.Frequency((1, Of(0L, 1L, 4_070_908_799_999_999L)), (3, Gen.Long[1_700_000_000_000_000, 1_800_000_000_000_000]));

    // Milliseconds of the last 300 days: samples older than 400 days are dropped by their table.
    private static readonly Gen<long> Recent = Gen.Long[0, 300L * 86_400_000].Select(age => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() - age);

    private static readonly Gen<TraceId> Trace = Gen.Select(Big, Big, (high, low) => new TraceId(high, low));

    private static readonly Gen<TagSet> Tags = Gen.Select(Text.Array[TagSet.Count], Gen.Int[0, 4], (values, level) =>
    {
        var tags = new TagSet();
        for (var i = 0; i < values.Length; i++) tags.Set((Tag)i, values[i], (TagLevel)level);
        return tags;
    });

    private static readonly Gen<UsageVector> Usage = Count.Array[20].Select(n => new UsageVector
    {
        InputFresh = n[0],
        CacheRead = Math.Min(n[1], uint.MaxValue / 2),
        CacheWrite5m = n[2],
        CacheWrite1h = n[3],
        OutputText = n[4],
        OutputReasoning = n[5],
        InputAudio = n[6],
        OutputAudio = n[7],
        InputImage = n[8],
        OutputImage = n[9],
        WebSearches = n[10],
        GpuMilliseconds = n[11],
        // All cached tokens together stand in one column of 32 bits.
        CacheReadAudio = Math.Min(n[12], uint.MaxValue / 4),
        CacheReadImage = Math.Min(n[13], uint.MaxValue / 4),
        AudioMilliseconds = n[14],
        Images = n[15],
        FileSearches = n[16],
        CodeSessions = n[17],
        SearchUnits = n[18],
        CacheStorageTokenHours = n[19],
    });

    public static Gen<CallReport> Call { get; } = Gen.Select(
        Gen.Select(Gen.Guid, Gen.Guid, Trace, Trace),
        Gen.Select(Big.Array[7], Small.Array[4], Count.Array[2], Micros),
        Gen.Select(Text.Array[17], Tags, Usage),
        Gen.Select(Gen.Bool.Array[3], Gen.Int[0, 2].Array[5], Amount.Array[2], Big.Array[0, 5]),
        (ids, numbers, texts, rest) => new CallReport
        {
            Tenant = new TenantId(ids.Item1),
            Project = new ProjectId(ids.Item2),
            Key = new Guid([.. ids.Item2.ToByteArray().Reverse()]),
            TraceId = ids.Item3,
            CallTraceId = ids.Item4,
            SpanId = new SpanId(numbers.Item1[0]),
            ParentSpanId = new SpanId(numbers.Item1[1]),
            CallSpanId = new SpanId(numbers.Item1[2]),
            DurationMicros = Math.Min(numbers.Item1[3], LongestMicros),
            TimeToFirstTokenMicros = numbers.Item1[4],
            InputHash = numbers.Item1[5],
            PrefixHash = numbers.Item1[6],
            Version = numbers.Item1[0] >> 1,
            Attempt = numbers.Item2[0],
            SamplingWeight = 1 + numbers.Item2[0] / 7d,
            MessageCount = numbers.Item2[1],
            ToolCallCount = numbers.Item2[2],
            TurnNumber = numbers.Item2[3],
            MaxTokens = numbers.Item3[0],
            Flags = (CallFlags)numbers.Item3[1],
            StartUnixMicros = numbers.Item4,
            SpanName = texts.Item1[0],
            Scope = texts.Item1[1],
            Operation = texts.Item1[2],
            Provider = texts.Item1[3],
            Region = texts.Item1[4],
            RequestedModel = texts.Item1[5],
            ServedModel = texts.Item1[6],
            RequestedTier = texts.Item1[7],
            ServedTier = texts.Item1[8],
            ResponseId = texts.Item1[9],
            ErrorType = texts.Item1[10],
            FinishReason = texts.Item1[11],
            Origin = texts.Item1[12],
            Variant = texts.Item1[13],
            Policies = texts.Item1[14],
            GatewayKey = texts.Item1[15],
            Cache = texts.Item1[16],
            TokensAvoided = numbers.Item3[0] ^ numbers.Item3[1],
            Tags = texts.Item2,
            Usage = texts.Item3,
            Told = (UsageParts)numbers.Item2[0],
            WrapsCalls = rest.Item1[0],
            Batch = rest.Item1[1],
            ReportedCost = rest.Item1[2] ? rest.Item3[0] : null,
            Cost = rest.Item3[1],
            PriceId = (long)numbers.Item1[6],
            BookVersion = (long)numbers.Item1[5],
            Source = (ReportSource)Math.Min(1, rest.Item2[0]),
            Streamed = (Streaming)rest.Item2[1],
            Status = (CallStatus)Math.Min(1, rest.Item2[2]),
            UsageSource = (UsageSource)rest.Item2[3],
            Role = (CallRole)rest.Item2[4],
            ItemHashes = rest.Item4,
        });

    public static Gen<SpanLink> Link { get; } = Gen.Select(Gen.Guid, Trace, Big.Array[3], Micros, Tags, Text.Array[2], Gen.Int[0, 5], Gen.Bool,
        (tenant, trace, numbers, start, tags, texts, kind, failed) => new SpanLink
        {
            Tenant = new TenantId(tenant),
            Project = new ProjectId(tenant),
            TraceId = trace,
            SpanId = new SpanId(numbers[0]),
            ParentSpanId = new SpanId(numbers[1]),
            DurationMicros = numbers[2],
            StartUnixMicros = start,
            Tags = tags,
            Name = texts[0],
            Service = texts[1],
            Kind = (SpanKind)kind,
            Failed = failed,
        });

    public static Gen<ResourceSample> Sample { get; } = Gen.Select(
        Gen.Select(Gen.Guid, Recent, Text.Array[6], Gen.Int[1, 5], Gen.Int[0, 2]),
        Gen.Select(Of(0d, -0d, 1.5, double.MaxValue, double.Epsilon, double.NegativeInfinity), Big),
        Gen.Select(Text, Text).Array[0, 4],
        (a, b, attributes) => new ResourceSample
        {
            Tenant = new TenantId(a.Item1),
            Project = new ProjectId(a.Item1),
            TimeUnixMillis = a.Item2,
            StartUnixMillis = a.Item2,
            Metric = a.Item3[0],
            Unit = a.Item3[1],
            Subject = a.Item3[2],
            Host = a.Item3[3],
            Service = a.Item3[4],
            Environment = a.Item3[5],
            Kind = (ResourceKind)a.Item4,
            Temporality = (SampleTemporality)a.Item5,
            Value = b.Item1,
            Count = b.Item2,
            // Keys of a map are unique; OTLP attributes are too.
            Attributes = [.. attributes.DistinctBy(pair => pair.Item1).Select(pair => KeyValuePair.Create(pair.Item1, pair.Item2))],
        });
}
