using System.Buffers;
using System.Text;
using System.Text.Json;
using FinOps.Domain.Policies;

namespace FinOps.Gateway.Routing;

/// <summary>A text of a policy in the form of a model's answer, as each protocol has it, streamed or not. No token was used for it.</summary>
internal static class FixedAnswer
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static (string ContentType, byte[] Body) Make(RequestOperation operation, string text, string model, string id, bool streams, long unixSeconds)
    {
        var body = operation switch
        {
            RequestOperation.Messages => streams ? MessageStream(text, model, id) : Json(json => Message(json, text, model, id, isWhole: true)),
            RequestOperation.Responses => streams ? ResponseStream(text, model, id, unixSeconds) : Json(json => Response(json, text, model, id, "completed", unixSeconds)),
            _ => streams ? ChatStream(text, model, id, unixSeconds) : Json(json => Chat(json, text, model, id, unixSeconds)),
        };
        return (streams ? "text/event-stream; charset=utf-8" : "application/json", body);
    }

    private static byte[] Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Plain)) write(json);
        return buffer.WrittenSpan.ToArray();
    }

    private static void Chat(Utf8JsonWriter json, string text, string model, string id, long at)
    {
        json.WriteStartObject();
        ChatHead(json, "chat.completion", model, id, at);
        json.WriteStartArray("choices");
        json.WriteStartObject();
        json.WriteNumber("index", 0);
        json.WriteStartObject("message");
        json.WriteString("role", "assistant");
        json.WriteString("content", text);
        json.WriteNull("refusal");
        json.WriteEndObject();
        json.WriteNull("logprobs");
        json.WriteString("finish_reason", "stop");
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteStartObject("usage");
        json.WriteNumber("prompt_tokens", 0);
        json.WriteNumber("completion_tokens", 0);
        json.WriteNumber("total_tokens", 0);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void ChatHead(Utf8JsonWriter json, string kind, string model, string id, long at)
    {
        json.WriteString("id", "chatcmpl-" + id);
        json.WriteString("object", kind);
        json.WriteNumber("created", at);
        json.WriteString("model", model);
    }

    private static byte[] ChatStream(string text, string model, string id, long at)
    {
        return Events(
            (null, json => Chunk(json, delta =>
            {
                delta.WriteString("role", "assistant");
                delta.WriteString("content", text);
            }, null)),
            (null, json => Chunk(json, _ => { }, "stop")),
            (null, null));

        void Chunk(Utf8JsonWriter json, Action<Utf8JsonWriter> delta, string? end)
        {
            json.WriteStartObject();
            ChatHead(json, "chat.completion.chunk", model, id, at);
            json.WriteStartArray("choices");
            json.WriteStartObject();
            json.WriteNumber("index", 0);
            json.WriteStartObject("delta");
            delta(json);
            json.WriteEndObject();
            json.WriteString("finish_reason", end);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }
    }

    private static void Response(Utf8JsonWriter json, string text, string model, string id, string status, long at)
    {
        var isWhole = status == "completed";
        json.WriteStartObject();
        json.WriteString("id", "resp_" + id);
        json.WriteString("object", "response");
        json.WriteNumber("created_at", at);
        json.WriteString("status", status);
        json.WriteNull("error");
        json.WriteNull("incomplete_details");
        json.WriteNull("instructions");
        json.WriteString("model", model);
        json.WriteStartArray("output");
        if (isWhole) ResponseItem(json, text, id, isWhole);
        json.WriteEndArray();
        json.WriteBoolean("parallel_tool_calls", true);
        json.WriteString("tool_choice", "auto");
        json.WriteStartArray("tools");
        json.WriteEndArray();
        if (isWhole)
        {
            json.WriteStartObject("usage");
            json.WriteNumber("input_tokens", 0);
            json.WriteStartObject("input_tokens_details");
            json.WriteNumber("cached_tokens", 0);
            json.WriteEndObject();
            json.WriteNumber("output_tokens", 0);
            json.WriteStartObject("output_tokens_details");
            json.WriteNumber("reasoning_tokens", 0);
            json.WriteEndObject();
            json.WriteNumber("total_tokens", 0);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("usage");
        }

        json.WriteStartObject("metadata");
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void ResponseItem(Utf8JsonWriter json, string text, string id, bool isWhole)
    {
        json.WriteStartObject();
        json.WriteString("type", "message");
        json.WriteString("id", "msg_" + id);
        json.WriteString("status", isWhole ? "completed" : "in_progress");
        json.WriteString("role", "assistant");
        json.WriteStartArray("content");
        if (isWhole) ResponsePart(json, text);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void ResponsePart(Utf8JsonWriter json, string text)
    {
        json.WriteStartObject();
        json.WriteString("type", "output_text");
        json.WriteString("text", text);
        json.WriteStartArray("annotations");
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static byte[] ResponseStream(string text, string model, string id, long at)
    {
        var number = 0;
        return Events(
            Event("response.created", json => Whole(json, "in_progress")),
            Event("response.in_progress", json => Whole(json, "in_progress")),
            Event("response.output_item.added", json => Item(json, isWhole: false)),
            Event("response.content_part.added", json => Part(json, "")),
            Event("response.output_text.delta", json =>
            {
                Place(json);
                json.WriteString("delta", text);
                json.WriteStartArray("logprobs");
                json.WriteEndArray();
            }),
            Event("response.output_text.done", json =>
            {
                Place(json);
                json.WriteString("text", text);
                json.WriteStartArray("logprobs");
                json.WriteEndArray();
            }),
            Event("response.content_part.done", json => Part(json, text)),
            Event("response.output_item.done", json => Item(json, isWhole: true)),
            Event("response.completed", json => Whole(json, "completed")));

        (string?, Action<Utf8JsonWriter>?) Event(string name, Action<Utf8JsonWriter> rest)
        {
            return (name, Write);

            void Write(Utf8JsonWriter json)
            {
                json.WriteStartObject();
                json.WriteString("type", name);
                json.WriteNumber("sequence_number", number++);
                rest(json);
                json.WriteEndObject();
            }
        }

        void Whole(Utf8JsonWriter json, string status)
        {
            json.WritePropertyName("response");
            Response(json, text, model, id, status, at);
        }

        void Item(Utf8JsonWriter json, bool isWhole)
        {
            json.WriteNumber("output_index", 0);
            json.WritePropertyName("item");
            ResponseItem(json, text, id, isWhole);
        }

        void Part(Utf8JsonWriter json, string so)
        {
            Place(json);
            json.WritePropertyName("part");
            ResponsePart(json, so);
        }

        void Place(Utf8JsonWriter json)
        {
            json.WriteString("item_id", "msg_" + id);
            json.WriteNumber("output_index", 0);
            json.WriteNumber("content_index", 0);
        }
    }

    private static void Message(Utf8JsonWriter json, string text, string model, string id, bool isWhole)
    {
        json.WriteStartObject();
        json.WriteString("id", "msg_" + id);
        json.WriteString("type", "message");
        json.WriteString("role", "assistant");
        json.WriteString("model", model);
        json.WriteStartArray("content");
        if (isWhole)
        {
            json.WriteStartObject();
            json.WriteString("type", "text");
            json.WriteString("text", text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (isWhole) json.WriteString("stop_reason", "end_turn");
        else json.WriteNull("stop_reason");
        json.WriteNull("stop_sequence");
        json.WritePropertyName("usage");
        MessageUsage(json);
        json.WriteEndObject();
    }

    private static void MessageUsage(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("input_tokens", 0);
        json.WriteNumber("cache_creation_input_tokens", 0);
        json.WriteNumber("cache_read_input_tokens", 0);
        json.WriteNumber("output_tokens", 0);
        json.WriteEndObject();
    }

    private static byte[] MessageStream(string text, string model, string id)
    {
        return Events(
            Event("message_start", json =>
            {
                json.WritePropertyName("message");
                Message(json, text, model, id, isWhole: false);
            }),
            Event("content_block_start", json => Block(json, "content_block", "text", "")),
            Event("content_block_delta", json => Block(json, "delta", "text_delta", text)),
            Event("content_block_stop", json => json.WriteNumber("index", 0)),
            Event("message_delta", json =>
            {
                json.WriteStartObject("delta");
                json.WriteString("stop_reason", "end_turn");
                json.WriteNull("stop_sequence");
                json.WriteEndObject();
                json.WritePropertyName("usage");
                MessageUsage(json);
            }),
            Event("message_stop", _ => { }));

        static (string?, Action<Utf8JsonWriter>?) Event(string name, Action<Utf8JsonWriter> rest)
        {
            return (name, Write);

            void Write(Utf8JsonWriter json)
            {
                json.WriteStartObject();
                json.WriteString("type", name);
                rest(json);
                json.WriteEndObject();
            }
        }

        static void Block(Utf8JsonWriter json, string name, string type, string so)
        {
            json.WriteNumber("index", 0);
            json.WriteStartObject(name);
            json.WriteString("type", type);
            json.WriteString("text", so);
            json.WriteEndObject();
        }
    }

    /// <summary>An event without JSON is OpenAI's last one.</summary>
    private static byte[] Events(params ReadOnlySpan<(string? Name, Action<Utf8JsonWriter>? Write)> events)
    {
        using var all = new MemoryStream();
        foreach (var (name, write) in events)
        {
            if (name is not null) all.Write(Encoding.UTF8.GetBytes($"event: {name}\n"));
            all.Write("data: "u8);
            all.Write(write is null ? "[DONE]"u8 : Json(write));
            all.Write("\n\n"u8);
        }

        return all.ToArray();
    }
}
