namespace FinOps.Domain.Allocation;

/// <summary>What an hour of a bought accelerator costs: its price over the months of its life, and the power it draws.</summary>
/// <param name="PurchasePrice">USD for one accelerator with its share of the machine.</param>
/// <param name="Kilowatts">Power that one accelerator draws on average, with its share of the machine.</param>
/// <param name="PricePerKilowattHour">USD.</param>
/// <param name="PowerUsageEffectiveness">Power of the whole site to power of its computers (PUE), 1 or more.</param>
public sealed record OwnedHardware(decimal PurchasePrice, int AmortisationMonths, decimal Kilowatts, decimal PricePerKilowattHour, decimal PowerUsageEffectiveness)
{
    /// <summary>Hours of an average month: 8,760 of a year over twelve.</summary>
    public const int HoursPerMonth = 730;

    public const int MaxAmortisationMonths = 240;

    /// <summary>USD per hour, whether it works or not: hardware that stands idle is paid, too.</summary>
    public decimal PricePerHour =>
        ExactShares.Round(PurchasePrice / (AmortisationMonths * HoursPerMonth) + Kilowatts * PricePerKilowattHour * PowerUsageEffectiveness);

    /// <summary>Null, or what is wrong and what is allowed.</summary>
    public string? FindProblem() =>
        PurchasePrice is < 0 or > 100_000_000 ? "The purchase price is 0 to 100,000,000 USD."
        : AmortisationMonths is < 1 or > MaxAmortisationMonths ? $"Amortise over 1 to {MaxAmortisationMonths} months."
        : Kilowatts is < 0 or > 100 ? "The power is 0 to 100 kW."
        : PricePerKilowattHour is < 0 or > 100 ? "The price of a kWh is 0 to 100 USD."
        : PowerUsageEffectiveness is < 1 or > 10 ? "The PUE is 1 to 10."
        : null;
}
