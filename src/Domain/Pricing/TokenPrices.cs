using FinOps.Domain.Usage;

namespace FinOps.Domain.Pricing;

/// <summary>USD for one token of each kind, discounts taken off. 0 where the book has no price.</summary>
public readonly record struct TokenPrices(decimal Input, decimal CacheRead, decimal CacheWrite, decimal Output)
{
    internal decimal this[int part] => part switch { 0 => Input, 1 => CacheRead, 2 => CacheWrite, _ => Output };

    // Few enough for every context tier's first step, and enough to be no rounding matter.
    private const uint Asked = 100;

    /// <summary>
    /// What a book asks of an ordinary call: a short context, no region told, cache writes that live for five minutes. Names, aliases, own prices, tiers, batches and discounts are looked up as for
    /// any call.
    /// </summary>
    /// <param name="book">The prices.</param>
    /// <param name="call">Provider, model, tier, project and start of the call; what it used is overwritten.</param>
    public static TokenPrices Of(PriceSnapshot book, CallReport call)
    {
        call.Usage = new UsageVector { InputFresh = Asked, CacheRead = Asked, CacheWrite5m = Asked, OutputText = Asked };
        call.Told |= UsageParts.CacheWriteSplit;
        call.UsageSource = UsageSource.Reported;
        var receiver = new Receiver(new Sums());
        if (!book.Explain(call, ref receiver)) return default;
        var sums = receiver.Sums;
        return new TokenPrices(sums.Input * sums.Left, sums.CacheRead * sums.Left, sums.CacheWrite * sums.Left, sums.Output * sums.Left);
    }

    private sealed class Sums
    {
        public decimal Input;
        public decimal CacheRead;
        public decimal CacheWrite;
        public decimal Output;

        /// <summary>What a discount leaves of each.</summary>
        public decimal Left = 1m;
    }

    private readonly struct Receiver(Sums sums) : ILineReceiver
    {
        public Sums Sums => sums;

        public void Take(in RatedLine line)
        {
            switch (line.Meter)
            {
                case Meter.Input: sums.Input = PerToken(line); break;
                case Meter.CacheRead: sums.CacheRead = PerToken(line); break;
                case Meter.CacheWrite5m: sums.CacheWrite = PerToken(line); break;
                case Meter.Output: sums.Output = PerToken(line); break;
                case Meter.Discount: sums.Left = 1m - line.UnitPrice; break;
            }
        }

        private static decimal PerToken(in RatedLine line) => line.UnitPrice * line.Multiplier / line.UnitSize;
    }
}
