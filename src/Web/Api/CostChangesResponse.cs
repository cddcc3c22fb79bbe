using System.ComponentModel;
using FinOps.Analytics.Changes;
using FinOps.Analytics.Spend;
using FinOps.Domain.Changes;
using FinOps.Domain.Currencies;

namespace FinOps.Web.Api;

/// <summary>Why the cost of two periods differs.</summary>
public sealed record CostChangesResponse
{
    [Description("The period that is compared with.")]
    public required ComparedPeriod Before { get; init; }

    [Description("The period that is explained.")]
    public required ComparedPeriod After { get; init; }

    [Description("`after.cost` - `before.cost`.")]
    public required decimal Change { get; init; }

    [Description("ISO 4217 code of all money of the answer.")]
    public string Currency { get; } = ExchangeRates.Usd;

    [Description("Every cause with its amount, the largest first. Together they are `change`.")]
    public required IReadOnlyList<ChangeCauseResponse> Causes { get; init; }

    [Description("By feature and model, those that changed most first. GPUs are in none of them.")]
    public required IReadOnlyList<CostChangeRow> Rows { get; init; }

    [Description("There are more rows than `limit`.")]
    public required bool Truncated { get; init; }

    [Description("What GPUs cost is part of the figures: the key has the scope `resources.read`, and there is no filter.")]
    public required bool WithGpus { get; init; }

    [Description("Calls were sampled: all figures are of the calls that were seen.")]
    public required bool Sampled { get; init; }

    internal static CostChangesResponse Of(ChangeQuestion question, ChangeAnswer answer, int limit) => new()
    {
        Before = new ComparedPeriod(question.Before.From, question.Before.To, answer.Before, answer.Calls.Pairs.Sum(pair => pair.CallsBefore)),
        After = new ComparedPeriod(question.After.From, question.After.To, answer.After, answer.Calls.Pairs.Sum(pair => pair.CallsAfter)),
        Change = answer.Change,
        Causes = [.. Enum.GetValues<ChangeCause>().Select(cause => new ChangeCauseResponse(CallsEndpoint.Word(cause), answer[cause])).OrderByDescending(cause => Math.Abs(cause.Amount))],
        Rows = [.. answer.Calls.Pairs.Take(limit).Select(CostChangeRow.Of)],
        Truncated = answer.Calls.Pairs.Count > limit,
        WithGpus = answer.Gpus is not null,
        Sampled = answer.IsSampled,
    };
}

/// <summary>One of the two periods.</summary>
/// <param name="From">Belongs to it.</param>
/// <param name="To">Does not belong to it.</param>
/// <param name="Cost">Of its priced calls, and of GPUs where they are told.</param>
/// <param name="Calls">Answered ones.</param>
public sealed record ComparedPeriod(DateTimeOffset From, DateTimeOffset To, decimal Cost, long Calls);

/// <summary>A part of the difference.</summary>
/// <param name="Cause">volume, mix, tokensPerCall, cacheRate, serviceTier, unitPrice, other, newFeatures, goneFeatures, gpuUse or gpuIdle.</param>
/// <param name="Amount">Above 0: costs more.</param>
public sealed record ChangeCauseResponse(string Cause, decimal Amount);

/// <summary>What one model cost one feature in both periods.</summary>
public sealed record CostChangeRow
{
    [Description("Empty where calls do not tell it.")]
    public required string Feature { get; init; }
    public required string Provider { get; init; }
    public required string Model { get; init; }
    public required decimal Before { get; init; }
    public required decimal After { get; init; }
    public required decimal Change { get; init; }
    public required long CallsBefore { get; init; }
    public required long CallsAfter { get; init; }

    [Description("Causes that are not 0, by name. Together they are `change`.")]
    public required IReadOnlyDictionary<string, decimal> Causes { get; init; }

    internal static CostChangeRow Of(PairChange pair) => new()
    {
        Feature = pair.Feature,
        Provider = pair.Provider,
        Model = pair.Model,
        Before = pair.Before,
        After = pair.After,
        Change = pair.Change,
        CallsBefore = pair.CallsBefore,
        CallsAfter = pair.CallsAfter,
        Causes = Enum.GetValues<ChangeCause>().Where(cause => pair[cause] != 0).ToDictionary(CallsEndpoint.Word, cause => pair[cause], StringComparer.Ordinal),
    };
}
