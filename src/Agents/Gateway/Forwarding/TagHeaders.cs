using System.Text.Json;
using FinOps.Domain.Usage;
using FinOps.Gateway.Keys;
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
    public static bool IsOurs(string name) =>
        name.StartsWith(Own, StringComparison.OrdinalIgnoreCase) || name.StartsWith(Helicone, StringComparison.OrdinalIgnoreCase)
        || name.StartsWith(Portkey, StringComparison.OrdinalIgnoreCase) || name.StartsWith(LiteLlm, StringComparison.OrdinalIgnoreCase);

    public static CallTags Read(IHeaderDictionary headers, VirtualKey? key, in RequestFacts facts)
    {
        var tags = key?.Tags ?? default;
        var others = default(CallTags);
        foreach (var (name, values) in headers)
        {
            if (!IsOurs(name)) continue;
            var value = values.ToString();
            if (name.StartsWith(Own, StringComparison.OrdinalIgnoreCase))
            {
                if (CallTags.TryParseName(name[Own.Length..].ToLowerInvariant(), out var tag)) tags.Offer(tag, value);
            }
            else
            {
                ReadOther(name, value, ref others);
            }
        }

        for (var tag = Tag.Feature; tag <= Tag.Session; tag++)
        {
            tags.Offer(tag, others[tag]);
            tags.Offer(tag, facts.MetadataTags[tag]);
        }

        tags.Offer(Tag.User, facts.User);
        return tags;
    }

    private static void ReadOther(string name, string value, ref CallTags tags)
    {
        switch (name.ToLowerInvariant())
        {
            case "helicone-user-id" or "x-litellm-end-user-id" or "x-litellm-customer-id": tags.Offer(Tag.User, value); break;
            case "helicone-session-id": tags.Offer(Tag.Session, value); break;
            case "helicone-session-name": tags.Offer(Tag.Feature, value); break;
            case "x-portkey-metadata" or "x-litellm-spend-logs-metadata": OfferJson(value, ref tags); break;
            case "x-litellm-tags":
                foreach (var pair in value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)) OfferPair(pair, ref tags);
                break;
            default:
                if (name.StartsWith(Property, StringComparison.OrdinalIgnoreCase) && CallTags.TryParseName(name[Property.Length..].ToLowerInvariant(), out var tag)) tags.Offer(tag, value);
                break;
        }
    }

    /// <summary><c>team:payments</c> or <c>team=payments</c>; anything else is no tag of ours.</summary>
    public static void OfferPair(string? pair, ref CallTags tags)
    {
        if (pair is null) return;
        var at = pair.AsSpan().IndexOfAny(':', '=');
        if (at > 0 && CallTags.TryParseName(pair.AsSpan(0, at), out var tag)) tags.Offer(tag, pair[(at + 1)..]);
    }

    /// <summary>An object of tags; what is no JSON tells nothing.</summary>
    private static void OfferJson(string json, ref CallTags tags)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object) return;
            foreach (var field in document.RootElement.EnumerateObject())
                if (field.Value.ValueKind == JsonValueKind.String && CallTags.TryParseName(field.Name, out var tag)) tags.Offer(tag, field.Value.GetString());
        }
        catch (JsonException)
        {
            // A foreign header that is no JSON tells no tags; the call itself is as good as any other.
        }
    }
}
