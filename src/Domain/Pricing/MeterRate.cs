using System.Numerics;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Pricing;

/// <summary>The price of one meter under one set of conditions, ready to multiply.</summary>
internal sealed class MeterRate
{
    /// <summary>Largest price per unit, in 10⁻¹² USD, that whole numbers carry: all meters × 2³² units × this stays below 2⁹⁶, a decimal's range.</summary>
    private const ulong MaxWholePico = 1UL << 59;

    // The price of one unit in 10⁻¹² USD is this fraction, in lowest terms; 0 below: too large or too fine for it, and decimals have to do.
    private readonly ulong _numerator;
    private readonly ulong _denominator;

    public MeterRate(PriceRow row, decimal multiplier, PriceLabel label, CallFlags flags, decimal? unitPrice = null)
    {
        Row = row;
        PriceId = row.ComputeId();
        UnitPrice = unitPrice ?? row.Price;
        Multiplier = multiplier;
        (Unit, var perPriced) = Meters.Counted(row.Meter);
        UnitSize = row.UnitSize * perPriced;
        // A bound on a price of nothing is exact.
        (Label, Flags) = UnitPrice == 0 ? (PriceLabel.Exact, CallFlags.None) : (label, flags);
        (_numerator, _denominator) = Fraction(UnitPrice, Multiplier, UnitSize);
        Source = multiplier == 1m ? row.Source : $"{row.Source}, multipliers {PriceMultipliers.Version}";
    }

    public PriceRow Row { get; }
    public long PriceId { get; }
    public decimal UnitPrice { get; }
    public decimal Multiplier { get; }

    /// <summary>How many counted units <see cref="UnitPrice"/> is for.</summary>
    public decimal UnitSize { get; }
    public string Unit { get; }

    /// <summary>The row's agreed price in another currency, where it is the row's price that is used.</summary>
    public AgreedPrice? Agreed => UnitPrice == Row.Price ? Row.Agreed : null;

    /// <summary>Where the price came from, and the table that a factor stands in.</summary>
    public string Source { get; }
    public PriceLabel Label { get; }
    public CallFlags Flags { get; }

    /// <summary>For comparison with other rates of the same unit.</summary>
    public decimal PerUnit => UnitPrice * Multiplier / UnitSize;

    /// <summary>The line item in 10⁻¹² USD, rounded half to even.</summary>
    public UInt128 CostPico(uint quantity)
    {
        var high = Math.BigMul(_numerator, quantity, out var low);
        if (_denominator == 1) return new UInt128(high, low);
        if (high == 0 && _denominator != 0)
        {
            var (whole, rest) = Math.DivRem(low, _denominator);
            var below = _denominator - rest;
            return rest > below || (rest == below && (whole & 1) != 0) ? whole + 1 : whole;
        }

        return CostOfLarge(quantity);
    }

    /// <summary>The same price for a part that has none of its own.</summary>
    public MeterRate StandingIn(PriceLabel label, CallFlags flags) => new(Row, Multiplier, label, Flags | flags, UnitPrice);

    private UInt128 CostOfLarge(uint quantity)
    {
        if (_denominator == 0)
            return (UInt128)decimal.Round(quantity * UnitPrice * Multiplier / UnitSize * 1_000_000_000_000m, 0, MidpointRounding.ToEven);
        var (whole, rest) = UInt128.DivRem((UInt128)_numerator * quantity, _denominator);
        var below = _denominator - rest;
        return rest > below || (rest == below && UInt128.IsOddInteger(whole)) ? whole + 1 : whole;
    }

    private static (ulong Numerator, ulong Denominator) Fraction(decimal price, decimal multiplier, decimal unitSize)
    {
        var (priceDigits, priceScale) = Digits(price);
        var (factorDigits, factorScale) = Digits(multiplier);
        var (sizeDigits, sizeScale) = Digits(unitSize);
        var numerator = priceDigits * factorDigits * BigInteger.Pow(10, 12 + sizeScale);
        var denominator = sizeDigits * BigInteger.Pow(10, priceScale + factorScale);
        var common = BigInteger.GreatestCommonDivisor(numerator, denominator);
        (numerator, denominator) = (numerator / common, denominator / common);
        return numerator < long.MaxValue && denominator < long.MaxValue && numerator <= MaxWholePico * denominator
            ? ((ulong)numerator, (ulong)denominator)
            : (0, 0);
    }

    private static (BigInteger Digits, int Scale) Digits(decimal value)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(value, bits);
        return (new BigInteger((uint)bits[2]) << 64 | new BigInteger(((ulong)(uint)bits[1] << 32) | (uint)bits[0]), value.Scale);
    }
}
