using FinOps.Domain.Pricing;

namespace FinOps.Domain.Bills;

/// <summary>What a line of a bill is about, as far as it could be told.</summary>
/// <param name="Model">The model's <see cref="ModelKey"/>; empty = not recognised.</param>
/// <param name="Meter">Null: all meters of the model in one charge.</param>
/// <param name="Tier">flex, priority …; empty = standard or not told.</param>
/// <param name="Batch">Charged as a batch.</param>
public sealed record SkuReading(string Model, Meter? Meter, string Tier, bool Batch)
{
    public static readonly SkuReading Unknown = new("", null, "", false);

    public bool IsKnown => Model.Length != 0;
}
