using System.Text.Json;

namespace FinOps.Web.Features.Audit;

/// <summary>What became of one field; null where it was, or is, not there.</summary>
public sealed record FieldChange(string Field, string? Before, string? After);

/// <summary>The difference between two states of an audit entry, field by field.</summary>
public static class AuditChanges
{
    public static IReadOnlyList<FieldChange> Between(string? before, string? after)
    {
        var (old, now) = (Fields(before), Fields(after));
        return [.. old.Keys.Union(now.Keys)
            .Select(field => new FieldChange(field, old.GetValueOrDefault(field), now.GetValueOrDefault(field)))
            .Where(change => change.Before != change.After)];
    }

    /// <summary>In the order in which they were written; what is empty is no news.</summary>
    private static Dictionary<string, string> Fields(string? json)
    {
        if (json is null) return [];
        using var document = JsonDocument.Parse(json);
        if (document.RootElement.ValueKind != JsonValueKind.Object) return new() { [""] = Text(document.RootElement) };
        return document.RootElement.EnumerateObject().Where(field => Text(field.Value).Length > 0)
            .ToDictionary(field => field.Name, field => Text(field.Value), StringComparer.Ordinal);
    }

    private static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString() ?? "",
        JsonValueKind.Null => "",
        JsonValueKind.Object => string.Join(", ", value.EnumerateObject().Select(field => $"{field.Name} {Text(field.Value)}")),
        JsonValueKind.Array => string.Join(", ", value.EnumerateArray().Select(Text)),
        _ => value.GetRawText(),
    };
}
