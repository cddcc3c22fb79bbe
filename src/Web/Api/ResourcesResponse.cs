using System.ComponentModel;
using System.Text.Json.Serialization;
using FinOps.Analytics.Gpus;
using FinOps.Domain.Allocation;
using FinOps.Domain.Currencies;

namespace FinOps.Web.Api;

/// <summary>What GPUs did and cost.</summary>
/// <param name="Devices">Those that cost most first.</param>
/// <param name="Models">Models that the organisation's own servers answered with.</param>
/// <param name="RatedUntil">Up to where quarter hours are rated; null where none is.</param>
/// <param name="Truncated">There are more devices than an answer has.</param>
public sealed record GpusResponse(IReadOnlyList<GpuDeviceResponse> Devices, IReadOnlyList<GpuModelResponse> Models, DateTimeOffset? RatedUntil, bool Truncated);

/// <summary>One device, or one MIG slice of it.</summary>
public sealed record GpuDeviceResponse
{
    public required string Host { get; init; }
    public required string Device { get; init; }

    [Description("MIG: the slice, or \"unpartitioned\" for what no slice has; empty for a whole device.")]
    public required string Slice { get; init; }
    public required string Accelerator { get; init; }
    public required double ObservedHours { get; init; }
    public required double UsedHours { get; init; }

    [Description("Hours for which no price held. Their cost is unknown and in no sum.")]
    public required double UnpricedHours { get; init; }

    [Description("0 to 1; null where nothing told it.")]
    public required double? Utilisation { get; init; }
    public required double MemoryUsedBytes { get; init; }
    public required double Watts { get; init; }

    [Description("USD, of the latest quarter hour; null without a price.")]
    public required decimal? PricePerHour { get; init; }

    [Description("onDemand, spot, reserved or owned; null without a price.")]
    public required string? Purchase { get; init; }
    public required decimal Cost { get; init; }
    public required decimal IdleCost { get; init; }
    public required string Currency { get; init; }

    internal static GpuDeviceResponse Of(GpuDevice device) => new()
    {
        Host = device.Host,
        Device = device.Device,
        Slice = device.Slice,
        Accelerator = device.Accelerator,
        ObservedHours = device.ObservedHours,
        UsedHours = device.UsedHours,
        UnpricedHours = device.UnpricedHours,
        Utilisation = device.Utilisation,
        MemoryUsedBytes = device.MemoryUsedBytes,
        Watts = device.Watts,
        PricePerHour = device.PricePerHour,
        Purchase = device.IsUnpriced ? null : CallsEndpoint.Word(device.Purchase),
        Cost = device.Cost,
        IdleCost = device.IdleCost,
        Currency = ExchangeRates.Usd,
    };
}

/// <summary>One model of one's own.</summary>
/// <param name="Model">As the server names it.</param>
/// <param name="PromptTokens">Tokens read.</param>
/// <param name="GeneratedTokens">Tokens written.</param>
/// <param name="UsageCost">USD for time at work alone.</param>
/// <param name="AllocationCost">USD with the idle time of its quarter hours.</param>
/// <param name="UsagePerMillion">USD per million tokens, read and written; null without tokens.</param>
/// <param name="AllocationPerMillion">The same with idle time.</param>
/// <param name="IsEstimated">Split by a fixed ratio, because a server told no times.</param>
public sealed record GpuModelResponse(
    string Model, double PromptTokens, double GeneratedTokens, decimal UsageCost, decimal AllocationCost, decimal? UsagePerMillion, decimal? AllocationPerMillion, bool IsEstimated)
{
    internal static GpuModelResponse Of(GpuModel model) => new(
        model.Model, model.PromptTokens, model.GeneratedTokens, model.UsageCost, model.AllocationCost, model.UsagePerMillion, model.AllocationPerMillion, model.IsEstimated);
}

/// <summary>Money of GPUs by who it was spent for. The rows sum to what the priced devices cost.</summary>
/// <param name="Rows">The most expensive first.</param>
/// <param name="Coverage">0 to 1: of the money that was not idle, the share that has an owner; null without any.</param>
/// <param name="Truncated">There are more rows; then they sum to less.</param>
public sealed record GpuCostsResponse(IReadOnlyList<GpuCostResponse> Rows, decimal? Coverage, bool Truncated);

