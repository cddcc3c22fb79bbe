namespace FinOps.Domain.Bills;

/// <summary>One line of a provider's bill, as it was read; nothing in it is guessed.</summary>
public sealed record BillLine
{
    /// <summary>The line of the file where it starts, the first is 1.</summary>
    public required int Number { get; init; }

    /// <summary>Start of the charge's period, UTC; belongs to it.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>End of the period, UTC; does not belong to it. A day after <see cref="From"/>, or more.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>Who sold it, by the price list's name (<see cref="BillProvider"/>): openai, anthropic, aws, azure, google.</summary>
    public required string Provider { get; init; }

    /// <summary>What was sold, in the bill's own words.</summary>
    public required string Sku { get; init; }

    /// <summary>The model, where the bill has a column for it; empty otherwise.</summary>
    public string Model { get; init; } = "";

    /// <summary>The meter in the bill's own words; empty where it has no column for it.</summary>
    public string Meter { get; init; } = "";
    public string Tier { get; init; } = "";
    public string Region { get; init; } = "";
    public string Account { get; init; } = "";

    /// <summary>In single units (tokens, searches), thousands and millions multiplied out; null where the bill tells none.</summary>
    public decimal? Quantity { get; init; }

    /// <summary>The bill's word for one unit; empty where it tells none.</summary>
    public string Unit { get; init; } = "";

    /// <summary>USD; negative for a credit.</summary>
    public required decimal Cost { get; init; }

    /// <summary>False for taxes, credits, purchases and adjustments, which no call stands behind.</summary>
    public bool IsUsage { get; init; } = true;

    /// <summary>All its words, by which a person maps what no rule understands.</summary>
    public string Words => string.Join(' ', ((string[])[Model, Sku, Meter]).Where(text => text.Length != 0));
}
