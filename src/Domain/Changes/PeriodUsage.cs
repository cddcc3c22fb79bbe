using FinOps.Domain.Pricing;

namespace FinOps.Domain.Changes;

/// <summary>What one model did for one feature at one service tier in one part of a period, and what a token cost then.</summary>
/// <param name="Feature">Empty = not told.</param>
/// <param name="Provider">Whose API answered.</param>
/// <param name="Model">The served model, else the requested one.</param>
/// <param name="Tier"><c>batch</c>, <c>flex</c>, <c>priority</c>, <c>fast</c>; empty = standard.</param>
/// <param name="Calls">Answered ones.</param>
/// <param name="Cost">USD, at most twelve decimals; also what failed calls were billed.</param>
/// <param name="Tokens">Of all these calls.</param>
/// <param name="Prices">USD for one token of each, by the price book at that time.</param>
public readonly record struct PeriodUsage(string Feature, string Provider, string Model, string Tier, long Calls, decimal Cost, TokenCounts Tokens, TokenPrices Prices);

/// <summary>Tokens in disjoint parts.</summary>
/// <param name="Fresh">Input that is neither read from a prompt cache nor written to one.</param>
/// <param name="CacheRead">Input from a prompt cache.</param>
/// <param name="CacheWrite">Input written to a prompt cache, of any life.</param>
/// <param name="Output">With reasoning.</param>
public readonly record struct TokenCounts(long Fresh, long CacheRead, long CacheWrite, long Output)
{
    /// <summary>How many parts there are; the last one is the output, the others together are the input.</summary>
    internal const int Count = 4;

    internal long this[int part] => part switch { 0 => Fresh, 1 => CacheRead, 2 => CacheWrite, _ => Output };
}
