namespace FinOps.Domain.Changes;

/// <summary>
/// Takes the difference in cost between two periods apart, feature by feature (docs/adr/0027). A model's cost for a feature is
/// <c>calls of the feature × the model's share of them × (Σ over kinds of token: tokens a call × price of one, over its tiers + the rest of a call)</c>; each factor's part of the difference is its mean over
/// every order in which the factors can change (Shapley), so that no order is preferred, nothing is left over, and two periods the other way round give the same parts with the other sign.
/// </summary>
public static class ExplainDifference
{
    private const int Decimals = 12;
    private const decimal Orders = 5040m; // 7!
    private const int Factors = 7;
    private const int Causes = (int)ChangeCause.GoneFeatures + 1;

    /// <summary>|S|! · (6 − |S|)!: in how many of all orders exactly these others have changed before.</summary>
    private static readonly decimal[] OrdersAfter = [720m, 120m, 48m, 36m, 48m, 120m, 720m];

    /// <param name="before">Rows of the period before, as many of one feature, model and tier as there are.</param>
    /// <param name="after">Rows of the period after.</param>
    public static CostDifference Between(IEnumerable<PeriodUsage> before, IEnumerable<PeriodUsage> after)
    {
        var features = new Dictionary<string, Dictionary<(string Provider, string Model), Pair>>(StringComparer.Ordinal);
        foreach (var row in before) PairOf(features, row).Before.Add(row);
        foreach (var row in after) PairOf(features, row).After.Add(row);
        var pairs = features.SelectMany(feature => Of(feature.Key, feature.Value));
        return new CostDifference([.. pairs
            .OrderByDescending(pair => Math.Abs(pair.Change)).ThenByDescending(pair => pair.After)
            .ThenBy(pair => pair.Feature, StringComparer.Ordinal).ThenBy(pair => pair.Model, StringComparer.Ordinal).ThenBy(pair => pair.Provider, StringComparer.Ordinal)]);
    }

    private static Pair PairOf(Dictionary<string, Dictionary<(string Provider, string Model), Pair>> features, in PeriodUsage row)
    {
        if (!features.TryGetValue(row.Feature, out var pairs)) features.Add(row.Feature, pairs = []);
        if (!pairs.TryGetValue((row.Provider, row.Model), out var pair)) pairs.Add((row.Provider, row.Model), pair = new Pair());
        return pair;
    }

    private static IEnumerable<PairChange> Of(string feature, Dictionary<(string Provider, string Model), Pair> pairs)
    {
        var callsBefore = pairs.Values.Sum(pair => pair.Before.Calls);
        var callsAfter = pairs.Values.Sum(pair => pair.After.Calls);
        var isNew = pairs.Values.All(pair => pair.Before.IsEmpty);
        var isGone = pairs.Values.All(pair => pair.After.IsEmpty);
        foreach (var ((provider, model), pair) in pairs)
        {
            var causes = new decimal[Causes];
            if (isNew) causes[(int)ChangeCause.NewFeatures] = pair.After.Cost;
            else if (isGone) causes[(int)ChangeCause.GoneFeatures] = -pair.Before.Cost;
            else Divide(pair.Before, pair.After, callsBefore, callsAfter, causes);
            yield return new PairChange(feature, provider, model, pair.Before.Cost, pair.After.Cost, pair.Before.Calls, pair.After.Calls, causes);
        }
    }

    private static void Divide(Side before, Side after, long callsBefore, long callsAfter, decimal[] causes)
    {
        Span<decimal> costs = stackalloc decimal[1 << Factors];
        Fill(before, after, callsBefore, callsAfter, costs);
        // Sums of whole multiples of twelve decimals: exact, so that no order of adding matters.
        var (rest, largest) = (after.Cost - before.Cost, 0);
        for (var factor = 0; factor < Factors; factor++)
        {
            var sum = 0m;
            for (var others = 0; others < costs.Length; others++)
            {
                if ((others & (1 << factor)) == 0) sum += OrdersAfter[int.PopCount(others)] * (costs[others | (1 << factor)] - costs[others]);
            }

            causes[factor] = Round(sum / Orders);
            rest -= causes[factor];
            if (Math.Abs(causes[factor]) > Math.Abs(causes[largest])) largest = factor;
        }

        // What rounding leaves, some 10⁻¹² USD.
        causes[largest] += rest;
    }

    /// <summary>The cost of the pair with each combination of factors as they are after (bit set) or as they were before. The bits are in the order of <see cref="ChangeCause"/>.</summary>
    private static void Fill(Side before, Side after, long callsBefore, long callsAfter, Span<decimal> costs)
    {
        Span<decimal> tokens = stackalloc decimal[4 * TokenCounts.Count];
        Span<decimal> prices = stackalloc decimal[4 * TokenCounts.Count];
        FillTokens(before, after, tokens);
        FillPrices(before, after, prices);
        Span<decimal> ofCall = stackalloc decimal[16];
        for (var mask = 0; mask < ofCall.Length; mask++)
        {
            for (var part = 0; part < TokenCounts.Count; part++) ofCall[mask] += tokens[(mask & 3) * TokenCounts.Count + part] * prices[(mask >> 2) * TokenCounts.Count + part];
        }

        // What those do not explain of a call. Where nobody called it is unknown, and stays as on the other side.
        var rest = (Before: before.RestOfCall(ofCall[0]), After: after.RestOfCall(ofCall[15]));
        var restOfCall = (Before: rest.Before ?? rest.After ?? 0m, After: rest.After ?? rest.Before ?? 0m);
        var share = (Before: Share(before.Calls, callsBefore), After: Share(after.Calls, callsAfter));
        if (callsBefore == 0) share.Before = share.After;
        if (callsAfter == 0) share.After = share.Before;
        for (var mask = 0; mask < costs.Length; mask++)
        {
            var isAfter = (mask & (1 << (int)ChangeCause.Other)) != 0;
            var calls = (mask & 1) == 0 ? callsBefore : callsAfter;
            var part = (mask & 2) == 0 ? share.Before : share.After;
            var cost = calls * part * (ofCall[(mask >> 2) & 15] + (isAfter ? restOfCall.After : restOfCall.Before));
            costs[mask] = Round(cost + (isAfter ? after.WithoutCalls : before.WithoutCalls));
        }

        costs[0] = before.Cost;
        costs[^1] = after.Cost;
    }

