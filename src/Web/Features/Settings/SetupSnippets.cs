namespace FinOps.Web.Features.Settings;

/// <summary>The set-ups that a newcomer copies. The integration tests run these same texts against real SDKs.</summary>
public static class SetupSnippets
{
    public sealed record Snippet(string Key, string Name, string File, string Help);

    public static readonly IReadOnlyList<Snippet> All =
    [
        new("any", "Any OTLP SDK", "any-sdk.sh", "Set these where your service runs. Most instrumentations need nothing else."),
        new("vercel", "Vercel AI SDK", "vercel-ai-sdk.mjs", "Node 20 or later. The function id becomes the feature."),
        new("dotnet", "Microsoft.Extensions.AI", "microsoft-extensions-ai.cs", ".NET 10 runs it as one file; in a project, drop the three package lines."),
    ];

    /// <summary>The text with this installation's addresses and a key in place.</summary>
    public static string Text(Snippet snippet, string otlpHttp, string otlpGrpc, string key)
    {
        using var resource = typeof(SetupSnippets).Assembly.GetManifestResourceStream("snippets/" + snippet.File)
            ?? throw new InvalidOperationException($"The snippet {snippet.File} is not embedded.");
        using var reader = new StreamReader(resource);
        return reader.ReadToEnd()
            .Replace("{{otlp-http}}", otlpHttp, StringComparison.Ordinal)
            .Replace("{{otlp-grpc}}", otlpGrpc, StringComparison.Ordinal)
            .Replace("{{key}}", key, StringComparison.Ordinal);
    }
}
