namespace FinOps.Domain.Allocation;

/// <summary>(usage, operations, prices, instant) → line items, each rounded half-even to twelve decimals. A pure function of sets.</summary>
public static class DataStoreRating
{
    private const decimal HoursPerCell = DeviceTime.CellMinutes / 60m;

    /// <summary>
    /// Operations on collections that no reading tells of make a store without a host: a hosted database of which spans alone arrive. Where several nodes hold one collection, its spans are
    /// counted once, at the first.
    /// </summary>
    public static List<DataStoreUsage> WithOperations(IEnumerable<DataStoreUsage> measured, IEnumerable<DataStoreCalls> calls)
    {
        var stores = measured.ToList();
        foreach (var system in calls.Where(call => call.Operations > 0).GroupBy(call => call.System, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var known = stores.FindAll(store => store.Kind == DataStoreKind.VectorDatabase && store.System == system.Key);
            var names = known.SelectMany(store => store.Parts).Select(part => part.Name).ToHashSet(StringComparer.Ordinal);
            // What spans without a collection asked is a part without a name: paid by its units, and no size of its own.
            var missing = system.Select(call => call.Collection).Distinct(StringComparer.Ordinal).Where(name => !names.Contains(name)).Order(StringComparer.Ordinal).Select(name => new DataStorePart(name, "")).ToList();
            if (missing.Count == 0) continue;
            var host = known.Find(store => store.Host.Length == 0) ?? (known.Count > 0 ? known[0] : null);
            if (host is not null) stores.Remove(host);
            host ??= new DataStoreUsage(DataStoreKind.VectorDatabase, system.Key, "") { Parts = [] };
            stores.Add(host with { Parts = [.. host.Parts.Concat(missing).OrderBy(part => part.Name, StringComparer.Ordinal)] });
        }

        return [.. stores.OrderBy(store => store.Kind).ThenBy(store => store.System, StringComparer.Ordinal).ThenBy(store => store.Host, StringComparer.Ordinal)];
    }

    /// <summary>What each store of <see cref="WithOperations"/> took, by meter.</summary>
    public static List<MeteredCost> Rate(IReadOnlyList<DataStoreUsage> stores, IEnumerable<DataStoreCalls> calls, DataStorePriceBook book, DateTimeOffset cell)
    {
        var (costs, counted) = (new List<MeteredCost>(), new HashSet<(string, string)>());
        var operations = DataStoreCalls.InOrder(calls).ToLookup(call => (call.System, call.Collection));
        foreach (var store in stores)
        {
            var metered = new List<MeteredCost>();
            if (store.Kind == DataStoreKind.VectorDatabase && store.Host.Length > 0) Add("", "", DataStoreMeter.NodeHours, store.ObservedSeconds / 3600);
            if (store.Kind == DataStoreKind.VectorDatabase) Add("", "", DataStoreMeter.MemoryGigabyteHours, store.MemoryBytes / DataStoreMeters.BytesPerGigabyte * HoursPerCell);
            Add("", "", DataStoreMeter.DiskGigabyteMonths, MonthsOf(store.DiskBytes));
            foreach (var part in store.Parts)
            {
                var months = MonthsOf(part.DiskBytes);
                if (store.Kind == DataStoreKind.Bucket)
                {
                    Add(part.Name, part.Tier, DataStoreMeter.StorageGigabyteMonths, months);
                    Add(part.Name, part.Tier, DataStoreMeter.StorageReads, part.ReadUnits ?? 0);
                    Add(part.Name, part.Tier, DataStoreMeter.StorageWrites, part.WriteUnits ?? 0);
                    Add(part.Name, part.Tier, DataStoreMeter.EgressGigabytes, part.EgressBytes / DataStoreMeters.BytesPerGigabyte);
                    continue;
                }

                Add(part.Name, "", DataStoreMeter.DiskGigabyteMonths, months);
                var told = counted.Add((store.System, part.Name)) ? operations[(store.System, part.Name)].ToList() : [];
                var units = told.Sum(call => call.ReadUnits);
                Add(part.Name, "", DataStoreMeter.ReadUnits, part.ReadUnits ?? (units > 0 ? units : told.Sum(call => call.Reads)), part.ReadUnits is null && units <= 0);
                Add(part.Name, "", DataStoreMeter.WriteUnits, part.WriteUnits ?? told.Sum(call => call.Writes), part.WriteUnits is null);
            }

            // A vector database is paid by the node, by what it holds or by what it is asked: one price, and it is priced. A bucket is paid by each of its meters.
            var isPriced = metered.Exists(cost => cost.Price is not null);
            costs.AddRange(metered.Select(cost => cost with { IsUnpriced = cost.Price is null && (store.Kind == DataStoreKind.Bucket || !isPriced) }));

            void Add(string name, string tier, DataStoreMeter meter, decimal quantity, bool estimated = false)
            {
                if (quantity <= 0) return;
                var item = new MeteredCost(store.Kind, store.System, store.Host, name, tier, meter, quantity, null, 0, IsUnpriced: false, estimated);
                var price = book.Find(store.System, item.IsOfNode ? store.Host : name, tier, meter, cell);
                metered.Add(price is null ? item : item with { Price = price.Price, Cost = ExactShares.Round(price.Price * quantity / DataStoreMeters.UnitSize(meter)) });
            }

            decimal MonthsOf(decimal bytes) => bytes / DataStoreMeters.BytesPerGigabyte * HoursPerCell / DataStoreMeters.HoursOfMonth(cell);
        }

        return costs;
    }
}
