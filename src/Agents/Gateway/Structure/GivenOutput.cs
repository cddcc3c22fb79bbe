using System.Text;
using System.Text.Json;
using FinOps.Domain.Policies;

namespace FinOps.Gateway.Structure;

/// <summary>What the model wrote, out of an answer or the events of a stream: its texts, and the inputs of the tools that it called.</summary>
internal sealed class GivenOutput
{
    private readonly SortedDictionary<int, StringBuilder> _texts = [];
    private readonly SortedDictionary<int, (string Name, StringBuilder Input)> _tools = [];

    public IEnumerable<string> Texts => _texts.Values.Select(text => text.ToString());

    public IEnumerable<(string Name, string Input)> Tools => _tools.Values.Select(tool => (tool.Name, tool.Input.ToString()));

    /// <summary>It ended at the limit of tokens.</summary>
    public bool IsCut { get; private set; }

    /// <summary>The model said why it does not answer, or was kept from it: an answer that is meant.</summary>
    public bool IsRefused { get; private set; }

    /// <summary>Null: it cannot be read.</summary>
    public static GivenOutput? Read(RequestOperation operation, ReadOnlyMemory<byte> body, bool isStream)
    {
        var given = new GivenOutput();
        try
        {
            if (!isStream)
            {
                given.Take(operation, body);
                return given;
            }

            foreach (var data in Events(body)) given.TakeEvent(operation, data);
            return given;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Events(ReadOnlyMemory<byte> stream)
    {
        while (!stream.IsEmpty)
        {
            var end = stream.Span.IndexOfAny((byte)'\n', (byte)'\r');
            var line = end < 0 ? stream : stream[..end];
            stream = end < 0 ? default : stream[(end + 1)..];
            if (!line.Span.StartsWith("data:"u8)) continue;
            var data = line[5..];
            if (data.Span.TrimStart((byte)' ').StartsWith("{"u8)) yield return data;
        }
    }

    private void Take(RequestOperation operation, ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body, ExpectedOutput.Deep);
        switch (operation)
        {
            case RequestOperation.Chat: TakeChoices(document.RootElement, "message"); break;
            case RequestOperation.Responses: TakeResponse(document.RootElement); break;
            default: TakeMessage(document.RootElement); break;
        }
    }

    private void TakeEvent(RequestOperation operation, ReadOnlyMemory<byte> data)
    {
        using var document = JsonDocument.Parse(data, ExpectedOutput.Deep);
        var root = document.RootElement;
        switch (operation)
        {
            case RequestOperation.Chat: TakeChoices(root, "delta"); break;
            // The last event has all of it once more.
            case RequestOperation.Responses when root.TryGetProperty("response", out var response) && !Is(root, "type", "response.created") && !Is(root, "type", "response.in_progress"): TakeResponse(response); break;
            case RequestOperation.Messages: TakeMessageEvent(root); break;
        }
    }

    private void TakeChoices(JsonElement root, string part)
    {
        if (!root.TryGetProperty("choices", out var choices)) return;
        foreach (var choice in choices.EnumerateArray())
        {
            if (Is(choice, "finish_reason", "length")) IsCut = true;
            if (Is(choice, "finish_reason", "content_filter")) IsRefused = true;
            if (!choice.TryGetProperty(part, out var message) || message.ValueKind != JsonValueKind.Object) continue;
            if (Text(message, "refusal") is { Length: > 0 }) IsRefused = true;
            if (message.TryGetProperty("tool_calls", out var calls) && calls.ValueKind == JsonValueKind.Array && calls.GetArrayLength() > 0) _tools.TryAdd(Index(choice), ("", new StringBuilder()));
            if (Text(message, "content") is { } text) TextAt(Index(choice)).Append(text);
        }
    }

    private void TakeResponse(JsonElement response)
    {
        _texts.Clear();
        if (response.TryGetProperty("incomplete_details", out var details) && details.ValueKind == JsonValueKind.Object)
        {
            if (Is(details, "reason", "max_output_tokens")) IsCut = true;
            else IsRefused = true;
        }

        if (!response.TryGetProperty("output", out var output)) return;
        var at = 0;
        foreach (var item in output.EnumerateArray())
        {
            at++;
            if (Is(item, "type", "function_call") || Is(item, "type", "custom_tool_call")) _tools.TryAdd(at, ("", new StringBuilder()));
            if (!Is(item, "type", "message") || !item.TryGetProperty("content", out var content)) continue;
            foreach (var part in content.EnumerateArray())
            {
                if (Is(part, "type", "refusal")) IsRefused = true;
                else if (Is(part, "type", "output_text") && Text(part, "text") is { } text) TextAt(at).Append(text);
            }
        }
    }

    private void TakeMessage(JsonElement message)
    {
        TakeStop(message);
        var at = 0;
        foreach (var block in message.GetProperty("content").EnumerateArray())
        {
            if (Is(block, "type", "tool_use")) _tools[at] = (Text(block, "name") ?? "", new StringBuilder(block.GetProperty("input").GetRawText()));
            else if (Is(block, "type", "text")) TextAt(0).Append(Text(block, "text"));
            at++;
        }
    }

    private void TakeMessageEvent(JsonElement root)
    {
        if (Is(root, "type", "message_delta"))
        {
            TakeStop(root.GetProperty("delta"));
        }
        else if (Is(root, "type", "content_block_start"))
        {
            var block = root.GetProperty("content_block");
            if (Is(block, "type", "tool_use")) _tools[Index(root)] = (Text(block, "name") ?? "", new StringBuilder());
            else if (Is(block, "type", "text")) TextAt(0).Append(Text(block, "text"));
        }
        else if (Is(root, "type", "content_block_delta"))
        {
            var delta = root.GetProperty("delta");
            if (Is(delta, "type", "input_json_delta") && _tools.TryGetValue(Index(root), out var tool)) tool.Input.Append(Text(delta, "partial_json"));
            else if (Is(delta, "type", "text_delta")) TextAt(0).Append(Text(delta, "text"));
        }
    }

    private void TakeStop(JsonElement told)
    {
        if (Is(told, "stop_reason", "max_tokens")) IsCut = true;
        if (Is(told, "stop_reason", "refusal")) IsRefused = true;
    }

    private StringBuilder TextAt(int output)
    {
        if (!_texts.TryGetValue(output, out var text)) _texts[output] = text = new StringBuilder();
        return text;
    }

    private static int Index(JsonElement value) => value.TryGetProperty("index", out var index) && index.TryGetInt32(out var number) ? number : 0;

    private static bool Is(JsonElement value, string name, string text) => value.TryGetProperty(name, out var found) && found.ValueKind == JsonValueKind.String && found.ValueEquals(text);

    private static string? Text(JsonElement value, string name) => value.TryGetProperty(name, out var found) && found.ValueKind == JsonValueKind.String ? found.GetString() : null;
}
