using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace FinOps.Domain.Pricing;

/// <summary>One price of a second public list.</summary>
/// <param name="Name">The entry's name there.</param>
/// <param name="Provider">Its seller, as telemetry names it (<c>gen_ai.provider.name</c>).</param>
/// <param name="Model">The model's name as a call would tell it, without the seller's prefix.</param>
/// <param name="Price">USD for a million tokens.</param>
/// <param name="ContextStart">For attempts with more input tokens than this; 0 = whatever they are.</param>
/// <param name="ServiceTier">Empty = standard; else <c>flex</c>, <c>priority</c>.</param>
public sealed record SecondPrice(string Name, string Provider, string Model, Meter Meter, decimal Price, uint ContextStart, string ServiceTier, bool Batch);

/// <summary>
/// A second public price list, in the layout of LiteLLM's <c>model_prices_and_context_window.json</c>: entries by name, each with prices in USD for one token. It prices no call: the book
/// is held against it, because two lists that disagree cannot both be right.
/// </summary>
/// <param name="Prices">Of token meters; other prices of the layout are not compared.</param>
/// <param name="Entries">How many there are.</param>
/// <param name="NotUnderstood">Entries and prices that are of another form than the layout says.</param>
public sealed partial record SecondPriceList(IReadOnlyList<SecondPrice> Prices, int Entries, int NotUnderstood)
{
    /// <summary>More entries than this are no price list. The public one has about 3,000.</summary>
    public const int MaxEntries = 20_000;

    private const int MaxTextLength = 256;
    private const decimal TokensPerPrice = 1_000_000m;

    /// <summary>Describes the layout and is no model.</summary>
    private const string Specimen = "sample_spec";

    /// <summary>What the layout calls sellers, where telemetry has another name. Others are looked for by their own.</summary>
    private static readonly Dictionary<string, string> Sellers = new(StringComparer.Ordinal)
    {
        ["text-completion-openai"] = "openai",
        ["azure"] = "azure.ai.openai",
        ["azure_text"] = "azure.ai.openai",
        ["azure_ai"] = "azure.ai.inference",
        ["bedrock"] = "aws.bedrock",
        ["bedrock_converse"] = "aws.bedrock",
        ["vertex_ai"] = "gcp.vertex_ai",
        ["gemini"] = "gcp.gemini",
        ["mistral"] = "mistral_ai",
        ["codestral"] = "mistral_ai",
        ["cohere_chat"] = "cohere",
        ["xai"] = "x_ai",
        ["moonshot"] = "moonshot_ai",
        ["voyage"] = "voyageai",
        ["zai"] = "z_ai",
    };

    private static readonly Dictionary<string, Meter> Fields = new(StringComparer.Ordinal)
    {
        ["input_cost_per_token"] = Meter.Input,
        ["output_cost_per_token"] = Meter.Output,
        ["cache_read_input_token_cost"] = Meter.CacheRead,
        ["cache_creation_input_token_cost"] = Meter.CacheWrite5m,
        ["output_cost_per_reasoning_token"] = Meter.Reasoning,
        ["input_cost_per_audio_token"] = Meter.InputAudio,
        ["output_cost_per_audio_token"] = Meter.OutputAudio,
    };

    /// <exception cref="FormatException">The file is not in this layout.</exception>
    public static SecondPriceList Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return Read(document.RootElement);
        }
        catch (JsonException unreadable)
        {
            throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"not JSON, in line {(unreadable.LineNumber ?? 0) + 1}"), unreadable);
        }
        catch (InvalidOperationException unreadable)
        {
            throw new FormatException("a name is no text", unreadable); // half a surrogate pair
        }
    }

    private static SecondPriceList Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object) throw new FormatException("not an object of models by name");
        List<SecondPrice> prices = [];
        var (entries, notUnderstood) = (0, 0);
        foreach (var entry in root.EnumerateObject())
        {
            if (entry.Name == Specimen) continue;
            if (++entries > MaxEntries) throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"more than {MaxEntries:N0} entries"));
            if (entry.Value.ValueKind != JsonValueKind.Object || entry.Name.Length > MaxTextLength || entry.Name.Any(char.IsControl)
                || !entry.Value.TryGetProperty("litellm_provider", out var seller) || seller.ValueKind != JsonValueKind.String || seller.GetString() is not { Length: > 0 and <= MaxTextLength } told)
            {
                notUnderstood++;
                continue;
            }

            if (Place(entry.Name, told) is not { } place) continue;
            foreach (var field in entry.Value.EnumerateObject())
            {
                if (Condition(field.Name) is not { } of) continue;
                if (field.Value.ValueKind == JsonValueKind.Null) continue;
                if (field.Value.ValueKind == JsonValueKind.Number && field.Value.TryGetDecimal(out var price) && price is >= 0 and <= PriceRow.MaxPrice / TokensPerPrice)
                    prices.Add(of with { Name = entry.Name, Provider = place.Provider, Model = place.Model, Price = price * TokensPerPrice });
                else notUnderstood++;
            }
        }

        if (entries == 0 || prices.Count == 0) throw new FormatException("no entry with a price of a token");
        // What JSON says twice, or in two spellings, is said once: the first time.
        List<SecondPrice> once = [.. prices.DistinctBy(price => (price.Name, price.Meter, price.ContextStart, price.ServiceTier, price.Batch))];
        return new SecondPriceList(once, entries, notUnderstood + prices.Count - once.Count);
    }

    /// <summary>Whose API a call would name, and which model. Null for entries of a single region or commitment, which stand under a path at these hosts.</summary>
    private static (string Provider, string Model)? Place(string name, string seller)
    {
        // vertex_ai-anthropic_models and the like: one platform, whoever made the model.
        var family = seller.StartsWith("vertex_ai", StringComparison.Ordinal) ? "vertex_ai" : seller;
        var provider = Sellers.GetValueOrDefault(family, family);
        var model = name;
        if (name.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash && name[..slash] is var prefix && (prefix == family || Sellers.GetValueOrDefault(prefix) == provider)) model = name[(slash + 1)..];
        return provider is "aws.bedrock" or "azure.ai.openai" && model.Contains('/', StringComparison.Ordinal) ? null : (provider, model);
    }

    /// <summary>A field's meter and what must be so for its price to hold; null for a field that is no price of a token.</summary>
    private static SecondPrice? Condition(string field)
    {
        var of = new SecondPrice("", "", "", Meter.Input, 0m, 0, "", false);
        for (var rest = field; ;)
        {
            if (Fields.TryGetValue(rest, out var meter))
                return of.Meter != Meter.CacheWrite1h ? of with { Meter = meter } : meter == Meter.CacheWrite5m ? of : null;
            if (Above().Match(rest) is { Success: true } above)
            {
                of = of with { ContextStart = uint.Parse(above.Groups["thousands"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture) * 1000 };
                rest = rest[..above.Index];
                continue;
            }

            if (Cut("_above_1hr")) of = of with { Meter = Meter.CacheWrite1h };
            else if (Cut("_batches")) of = of with { Batch = true };
            else if (Cut("_flex")) of = of with { ServiceTier = "flex" };
            else if (Cut("_priority")) of = of with { ServiceTier = "priority" };
            else return null;

            bool Cut(string end)
            {
                if (!rest.EndsWith(end, StringComparison.Ordinal)) return false;
                rest = rest[..^end.Length];
                return true;
            }
        }
    }

    [GeneratedRegex("_above_(?<thousands>[1-9][0-9]{0,4})k_tokens$", RegexOptions.CultureInvariant)]
    private static partial Regex Above();
}
