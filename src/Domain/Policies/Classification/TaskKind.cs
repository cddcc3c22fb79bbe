namespace FinOps.Domain.Policies.Classification;

/// <summary>What a request asks a model to do. The names are part of the policies' document, in snake_case.</summary>
public enum TaskKind : byte
{
    Intent,
    Extraction,
    Rag,
    Chat,
    Code,
    LongForm,
    Embedding,
    Other,
}
