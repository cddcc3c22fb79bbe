namespace FinOps.Domain.Policies.Classification;

/// <summary>What a request tells besides its text.</summary>
public readonly record struct RequestShape
{
    /// <summary>It asks for vectors.</summary>
    public bool IsEmbedding { get; init; }

    /// <summary>It asks for a model's answer: chat, responses or messages.</summary>
    public bool IsConversation { get; init; }

    /// <summary>Bytes of all messages together.</summary>
    public long PromptBytes { get; init; }

    /// <summary>Tools that the model may call.</summary>
    public int Tools { get; init; }

    /// <summary>The model must call a tool: <c>tool_choice</c> names one or says "required".</summary>
    public bool MustCallTool { get; init; }

    /// <summary>The answer must be JSON, with or without a schema.</summary>
    public bool StructuredOutput { get; init; }

    /// <summary>The most tokens that may come back; null: not said.</summary>
    public int? MaxOutputTokens { get; init; }
}
