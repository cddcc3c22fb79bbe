using FinOps.Analytics.PriceTimelines;
using FinOps.Analytics.Vectors;
using FinOps.Domain.Allocation;

namespace FinOps.Web.Features.Vectors;

/// <summary>What a person fills in to set a price of a vector database or of storage.</summary>
internal sealed class StorePriceForm
{
    /// <summary>The price that is changed; null for a new one.</summary>
    public SeenResourcePrice? Seen { get; private init; }
    public string System { get; set; } = "";
    public string Places { get; set; } = "*";
    public string Tier { get; set; } = "";
    public DataStoreMeter Meter { get; set; }
    public decimal? Price { get; set; }

    /// <summary>UTC.</summary>
    public DateTime From { get; set; }

    /// <summary>Of a change: the old price never held.</summary>
    public bool IsCorrection { get; set; }
    public string Reason { get; set; } = "";

    private DateTimeOffset ValidFrom { get; init; }
    private DateTimeOffset? ValidTo { get; init; }

    public bool IsOfBucket => DataStoreMeters.KindOf(Meter) == DataStoreKind.Bucket;

    /// <summary>"Hosts, * for any".</summary>
    public string PlacesLabel => (DataStoreMeters.IsOfNode(Meter) ? "Hosts" : IsOfBucket ? "Buckets" : "Collections") + ", * for any";

    /// <summary>A new price holds from a month before on, so that what already arrived is rated, too.</summary>
    public static StorePriceForm New(DateTimeOffset now) => new() { From = now.UtcDateTime.Date.AddDays(-30) };

    public static StorePriceForm Of(ReferenceStorePrice reference, DateTimeOffset now) => new()
    {
        System = reference.System,
        Meter = reference.Meter,
        Price = reference.Price,
        From = now.UtcDateTime.Date.AddDays(-30),
        Reason = $"List price: {reference.Terms}",
    };

    public static StorePriceForm Of(RecordedStorePrice row, DateTimeOffset now) => new()
    {
        Seen = new SeenResourcePrice(row.Id, row.Change),
        System = row.System,
        Places = row.Places,
        Tier = row.Tier,
        Meter = row.Meter,
        Price = row.Price,
        From = now.UtcDateTime.Date > row.ValidFrom.UtcDateTime ? now.UtcDateTime.Date : row.ValidFrom.UtcDateTime,
        ValidFrom = row.ValidFrom,
        ValidTo = row.ValidTo,
    };

    /// <summary>From when on a change holds; null for a correction.</summary>
    public DateTimeOffset? ChangeFrom => IsCorrection ? null : new DateTimeOffset(From, TimeSpan.Zero);

    public DataStorePrice? ToPrice() => Price is not { } price ? null : new DataStorePrice
    {
        System = System,
        Places = Places,
        Tier = IsOfBucket ? Tier : "",
        Meter = Meter,
        Price = price,
        ValidFrom = Seen is not null && IsCorrection ? ValidFrom : new DateTimeOffset(From, TimeSpan.Zero),
        ValidTo = ValidTo,
    };
}
