using System.Text.Json;
using FinOps.Gateway.Providers;

namespace FinOps.Gateway.Forwarding;

/// <summary>Fields of a body that are looked at.</summary>
[Flags]
internal enum Fields
{
    Model = 1,
    Stream = 2,
    StreamOptions = 4,
    MaxTokens = 8,
    MaxCompletionTokens = 16,
    MaxOutputTokens = 32,
    ServiceTier = 64,
    User = 128,
    SafetyIdentifier = 256,
    Metadata = 512,

    /// <summary>Whichever of the three the operation has.</summary>
    Content = 1024,
    Tools = 2048,
    ResponseFormat = 4096,
    ToolChoice = 8192,
    Conversation = 16384,
    Container = 32768,
    Messages = 65536,
    Input = 131072,
    Prompt = 262144,
    GatewaySession = 524288,
    GatewayTrace = 1048576,
    N = 2097152,
    BestOf = 4194304,
}

/// <summary>Which field a name means.</summary>
internal static class BodyNames
{
    /// <summary>Fields that the operation does not have are none of ours.</summary>
    public static Fields FieldOf(ref Utf8JsonReader reader, Operation operation) => NameOf(ref reader) switch
    {
        Fields.Messages => operation is Operation.Chat or Operation.Messages ? Fields.Content : default,
        Fields.Input => operation is Operation.Responses or Operation.Embeddings ? Fields.Content : default,
        // In a response it names a stored template.
        Fields.Prompt => operation is Operation.Completions or Operation.Other ? Fields.Content : default,
        Fields.MaxOutputTokens => operation is Operation.Responses ? Fields.MaxOutputTokens : default,
        Fields.MaxCompletionTokens => operation is Operation.Chat ? Fields.MaxCompletionTokens : default,
        Fields.MaxTokens => operation is Operation.Responses or Operation.Embeddings ? default : Fields.MaxTokens,
        var field => field,
    };

    private static Fields NameOf(ref Utf8JsonReader reader)
    {
        // What no name of ours is as long as needs no comparison.
        var length = reader.ValueSpan.Length;
        if (reader.ValueIsEscaped) length = 0;
        return length switch
        {
            1 when reader.ValueTextEquals("n"u8) => Fields.N,
            4 when reader.ValueTextEquals("user"u8) => Fields.User,
            5 when reader.ValueTextEquals("model"u8) => Fields.Model,
            5 when reader.ValueTextEquals("input"u8) => Fields.Input,
            5 when reader.ValueTextEquals("tools"u8) => Fields.Tools,
            6 when reader.ValueTextEquals("stream"u8) => Fields.Stream,
            6 when reader.ValueTextEquals("prompt"u8) => Fields.Prompt,
            7 when reader.ValueTextEquals("best_of"u8) => Fields.BestOf,
            8 when reader.ValueTextEquals("messages"u8) => Fields.Messages,
            8 when reader.ValueTextEquals("metadata"u8) => Fields.Metadata,
            9 when reader.ValueTextEquals("container"u8) => Fields.Container,
            10 when reader.ValueTextEquals("max_tokens"u8) => Fields.MaxTokens,
            11 when reader.ValueTextEquals("tool_choice"u8) => Fields.ToolChoice,
            12 when reader.ValueTextEquals("conversation"u8) => Fields.Conversation,
            12 when reader.ValueTextEquals("service_tier"u8) => Fields.ServiceTier,
            14 when reader.ValueTextEquals("stream_options"u8) => Fields.StreamOptions,
            15 when reader.ValueTextEquals("response_format"u8) => Fields.ResponseFormat,
            16 when reader.ValueTextEquals("litellm_trace_id"u8) => Fields.GatewayTrace,
            17 when reader.ValueTextEquals("max_output_tokens"u8) => Fields.MaxOutputTokens,
            17 when reader.ValueTextEquals("safety_identifier"u8) => Fields.SafetyIdentifier,
            18 when reader.ValueTextEquals("litellm_session_id"u8) => Fields.GatewaySession,
            21 when reader.ValueTextEquals("max_completion_tokens"u8) => Fields.MaxCompletionTokens,
            0 => Escaped(ref reader),
            _ => default,
        };
    }

    /// <summary>A name with escapes (<c>mod\u0065l</c>) means the same to whoever reads it next.</summary>
    private static Fields Escaped(ref Utf8JsonReader reader) => reader.GetString() switch
    {
        "model" => Fields.Model,
        "stream" => Fields.Stream,
        "stream_options" => Fields.StreamOptions,
        "max_tokens" => Fields.MaxTokens,
        "max_completion_tokens" => Fields.MaxCompletionTokens,
        "max_output_tokens" => Fields.MaxOutputTokens,
        "service_tier" => Fields.ServiceTier,
        "user" => Fields.User,
        "safety_identifier" => Fields.SafetyIdentifier,
        "metadata" => Fields.Metadata,
        "messages" => Fields.Messages,
        "input" => Fields.Input,
        "prompt" => Fields.Prompt,
        "n" => Fields.N,
        "best_of" => Fields.BestOf,
        "conversation" => Fields.Conversation,
        "litellm_session_id" => Fields.GatewaySession,
        "litellm_trace_id" => Fields.GatewayTrace,
        "container" => Fields.Container,
        "tools" => Fields.Tools,
        "tool_choice" => Fields.ToolChoice,
        "response_format" => Fields.ResponseFormat,
        _ => default,
    };
}
