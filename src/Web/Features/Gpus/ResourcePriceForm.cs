using FinOps.Analytics.Gpus;
using FinOps.Analytics.PriceTimelines;
using FinOps.Domain.Allocation;

namespace FinOps.Web.Features.Gpus;

/// <summary>What a person fills in to set a price of GPU hours.</summary>
internal sealed class ResourcePriceForm
{
    /// <summary>The price that is changed; null for a new one.</summary>
    public SeenResourcePrice? Seen { get; private init; }
    public string Accelerator { get; set; } = "";
    public string Hosts { get; set; } = "*";
    public string Provider { get; set; } = "";
    public string Region { get; set; } = "";
    public PurchaseKind Purchase { get; set; }
    public decimal? PricePerHour { get; set; }

    /// <summary>UTC.</summary>
    public DateTime From { get; set; }

    /// <summary>Of a change: the old price never held.</summary>
    public bool IsCorrection { get; set; }
    public string Reason { get; set; } = "";
    public decimal PurchasePrice { get; set; } = 30_000;
    public int AmortisationMonths { get; set; } = 36;
    public decimal Kilowatts { get; set; } = 0.7m;
    public decimal PricePerKilowattHour { get; set; } = 0.15m;
    public decimal PowerUsageEffectiveness { get; set; } = 1.4m;

    private DateTimeOffset ValidFrom { get; init; }
    private DateTimeOffset? ValidTo { get; init; }

    public OwnedHardware Hardware => new(PurchasePrice, AmortisationMonths, Kilowatts, PricePerKilowattHour, PowerUsageEffectiveness);

    /// <summary>Of bought hardware what follows from its price, else what was filled in; null where that is not possible yet.</summary>
    public decimal? EffectivePrice => Purchase == PurchaseKind.Owned ? (Hardware.FindProblem() is null ? Hardware.PricePerHour : null) : PricePerHour;

    /// <summary>A new price holds from a month before on, so that what already arrived is rated, too.</summary>
    public static ResourcePriceForm New(DateTimeOffset now) => new() { From = now.UtcDateTime.Date.AddDays(-30) };

    public static ResourcePriceForm Of(ReferencePrice reference, DateTimeOffset now) => new()
    {
        Accelerator = reference.Accelerator,
        Provider = reference.Provider,
        PricePerHour = reference.PricePerHour,
        From = now.UtcDateTime.Date.AddDays(-30),
        Reason = $"List price of {reference.Provider}",
    };

    public static ResourcePriceForm Of(RecordedResourcePrice row, DateTimeOffset now) => new()
    {
        Seen = new SeenResourcePrice(row.Id, row.Change),
        Accelerator = row.Accelerator,
        Hosts = row.Hosts,
        Provider = row.Provider,
        Region = row.Region,
        Purchase = row.Purchase == PurchaseKind.Owned ? PurchaseKind.OnDemand : row.Purchase,
        PricePerHour = row.PricePerHour,
        From = now.UtcDateTime.Date > row.ValidFrom.UtcDateTime ? now.UtcDateTime.Date : row.ValidFrom.UtcDateTime,
        ValidFrom = row.ValidFrom,
        ValidTo = row.ValidTo,
    };

    /// <summary>From when on a change holds; null for a correction.</summary>
    public DateTimeOffset? ChangeFrom => IsCorrection ? null : new DateTimeOffset(From, TimeSpan.Zero);

    public AcceleratorPrice? ToPrice() => EffectivePrice is not { } price ? null : new AcceleratorPrice
    {
        Accelerator = Accelerator,
        Hosts = Hosts,
        Provider = Provider,
        Region = Region,
        Purchase = Purchase,
        PricePerHour = price,
        ValidFrom = Seen is not null && IsCorrection ? ValidFrom : new DateTimeOffset(From, TimeSpan.Zero),
        ValidTo = ValidTo,
    };
}
