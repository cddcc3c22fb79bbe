using System.Buffers;
using System.Text;
using System.Text.Json;
using FinOps.Ingest.Health;

namespace FinOps.Ingest.Otlp;

/// <summary>Bodies of answers: export responses and google.rpc.Status, in protobuf and JSON. Small and rare but for the empty success.</summary>
internal static class OtlpBodies
{
    /// <summary>Longest message told to a sender; senders write it into their logs.</summary>
    private const int MaxMessageLength = 1000;

    private static readonly byte[] RetryInfoType = Encoding.ASCII.GetBytes("type.googleapis.com/google.rpc.RetryInfo");

    public static ReadOnlyMemory<byte> EmptyJson { get; } = "{}"u8.ToArray();

    /// <summary>Export*Response with its partial_success.</summary>
    public static byte[] PartialSuccess(int rejected, string? message)
    {
        var partial = new MemoryStream();
        WriteNumber(partial, 1, rejected);
        WriteBytes(partial, 2, Encoding.UTF8.GetBytes(Cut(message)));
        var response = new MemoryStream();
        WriteBytes(response, 1, partial.ToArray(), evenEmpty: true);
        return response.ToArray();
    }

    public static byte[] PartialSuccessJson(IngestSignal signal, int rejected, string? message)
    {
        var name = signal switch
        {
            IngestSignal.Traces => "rejectedSpans",
            IngestSignal.Metrics => "rejectedDataPoints",
            _ => "rejectedLogRecords",
        };
        return Json(writer =>
        {
            writer.WriteStartObject("partialSuccess");
            if (rejected > 0) writer.WriteString(name, rejected.ToString(System.Globalization.CultureInfo.InvariantCulture));
            writer.WriteString("errorMessage", Cut(message));
            writer.WriteEndObject();
        });
    }

    /// <param name="retryAfterSeconds">Adds google.rpc.RetryInfo, which makes the answer retryable for gRPC senders.</param>
    public static byte[] Status(GrpcCode code, string message, int? retryAfterSeconds = null)
    {
        var status = new MemoryStream();
        WriteNumber(status, 1, (int)code);
        WriteBytes(status, 2, Encoding.UTF8.GetBytes(Cut(message)));
        if (retryAfterSeconds is not { } seconds) return status.ToArray();

        var duration = new MemoryStream();
        WriteNumber(duration, 1, seconds);
        var retryInfo = new MemoryStream();
        WriteBytes(retryInfo, 1, duration.ToArray());
        var any = new MemoryStream();
        WriteBytes(any, 1, RetryInfoType);
        WriteBytes(any, 2, retryInfo.ToArray());
        WriteBytes(status, 3, any.ToArray());
        return status.ToArray();
    }

    public static byte[] StatusJson(GrpcCode code, string message) => Json(writer =>
    {
        writer.WriteNumber("code", (int)code);
        writer.WriteString("message", Cut(message));
    });

    private static byte[] Json(Action<Utf8JsonWriter> content)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            content(writer);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static string Cut(string? message) => message is null ? "" : message.Length <= MaxMessageLength ? message : message[..MaxMessageLength];

    private static void WriteNumber(MemoryStream output, int field, long value)
    {
        if (value == 0) return;
        output.WriteByte((byte)(field << 3));
        WriteVarint(output, (ulong)value);
    }

    private static void WriteBytes(MemoryStream output, int field, byte[] bytes, bool evenEmpty = false)
    {
        if (bytes.Length == 0 && !evenEmpty) return;
        output.WriteByte((byte)(field << 3 | 2));
        WriteVarint(output, (ulong)bytes.Length);
        output.Write(bytes);
    }

    private static void WriteVarint(MemoryStream output, ulong value)
    {
        for (; value >= 0x80; value >>= 7) output.WriteByte((byte)(value | 0x80));
        output.WriteByte((byte)value);
    }
}
