using System.Text.Encodings.Web;
using System.Text.Json;

namespace FinOps.Web.Features.Calls;

/// <summary>Texts of samples for people.</summary>
internal static class SampleText
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>JSON with a line for each member; anything else, JSON that was cut included, as it is.</summary>
    public static string Readable(string text)
    {
        if (text.Length == 0 || text[0] is not ('{' or '[')) return text;
        try
        {
            using var json = JsonDocument.Parse(text);
            return JsonSerializer.Serialize(json.RootElement, Indented);
        }
        catch (JsonException)
        {
            return text;
        }
    }
}
