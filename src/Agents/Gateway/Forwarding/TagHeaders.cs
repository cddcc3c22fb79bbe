using System.Text.Json;
using FinOps.Domain.Policies;
using FinOps.Domain.Usage;
using Microsoft.AspNetCore.Http;

namespace FinOps.Gateway.Forwarding;

/// <summary>
/// Whose a call is: what the key binds, then our own headers, then those of gateways whose users come from there (Helicone, Portkey, LiteLLM), then the body's metadata and user.
/// None of these headers is forwarded.
/// </summary>
internal static class TagHeaders
{
    private const string Own = "x-finops-";
    private const string Helicone = "Helicone-";
    private const string Property = "Helicone-Property-";
    private const string Portkey = "x-portkey-";
    private const string LiteLlm = "x-litellm-";

    /// <summary>A header that tells us something, and the provider nothing.</summary>
    public static bool IsOurs(string name) => (name[0] | 0x20) switch
    {
        'x' => name.StartsWith(Own, StringComparison.OrdinalIgnoreCase) || name.StartsWith(Portkey, StringComparison.OrdinalIgnoreCase) || name.StartsWith(LiteLlm, StringComparison.OrdinalIgnoreCase),
        'h' => name.StartsWith(Helicone, StringComparison.OrdinalIgnoreCase),
        _ => false,
    };

    public static TagSet Read(IHeaderDictionary headers, CompiledKey? key, BodyFacts facts)
    {
        var tags = default(TagSet);
        var others = default(TagSet);
        foreach (var (name, values) in headers)
        {
            if (!IsOurs(name)) continue;
            var value = values.ToString();
            if (name.StartsWith(Own, StringComparison.OrdinalIgnoreCase))
            {
                if (TagNames.TryParse(name[Own.Length..].ToLowerInvariant(), out var tag)) TagNames.Offer(ref tags, tag, value);
            }
            else
            {
                ReadOther(name, value, ref others);
            }
        }

        for (var tag = Tag.Feature; tag <= Tag.Session; tag++)
        {
            TagNames.Offer(ref tags, tag, others[tag]);
            TagNames.Offer(ref tags, tag, facts.MetadataTags[tag]);
        }

        TagNames.Offer(ref tags, Tag.User, facts.User);
        key?.Bind(ref tags);
        return tags;
    }

    private static void ReadOther(string name, string value, ref TagSet tags)
    {
        switch (name.ToLowerInvariant())
        {
            case "helicone-user-id" or "x-litellm-end-user-id" or "x-litellm-customer-id": TagNames.Offer(ref tags, Tag.User, value); break;
            case "helicone-session-id" or "x-portkey-trace-id" or "x-litellm-session-id" or "x-litellm-trace-id": TagNames.Offer(ref tags, Tag.Session, value); break;
            case "helicone-session-name": TagNames.Offer(ref tags, Tag.Feature, value); break;
            case "x-portkey-metadata" or "x-litellm-spend-logs-metadata": OfferJson(value, ref tags); break;
            case "x-litellm-tags":
                foreach (var pair in value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)) TagNames.OfferPair(ref tags, pair);
                break;
            default:
                if (name.StartsWith(Property, StringComparison.OrdinalIgnoreCase) && TagNames.TryParse(name[Property.Length..].ToLowerInvariant(), out var tag)) TagNames.Offer(ref tags, tag, value);
                break;
        }
    }

    /// <summary>An object of tags; what is no JSON tells nothing.</summary>
    private static void OfferJson(string json, ref TagSet tags)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object) return;
            foreach (var field in document.RootElement.EnumerateObject())
                if (field.Value.ValueKind == JsonValueKind.String && TagNames.TryParse(field.Name, out var tag)) TagNames.Offer(ref tags, tag, field.Value.GetString());
        }
        catch (JsonException)
        {
            // A foreign header that is no JSON tells no tags; the call itself is as good as any other.
        }
    }
}

/// <summary>The names that headers, metadata and configuration have for tags.</summary>
internal static class TagNames
{
    /// <summary>Longer values are cut, as ingest does.</summary>
    public const int MaxLength = 256;

    /// <summary>Sets a tag that nobody with more to say has set.</summary>
    public static void Offer(ref TagSet tags, Tag tag, string? value)
    {
        if (string.IsNullOrEmpty(value) || tags[tag].Length != 0) return;
        tags.Set(tag, value.Length <= MaxLength ? value : value[..MaxLength], TagLevel.Span);
    }

    /// <summary><c>team:payments</c> or <c>team=payments</c>; anything else is no tag of ours.</summary>
    public static void OfferPair(ref TagSet tags, string? pair)
    {
        if (pair is null) return;
        var at = pair.AsSpan().IndexOfAny(':', '=');
        if (at > 0 && TryParse(pair.AsSpan(0, at), out var tag)) Offer(ref tags, tag, pair[(at + 1)..]);
    }

    public static bool TryParse(ReadOnlySpan<char> name, out Tag tag)
    {
        (var known, tag) = name switch
        {
            "feature" => (true, Tag.Feature),
            "user" or "user_id" or "userId" or "_user" => (true, Tag.User),
            "team" or "cost_center" => (true, Tag.Team),
            "customer" or "customer_id" or "customerId" or "tenant" or "tenant_id" => (true, Tag.Customer),
            "environment" or "env" => (true, Tag.Environment),
            "service" => (true, Tag.Service),
            "session" or "session_id" or "sessionId" => (true, Tag.Session),
            _ => (false, default),
        };
        return known;
    }
}
