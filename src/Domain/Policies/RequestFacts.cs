using FinOps.Domain.Policies.Classification;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Policies;

/// <summary>What a gateway knows of a request when it asks which policies apply. Filled on the stack; what is not told is empty.</summary>
public struct RequestFacts
{
    private string? _provider, _model, _key;

    /// <summary>Of the request, with what its key binds.</summary>
    public TagSet Tags;

    public RequestOperation Operation;

    /// <summary>Null: not found out. Only asked for where <see cref="PolicySnapshot.NeedsTask"/>.</summary>
    public TaskKind? Task;

    /// <summary>Length of the request's body.</summary>
    public long PromptBytes;

    public bool Streaming;

    /// <summary>Where the request would go without any policy.</summary>
    public string Provider
    {
        readonly get => _provider ?? "";
        set => _provider = value;
    }

    /// <summary>The requested model.</summary>
    public string Model
    {
        readonly get => _model ?? "";
        set => _model = value;
    }

    /// <summary>Id of the virtual key.</summary>
    public string KeyId
    {
        readonly get => _key ?? "";
        set => _key = value;
    }
}
