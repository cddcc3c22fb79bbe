using FinOps.Domain.Usage;

namespace FinOps.Domain.Pricing;

/// <summary>The price book as it is known at one moment: immutable, swapped as a whole when the book changes.</summary>
public sealed class PriceSnapshot
{
    private PriceSnapshot()
    {
    }

    /// <summary>A book without prices: every call with usage is unpriced.</summary>
    public static PriceSnapshot Empty { get; } = new();

    /// <summary>
    /// Step 5: finds the prices valid at the call's start and sets its cost, price id and flags. Infers the provider where none was told.
    /// </summary>
    public void Rate(CallReport report)
    {
        report.Cost = 0;
        report.PriceId = 0;
        report.Flags |= CallFlags.Unpriced;
    }

    /// <summary>The line items behind the cost, for display; their costs sum to it.</summary>
    public IReadOnlyList<LineItem> Explain(CallReport report) => [];
}
