using FinOps.Domain.Policies.Classification;

namespace FinOps.Domain.Policies;

/// <summary>What a request asks of a provider. The names are part of the document, in lower case.</summary>
public enum RequestOperation : byte
{
    /// <summary>Any other path: passed through. No policy can name it.</summary>
    Other,

    /// <summary><c>POST /v1/chat/completions</c>.</summary>
    Chat,

    /// <summary><c>POST /v1/responses</c>.</summary>
    Responses,

    /// <summary><c>POST /v1/embeddings</c>.</summary>
    Embeddings,

    /// <summary><c>POST /v1/messages</c>.</summary>
    Messages,
}

/// <summary>
/// Which requests a policy is for. All parts that are given must hold; of a part's values one. In a list of tags the empty string stands for "not told".
/// Tags, keys and services are compared letter by letter, providers and models whatever their case.
/// </summary>
public sealed record PolicyMatch
{
    /// <summary>Values of one part. Default 200.</summary>
    public const int MaxValues = 200;

    /// <summary>Characters of a value. Default 256.</summary>
    public const int MaxValueLength = 256;

    public static PolicyMatch Everything { get; } = new() { All = true };

    /// <summary>Every request. It has to be said, so that a forgotten part is no policy for everything.</summary>
    public bool All { get; init; }

    public IReadOnlyList<string> Features { get; init; } = [];
    public IReadOnlyList<string> Users { get; init; } = [];
    public IReadOnlyList<string> Teams { get; init; } = [];
    public IReadOnlyList<string> Customers { get; init; } = [];
    public IReadOnlyList<string> Environments { get; init; } = [];
    public IReadOnlyList<string> Services { get; init; } = [];

    /// <summary>Ids of virtual keys.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>Names of providers as the gateway has them.</summary>
    public IReadOnlyList<string> Providers { get; init; } = [];

    /// <summary>Requested models; <c>*</c> stands for any letters.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    public IReadOnlyList<RequestOperation> Operations { get; init; } = [];

    /// <summary>A request whose kind was not found out is none of them.</summary>
    public IReadOnlyList<TaskKind> Tasks { get; init; } = [];

    /// <summary>Whether a session is told.</summary>
    public bool? HasSession { get; init; }

    public bool? Streaming { get; init; }

    /// <summary>Bytes of the request's body, inclusive.</summary>
    public long? MinPromptBytes { get; init; }

    /// <summary>Bytes of the request's body, inclusive.</summary>
    public long? MaxPromptBytes { get; init; }

    /// <summary>How many parts are given: the more, the more specific. A range is one.</summary>
    public int Parts =>
        Count(Features) + Count(Users) + Count(Teams) + Count(Customers) + Count(Environments) + Count(Services) + Count(Keys) + Count(Providers) + Count(Models)
        + (Operations.Count > 0 ? 1 : 0) + (Tasks.Count > 0 ? 1 : 0) + (HasSession is null ? 0 : 1) + (Streaming is null ? 0 : 1)
        + (MinPromptBytes is null && MaxPromptBytes is null ? 0 : 1);

    private static int Count(IReadOnlyList<string> values) => values.Count > 0 ? 1 : 0;
}
