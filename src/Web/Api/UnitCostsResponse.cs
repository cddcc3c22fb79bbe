using System.ComponentModel;
using FinOps.Analytics.Units;
using FinOps.Domain.Currencies;

namespace FinOps.Web.Api;

/// <summary>What one unit costs.</summary>
/// <param name="Rows">By period, then from the highest cost. A total without groups always has one row.</param>
/// <param name="Spread">How the cost of single units spreads; null where there is no unit, or where the question has periods or groups, or counts calls.</param>
/// <param name="Truncated">There are more rows than `limit`: narrow the range, the groups or the filters.</param>
/// <param name="Sampled">Calls of the range were sampled: all figures are of the calls that were seen, and a cost by outcomes that were told elsewhere is too low. `/costs` has the estimate.</param>
public sealed record UnitCostsResponse(IReadOnlyList<UnitCostResponse> Rows, UnitSpreadResponse? Spread, bool Truncated, bool Sampled);

/// <summary>The cost of one unit in one period and group.</summary>
public sealed record UnitCostResponse
{
    [Description("Start of the period, RFC 3339, in the offset that the asked time zone has then. For a total: the range's start.")]
    public required DateTimeOffset Period { get; init; }

    [Description("The value of the dimension in `groupBy`, empty where calls do not tell it; null without `groupBy`.")]
    public required string? Group { get; init; }

    [Description("What is divided. For outcomes: all calls that can lead to one, failed attempts included. Otherwise: the calls that tell the unit.")]
    public required decimal Cost { get; init; }

    [Description("ISO 4217 code of all money of the row.")]
    public required string Currency { get; init; }

    [Description("What it is divided by: priced calls, distinct users, sessions or customers with at least one call, or successes.")]
    public required long Units { get; init; }

    [Description("`cost` / `units`, 12 decimals; null where there are none.")]
    public required decimal? CostPerUnit { get; init; }

    [Description("Answered calls that tell no such unit, or, for calls, whose cost is unknown.")]
    public required long LeftOutCalls { get; init; }

    [Description("What those cost.")]
    public required decimal LeftOutCost { get; init; }

    [Description("For outcomes: those that failed; otherwise null, as are the next three.")]
    public required long? Failures { get; init; }

    [Description("Successes among outcomes, 0 to 1; null without any.")]
    public required decimal? SuccessRate { get; init; }

    [Description("What the calls cost that belong to outcomes of which none was a success.")]
    public required decimal? FailureCost { get; init; }

    [Description("Outcomes to which no call was found.")]
    public required long? UnlinkedOutcomes { get; init; }

    internal static UnitCostResponse Of(UnitCostRow row, UnitCostQuestion question)
    {
        var figures = row.Figures;
        var tells = question.Unit == CostUnit.Outcome;
        return new UnitCostResponse
        {
            Period = row.Period,
            Group = row.Group,
            Cost = figures.Cost,
            Currency = ExchangeRates.Usd,
            Units = figures.Units,
            CostPerUnit = figures.PerUnit,
            LeftOutCalls = figures.LeftOutCalls,
            LeftOutCost = figures.LeftOutCost,
            Failures = tells ? figures.Failures : null,
            SuccessRate = tells && figures.SuccessRate is { } rate ? decimal.Round(rate, 6) : null,
            FailureCost = tells ? figures.FailureCost : null,
            UnlinkedOutcomes = tells ? figures.UnlinkedOutcomes : null,
        };
    }
}

/// <summary>How the cost of single units spreads, by nearest rank; for outcomes: of the calls behind each success.</summary>
/// <param name="Units">How many.</param>
/// <param name="Median">Half of them cost no more.</param>
/// <param name="Percentile90">Of ten, nine cost no more.</param>
/// <param name="Percentile99">Of a hundred, ninety-nine cost no more.</param>
/// <param name="Most">The dearest.</param>
public sealed record UnitSpreadResponse(long Units, decimal Median, decimal Percentile90, decimal Percentile99, decimal Most)
{
    internal static UnitSpreadResponse? Of(UnitSpread? spread) =>
        spread is null ? null : new UnitSpreadResponse(spread.Units, spread.Median, spread.Percentile90, spread.Percentile99, spread.Most);
}
