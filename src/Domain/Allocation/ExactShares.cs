namespace FinOps.Domain.Allocation;

/// <summary>Splits money so that the parts sum to the whole to the last of twelve decimals, whatever the weights.</summary>
public static class ExactShares
{
    public const int Decimals = 12;
    private const decimal Step = 0.000000000001m;

    /// <summary>Half-even to twelve decimals, as all costs are.</summary>
    public static decimal Round(decimal value) => Math.Round(value, Decimals, MidpointRounding.ToEven);

    /// <summary>
    /// Parts in proportion to the weights: each is cut to twelve decimals, and what is left over goes, a step each, to those that were cut by most (largest remainder; the first of equals).
    /// Weights of 0 get nothing. Without any weight above 0 there is nobody to pay: every part is 0, and the caller keeps the whole.
    /// </summary>
    /// <param name="whole">0 or more, with at most twelve decimals.</param>
    /// <param name="weights">0 or more each.</param>
    public static decimal[] Split(decimal whole, IReadOnlyList<decimal> weights)
    {
        var parts = new decimal[weights.Count];
        // Weights of one size: products of large ones would lose digits.
        var greatest = weights.Count == 0 ? 0 : weights.Max();
        if (greatest <= 0) return parts;
        var total = weights.Sum(weight => weight / greatest);
        var (cut, left) = (new decimal[weights.Count], whole);
        for (var i = 0; i < parts.Length; i++)
        {
            var share = whole * (weights[i] / greatest / total);
            parts[i] = Math.Round(share, Decimals, MidpointRounding.ToZero);
            cut[i] = share - parts[i];
            left -= parts[i];
        }

        var order = Enumerable.Range(0, parts.Length).Where(i => weights[i] > 0).OrderByDescending(i => cut[i]).ThenBy(i => i).ToArray();
        for (var i = 0; left > 0; i = (i + 1) % order.Length, left -= Step) parts[order[i]] += Step;
        return parts;
    }
}
