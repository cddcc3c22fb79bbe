using FinOps.Analytics.Focus;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Vectors;
using FinOps.Domain.Allocation;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Tests.Vectors;

public sealed class FocusDataStoresTests
{
    private static readonly DateTimeOffset Day = new(2026, 11, 25, 0, 0, 0, TimeSpan.Zero);
    private static readonly FocusQuestion Question = new(ReadScope.Whole(new TenantId(Guid.NewGuid())), new TimeRange(Day, Day.AddDays(1)));
    private static readonly FocusAccount Account = new("id", "Acme", new Dictionary<ProjectId, string>());

    /// <summary>Money of a node and of what is paid by collection, told by owner: each owner's sum and each meter's sum stay what they are, to the last digit.</summary>
    [Fact]
    public void Rows_OfSeveralMetersAndOwners_SumToBoth()
    {
        // A node of 7 USD, of which "a" has 4 and "b" 3; on top of it "a" is paid by what it reads, and something on disk has no price.
        DataStoreCharge[] place =
        [
            Meter("", DataStoreMeter.NodeHours, 0.25m, 6m), Meter("", DataStoreMeter.DiskGigabyteMonths, 0.1m, 1m), Meter("a", DataStoreMeter.ReadUnits, 18m, 2m) with { IsEstimated = true },
            Meter("b", DataStoreMeter.WriteUnits, 0m, 0m) with { IsUnpriced = true, Quantity = 40m },
            Money("a", CostLineKind.Used, "chat", 3.333333333333m), Money("a", CostLineKind.Wasted, "chat", 0.666666666667m), Money("a", CostLineKind.Used, "search", 2m),
            Money("b", CostLineKind.Idle, "", 3m),
        ];

        var rows = FocusDataStores.RowsOf(place, TimeSpan.FromDays(1), Question, Account).ToList();

        Assert.Equal(9m, rows.Sum(row => row.Cost));
        foreach (var owner in place.Where(charge => charge.Kind is not null).GroupBy(charge => (charge.Name, charge.Kind, charge.Owner.Feature)))
            Assert.Equal(owner.Sum(line => line.Cost), rows.Where(row => row.ResourceId == "q-0/" + owner.Key.Name && row.StoreUse == Word(owner.Key.Kind!.Value) && (row.Tags ?? "").Contains(owner.Key.Feature, StringComparison.Ordinal)).Sum(row => row.Cost));
        Assert.Equal([("Disk", 1m), ("Node Hours", 6m), ("Read Units", 2m), ("Write Units", 0m)], rows.GroupBy(row => row.SkuMeter!).OrderBy(meter => meter.Key, StringComparer.Ordinal).Select(meter => (meter.Key, decimal.Round(meter.Sum(row => row.Cost), 9))));
        // Hours that were paid: 6 USD at 0.25. Units in millions: 2 USD at 18 the million.
        Assert.Equal((24m, 111_111.11m), (Consumed("Node Hours"), decimal.Round(Consumed("Read Units"), 2)));
        Assert.All(rows.Where(row => row.UnitPrice is not null), row => Assert.Equal(row.Cost, decimal.Round(row.UnitPrice!.Value * row.PricingQuantity!.Value, 12)));
        Assert.All(rows, row => Assert.Equal(row.SkuMeter == "Read Units" ? "estimated" : null, row.PriceLabel));
        // Only "a" is paid by units.
        Assert.DoesNotContain(rows, row => row.SkuMeter == "Read Units" && row.ResourceId == "q-0/b");
        Assert.Equal((FocusCostBasis.Unpriced, 40m, null), rows.Where(row => row.SkuMeter == "Write Units").Select(row => (row.Basis, row.ConsumedQuantity!.Value, row.UnitPrice)).Single());

        decimal Consumed(string meter) => decimal.Round(rows.Where(row => row.SkuMeter == meter).Sum(row => row.ConsumedQuantity!.Value), 9);
    }

    /// <summary>Money that no meter tells of is never left out of the sum in silence.</summary>
    [Fact]
    public void Rows_OfMoneyWithoutAMeter_AreRefused() =>
        Assert.Throws<InvalidOperationException>(() => FocusDataStores.RowsOf([Money("a", CostLineKind.Used, "chat", 1m)], TimeSpan.FromDays(1), Question, Account).ToList());

    private static string Word(CostLineKind kind) => kind.ToString().ToLowerInvariant();

    private static DataStoreCharge Meter(string name, DataStoreMeter meter, decimal price, decimal cost) =>
        new(Day, DataStoreKind.VectorDatabase, "qdrant", "q-0", name, "", meter, price, false, null, DataOwner.None, cost, 0m, false);

    private static DataStoreCharge Money(string name, CostLineKind kind, string feature, decimal cost) =>
        new(Day, DataStoreKind.VectorDatabase, "qdrant", "q-0", name, "", null, 0m, false, kind, new DataOwner(feature, "", ""), cost, 0m, false);
}
