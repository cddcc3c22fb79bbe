namespace FinOps.Ingest.Mapping;

internal enum OperationKind : byte
{
    /// <summary>Nothing to do with a model, or not known.</summary>
    None,
    /// <summary>One call of a model.</summary>
    Call,
    /// <summary>Asks a provider for something that no token is billed for (counting tokens, reading an answer again): never a call, whatever it tells.</summary>
    Free,
    /// <summary>Wraps calls: an agent, a workflow, a tool, an SDK's outer span. Its usage sums up or repeats what is below.</summary>
    Wrapper,
}

/// <summary>The operation of a span in the words of the GenAI conventions, whichever dialect names it.</summary>
internal readonly record struct Operation(string Name, OperationKind Kind, bool? Streams = null)
{
    public static Operation None { get; } = new("", OperationKind.None);

    private static readonly Dictionary<string, Operation> Known = new(StringComparer.OrdinalIgnoreCase);

    static Operation()
    {
        // gen_ai.operation.name
        Call("chat", "chat", "responses", "response", "messages", "message", "generation", "llm", "generate", "acompletion", "aresponses", "anthropic_messages");
        Call("text_completion", "text_completion", "completion", "completions", "atext_completion");
        Call("generate_content", "generate_content", "agenerate_content");
        Call("embeddings", "embeddings", "embedding", "embed", "aembedding");
        Call("rerank", "rerank", "reranker", "reranking", "arerank");
        Call("image_generation", "image_generation", "image", "aimage_generation");
        Call("speech", "speech", "text_to_speech", "audio", "aspeech");
        Call("transcription", "transcription", "speech_to_text", "atranscription");
        Wrapper("invoke_agent", "invoke_agent", "agent");
        Wrapper("invoke_workflow", "invoke_workflow", "workflow", "chain");
        Wrapper("create_agent", "create_agent");
        Wrapper("agent_step", "agent_step", "step", "task");
        Wrapper("execute_tool", "execute_tool", "tool", "function");
        Wrapper("plan", "plan");
        Wrapper("retrieval", "retrieval", "retriever");
        Wrapper("evaluate", "evaluator", "guardrail");
        Wrapper("span", "span", "event", "unknown");

        Free("count_tokens", "count_tokens", "acount_tokens", "token_counter");
        Free("list_models", "list_models", "get_model", "retrieve_model");
        Free("get_response", "get_response", "get_responses", "aget_responses", "retrieve_response", "list_input_items", "alist_input_items");
        Free("get_batch", "get_batch", "retrieve_batch", "aretrieve_batch", "list_batches", "alist_batches");

        // ai.operationId of the Vercel AI SDK: the inner span is the call, the outer one wraps all its steps.
        Vercel("ai.generateText", "chat", false);
        Vercel("ai.streamText", "chat", true);
        Vercel("ai.generateObject", "chat", false);
        Vercel("ai.streamObject", "chat", true);
        Known["ai.generateText.doGenerate"] = new("chat", OperationKind.Call, false);
        Known["ai.generateObject.doGenerate"] = new("chat", OperationKind.Call, false);
        Known["ai.streamText.doStream"] = new("chat", OperationKind.Call, true);
        Known["ai.streamObject.doStream"] = new("chat", OperationKind.Call, true);
        Vercel("ai.embed", "embeddings", null);
        Vercel("ai.embedMany", "embeddings", null);
        Known["ai.embed.doEmbed"] = new("embeddings", OperationKind.Call);
        Known["ai.embedMany.doEmbed"] = new("embeddings", OperationKind.Call);
        Vercel("ai.rerank", "rerank", null);
        Known["ai.rerank.doRerank"] = new("rerank", OperationKind.Call);
        Known["ai.toolCall"] = new("execute_tool", OperationKind.Wrapper);
    }

    /// <summary>Unknown names are kept as they are; they make a span a call only if it tells usage.</summary>
    public static Operation Parse(string name) =>
        name.Length == 0 ? None : Known.TryGetValue(name, out var known) ? known : new(name.ToLowerInvariant(), OperationKind.None);

    private static void Call(string canonical, params ReadOnlySpan<string> names)
    {
        foreach (var name in names) Known[name] = new(canonical, OperationKind.Call);
    }

    private static void Free(string canonical, params ReadOnlySpan<string> names)
    {
        foreach (var name in names) Known[name] = new(canonical, OperationKind.Free);
    }

    private static void Wrapper(string canonical, params ReadOnlySpan<string> names)
    {
        foreach (var name in names) Known[name] = new(canonical, OperationKind.Wrapper);
    }

    private static void Vercel(string outer, string canonical, bool? streams) => Known[outer] = new(canonical, OperationKind.Wrapper, streams);
}
