using System.Buffers;
using System.Text;
using System.Text.Json;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Settlement;

/// <summary>Writes down the fields that settling overwrote, as compact JSON, and puts them back.</summary>
internal static class OriginalFields
{
    /// <summary>The fields of <paramref name="told"/> that differ in <paramref name="settled"/>; empty when none does.</summary>
    public static string Describe(CallReport told, CallReport settled)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        Text(json, "provider", told.Provider, settled.Provider);
        Text(json, "region", told.Region, settled.Region);
        Text(json, "requested_model", told.RequestedModel, settled.RequestedModel);
        Text(json, "served_model", told.ServedModel, settled.ServedModel);
        Text(json, "requested_tier", told.RequestedTier, settled.RequestedTier);
        Text(json, "served_tier", told.ServedTier, settled.ServedTier);
        Text(json, "variant", told.Variant, settled.Variant);
        Text(json, "response_id", told.ResponseId, settled.ResponseId);
        Text(json, "finish_reason", told.FinishReason, settled.FinishReason);
        Text(json, "policies", told.Policies, settled.Policies);
        Text(json, "gateway_key", told.GatewayKey, settled.GatewayKey);
        Text(json, "cache", told.Cache, settled.Cache);
        Number(json, "tokens_avoided", told.TokensAvoided, settled.TokensAvoided);
        Number(json, "batch", told.Batch ? 1u : 0, settled.Batch ? 1u : 0);
        Number(json, "streamed", (ulong)told.Streamed, (ulong)settled.Streamed);
        Number(json, "attempt", told.Attempt, settled.Attempt);
        Number(json, "time_to_first_token_us", told.TimeToFirstTokenMicros, settled.TimeToFirstTokenMicros);
        Number(json, "flags", (ulong)told.Flags, (ulong)settled.Flags);
        Number(json, "input_hash", told.InputHash, settled.InputHash);
        Number(json, "prefix_hash", told.PrefixHash, settled.PrefixHash);
        Number(json, "message_count", told.MessageCount, settled.MessageCount);
        Number(json, "tool_call_count", told.ToolCallCount, settled.ToolCallCount);
        Number(json, "turn_number", told.TurnNumber, settled.TurnNumber);
        Number(json, "max_tokens", told.MaxTokens, settled.MaxTokens);
        if (told.SamplingWeight != settled.SamplingWeight) json.WriteNumber("sampling_weight", told.SamplingWeight);
        // Taken over only where the report told none.
        if (told.UsageSource != settled.UsageSource) json.WriteNull("usage");
        if (told.ReportedCost != settled.ReportedCost) json.WriteNull("reported_cost");
        if (!told.ItemHashes.AsSpan().SequenceEqual(settled.ItemHashes)) json.WriteNull("item_hashes");
        Tags(json, told.Tags, settled.Tags);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenCount == 2 ? "" : Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    public static void Restore(CallReport report)
    {
        if (report.Origin.Length == 0) return;
        using var document = JsonDocument.Parse(report.Origin);
        foreach (var field in document.RootElement.EnumerateObject()) Restore(report, field.Name, field.Value);
        report.Origin = "";
    }

    private static void Restore(CallReport report, string name, JsonElement value)
    {
        switch (name)
        {
            case "provider": report.Provider = value.GetString()!; break;
            case "region": report.Region = value.GetString()!; break;
            case "requested_model": report.RequestedModel = value.GetString()!; break;
            case "served_model": report.ServedModel = value.GetString()!; break;
            case "requested_tier": report.RequestedTier = value.GetString()!; break;
            case "served_tier": report.ServedTier = value.GetString()!; break;
            case "variant": report.Variant = value.GetString()!; break;
            case "response_id": report.ResponseId = value.GetString()!; break;
            case "finish_reason": report.FinishReason = value.GetString()!; break;
            case "policies": report.Policies = value.GetString()!; break;
            case "gateway_key": report.GatewayKey = value.GetString()!; break;
            case "cache": report.Cache = value.GetString()!; break;
            case "tokens_avoided": report.TokensAvoided = value.GetUInt32(); break;
            case "batch": report.Batch = value.GetUInt64() != 0; break;
            case "streamed": report.Streamed = (Streaming)value.GetByte(); break;
            case "attempt": report.Attempt = value.GetUInt16(); break;
            case "time_to_first_token_us": report.TimeToFirstTokenMicros = value.GetUInt64(); break;
            case "flags": report.Flags = (CallFlags)value.GetUInt32(); break;
            case "input_hash": report.InputHash = value.GetUInt64(); break;
            case "prefix_hash": report.PrefixHash = value.GetUInt64(); break;
            case "message_count": report.MessageCount = value.GetUInt16(); break;
            case "tool_call_count": report.ToolCallCount = value.GetUInt16(); break;
            case "turn_number": report.TurnNumber = value.GetUInt16(); break;
            case "max_tokens": report.MaxTokens = value.GetUInt32(); break;
            case "sampling_weight": report.SamplingWeight = value.GetDouble(); break;
            case "reported_cost": report.ReportedCost = null; break;
            case "usage": (report.Usage, report.Told, report.UsageSource) = (default, UsageParts.None, UsageSource.Missing); break;
            case "item_hashes": report.ItemHashes = []; break;
            case "tags": RestoreTags(report, value); break;
            default: throw new JsonException($"Unknown field '{name}' in the origin of span {report.SpanId}.");
        }
    }

