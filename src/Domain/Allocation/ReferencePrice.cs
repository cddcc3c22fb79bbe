namespace FinOps.Domain.Allocation;

/// <summary>A public price of a GPU hour: what to begin with, never what a device is rated by until somebody says that its host is rented there.</summary>
/// <param name="PricePerHour">USD for one accelerator on demand.</param>
/// <param name="Source">Where it was read.</param>
/// <param name="ReadOn">When it was read: providers change their lists.</param>
public sealed record ReferencePrice(string Accelerator, string Provider, decimal PricePerHour, string Source, DateOnly ReadOn)
{
    private const string Lambda = "catalogs/v8/lambda/vms.csv of skypilot-org/skypilot-catalog";
    private const string RunPod = "catalogs/v8/runpod/vms.csv of skypilot-org/skypilot-catalog";
    private static readonly DateOnly Read = new(2026, 11, 22);

    /// <summary>Prices of an instance are told for one of its accelerators: 8 H100 for 31.92 USD an hour are 3.99 each.</summary>
    public static IReadOnlyList<ReferencePrice> All { get; } =
    [
        new("H100", "Lambda", 3.99m, Lambda, Read),
        new("B200", "Lambda", 6.69m, Lambda, Read),
        new("GH200", "Lambda", 2.29m, Lambda, Read),
        new("A6000", "Lambda", 1.09m, Lambda, Read),
        new("V100", "Lambda", 0.79m, Lambda, Read),
        new("A100 80GB", "RunPod", 1.39m, RunPod, Read),
    ];
}
