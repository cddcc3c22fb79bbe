using System.Globalization;
using System.Text.Json;
using FinOps.Domain.Tenancy;

namespace FinOps.Domain.Pricing;

/// <summary>
/// What an organisation's price book says beside the dated public list that comes with the program: small enough to travel, and laid over that list it rates as the book does, to the last digit. Both sides have the list from the build.
/// </summary>
public sealed record PriceOverlay
{
    /// <summary>The only form that is read.</summary>
    public const int SupportedFormat = 1;

    /// <summary>For so long after its end a price still travels: calls that began before are rated by it, and clocks differ. Default one day.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromDays(1);

    /// <summary>Name and version of the list that it is laid over.</summary>
    public required string Base { get; init; }

    /// <summary>All sellers in their order, where they are others than the list's; else empty.</summary>
    public IReadOnlyList<PriceProvider> Providers { get; init; } = [];

    /// <summary>Ids of the list's rows that are not believed.</summary>
    public IReadOnlyList<long> Removed { get; init; } = [];

    /// <summary>Rows that the list has not; those with a <see cref="PriceRow.Tenant"/> are the organisation's own.</summary>
    public IReadOnlyList<PriceRow> Rows { get; init; } = [];
    public IReadOnlyList<PriceAlias> Aliases { get; init; } = [];

    /// <summary>Null: the book says what the list says.</summary>
    /// <param name="list">The list of the program.</param>
    /// <param name="providers">The book's sellers, in their order.</param>
    /// <param name="rows">What is believed: public rows and the organisation's own.</param>
    /// <param name="aliases">What is believed.</param>
    /// <param name="now">What is over does not travel.</param>
    public static PriceOverlay? Of(PriceCatalogue list, IReadOnlyList<PriceProvider> providers, IReadOnlyCollection<PriceRow> rows, IReadOnlyCollection<PriceAlias> aliases, DateTimeOffset now)
    {
        var over = now - Grace;
        // The order tells which entry is found first, so that a row at another place is another row.
        var listed = list.Rows.Select(row => (Id: row.ComputeId(), row.Ordinal)).ToHashSet();
        var believed = rows.Select(row => (Id: row.ComputeId(), Row: row)).ToList();
        var kept = believed.Where(one => one.Row.Tenant is null).Select(one => (one.Id, one.Row.Ordinal)).ToHashSet();
        var removed = list.Rows.Where(row => !kept.Contains((row.ComputeId(), row.Ordinal)) && !IsOver(row.ValidTo, over)).Select(row => row.ComputeId()).Distinct().Order().ToList();
        var gone = removed.ToHashSet();
        var added = believed.Where(one => (one.Row.Tenant is not null || !listed.Contains((one.Id, one.Row.Ordinal)) || gone.Contains(one.Id)) && !IsOver(one.Row.ValidTo, over))
            .OrderBy(one => one.Row.Tenant is null).ThenBy(one => one.Row.Provider, StringComparer.Ordinal).ThenBy(one => one.Row.Ordinal).ThenBy(one => one.Id).Select(one => one.Row).ToList();
        var names = aliases.Where(alias => !IsOver(alias.ValidTo, over)).ToList();
        var sellers = providers.Count > 0 && !Equal(providers, list.Providers) ? providers : [];
        return removed.Count + added.Count + names.Count + sellers.Count == 0 ? null : new PriceOverlay { Base = NameOf(list), Providers = sellers, Removed = removed, Rows = added, Aliases = names };
    }

    /// <summary>The book again.</summary>
    /// <param name="list">The program's own; where it is another version than <see cref="Base"/>, prices that changed in between are its.</param>
    public PriceSnapshot Over(PriceCatalogue list)
    {
        var gone = Removed.ToHashSet();
        return PriceSnapshot.Create(
            Providers.Count > 0 ? Providers : list.Providers, Rows.Concat(list.Rows.Where(row => gone.Count == 0 || !gone.Contains(row.ComputeId()))), $"{NameOf(list)} and the organisation's own", aliases: Aliases);
    }

    /// <summary>What <see cref="Base"/> is for a list.</summary>
    public static string NameOf(PriceCatalogue list) => $"{list.Source} {list.Version}";