    private static void Text(Utf8JsonWriter json, string name, string told, string settled)
    {
        if (!string.Equals(told, settled, StringComparison.Ordinal)) json.WriteString(name, told);
    }

    private static void Number(Utf8JsonWriter json, string name, ulong told, ulong settled)
    {
        if (told != settled) json.WriteNumber(name, told);
    }

    private static void Tags(Utf8JsonWriter json, in TagSet told, in TagSet settled)
    {
        if (Same(told, settled)) return;
        json.WriteStartObject("tags");
        for (var i = 0; i < TagSet.Count; i++)
        {
            var tag = (Tag)i;
            if (told.Level(tag) == settled.Level(tag) && string.Equals(told[tag], settled[tag], StringComparison.Ordinal)) continue;
            json.WriteStartArray(NameOf(tag));
            json.WriteStringValue(told[tag]);
            json.WriteNumberValue((int)told.Level(tag));
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void RestoreTags(CallReport report, JsonElement tags)
    {
        for (var i = 0; i < TagSet.Count; i++)
        {
            var tag = (Tag)i;
            if (tags.TryGetProperty(NameOf(tag), out var told)) report.Tags.Set(tag, told[0].GetString()!, (TagLevel)told[1].GetByte());
        }
    }

    public static bool Same(in TagSet a, in TagSet b)
    {
        if (a.PackedLevels != b.PackedLevels) return false;
        for (var i = 0; i < TagSet.Count; i++)
            if (!string.Equals(a[(Tag)i], b[(Tag)i], StringComparison.Ordinal)) return false;
        return true;
    }

    /// <summary>Whether two states of one row agree in every field that settling can change, the price included.</summary>
    public static bool SameValues(CallReport a, CallReport b) =>
        a.Cost == b.Cost && a.PriceId == b.PriceId && a.BookVersion == b.BookVersion && a.Flags == b.Flags && Same(a.Tags, b.Tags)
        && a.Provider == b.Provider && a.Region == b.Region && a.RequestedModel == b.RequestedModel && a.ServedModel == b.ServedModel
        && a.RequestedTier == b.RequestedTier && a.ServedTier == b.ServedTier && a.Variant == b.Variant && a.ResponseId == b.ResponseId && a.FinishReason == b.FinishReason
        && a.Policies == b.Policies
        && a.Batch == b.Batch && a.Streamed == b.Streamed && a.Attempt == b.Attempt && a.TimeToFirstTokenMicros == b.TimeToFirstTokenMicros
        && a.InputHash == b.InputHash && a.PrefixHash == b.PrefixHash && a.ItemHashes.AsSpan().SequenceEqual(b.ItemHashes)
        && a.MessageCount == b.MessageCount && a.ToolCallCount == b.ToolCallCount && a.TurnNumber == b.TurnNumber && a.MaxTokens == b.MaxTokens
        && a.ReportedCost == b.ReportedCost && a.SamplingWeight == b.SamplingWeight && a.UsageSource == b.UsageSource && a.Told == b.Told && a.Usage.Equals(b.Usage);

    private static string NameOf(Tag tag) => tag switch
    {
        Tag.Feature => "feature",
        Tag.User => "user",
        Tag.Team => "team",
        Tag.Customer => "customer",
        Tag.Environment => "environment",
        Tag.Service => "service",
        Tag.Session => "session",
        Tag.Endpoint => "endpoint",
        _ => throw new ArgumentOutOfRangeException(nameof(tag), tag, null),
    };
}
