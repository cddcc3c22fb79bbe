namespace FinOps.Gateway.Providers;

/// <summary>What a call asks for.</summary>
internal enum Operation : byte
{
    /// <summary>Passed through, and counted if the answer tells usage.</summary>
    Other,
    Chat,
    Responses,
    Embeddings,
    Messages,
    Completions,

    /// <summary>Asks for something that is not billed.</summary>
    Free,
}

internal static class Operations
{
    private static readonly (string End, Operation Operation)[] Posts =
    [
        ("/chat/completions", Operation.Chat),
        ("/responses", Operation.Responses),
        ("/embeddings", Operation.Embeddings),
        ("/messages", Operation.Messages),
        ("/messages/count_tokens", Operation.Free),
        ("/responses/input_tokens", Operation.Free),
        ("/completions", Operation.Completions),
    ];

    /// <summary>Ends of posts that bring, look at or end something, and make nothing that is billed.</summary>
    private static readonly string[] Unbilled = ["/moderations", "/files", "/tokenize", "/detokenize", "/cancel"];

    /// <summary>By method and path, whatever stands before it (Azure has deployments there), in letters of any case, as Azure reads it.</summary>
    public static Operation Of(string method, string path)
    {
        if (method != "POST") return method is "GET" && !path.Contains("/batches/", StringComparison.Ordinal) ? Operation.Free : Operation.Other;
        foreach (var (end, operation) in Posts)
        {
            if (!path.EndsWith(end, StringComparison.OrdinalIgnoreCase)) continue;
            // OpenAI's threads have messages, too, which are put down and asked about later.
            return operation == Operation.Messages && path.Contains("/threads/", StringComparison.Ordinal) ? Operation.Free : operation;
        }

        return Operation.Other;
    }

    /// <summary>
    /// Makes something whose cost no count of tokens tells before: an image, speech, a batch, whatever else a provider has, and the content of a form, which is read only while it passes. What is not known to be free is taken for billed.
    /// </summary>
    public static bool IsUnmetered(this Operation operation, string method, string path)
    {
        if (operation != Operation.Other || method != "POST" || path.Contains("/uploads", StringComparison.Ordinal) || path.Contains("/vector_stores", StringComparison.Ordinal)) return false;
        foreach (var end in Unbilled)
            if (path.EndsWith(end, StringComparison.Ordinal)) return false;
        return true;
    }

    /// <summary><c>gen_ai.operation.name</c>.</summary>
    public static string TelemetryName(this Operation operation) => operation switch
    {
        Operation.Embeddings => "embeddings",
        Operation.Completions => "text_completion",
        Operation.Other => "generate",
        _ => "chat",
    };

    /// <summary>Azure names the model in the path: <c>/openai/deployments/NAME/chat/completions</c>.</summary>
    public static string? Deployment(string path) => Deployment(path, out _);

    /// <param name="end">Where its name ends.</param>
    public static string? Deployment(string path, out int end)
    {
        const string Before = "/deployments/";
        end = 0;
        var at = path.IndexOf(Before, StringComparison.OrdinalIgnoreCase);
        if (at < 0) return null;
        var start = at + Before.Length;
        var slash = path.IndexOf('/', start);
        end = slash < 0 ? path.Length : slash;
        return path[start..end];
    }
}
