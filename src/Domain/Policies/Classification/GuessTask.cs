namespace FinOps.Domain.Policies.Classification;

/// <summary>
/// Guesses what a request asks a model to do, by plain rules of which the first that holds decides. A guess: where an application tells its features, rules by feature are surer.
/// </summary>
public static class GuessTask
{
    /// <summary>So short an answer is a label. In tokens, default 16.</summary>
    public const int LabelTokens = 16;

    /// <summary>Where the words ask for a label, an answer may still be as long as this, with its reason. In tokens, default 64.</summary>
    public const int ReasonedLabelTokens = 64;

    /// <summary>An answer that may be no longer is no long text, whatever the words ask for. In tokens, default 512.</summary>
    public const int LongFormTokens = 512;

    /// <summary>A prompt that holds retrieved text is at least so long. In bytes, default 2 KiB.</summary>
    public const int RetrievalBytes = 2 * 1024;

    /// <summary>Fewer signs of code may be in any prose. Default 8.</summary>
    public const int LeastCodeSigns = 8;

    /// <summary>Their least share of the bytes that were read. Default 3 %.</summary>
    public const double CodeSignShare = 0.03;

    /// <param name="shape">Of the request.</param>
    /// <param name="prompt">Of the user's last message; <c>default</c> where there is no text.</param>
    public static TaskKind Of(in RequestShape shape, in PromptFeatures prompt)
    {
        // 1. The endpoint says it.
        if (shape.IsEmbedding) return TaskKind.Embedding;
        // 2. No question to a model, or none in words: pictures and sound alone.
        if (!shape.IsConversation || prompt.Words == 0) return TaskKind.Other;
        // 3. There is room for a label alone.
        if (shape.MaxOutputTokens <= LabelTokens) return TaskKind.Intent;
        // 4. The words ask for one, and nothing asks for a long answer.
        if (prompt.LabellingWords > 0 && (shape.MaxOutputTokens ?? 0) <= ReasonedLabelTokens) return TaskKind.Intent;
        // 5. The answer has a form that a program reads.
        if (shape.StructuredOutput || shape.MustCallTool || prompt.ExtractingWords > 0) return TaskKind.Extraction;
        // 6. Code is in the message or asked for.
        if (HasCode(prompt)) return TaskKind.Code;
        // 7. A step of an agent is none of these kinds.
        if (shape.Tools > 0) return TaskKind.Other;
        // 8. Retrieved text is long and introduced.
        if (prompt.PassageWords > 0 && Math.Max(shape.PromptBytes, prompt.Bytes) >= RetrievalBytes) return TaskKind.Rag;
        // 9. A text is asked for, and there is room for it.
        if (prompt.WritingWords > 0 && !(shape.MaxOutputTokens < LongFormTokens)) return TaskKind.LongForm;
        // 10. What remains is talk.
        return TaskKind.Chat;
    }

    private static bool HasCode(in PromptFeatures prompt) =>
        prompt.Fences > 0 || prompt.CodeWords > 0 || (prompt.CodeSigns >= LeastCodeSigns && prompt.CodeSigns >= CodeSignShare * Math.Min(prompt.Bytes, PromptFeatures.MaxReadBytes));
}
