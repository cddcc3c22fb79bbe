using System.Globalization;
using System.Text.Json;

namespace FinOps.Domain.Pricing;

/// <summary>A seller of model calls, and how it is recognised.</summary>
/// <param name="Id">The catalogue's id.</param>
/// <param name="Name">The name to show.</param>
/// <param name="ProviderMatch">Which told providers mean this seller, beside its id; null = only the id.</param>
/// <param name="ModelMatch">Which model names point to it when no provider is told; null = none.</param>
/// <param name="Fallback">Sellers whose entries hold here too where this one has none of its own.</param>
public sealed record PriceProvider(string Id, string Name, ModelMatch? ProviderMatch, ModelMatch? ModelMatch, IReadOnlyList<string> Fallback);

/// <summary>One version of the public price list, as <c>engines/export-prices.mjs</c> writes it.</summary>
public sealed record PriceCatalogue(string Source, string Version, IReadOnlyList<PriceProvider> Providers, IReadOnlyList<PriceRow> Rows)
{
    public const int SupportedFormat = 1;

    /// <summary>Reads the exported file. The whole of it is refused if one price is not understood.</summary>
    /// <exception cref="FormatException">What is wrong, and where.</exception>
    public static PriceCatalogue Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return Read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException($"The price catalogue is not readable: {e.Message}", e);
        }
    }

    private static PriceCatalogue Read(JsonElement root)
    {
        if (root.GetProperty("format").GetInt32() != SupportedFormat)
            throw new FormatException($"The price catalogue has a format other than {SupportedFormat}.");
        var source = root.GetProperty("source").GetString()!;
        var version = root.GetProperty("version").GetString()!;
        var providers = new List<PriceProvider>();
        var rows = new List<PriceRow>();
        foreach (var provider in root.GetProperty("providers").EnumerateArray())
        {
            var id = provider.GetProperty("id").GetString()!;
            providers.Add(new PriceProvider(
                id,
                provider.GetProperty("name").GetString()!,
                Clause(provider, "provider_match"),
                Clause(provider, "model_match"),
                provider.TryGetProperty("fallback", out var fallback) ? [.. fallback.EnumerateArray().Select(f => f.GetString()!)] : []));
            var ordinal = 0;
            foreach (var model in provider.GetProperty("models").EnumerateArray())
                ReadModel(rows, id, ordinal++, model, $"{source} {version}");
        }

        return new PriceCatalogue(source, version, providers, rows);
    }

    private static ModelMatch? Clause(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out var clause) ? ModelMatch.Parse(clause) : null;

    private static void ReadModel(List<PriceRow> rows, string provider, int ordinal, JsonElement model, string source)
    {
        var id = model.GetProperty("id").GetString()!;
        var name = model.TryGetProperty("name", out var shown) ? shown.GetString()! : id;
        var match = ModelMatch.Parse(model.GetProperty("match"));
        var window = model.TryGetProperty("window", out var w) ? w.GetUInt32() : 0;
        var deprecated = model.TryGetProperty("deprecated", out var d) && d.GetBoolean();
        foreach (var set in model.GetProperty("prices").EnumerateArray())
        {
            var template = new PriceRow
            {
                Provider = provider,
                Model = id,
                ModelName = name,
                Ordinal = ordinal,
                Match = match,
                ContextWindow = window,
                Deprecated = deprecated,
                Meter = Meter.Input,
                UnitSize = 1_000_000m,
                Price = 0m,
                DayStart = Time(set, "start"),
                DayEnd = Time(set, "end"),
                ValidFrom = Date(set, "from"),
                ValidTo = Date(set, "to"),
                Source = source,
            };
            var meters = set.GetProperty("meters");
            if (!meters.EnumerateObject().Any())
            {
                // The catalogue knows that this entry is free, which is not the same as not knowing its price.
                rows.Add(template with { Meter = Meter.Input });
                rows.Add(template with { Meter = Meter.Output });
                continue;
            }

            foreach (var meter in meters.EnumerateObject())
                ReadMeter(rows, template, meter);
        }
    }

    private static void ReadMeter(List<PriceRow> rows, PriceRow template, JsonProperty price)
    {
        var (meter, unitSize) = Meters.FromCatalogue(price.Name)
            ?? throw new FormatException($"{template.Provider}/{template.Model} has a price of an unknown kind, '{price.Name}'.");
        if (price.Value.ValueKind == JsonValueKind.Number)
        {
            Add(0, price.Value.GetDecimal());
            return;
        }

        foreach (var tier in price.Value.EnumerateArray())
            Add(tier[0].GetUInt32(), tier[1].GetDecimal());

        void Add(uint start, decimal value)
        {
            if (value is < 0 or > PriceRow.MaxPrice)
                throw new FormatException($"{template.Provider}/{template.Model} has an impossible price for {price.Name}: {value.ToString(CultureInfo.InvariantCulture)}.");
            rows.Add(template with { Meter = meter, UnitSize = unitSize, ContextStart = start, Price = value });
        }
    }

    private static DateTimeOffset? Date(JsonElement set, string name) =>
        set.TryGetProperty(name, out var text)
            ? DateTimeOffset.ParseExact(text.GetString()!, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal)
            : null;

    private static TimeOnly? Time(JsonElement set, string name) =>
        set.TryGetProperty(name, out var text) ? TimeOnly.ParseExact(text.GetString()!, "HH:mm:ss", CultureInfo.InvariantCulture) : null;
}
