using System.ComponentModel;
using System.Text.Json.Serialization;

namespace FinOps.Web.Api;

/// <summary>One page of calls.</summary>
/// <param name="Calls">The latest first.</param>
/// <param name="NextCursor">Pass it as `cursor` for the next page; null on the last.</param>
public sealed record CallsResponse(IReadOnlyList<CallSummary> Calls, string? NextCursor);

/// <summary>One model call.</summary>
public record CallSummary
{
    [Description("Trace id and span id in hexadecimal, joined by a hyphen.")]
    public required string Id { get; init; }

    [Description("When the call started, by its sender's clock.")]
    public required DateTimeOffset Start { get; init; }

    [Description("Milliseconds from start to the end of the answer.")]
    public required double DurationMilliseconds { get; init; }

    [Description("Milliseconds from start to the first token; null when not told.")]
    public required double? TimeToFirstTokenMilliseconds { get; init; }

    [Description("answered or failed.")]
    public required string Status { get; init; }

    [Description("`error.type` of a failed call.")]
    public required string ErrorType { get; init; }

    [Description("`gen_ai.operation.name`.")]
    public required string Operation { get; init; }
    public required string Provider { get; init; }

    [Description("The served model exactly as reported, else the requested one.")]
    public required string Model { get; init; }
    public required string RequestedModel { get; init; }

    [Description("The provider's id of the answer.")]
    public required string ResponseId { get; init; }
    public required string Project { get; init; }
    public required string Feature { get; init; }
    public required string User { get; init; }
    public required string Team { get; init; }
    public required string Customer { get; init; }
    public required string Environment { get; init; }
    public required string Service { get; init; }
    public required string Endpoint { get; init; }
    public required string Session { get; init; }

    [Description("What the call cost; null when it is unpriced.")]
    public required decimal? Cost { get; init; }

    [Description("ISO 4217 code of `cost`.")]
    public required string Currency { get; init; }

    [Description("Input tokens, cached ones included.")]
    public required long InputTokens { get; init; }
    public required long CacheReadTokens { get; init; }
    public required long CacheWriteTokens { get; init; }

    [Description("Output tokens, reasoning included.")]
    public required long OutputTokens { get; init; }
    public required long ReasoningTokens { get; init; }

    [Description("What a reader must know about the figures: inferredProvider, estimatedUsage, upperBound, unpriced, noUsage …")]
    public required IReadOnlyList<string> Flags { get; init; }
}

/// <summary>A call with its line items, the reports that were merged into it, and the spans of its trace.</summary>
public sealed record CallResponse : CallSummary
{
    [JsonPropertyOrder(1)]
    [Description("What the cost consists of, by the version of the price book that it was rated with; they sum to it if `explained`.")]
    public required IReadOnlyList<CallLine> LineItems { get; init; }

    [JsonPropertyOrder(1)]
    [Description("The line items sum to the cost. False only for a call that an older release rated, before versions of the book were kept.")]
    public required bool Explained { get; init; }

    [JsonPropertyOrder(1)]
    [Description("What a response cache had to do with it: hit, miss, bypassed, shared (the answer of an equal call in flight was given), partial (of a list some texts had kept vectors), or none where no cache was asked or none was told of.")]
    public required string Cache { get; init; }

    [JsonPropertyOrder(1)]
    [Description("What the provider would have billed beside the cost for what came from a cache, the whole answer or the kept vectors of a list, by the same prices; in no sum. Null where no cache answered anything, or where nothing prices it.")]
    public required decimal? Avoided { get; init; }

    [JsonPropertyOrder(1)]
    [Description("Input tokens that the kept vectors of a list would have cost beside `inputTokens`; 0 for any other call. Of a whole answer from a cache the usage itself is what was avoided.")]
    public required long TokensAvoided { get; init; }

    [JsonPropertyOrder(1)]
    [Description("The id of the gateway key that it came to the gateway with; empty where none was told.")]
    public required string GatewayKey { get; init; }

    [JsonPropertyOrder(1)]
    [Description("The policies that touched it at the edge, in order of precedence.")]
    public required IReadOnlyList<CallPolicy> Policies { get; init; }

    [JsonPropertyOrder(1)]
    [Description("The version of the price book that gave the cost; 0 is the list shipped with the program.")]
    public required long BookVersion { get; init; }

    [JsonPropertyOrder(1)]
    [Description("The price book of today gives another cost: `today`. Stored costs change by a re-rating only.")]
    public required bool PricesChanged { get; init; }

    [JsonPropertyOrder(1)]
    [Description("What the price book of today gives; null unless `pricesChanged`.")]
    public required CallToday? Today { get; init; }

    [JsonPropertyOrder(1)]
    [Description("How many calls this one stands for, where its trace was sampled (`ot=th` of the tracestate): 10 where one in ten was kept; 1 = itself alone. The cost is that of the call itself.")]
    public required decimal StandsFor { get; init; }

    [JsonPropertyOrder(1)]
    [Description("Every report of this call, the one that stands for it first.")]
    public required IReadOnlyList<CallReportEntry> Reports { get; init; }

    [JsonPropertyOrder(1)]
    [Description("The spans of its trace in the order of a drawn tree. Spans that are not model calls are kept for three days.")]
    public required IReadOnlyList<CallSpan> Trace { get; init; }
}

/// <summary>What the price book of today gives for a call; `cost` is null where it has no price.</summary>
public sealed record CallToday(long BookVersion, decimal? Cost);

/// <summary>A policy that touched the call, in the gateway's words: `arm` is treatment, control, outside or dry_run; `effect` what it did (or in a dry run would have done), none where nothing.</summary>
public sealed record CallPolicy(string Id, int Version, string Arm, string Effect);

/// <summary>One line of a call's cost: quantity / unitSize × unitPrice × multiplier. Agreed: the price's own currency, where that is not USD.</summary>
public sealed record CallLine(
    string Meter, decimal Quantity, string Unit, decimal UnitSize, decimal UnitPrice, decimal Multiplier, decimal Cost, string Label, string Source, CallLinePrice? Agreed);

/// <summary>A unit price as it was agreed, and the rate that `unitPrice` was found with: what 1 USD was in that currency on that day.</summary>
public sealed record CallLinePrice(string Currency, decimal UnitPrice, decimal ExchangeRate, DateOnly RateDay);

/// <summary>One span that told of the call. `reportedCost` is what it claims, for comparison; it is never used.</summary>
public sealed record CallReportEntry(
    string Id, string Role, string Instrumentation, string Source, string SpanName, long InputTokens, long OutputTokens, decimal? ReportedCost, DateTimeOffset ReceivedAt);

/// <summary>One span of the trace. `role` is null for spans that are not model calls.</summary>
public sealed record CallSpan(
    string SpanId, string? ParentSpanId, int Depth, string Name, string Service, DateTimeOffset Start, double DurationMilliseconds, bool Failed, string? Role, decimal? Cost);
