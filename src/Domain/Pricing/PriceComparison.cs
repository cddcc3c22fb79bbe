using FinOps.Domain.Usage;

namespace FinOps.Domain.Pricing;

/// <summary>A meter of a model for which two lists ask different prices.</summary>
/// <param name="Provider">The book's seller.</param>
/// <param name="Model">The book's entry.</param>
/// <param name="BookPrice">USD for a million tokens as calls are rated, with the factor of a tier or batch.</param>
/// <param name="BookSource">Where the book has it from.</param>
/// <param name="PriceId">The book's row.</param>
/// <param name="Other">What the second list says.</param>
public sealed record PriceGap(string Provider, string Model, decimal BookPrice, string BookSource, long PriceId, SecondPrice Other)
{
    /// <summary>By how much the second list is dearer, as a share of the book's price; negative = cheaper. 1 where the book's price is 0.</summary>
    public decimal Share => BookPrice == 0 ? 1m : (Other.Price - BookPrice) / BookPrice;
}

/// <param name="Compared">Prices that both lists have.</param>
/// <param name="Unknown">Prices of the second list that the book has none for.</param>
/// <param name="Gaps">Those that differ, the largest first.</param>
public sealed record PriceComparison(int Compared, int Unknown, IReadOnlyList<PriceGap> Gaps)
{
    /// <summary>
    /// Holds the book against a second list. Each of its prices is asked as a call that uses one token of the meter, so that names, context steps, tiers, batches and factors are
    /// looked up as for any call. A price of 0 there is not compared: the layout writes it also where nothing is known.
    /// </summary>
    /// <param name="book">The public prices.</param>
    /// <param name="at">For calls that start then.</param>
    /// <param name="tolerance">Share by which prices may differ: 0.01 = 1 %.</param>
    public static PriceComparison Of(PriceSnapshot book, SecondPriceList list, DateTimeOffset at, decimal tolerance)
    {
        var (compared, unknown) = (0, 0);
        List<PriceGap> gaps = [];
        foreach (var price in list.Prices.Where(price => price.Price != 0))
        {
            if (Ask(book, price, at) is not { } line || book.EntryOf(price.Provider, price.Model, at) is not { } entry)
            {
                unknown++;
                continue;
            }

            compared++;
            var gap = new PriceGap(entry.Seller, entry.Model, line.UnitPrice * line.Multiplier * (1_000_000m / line.UnitSize), line.Source, line.PriceId, price);
            if (Math.Abs(gap.Share) > tolerance) gaps.Add(gap);
        }

        // A list names snapshots of one model one by one: the same difference is told once, by the shortest name.
        return new PriceComparison(compared, unknown, [.. gaps
            .OrderBy(gap => gap.Other.Name.Length).ThenBy(gap => gap.Other.Name, StringComparer.Ordinal)
            .DistinctBy(gap => (gap.Provider, gap.Model, gap.Other.Meter, gap.Other.ContextStart, gap.Other.ServiceTier, gap.Other.Batch, gap.Other.Price, gap.BookPrice))
            .OrderByDescending(gap => Math.Abs(gap.Share)).ThenBy(gap => gap.Other.Name, StringComparer.Ordinal).ThenBy(gap => gap.Other.Meter)
            .ThenBy(gap => gap.Other.ContextStart).ThenBy(gap => gap.Other.ServiceTier, StringComparer.Ordinal).ThenBy(gap => gap.Other.Batch)]);
    }

    /// <summary>The line of a call that uses one token of the meter; null where the book has no price of it, or only one that stands in.</summary>
    private static LineItem? Ask(PriceSnapshot book, SecondPrice price, DateTimeOffset at)
    {
        var call = new CallReport
        {
            Provider = price.Provider,
            ServedModel = price.Model,
            ServedTier = price.ServiceTier,
            Batch = price.Batch,
            StartUnixMicros = ModelPrices.Micros(at),
            UsageSource = UsageSource.Reported,
            Told = UsageParts.CacheWriteSplit,
            Usage = new UsageVector { InputFresh = price.ContextStart },
        };
        switch (price.Meter)
        {
            case Meter.Input: call.Usage.InputFresh++; break;
            case Meter.Output: call.Usage.OutputText = 1; break;
            case Meter.Reasoning: call.Usage.OutputReasoning = 1; break;
            case Meter.CacheRead: call.Usage.CacheRead = 1; break;
            case Meter.CacheWrite5m: call.Usage.CacheWrite5m = 1; break;
            case Meter.CacheWrite1h: call.Usage.CacheWrite1h = 1; break;
            case Meter.InputAudio: call.Usage.InputAudio = 1; break;
            case Meter.OutputAudio: call.Usage.OutputAudio = 1; break;
            default: return null;
        }

        // One output token beside the step's input: the step is passed by input alone.
        if (price.ContextStart != 0 && price.Meter is Meter.Output or Meter.Reasoning or Meter.OutputAudio) call.Usage.InputFresh++;
        book.Rate(call);
        if ((call.Flags & (CallFlags.Unpriced | CallFlags.Ambiguous)) != 0) return null;
        return book.Explain(call).FirstOrDefault(line => line.Meter == price.Meter && line.Label is PriceLabel.Exact or PriceLabel.Multiplied);
    }
}