    /// <summary>Tokens a call, by kind: bit 0 says whose number of tokens, bit 1 whose division of the input.</summary>
    private static void FillTokens(Side before, Side after, Span<decimal> tokens)
    {
        Span<decimal> dividedBefore = stackalloc decimal[TokenCounts.Count - 1];
        Span<decimal> dividedAfter = stackalloc decimal[TokenCounts.Count - 1];
        var (inputBefore, inputAfter) = (before.Input, after.Input);
        for (var part = 0; part < dividedBefore.Length; part++)
        {
            // Without input there is no division of it: it is as on the other side.
            var (own, others) = (Share(before.Tokens[part], inputBefore), Share(after.Tokens[part], inputAfter));
            dividedBefore[part] = inputBefore == 0 ? others : own;
            dividedAfter[part] = inputAfter == 0 ? own : others;
        }

        for (var mask = 0; mask < 4; mask++)
        {
            var (input, output) = InputAndOutput((mask & 1) == 0 ? before : after, (mask & 1) == 0 ? after : before);
            var divided = (mask & 2) == 0 ? dividedBefore : dividedAfter;
            for (var part = 0; part < divided.Length; part++) tokens[mask * TokenCounts.Count + part] = input * divided[part];
            tokens[mask * TokenCounts.Count + TokenCounts.Count - 1] = output;
        }
    }

    private static (decimal Input, decimal Output) InputAndOutput(Side side, Side other)
    {
        var told = side.Calls != 0 ? side : other;
        return (Share(told.Input, told.Calls), Share(told.Tokens[^1], told.Calls));
    }

    /// <summary>The price of one token, by kind: bit 0 says whose division over service tiers, bit 1 whose prices.</summary>
    private static void FillPrices(Side before, Side after, Span<decimal> prices)
    {
        // In one order, whichever side is the first: equal sums in equal order.
        string[] tiers = [.. before.Tiers.Keys.Union(after.Tiers.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        for (var part = 0; part < TokenCounts.Count; part++)
        {
            foreach (var tier in tiers)
            {
                var (own, others) = (before.Tiers.GetValueOrDefault(tier), after.Tiers.GetValueOrDefault(tier));
                var (tokensBefore, tokensAfter) = (own?.Tokens[part] ?? 0m, others?.Tokens[part] ?? 0m);
                if (tokensBefore == 0 && tokensAfter == 0) continue;
                // What was not used at a tier has no price there: it is as on the other side.
                var priceBefore = tokensBefore != 0 ? own!.Money[part] / tokensBefore : others!.Money[part] / tokensAfter;
                var priceAfter = tokensAfter != 0 ? others!.Money[part] / tokensAfter : priceBefore;
                var shareBefore = before.Tokens[part] != 0 ? tokensBefore / before.Tokens[part] : tokensAfter / after.Tokens[part];
                var shareAfter = after.Tokens[part] != 0 ? tokensAfter / after.Tokens[part] : shareBefore;
                for (var mask = 0; mask < 4; mask++)
                    prices[mask * TokenCounts.Count + part] += ((mask & 1) == 0 ? shareBefore : shareAfter) * ((mask & 2) == 0 ? priceBefore : priceAfter);
            }
        }
    }

    private static decimal Share(decimal part, decimal whole) => whole == 0 ? 0m : part / whole;

    private static decimal Round(decimal value) => Math.Round(value, Decimals, MidpointRounding.ToEven);

    private sealed class Pair
    {
        public Side Before { get; } = new();

        public Side After { get; } = new();
    }

    /// <summary>A pair in one period.</summary>
    private sealed class Side
    {
        public long Calls { get; private set; }

        public decimal Cost { get; private set; }

        public decimal[] Tokens { get; } = new decimal[TokenCounts.Count];

        public Dictionary<string, TierSum> Tiers { get; } = new(StringComparer.Ordinal);

        public decimal Input => Tokens[0] + Tokens[1] + Tokens[2];

        public bool IsEmpty => Calls == 0 && Cost == 0;

        /// <summary>What was billed where no call was answered: failed ones.</summary>
        public decimal WithoutCalls => Calls == 0 ? Cost : 0m;

        public void Add(in PeriodUsage row)
        {
            Calls += row.Calls;
            Cost += row.Cost;
            if (!Tiers.TryGetValue(row.Tier, out var tier)) Tiers.Add(row.Tier, tier = new TierSum());
            for (var part = 0; part < TokenCounts.Count; part++)
            {
                Tokens[part] += row.Tokens[part];
                tier.Tokens[part] += row.Tokens[part];
                tier.Money[part] += row.Tokens[part] * row.Prices[part];
            }
        }

        public decimal? RestOfCall(decimal tokensOfCall) => Calls == 0 ? null : Cost / Calls - tokensOfCall;
    }

    private sealed class TierSum
    {
        public decimal[] Tokens { get; } = new decimal[TokenCounts.Count];

        public decimal[] Money { get; } = new decimal[TokenCounts.Count];
    }
}
