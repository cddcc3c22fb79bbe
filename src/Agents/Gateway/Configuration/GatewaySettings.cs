using System.Net;
using FinOps.Domain.Policies;
using FinOps.Gateway.Metering;
using FinOps.Gateway.Providers;

namespace FinOps.Gateway.Configuration;

/// <summary>The file, checked and resolved: addresses parsed, secrets read.</summary>
internal sealed record GatewaySettings
{
    public required IPEndPoint Listen { get; init; }
    public IPEndPoint? AdminListen { get; init; }
    public required string DataFolder { get; init; }
    public required ProviderTable Providers { get; init; }
    public required IReadOnlyList<VirtualKey> Keys { get; init; }

    /// <summary>A person's own policies; null = none, or those of a control plane.</summary>
    public string? PolicyFile { get; init; }
    public ControlSettings? Control { get; init; }
    public ReportSettings? Report { get; init; }

    /// <summary>For hashes of what is asked.</summary>
    public required ContentHash HashKey { get; init; }
    public required GatewayLimits Limits { get; init; }
}

/// <param name="Token">Empty: it has enrolled already.</param>
internal sealed record ControlSettings(Uri Address, string Token);

/// <param name="Key">Null: the agent's own.</param>
/// <param name="Endpoint">The whole address that traces are posted to.</param>
internal sealed record ReportSettings(Uri Endpoint, string? Key, long MaxDiskBytes, TimeSpan MaxAge, long MaxMemoryBytes);

/// <summary>In bytes.</summary>
internal sealed record GatewayLimits(int MaxRequestBytes, int MaxBufferedAnswerBytes, int MaxEventBytes, int MaxCalls, long MaxCacheMemoryBytes, long MaxCacheDiskBytes)
{
    /// <summary>Of all bodies that are being read, or whose calls are in flight.</summary>
    public long MaxBodyMemoryBytes { get; init; } = 1L << 30;

    /// <summary>How long a caller may take next to nothing of what waits for it.</summary>
    public TimeSpan SlowCaller { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Of vectors of the embedding cache.</summary>
    public long MaxVectorMemoryBytes { get; init; } = 32L << 20;

    public long MaxVectorDiskBytes { get; init; } = 512L << 20;

    /// <summary>Of all answers in flight that several callers get.</summary>
    public long MaxSharedBytes { get; init; } = 64L << 20;

    /// <summary>What tokens without a known price count against leased budgets.</summary>
    public decimal UnpricedUsdPerMillionTokens { get; init; } = 15;

    /// <summary>What a call counts against leased budgets whose cost no tokens tell before.</summary>
    public decimal UnmeteredCallUsd { get; init; } = 0.05m;

    /// <summary>For each policy.</summary>
    public TimeSpan LeaseWait { get; init; } = TimeSpan.FromMilliseconds(500);
}
