using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FinOps.Web.Features.Policies;

/// <summary>How fields take what a document says, and write it again: a field that cannot show a value leaves it, and the value is kept by its path.</summary>
internal sealed class PolicyFields(Dictionary<string, JsonNode?> kept)
{
    private const decimal PointsPerPercent = 100m;

    /// <param name="owner">Whose members are taken.</param>
    /// <param name="path">Where it stands, with a dot behind it; empty: it is the whole.</param>
    /// <param name="fields">What takes each member; false: it cannot show it.</param>
    public void Take(JsonObject owner, string path, params (string Name, Func<JsonNode?, bool> Takes)[] fields)
    {
        foreach (var (name, value) in owner)
        {
            if (Array.Find(fields, field => field.Name == name) is { Takes: { } takes } && takes(value)) continue;
            kept[path + name] = value?.DeepClone();
        }
    }

    public static bool IsText(JsonNode? node, Action<string> set) => node is JsonValue value && value.TryGetValue<string>(out var text) && Done(() => set(text));

    public static bool IsFlag(JsonNode? node, Action<bool> set) => node is JsonValue value && value.TryGetValue<bool>(out var flag) && Done(() => set(flag));

    public static bool IsNumber(JsonNode? node, Action<string> set) => node is JsonValue value && value.GetValueKind() == JsonValueKind.Number && Done(() => set(value.ToJsonString()));

    /// <summary>Texts that can stand with commas between them; the empty text, which means "not told", cannot.</summary>
    public static bool IsList(JsonNode? node, Action<string> set)
    {
        List<string> texts = [];
        foreach (var item in node is JsonArray items ? items : new JsonArray(node?.DeepClone()))
        {
            if (!IsText(item, texts.Add) || texts[^1].Trim().Length == 0 || texts[^1] != texts[^1].Trim() || texts[^1].Contains(',', StringComparison.Ordinal)) return false;
        }

        return Done(() => set(string.Join(", ", texts)));
    }

    public static bool IsRange(JsonNode? node, Action<string, string> set)
    {
        var (min, max) = ("", "");
        return node is JsonObject { Count: > 0 } range && range.All(end => (end.Key == "min" && IsNumber(end.Value, text => min = text)) || (end.Key == "max" && IsNumber(end.Value, text => max = text))) && Done(() => set(min, max));
    }

    /// <summary>Basis points as percent.</summary>
    public static bool IsBasisPoints(JsonNode? node, Action<string> set) =>
        node is JsonValue value && value.TryGetValue<decimal>(out var points) && Done(() => set((points / PointsPerPercent).ToString("0.####", CultureInfo.InvariantCulture)));

    /// <summary>Targets, one a line: <c>provider/model weight</c>.</summary>
    public static bool IsTargets(JsonNode? node, bool weighted, Action<string> set)
    {
        if (node is not JsonArray { Count: > 0 } targets) return false;
        List<string> lines = [];
        foreach (var item in targets)
        {
            var (provider, model, weight) = ("", "", "");
            if (item is not JsonObject target || !target.All(part => part.Key switch
                {
                    "provider" => IsText(part.Value, text => provider = text),
                    "model" => IsText(part.Value, text => model = text),
                    "weight" => weighted && IsNumber(part.Value, text => weight = text),
                    _ => false,
                })) return false;
            if ((provider + model).Any(c => c is ' ' or '\n') || provider.Contains('/', StringComparison.Ordinal)) return false;
            // A model without a provider whose name has a stroke would be read as one of the part before it.
            var name = provider.Length > 0 || model.Contains('/', StringComparison.Ordinal) ? $"{provider}/{model}" : model;
            lines.Add(weight is "" or "1" ? name : $"{name} {weight}");
        }

        return Done(() => set(string.Join('\n', lines)));
    }

    public static string[] Split(string typed) => typed.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    public static void List(JsonObject owner, string name, string typed)
    {
        if (Split(typed) is { Length: > 0 } values) owner[name] = new JsonArray([.. values.Select(value => (JsonNode)value)]);
    }

    public static void Range(JsonObject owner, string min, string max)
    {
        var range = new JsonObject();
        if (min.Trim().Length > 0) range["min"] = PolicyForm.Number(min);
        if (max.Trim().Length > 0) range["max"] = PolicyForm.Number(max);
        if (range.Count > 0) owner["prompt_bytes"] = range;
    }

    /// <summary>Puts a kept value where it stood.</summary>
    public static void Put(JsonObject root, string path, JsonNode? value)
    {
        var parts = path.Split('.');
        var owner = root;
        foreach (var part in parts[..^1])
        {
            if (owner[part] is not JsonObject next) owner[part] = next = [];
            owner = next;
        }

        owner[parts[^1]] = value?.DeepClone();
    }

    private static bool Done(Action set)
    {
        set();
        return true;
    }
}
