using FinOps.Domain.Allocation;

namespace FinOps.Analytics.Stores.ClickHouse.Native;

/// <summary>Rows about one collection or tier of a store in a quarter hour.</summary>
public abstract class DataStorePartBlock : DeviceCellBlock
{
    private readonly NumberColumn<byte> _store;
    private readonly LowCardinalityColumn _system;
    private readonly LowCardinalityColumn _host;
    private readonly LowCardinalityColumn _name;
    private readonly LowCardinalityColumn _tier;

    private protected DataStorePartBlock(string table) : base(table)
    {
        _store = Number<byte>("store", "Enum8('vector_database' = 0, 'bucket' = 1)");
        _system = Word("system");
        _host = Word("host");
        _name = Word("name");
        _tier = Word("tier");
    }

    private protected void AppendPart(in DeviceCellKey key, DataStoreKind store, string system, string host, string name, string tier)
    {
        AppendKey(key);
        _store.Append((byte)store);
        _system.Append(system);
        _host.Append(host);
        _name.Append(name);
        _tier.Append(tier);
    }
}

/// <summary>Rows for <c>data_store_meters</c>.</summary>
public sealed class DataStoreMeterBlock : DataStorePartBlock
{
    private readonly NumberColumn<byte> _meter;
    private readonly NumberColumn<double> _quantity;
    private readonly NumberColumn<byte> _isPriced;
    private readonly NumberColumn<byte> _isUnpriced;
    private readonly NumberColumn<byte> _isEstimated;
    private readonly MoneyColumn _price;
    private readonly MoneyColumn _cost;

    public DataStoreMeterBlock() : base("data_store_meters")
    {
        _meter = Number<byte>("meter", "UInt8");
        _quantity = Number<double>("quantity", "Float64");
        _isPriced = Flag("is_priced");
        _isUnpriced = Flag("is_unpriced");
        _isEstimated = Flag("is_estimated");
        _price = Keep(new MoneyColumn("price"));
        _cost = Keep(new MoneyColumn("cost"));
    }

    public void Append(in DeviceCellKey key, MeteredCost row)
    {
        AppendPart(key, row.Kind, row.System, row.Host, row.Name, row.Tier);
        _meter.Append((byte)row.Meter);
        _quantity.Append((double)row.Quantity);
        _isPriced.Append(Bit(row.Price is not null));
        _isUnpriced.Append(Bit(row.IsUnpriced));
        _isEstimated.Append(Bit(row.IsEstimated));
        _price.Append(row.Price ?? 0);
        _cost.Append(row.Cost);
    }
}

/// <summary>Rows for <c>data_store_costs</c>.</summary>
public sealed class DataStoreCostBlock : DataStorePartBlock
{
    private readonly NumberColumn<byte> _kind;
    private readonly LowCardinalityColumn _feature;
    private readonly LowCardinalityColumn _team;
    private readonly LowCardinalityColumn _customer;
    private readonly NumberColumn<byte> _reason;
    private readonly NumberColumn<byte> _isEstimated;
    private readonly MoneyColumn _usage;
    private readonly MoneyColumn _allocation;

    public DataStoreCostBlock() : base("data_store_costs")
    {
        _kind = Number<byte>("kind", "Enum8('used' = 0, 'idle' = 1, 'unallocated' = 2, 'wasted' = 3)");
        _feature = Word("feature");
        _team = Word("team");
        _customer = Word("customer");
        _reason = Number<byte>("reason", "UInt8");
        _isEstimated = Flag("is_estimated");
        _usage = Keep(new MoneyColumn("usage_cost"));
        _allocation = Keep(new MoneyColumn("allocation_cost"));
    }

    public void Append(in DeviceCellKey key, DataStoreLine line)
    {
        AppendPart(key, line.Store, line.System, line.Host, line.Name, line.Tier);
        _kind.Append((byte)line.Kind);
        _feature.Append(line.Owner.Feature);
        _team.Append(line.Owner.Team);
        _customer.Append(line.Owner.Customer);
        _reason.Append((byte)line.Reason);
        _isEstimated.Append(Bit(line.IsEstimated));
        _usage.Append(line.UsageCost);
        _allocation.Append(line.AllocationCost);
    }
}

/// <summary>Rows for <c>data_store_sizes</c>.</summary>
public sealed class DataStoreSizeBlock : DataStorePartBlock
{
    private readonly NumberColumn<double> _memory;
    private readonly NumberColumn<double> _disk;
    private readonly NumberColumn<double> _vectors;
    private readonly NumberColumn<ulong> _reads;
    private readonly NumberColumn<ulong> _writes;
    private readonly NumberColumn<ulong> _failed;

    public DataStoreSizeBlock() : base("data_store_sizes")
    {
        _memory = Number<double>("memory_bytes", "Float64");
        _disk = Number<double>("disk_bytes", "Float64");
        _vectors = Number<double>("vectors", "Float64");
        _reads = Number<ulong>("reads", "UInt64");
        _writes = Number<ulong>("writes", "UInt64");
        _failed = Number<ulong>("failed", "UInt64");
    }

    public void Append(in DeviceCellKey key, DataStoreUsage store, DataStorePart part, long reads, long writes, long failed)
    {
        AppendPart(key, store.Kind, store.System, store.Host, part.Name, part.Tier);
        _memory.Append((double)part.MemoryBytes);
        _disk.Append((double)part.DiskBytes);
        _vectors.Append((double)part.Vectors);
        _reads.Append((ulong)Math.Max(0, reads));
        _writes.Append((ulong)Math.Max(0, writes));
        _failed.Append((ulong)Math.Max(0, failed));
    }
}

/// <summary>Rows for <c>data_store_cells</c>: publishes what was built.</summary>
public sealed class DataStoreCellsBlock : DeviceCellBlock
{
    private readonly NumberColumn<ulong> _changes;
    private readonly NumberColumn<ulong> _calls;
    private readonly NumberColumn<long> _priceVersion;

    public DataStoreCellsBlock() : base("data_store_cells")
    {
        _changes = Number<ulong>("changes", "UInt64");
        _calls = Number<ulong>("calls", "UInt64");
        _priceVersion = Number<long>("price_version", "Int64");
    }

    public void Append(in DeviceCellKey key, ulong changes, ulong calls, long priceVersion)
    {
        AppendKey(key);
        _changes.Append(changes);
        _calls.Append(calls);
        _priceVersion.Append(priceVersion);
    }
}
