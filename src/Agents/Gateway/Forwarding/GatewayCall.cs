using System.Diagnostics;
using FinOps.Domain.Policies;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using FinOps.Gateway.Caching;
using FinOps.Gateway.Embeddings;
using FinOps.Gateway.Leases;
using FinOps.Gateway.Policies;
using FinOps.Gateway.Providers;
using FinOps.Gateway.Reporting;
using FinOps.Gateway.Sharing;
using FinOps.Gateway.Structure;

namespace FinOps.Gateway.Forwarding;

/// <summary>One call on its way through the gateway: what it asks, and what was decided about it. One owner, its request.</summary>
internal sealed class GatewayCall
{
    /// <summary>Whom the caller addressed.</summary>
    public required Provider Provider { get; init; }
    public required Operation Operation { get; init; }

    /// <summary>No count of tokens tells before what it will cost (<see cref="Operations.IsUnmetered"/>).</summary>
    public bool IsUnmetered { get; init; }

    /// <summary>Behind the provider's base URL.</summary>
    public required string Path { get; init; }
    /// <summary>What else decides about the form of an answer: the query, and the headers by which a caller chooses a version of the API.</summary>
    public string Version { get; init; } = "";
    public required CompiledKey? Key { get; init; }

    /// <summary>The provider's key, if the caller brings it.</summary>
    public required string? CallersKey { get; init; }

    /// <summary>From <see cref="System.Diagnostics.Stopwatch.GetTimestamp"/>.</summary>
    public required long Started { get; init; }

    /// <summary>Null: it is passed on as it comes.</summary>
    public RequestBody? Body { get; init; }
    public required BodyFacts Facts { get; init; }

    /// <summary>Of a form that is passed on; null: it is none.</summary>
    public UploadModel? Upload { get; init; }
    public TagSet Tags { get; init; }

    /// <summary>Held from its beginning to its end, whatever is swapped meanwhile.</summary>
    public AppliedPolicies Applied;
    public PolicyTrace Trace { get; } = new();

    /// <summary>Whose policies these are; null: a file's.</summary>
    public TenantId? Tenant { get; set; }

    /// <summary>What is held back for it of leased budgets; null: none bounds it.</summary>
    public LeaseHold? Lease { get; set; }

    /// <summary>Of its first attempt: the others belong to it. The default: nothing is reported, or nobody was asked yet.</summary>
    public ActivityTraceId TraceId { get; set; }

    /// <summary>Where it goes first.</summary>
    public Provider? Target { get; set; }

    /// <summary>What it asks there.</summary>
    public string Model { get; set; } = "";

    /// <summary>Tells its prompt from others (<see cref="Routing.PromptHead"/>); 0: nobody has asked.</summary>
    public ulong PromptHead { get; set; }

    /// <summary>Where it goes when that fails.</summary>
    public CompiledPolicy? Fallback { get; set; }

    /// <summary>What is written for the most tokens of the answer; null: as it stands.</summary>
    public long? MaxTokens { get; set; }

    /// <summary>What the answer is kept under, and how long; null: it is not kept.</summary>
    public CacheKey? CacheKey { get; set; }
    public CompiledPolicy? CachePolicy { get; set; }

    /// <summary>Calls that ask this at the same time may have one answer; null: it is sent by itself.</summary>
    public SharedQuestion? Shares { get; set; }

    /// <summary>The same by a policy on trial.</summary>
    public SharedQuestion? SharesOnTrial { get; set; }

    /// <summary>Its texts may have kept vectors; null: it is asked as it is.</summary>
    public EmbeddingQuestion? Embeds { get; set; }

    /// <summary>The same by a policy on trial.</summary>
    public EmbeddingQuestion? EmbedsOnTrial { get; set; }

    /// <summary>What is asked in the place of the caller's list; null: that.</summary>
    public Splice? Input { get; set; }

    /// <summary>Of the parts of it that are answered from what is kept.</summary>
    public long TokensAvoided { get; set; }

    public CacheControl CacheControl { get; set; }

    /// <summary>The structure that its answer must have, if a fallback is to be asked where it has another.</summary>
    public ExpectedOutput? Output { get; set; }

    /// <summary>Looks at an attempt's answer, which is held, before it is reported.</summary>
    public Func<Attempt, FailedAnswer?>? Check { get; set; }

    /// <summary>Others may get its answer: what it cost is told to its own caller only.</summary>
    public bool IsShared { get; set; }

    /// <summary>The latest that has ended.</summary>
    public Attempt? LastAttempt { get; set; }

    /// <summary>hit, partial, miss, bypass, shared or none.</summary>
    public string CacheState { get; set; } = "none";

    /// <summary>A look at one batch, or its end; to make one is no such, nor is anything that may be billed.</summary>
    public bool IsOfBatch => Operation == Operation.Other && !IsUnmetered && Path.Contains("/batches/", StringComparison.Ordinal);

    /// <summary>
    /// Whether a policy may send it there: in its protocol, and by a key of ours. A caller's key is never shown to another provider than it was sent to, and ours are for those alone who have a key of the gateway.
    /// </summary>
    public bool MayReach(Provider provider) => ReferenceEquals(provider, Provider) || (provider.Protocol == Provider.Protocol && provider.ApiKey is not null && Key is not null);

    /// <summary>Asks for what became of the requests of one of Anthropic's batches.</summary>
    public bool IsOfResults => IsOfBatch && Path.Contains("/messages/batches/", StringComparison.Ordinal) && Path.EndsWith("/results", StringComparison.Ordinal);

    public RequestOperation RequestOperation => Operation switch
    {
        Operation.Chat => RequestOperation.Chat,
        Operation.Responses => RequestOperation.Responses,
        Operation.Embeddings => RequestOperation.Embeddings,
        Operation.Messages => RequestOperation.Messages,
        _ => RequestOperation.Other,
    };
}