/// <summary>Money of one kind and group.</summary>
/// <param name="Kind">used, idle, unallocated or wasted.</param>
/// <param name="Group">The model, feature, team, customer or host; empty where it is not told.</param>
/// <param name="Reason">Why it has no owner: noUtilisation, sliceNotAttributable, noRequestMetrics, noCalls; none where it has one.</param>
/// <param name="IsEstimated">Split by a fixed ratio, because a server told no times.</param>
/// <param name="Cost">In the basis that was asked for.</param>
/// <param name="Currency">USD.</param>
public sealed record GpuCostResponse(string Kind, string Group, string Reason, bool IsEstimated, decimal Cost, string Currency)
{
    internal static GpuCostResponse Of(GpuCost row, bool allocation) => new(
        CallsEndpoint.Word(row.Kind), row.Group, CallsEndpoint.Word(row.Reason), row.IsEstimated, allocation ? row.AllocationCost : row.UsageCost, ExchangeRates.Usd);
}

/// <summary>A price of GPU hours as it shall be.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ResourcePriceRequest
{
    [Description("Words of the accelerator's name in the telemetry, for example \"H100\" or \"A100 80GB\".")]
    public required string Accelerator { get; init; }

    [Description("Hosts it is for, * for any characters.")]
    public required string Hosts { get; init; }
    public string Provider { get; init; } = "";
    public string Region { get; init; } = "";

    [Description("onDemand, spot, reserved or owned.")]
    public required string Purchase { get; init; }

    [Description("USD for an hour of one accelerator. Left out with `owned`.")]
    public decimal? PricePerHour { get; init; }

    [Description("Bought hardware: the price of an hour follows from it.")]
    public OwnedHardwareRequest? Owned { get; init; }

    [Description("A quarter hour. With a change: from then on; left out, it is a correction.")]
    public DateTimeOffset? ValidFrom { get; init; }
    public DateTimeOffset? ValidTo { get; init; }

    [Description("Why; it stands in the history and in the audit record.")]
    public required string Reason { get; init; }

    [Description("With a change: `change` of the price that you looked at. If it was changed since, the answer is 409.")]
    public long? Change { get; init; }
}

/// <summary>What a bought accelerator costs.</summary>
/// <param name="PurchasePrice">USD.</param>
/// <param name="AmortisationMonths">Months of its life.</param>
/// <param name="Kilowatts">Power that it draws.</param>
/// <param name="PricePerKilowattHour">USD.</param>
/// <param name="PowerUsageEffectiveness">PUE of the site.</param>
public sealed record OwnedHardwareRequest(decimal PurchasePrice, int AmortisationMonths, decimal Kilowatts, decimal PricePerKilowattHour, decimal PowerUsageEffectiveness)
{
    internal OwnedHardware ToHardware() => new(PurchasePrice, AmortisationMonths, Kilowatts, PricePerKilowattHour, PowerUsageEffectiveness);
}

/// <summary>A price of GPU hours.</summary>
public sealed record ResourcePriceResponse
{
    public required Guid Id { get; init; }

    [Description("Number of the change that made it: hand it in with the next one.")]
    public required long Change { get; init; }
    public required string Accelerator { get; init; }
    public required string Hosts { get; init; }
    public required string Provider { get; init; }
    public required string Region { get; init; }
    public required string Purchase { get; init; }
    public required decimal PricePerHour { get; init; }
    public required DateTimeOffset ValidFrom { get; init; }
    public required DateTimeOffset? ValidTo { get; init; }
    public required string Author { get; init; }
    public required string Reason { get; init; }

    internal static ResourcePriceResponse Of(RecordedResourcePrice row) => new()
    {
        Id = row.Id,
        Change = row.Change,
        Accelerator = row.Accelerator,
        Hosts = row.Hosts,
        Provider = row.Provider,
        Region = row.Region,
        Purchase = CallsEndpoint.Word(row.Purchase),
        PricePerHour = row.PricePerHour,
        ValidFrom = row.ValidFrom,
        ValidTo = row.ValidTo,
        Author = row.Author,
        Reason = row.Reason,
    };
}

/// <summary>Prices of GPU hours.</summary>
/// <param name="Prices">The organisation's own, which devices are rated by.</param>
/// <param name="References">Public prices to begin with; no device is rated by them.</param>
public sealed record ResourcePricesResponse(IReadOnlyList<ResourcePriceResponse> Prices, IReadOnlyList<ReferencePrice> References);
