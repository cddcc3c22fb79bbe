using FinOps.Domain.Pricing;

namespace FinOps.Domain.Bills;

public readonly record struct CauseAmount(ResidualCause Cause, decimal Amount);

/// <summary>One period × model × meter of a bill beside our figures. <c>Billed - Ours = sum of Causes + Rest</c>, exactly.</summary>
public sealed record ReconciledRow
{
    /// <summary>Start and end of the period, UTC.</summary>
    public required DateTimeOffset From { get; init; }
    public required DateTimeOffset To { get; init; }
    public required string Provider { get; init; }

    /// <summary>The model's <see cref="ModelKey"/>; empty where the bill's words are not mapped, or no call stands behind the charge.</summary>
    public required string Model { get; init; }

    /// <summary>Null: all meters of the model.</summary>
    public required Meter? Meter { get; init; }

    /// <summary>The bill's words; empty where only we have it.</summary>
    public required string Sku { get; init; }

    /// <summary>Units by the bill; null where it tells none, or they are not those of the meter.</summary>
    public required decimal? BilledQuantity { get; init; }
    public required decimal OurQuantity { get; init; }
    public required decimal Billed { get; init; }
    public required decimal Ours { get; init; }

    /// <summary>The model as our calls name it; several where one name of the bill stands for them.</summary>
    public IReadOnlyList<string> OurModels { get; init; } = [];
    public required IReadOnlyList<CauseAmount> Causes { get; init; }

    /// <summary>What no cause explains: the residual less the causes.</summary>
    public required decimal Rest { get; init; }

    public decimal Residual => Billed - Ours;
}

/// <summary>A whole bill beside our figures.</summary>
/// <param name="Rows">The largest residual first.</param>
/// <param name="ShiftHours">By how many hours our days had to be moved to fit the bill's; 0 = not at all.</param>
public sealed record ReconciledBill(IReadOnlyList<ReconciledRow> Rows, int ShiftHours)
{
    public decimal Billed => Rows.Sum(row => row.Billed);

    public decimal Ours => Rows.Sum(row => row.Ours);

    public decimal Residual => Billed - Ours;

    public decimal Rest => Rows.Sum(row => row.Rest);

    /// <summary>Sums by cause, in the order of the causes; those of nothing are left out.</summary>
    public IReadOnlyList<CauseAmount> Causes =>
        [.. Rows.SelectMany(row => row.Causes).GroupBy(cause => cause.Cause).OrderBy(group => group.Key).Select(group => new CauseAmount(group.Key, group.Sum(cause => cause.Amount)))];
}