    public byte[] ToJson()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream)) Write(writer);
        return stream.ToArray();
    }

    /// <param name="root">The object.</param>
    /// <param name="tenant">Whose own rows are.</param>
    /// <exception cref="FormatException">What is wrong; nothing of it is taken.</exception>
    public static PriceOverlay Read(JsonElement root, TenantId tenant)
    {
        try
        {
            if (root.GetProperty("format").GetInt32() != SupportedFormat) throw new FormatException($"The prices have a format other than {SupportedFormat}.");
            return new PriceOverlay
            {
                Base = root.GetProperty("base").GetString()!,
                Providers = Items(root, "providers", ReadProvider),
                Removed = Items(root, "removed", id => id.GetInt64()),
                Rows = Items(root, "rows", row => ReadRow(row, tenant)),
                Aliases = Items(root, "aliases", ReadAlias),
            };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            throw new FormatException($"The prices are not readable: {e.Message}", e);
        }
    }

    private static bool IsOver(DateTimeOffset? end, DateTimeOffset over) => end <= over;

    private static bool Equal(IReadOnlyList<PriceProvider> one, IReadOnlyList<PriceProvider> other) =>
        one.Count == other.Count && one.Zip(other).All(pair => pair.First with { Fallback = [] } == pair.Second with { Fallback = [] } && pair.First.Fallback.SequenceEqual(pair.Second.Fallback));

    private void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteNumber("format", SupportedFormat);
        writer.WriteString("base", Base);
        List(writer, "providers", Providers, WriteProvider);
        List(writer, "removed", Removed, static (writer, id) => writer.WriteNumberValue(id));
        List(writer, "rows", Rows, WriteRow);
        List(writer, "aliases", Aliases, WriteAlias);
        writer.WriteEndObject();
    }

    private static void WriteProvider(Utf8JsonWriter writer, PriceProvider provider)
    {
        writer.WriteStartObject();
        writer.WriteString("id", provider.Id);
        writer.WriteString("name", provider.Name);
        Clause(writer, "provider_match", provider.ProviderMatch);
        Clause(writer, "model_match", provider.ModelMatch);
        List(writer, "fallback", provider.Fallback, static (writer, id) => writer.WriteStringValue(id));
        writer.WriteEndObject();
    }

    private static PriceProvider ReadProvider(JsonElement told) => new(
        told.GetProperty("id").GetString()!, told.GetProperty("name").GetString()!, Clause(told, "provider_match"), Clause(told, "model_match"), Items(told, "fallback", id => id.GetString()!));

    private static void WriteRow(Utf8JsonWriter writer, PriceRow row)
    {
        writer.WriteStartObject();
        if (row.Tenant is not null) writer.WriteBoolean("own", true);
        writer.WriteString("provider", row.Provider);
        Text(writer, "host", row.HostPlatform);
        writer.WriteString("model", row.Model);
        writer.WriteNumber("ordinal", row.Ordinal);
        Clause(writer, "match", row.Match);
        if (row.ContextWindow > 0) writer.WriteNumber("window", row.ContextWindow);
        writer.WriteString("meter", row.Meter.ToString());
        writer.WriteNumber("unit_size", row.UnitSize);
        writer.WriteNumber("price", row.Price);
        if (row.ContextStart > 0) writer.WriteNumber("context_start", row.ContextStart);
        Text(writer, "tier", row.ServiceTier);
        if (row.Batch) writer.WriteBoolean("batch", true);
        Text(writer, "region", row.Region);
        Text(writer, "variant", row.Variant);
        Time(writer, "day_start", row.DayStart);
        Time(writer, "day_end", row.DayEnd);
        Instant(writer, "from", row.ValidFrom);
        Instant(writer, "to", row.ValidTo);
        if (row.Project is { } project) writer.WriteString("project", project.Value);
        writer.WriteEndObject();
    }

    private static PriceRow ReadRow(JsonElement told, TenantId tenant)
    {
        var row = new PriceRow
        {
            Tenant = Flag(told, "own") ? tenant : null,
            Provider = told.GetProperty("provider").GetString()!,
            HostPlatform = Text(told, "host"),
            Model = told.GetProperty("model").GetString()!,
            Ordinal = told.GetProperty("ordinal").GetInt32(),
            Match = Clause(told, "match") ?? throw new FormatException("A price has no match clause."),
            ContextWindow = Number(told, "window"),
            Meter = ReadMeter(told.GetProperty("meter").GetString()!),
            UnitSize = told.GetProperty("unit_size").GetDecimal(),
            Price = told.GetProperty("price").GetDecimal(),
            ContextStart = Number(told, "context_start"),
            ServiceTier = Text(told, "tier"),
            Batch = Flag(told, "batch"),
            Region = Text(told, "region"),
            Variant = Text(told, "variant"),
            DayStart = Time(told, "day_start"),
            DayEnd = Time(told, "day_end"),
            ValidFrom = Instant(told, "from"),
            ValidTo = Instant(told, "to"),
            Project = told.TryGetProperty("project", out var project) ? new ProjectId(project.GetGuid()) : null,
        };
        if (row.Price is < 0 or > PriceRow.MaxPrice || row.UnitSize <= 0) throw new FormatException($"{row.Provider}/{row.Model} has an impossible price: {row.Price.ToString(CultureInfo.InvariantCulture)} for {row.UnitSize.ToString(CultureInfo.InvariantCulture)}.");
        return row;
    }

    private static void WriteAlias(Utf8JsonWriter writer, PriceAlias alias)
    {
        writer.WriteStartObject();
        Text(writer, "told_provider", alias.ToldProvider);
        Clause(writer, "match", alias.Match);
        writer.WriteString("provider", alias.Provider);
        writer.WriteString("model", alias.Model);
        if (alias.Project is { } project) writer.WriteString("project", project.Value);
        Instant(writer, "from", alias.ValidFrom);
        Instant(writer, "to", alias.ValidTo);
        writer.WriteEndObject();
    }

    private static PriceAlias ReadAlias(JsonElement told) => new()
    {
        ToldProvider = Text(told, "told_provider"),
        Match = Clause(told, "match") ?? throw new FormatException("An alias has no match clause."),
        Provider = told.GetProperty("provider").GetString()!,
        Model = told.GetProperty("model").GetString()!,
        Project = told.TryGetProperty("project", out var project) ? new ProjectId(project.GetGuid()) : null,
        ValidFrom = Instant(told, "from"),
        ValidTo = Instant(told, "to"),
    };

    private static Meter ReadMeter(string name) => Enum.TryParse<Meter>(name, out var meter) && meter.ToString() == name ? meter : throw new FormatException($"There is no meter '{name}'.");

    private static List<T> Items<T>(JsonElement owner, string name, Func<JsonElement, T> read) => owner.TryGetProperty(name, out var list) ? [.. list.EnumerateArray().Select(read)] : [];

    private static string Text(JsonElement owner, string name) => owner.TryGetProperty(name, out var text) ? text.GetString()! : "";

    private static bool Flag(JsonElement owner, string name) => owner.TryGetProperty(name, out var flag) && flag.GetBoolean();

    private static uint Number(JsonElement owner, string name) => owner.TryGetProperty(name, out var number) ? number.GetUInt32() : 0;

    /// <summary>One that can match nothing, or cannot be read, must be refused before it meets a call.</summary>
    private static ModelMatch? Clause(JsonElement owner, string name)
    {
        if (!owner.TryGetProperty(name, out var clause)) return null;
        var match = ModelMatch.Parse(clause);
        return match.FindProblem() is { } problem ? throw new FormatException(problem) : match;
    }

    private static TimeOnly? Time(JsonElement owner, string name) => owner.TryGetProperty(name, out var text) ? TimeOnly.ParseExact(text.GetString()!, "HH:mm:ss", CultureInfo.InvariantCulture) : null;

    private static DateTimeOffset? Instant(JsonElement owner, string name) => owner.TryGetProperty(name, out var instant) ? instant.GetDateTimeOffset().ToUniversalTime() : null;

    private static void List<T>(Utf8JsonWriter writer, string name, IReadOnlyList<T> items, Action<Utf8JsonWriter, T> write)
    {
        if (items.Count == 0) return;
        writer.WriteStartArray(name);
        foreach (var item in items) write(writer, item);
        writer.WriteEndArray();
    }

    private static void Text(Utf8JsonWriter writer, string name, string text)
    {
        if (text.Length > 0) writer.WriteString(name, text);
    }

    private static void Clause(Utf8JsonWriter writer, string name, ModelMatch? match)
    {
        if (match is null) return;
        writer.WritePropertyName(name);
        writer.WriteRawValue(match.ToString());
    }

    private static void Time(Utf8JsonWriter writer, string name, TimeOnly? time)
    {
        if (time is { } told) writer.WriteString(name, told.ToString("HH:mm:ss", CultureInfo.InvariantCulture));
    }

    private static void Instant(Utf8JsonWriter writer, string name, DateTimeOffset? instant)
    {
        if (instant is { } told) writer.WriteString(name, told.ToUniversalTime());
    }
}
