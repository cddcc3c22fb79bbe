using System.Buffers.Text;
using FinOps.Domain.Usage;
using FinOps.Ingest.Health;

namespace FinOps.Ingest.Mapping;

/// <summary>Reads one model call out of a span's attributes, whichever dialect they are in.</summary>
internal sealed class CallReader(RequestTexts texts, IngestTally tally)
{
    private const decimal MaxReportedCost = 1_000_000_000;

    private readonly ContentEvidence _evidence = new();

    private static readonly FieldSet CountsInJson = new(Field.UsageDetails, Field.ProviderMetadata, Field.OutputValue);

    private static readonly FieldSet OfFewCalls = new(Field.CacheHit, Field.Policies, Field.GatewayKey, Field.GatewayCache, Field.AskedModel, Field.TokensAvoided, Field.Capacity, Field.ImageQuality, Field.ImageSize);

    /// <summary>Gemini's traffic type for throughput that was bought ahead.</summary>
    private const string ProvisionedTier = "provisioned_throughput";

    private const string FastTier = "fast";

    /// <summary>A longer quality and size of a picture are none that any price is for.</summary>
    private const int MaxVariantBytes = 128;

    private readonly RecentHosts _hosts = new();

    // The latest operation and what it means: an SDK does the same again and again.
    private string _operationName = "";
    private Operation _operation = Operation.None;

    public Operation ReadOperation(ReadOnlySpan<byte> body, AttributeSet attributes)
    {
        var vercel = attributes.Text(body, Field.VercelOperation);
        if (!vercel.IsEmpty)
        {
            var operation = Parse(texts.Name(vercel));
            if (operation.Kind != OperationKind.None) return operation;
        }

        var unknown = Operation.None;
        for (var place = 0; attributes.TryGetAfter(Field.Operation, ref place, out var value);)
        {
            if (value.Kind != ValueKind.String) continue;
            var operation = Parse(texts.Name(value.Text.In(body)));
            if (operation.Kind != OperationKind.None) return operation;
            if (unknown.Name.Length == 0) unknown = operation;
        }

        return unknown;
    }

    private Operation Parse(string name)
    {
        if (!ReferenceEquals(name, _operationName)) (_operationName, _operation) = (name, Operation.Parse(name));
        return _operation;
    }

    /// <summary>Counts of tokens: plain attributes, then what they leave open from JSON inside attributes.</summary>
    public static UsageCounts ReadCounts(ReadOnlySpan<byte> body, AttributeSet attributes, MappingLimits limits, ref AnswerFacts facts)
    {
        var counts = UsageCounts.Read(body, attributes);
        if (!attributes.HasAny(CountsInJson)) return counts;
        if (TryJson(body, attributes, Field.UsageDetails, limits, out var json)) UsageJson.ReadLangfuse(json, ref counts);
        if (TryJson(body, attributes, Field.ProviderMetadata, limits, out json)) UsageJson.ReadProviderMetadata(json, ref counts, ref facts);
        if (TryJson(body, attributes, Field.OutputValue, limits, out json) && json[0] == '{') UsageJson.ReadAnswer(json, ref counts, ref facts);
        return counts;
    }

    private static bool TryJson(ReadOnlySpan<byte> body, AttributeSet attributes, Field field, MappingLimits limits, out ReadOnlySpan<byte> json)
    {
        json = attributes.Text(body, field);
        return !json.IsEmpty && json.Length <= limits.MaxJsonBytes;
    }

