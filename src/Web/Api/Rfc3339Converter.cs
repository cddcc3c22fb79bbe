using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FinOps.Web.Api;

/// <summary>Instants as <c>2026-11-22T14:05:00Z</c>, with the offset that they have, and with as many decimals of a second as they need.</summary>
internal sealed class Rfc3339Converter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
    {
        // The default escapes the plus sign of an offset, which is no danger here and hard to read.
        writer.WriteStringValue(JsonEncodedText.Encode(Format(value), JavaScriptEncoder.UnsafeRelaxedJsonEscaping));
    }

    public static string Format(DateTimeOffset value)
    {
        var text = value.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture);
        return text + (value.Offset == TimeSpan.Zero ? "Z" : value.ToString("zzz", CultureInfo.InvariantCulture));
    }
}
