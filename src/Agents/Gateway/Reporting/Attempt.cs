using System.Diagnostics;
using FinOps.Domain.Policies;
using FinOps.Domain.Usage;
using FinOps.Gateway.Metering;
using FinOps.Gateway.Providers;

namespace FinOps.Gateway.Reporting;

/// <summary>One attempt of one call, from its start to what it used: what a span tells.</summary>
internal sealed class Attempt
{
    public required Provider Provider { get; init; }
    public required Operation Operation { get; init; }
    /// <summary>What the caller asked for; of an upload it is known when that has passed.</summary>
    public required string RequestedModel { get; set; }

    /// <summary>What the provider was asked for: a policy can send a call elsewhere.</summary>
    public string AskedModel { get; set; } = "";
    public required TagSet Tags { get; init; }
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>From <see cref="Stopwatch.GetTimestamp"/>, for durations.</summary>
    public required long Started { get; init; }

    /// <summary>0 for the first.</summary>
    public ushort Number { get; init; }
    public string KeyId { get; init; } = "";
    public string RequestedTier { get; init; } = "";
    public uint MaxTokens { get; init; }
    public bool Streamed { get; init; }
    public ushort MessageCount { get; init; }
    public ushort ToolCount { get; init; }

    /// <summary>A look at a batch, which tells what all of its calls used together, or one of these calls. However often it is looked at, its id makes one call of it.</summary>
    public bool IsBatch { get; init; }

    /// <summary>What this is a look at: an answer that was begun in the background, and whose usage is still to be told. Null: it is none.</summary>
    public BegunAnswer? Begun { get; init; }

    /// <summary>Bytes of what is asked.</summary>
    public int ContentBytes { get; init; }

    /// <summary>No model was asked: usage is what was avoided.</summary>
    public bool IsCacheHit { get; set; }

    /// <summary>Of a list whose other parts were answered from what is kept.</summary>
    public long TokensAvoided { get; set; }

    /// <summary>Keyed; 0 = not known.</summary>
    public ulong InputHash { get; init; }

    /// <summary>Null when nothing is reported.</summary>
    public Activity? Span { get; set; }

    /// <summary>What the caller is told: the call's page has it in its address.</summary>
    public required string CallId { get; init; }

    public AnswerFacts Facts = new();

    /// <summary>The answer is made after this one, and its usage is told to whoever looks at it then.</summary>
    public bool IsInBackground => Operation == Operation.Responses && Begun is null && Facts.IsInBackground && !Facts.Usage.IsTold && Status is >= 200 and < 300;

    /// <summary>0 = the provider gave none.</summary>
    public int Status { get; set; }

    /// <summary>Empty = it succeeded.</summary>
    public string Error { get; set; } = "";

    /// <summary>How it failed when its caller had its beginning already; null: it did not.</summary>
    public FailureClass? BrokeBy { get; set; }

    /// <summary>Microseconds to the first piece of the answer; 0 = none came.</summary>
    public long FirstPieceMicros { get; set; }

    /// <summary>Bytes of an answer that was passed on unread: its usage is estimated from them.</summary>
    public long UnreadBytes { get; set; }

    public UsageVector Usage { get; set; }

    public UsageSource UsageSource { get; set; }

    /// <summary>USD; null = not known.</summary>
    public decimal? Cost { get; set; }

    public long MicrosSinceStart() => (long)Stopwatch.GetElapsedTime(Started).TotalMicroseconds;
}