    /// <summary>Fills everything but identity, times, tags, usage and cost.</summary>
    public void ReadFacts(ReadOnlySpan<byte> body, AttributeSet attributes, MappingLimits limits, in AnswerFacts facts, Operation operation, CallReport report)
    {
        report.Operation = operation.Name;
        report.WrapsCalls = operation.Kind == OperationKind.Wrapper;

        var parameters = default(RequestParameters);
        if (TryJson(body, attributes, Field.InvocationParameters, limits, out var json)) parameters = RequestParameters.Read(json);

        ReadModels(body, attributes, facts, parameters, report);
        ReadProvider(body, attributes, facts.Geography, report);

        report.ResponseId = texts.Once(attributes.Text(body, Field.ResponseId));
        if (report.ResponseId.Length == 0) report.ResponseId = texts.Once(facts.ResponseId);

        report.RequestedTier = texts.Name(attributes.Text(body, Field.RequestTier));
        if (report.RequestedTier.Length == 0) report.RequestedTier = texts.Name(parameters.Tier);
        report.ServedTier = texts.Name(attributes.Text(body, Field.ResponseTier));
        if (report.ServedTier.Length == 0) report.ServedTier = texts.Name(facts.Tier);
        if (facts.IsFast) report.ServedTier = FastTier;
        report.Batch = (attributes.TryGetBool(body, Field.Batch, out var batch) && batch) || report.ServedTier == "batch";
        if (attributes.HasAny(OfFewCalls)) ReadOfFewCalls(body, attributes, report);
        if (report.ServedTier.Length == ProvisionedTier.Length && report.ServedTier.Equals(ProvisionedTier, StringComparison.OrdinalIgnoreCase)) report.Flags |= CallFlags.Capacity;

        if (attributes.TryGetLong(body, Field.MaxTokens, out var most) || parameters.TryMaxTokens(out most))
            report.MaxTokens = (uint)Math.Clamp(most, 0, uint.MaxValue);
        if (attributes.TryGetLong(body, Field.ResendCount, out var resent)) report.Attempt = (ushort)Math.Clamp(resent, 0, ushort.MaxValue);
        ReadStreaming(body, attributes, operation, parameters, report);
        report.FinishReason = ReadFinishReason(body, attributes);
        report.ReportedCost = ReadCost(body, attributes, limits);
    }

    private void ReadOfFewCalls(ReadOnlySpan<byte> body, AttributeSet attributes, CallReport report)
    {
        if (attributes.TryGetBool(body, Field.CacheHit, out var hit) && hit) report.Flags |= CallFlags.CacheHit;
        if (attributes.TryGet(Field.Policies, out var policies)) report.Policies = PolicyTouches.Read(body, policies, texts, tally);
        report.GatewayKey = texts.Name(attributes.Text(body, Field.GatewayKey));
        report.Cache = texts.Name(attributes.Text(body, Field.GatewayCache));
        // A gateway sent the call elsewhere, and no answer names the model that answered.
        if (report.ServedModel.Length == 0) report.ServedModel = texts.Name(attributes.Text(body, Field.AskedModel));
        // Of a whole hit the usage itself is what was avoided.
        if ((report.Flags & CallFlags.CacheHit) == 0 && attributes.TryGetLong(body, Field.TokensAvoided, out var avoided)) report.TokensAvoided = (uint)Math.Clamp(avoided, 0, uint.MaxValue);
        if (attributes.TryGetBool(body, Field.Capacity, out var capacity) && capacity) report.Flags |= CallFlags.Capacity;
        var quality = attributes.Text(body, Field.ImageQuality);
        var size = attributes.Text(body, Field.ImageSize);
        if (quality.Length + size.Length is 0 or > MaxVariantBytes) return;
        Span<byte> variant = stackalloc byte[MaxVariantBytes + 1];
        var written = quality.Length;
        quality.CopyTo(variant);
        if (quality.Length != 0 && size.Length != 0) variant[written++] = (byte)'/';
        size.CopyTo(variant[written..]);
        report.Variant = texts.Name(variant[..(written + size.Length)]);
    }

    private void ReadModels(ReadOnlySpan<byte> body, AttributeSet attributes, in AnswerFacts facts, in RequestParameters parameters, CallReport report)
    {
        report.RequestedModel = texts.Name(attributes.Text(body, Field.RequestModel));
        report.ServedModel = texts.Name(attributes.Text(body, Field.ResponseModel));
        if (report.ServedModel.Length == 0) report.ServedModel = texts.Name(facts.Model);
        if (report.RequestedModel.Length == 0) report.RequestedModel = texts.Name(parameters.Model);

        // OpenInference's llm.model_name is the requested model until the answer names the served one.
        var either = texts.Name(attributes.Text(body, Field.ModelEither));
        if (either.Length == 0) return;
        if (report.RequestedModel.Length == 0) report.RequestedModel = either;
        else if (report.ServedModel.Length == 0 && report.RequestedModel != either) report.ServedModel = either;
    }

    private void ReadProvider(ReadOnlySpan<byte> body, AttributeSet attributes, ReadOnlySpan<byte> geography, CallReport report)
    {
        var told = texts.Name(attributes.Text(body, Field.Provider));
        var address = texts.Name(attributes.Text(body, Field.ServerAddress));
        ref readonly var host = ref _hosts.Find(told, address);
        report.Provider = host.Provider;
        report.Region = texts.Name(attributes.Text(body, Field.Region));
        if (report.Region.Length == 0) report.Region = texts.Name(geography);
        if (report.Region.Length == 0) report.Region = host.Region;
    }

    private static void ReadStreaming(
        ReadOnlySpan<byte> body, AttributeSet attributes, Operation operation, in RequestParameters parameters, CallReport report)
    {
        if (attributes.TryGetDouble(body, Field.FirstTokenSeconds, out var first) && first > 0)
            report.TimeToFirstTokenMicros = (ulong)Math.Min(first * 1e6, long.MaxValue);
        else if (attributes.TryGetDouble(body, Field.FirstTokenMilliseconds, out first) && first > 0)
            report.TimeToFirstTokenMicros = (ulong)Math.Min(first * 1e3, long.MaxValue);

        bool? streams = attributes.TryGetBool(body, Field.Stream, out var told) ? told
            : operation.Streams ?? parameters.Stream ?? (report.TimeToFirstTokenMicros > 0 ? true : null);
        report.Streamed = streams switch
        {
            true => Streaming.Yes,
            false => Streaming.No,
            null => Streaming.Unknown,
        };
    }

    private string ReadFinishReason(ReadOnlySpan<byte> body, AttributeSet attributes)
    {
        if (!attributes.TryGet(Field.FinishReason, out var value)) return "";
        if (value.Kind == ValueKind.Array)
        {
            foreach (var item in new ArrayItems(body, value.Text))
                if (item.Kind == ValueKind.String) return texts.Name(item.Text.In(body));
            return "";
        }

        if (value.Kind != ValueKind.String) return "";
        var text = value.Text.In(body);
        if (text[0] != '[') return texts.Name(text);
        // MEAI writes the array as JSON inside a string.
        var walker = new JsonWalker(text);
        return walker.Read() && walker.Read() && walker.Token == JsonToken.Text ? texts.Name(walker.Value) : "";
    }

    private static decimal? ReadCost(ReadOnlySpan<byte> body, AttributeSet attributes, MappingLimits limits)
    {
        if (attributes.TryGetDouble(body, Field.ReportedCost, out var cost)) return ToCost(cost);
        if (!TryJson(body, attributes, Field.CostDetails, limits, out var json)) return null;
        var walker = new JsonWalker(json);
        while (walker.Read())
        {
            if (walker.Token != JsonToken.Name || !walker.Value.SequenceEqual("total"u8)) continue;
            if (walker.Read() && walker.Token == JsonToken.Number && Utf8Parser.TryParse(walker.Value, out cost, out _)) return ToCost(cost);
        }

        return null;
    }

    private static decimal? ToCost(double cost) => cost is >= 0 and < (double)MaxReportedCost ? decimal.Round((decimal)cost, 12) : null;

    /// <summary>Usage, and hashes and counts of the content. Call after <see cref="ReadFacts"/>.</summary>
    public void ReadUsage(
        ReadOnlySpan<byte> body, AttributeSet attributes, MappingLimits limits, in UsageCounts counts, Instrumentation instrumentation, ContentHasher hasher, CallReport report)
    {
        UsageRules.Apply(counts, instrumentation, attributes.Has(Field.InclusiveMark), report);
        _evidence.Read(body, attributes, hasher, limits, report.Operation == "embeddings", instrumentation.GuessesStreams, report);
        if (report.UsageSource == UsageSource.Reported && report.Usage.InputTotal + report.Usage.OutputTotal == 0
            && !report.Usage.HasCounts && (report.Flags & CallFlags.CacheHit) == 0)
        {
            // No provider answers without a token: an instrumentation that writes zeros does not know.
            report.UsageSource = UsageSource.Missing;
            report.Told = UsageParts.None;
        }

        if (report.UsageSource == UsageSource.Missing) report.Flags |= CallFlags.NoUsage;
        else if ((instrumentation.GuessesStreams && IsGuess(report)) || (attributes.TryGetBool(body, Field.UsageEstimated, out var estimated) && estimated))
        {
            report.UsageSource = UsageSource.Estimated;
            report.Flags |= CallFlags.EstimatedUsage;
        }
    }

    /// <summary>
    /// Traceloop's guess for a stream stands under the normal names, and nothing marks it. It is told from the provider's count by a stream mark,
    /// where there is one, or because it is too small: every word is a token at least, and OpenAI's chat format adds three for each message and three for the answer.
    /// </summary>
    private bool IsGuess(CallReport report)
    {
        if (report.Operation != "chat" || (report.Told & (UsageParts.CacheRead | UsageParts.Reasoning)) != 0) return false;
        if (report.Streamed == Streaming.Yes) return true;
        return report.MessageCount > 0 && _evidence.Words > 0
            && report.Usage.InputTotal < (ulong)(_evidence.Words + 3 * report.MessageCount + 3);
    }
}
