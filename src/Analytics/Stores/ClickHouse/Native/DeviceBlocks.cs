using FinOps.Domain.Allocation;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Stores.ClickHouse.Native;

/// <summary>What rows of one rebuild share: whose they are, of which quarter hour, under which generation.</summary>
public readonly record struct DeviceCellKey(TenantId Tenant, DateTimeOffset Cell, ulong Generation);

/// <summary>A block of rows per tenant and quarter hour.</summary>
public abstract class DeviceCellBlock : NativeBlock
{
    private readonly UuidColumn _tenantId;
    private readonly NumberColumn<uint> _cell;
    private readonly NumberColumn<ulong> _generation;

    private protected DeviceCellBlock(string table) : base(table)
    {
        _tenantId = Uuid("tenant_id");
        _cell = Number<uint>("cell", "DateTime('UTC')");
        _generation = Number<ulong>("generation", "UInt64");
    }

    private protected void AppendKey(in DeviceCellKey key)
    {
        _tenantId.Append(key.Tenant.Value);
        _cell.Append((uint)key.Cell.ToUnixTimeSeconds());
        _generation.Append(key.Generation);
        Rows++;
    }
}

/// <summary>Rows for <c>device_intervals</c>.</summary>
public sealed class DeviceIntervalBlock : DeviceCellBlock
{
    private readonly LowCardinalityColumn _host;
    private readonly LowCardinalityColumn _device;
    private readonly LowCardinalityColumn _slice;
    private readonly LowCardinalityColumn _accelerator;
    private readonly NumberColumn<double> _share;
    private readonly NumberColumn<double> _observed;
    private readonly NumberColumn<double> _used;
    private readonly NumberColumn<double> _unknown;
    private readonly NumberColumn<double> _memoryUsed;
    private readonly NumberColumn<double> _memoryTotal;
    private readonly NumberColumn<double> _watts;
    private readonly NumberColumn<byte> _isPriced;
    private readonly LowCardinalityColumn _provider;
    private readonly LowCardinalityColumn _region;
    private readonly NumberColumn<byte> _purchase;
    private readonly MoneyColumn _pricePerHour;
    private readonly MoneyColumn _cost;

    public DeviceIntervalBlock() : base("device_intervals")
    {
        _host = Word("host");
        _device = Word("device");
        _slice = Word("slice");
        _accelerator = Word("accelerator");
        _share = Number<double>("share", "Float64");
        _observed = Number<double>("observed_seconds", "Float64");
        _used = Number<double>("used_seconds", "Float64");
        _unknown = Number<double>("unknown_seconds", "Float64");
        _memoryUsed = Number<double>("memory_used_bytes", "Float64");
        _memoryTotal = Number<double>("memory_total_bytes", "Float64");
        _watts = Number<double>("watts", "Float64");
        _isPriced = Flag("is_priced");
        _provider = Word("provider");
        _region = Word("region");
        _purchase = Number<byte>("purchase", "UInt8");
        _pricePerHour = Keep(new MoneyColumn("price_per_hour"));
        _cost = Keep(new MoneyColumn("cost"));
    }

    public void Append(in DeviceCellKey key, DeviceInterval row, AcceleratorPrice? price, decimal cost)
    {
        AppendKey(key);
        _host.Append(row.Host);
        _device.Append(row.Device);
        _slice.Append(row.Slice);
        _accelerator.Append(row.Accelerator);
        _share.Append((double)row.Share);
        _observed.Append((double)row.ObservedSeconds);
        _used.Append((double)row.UsedSeconds);
        _unknown.Append((double)row.UnknownSeconds);
        _memoryUsed.Append(row.MemoryUsedBytes);
        _memoryTotal.Append(row.MemoryTotalBytes);
        _watts.Append(row.Watts);
        _isPriced.Append(Bit(price is not null));
        _provider.Append(price?.Provider ?? "");
        _region.Append(price?.Region ?? "");
        _purchase.Append((byte)(price?.Purchase ?? 0));
        _pricePerHour.Append(price?.PricePerHour ?? 0);
        _cost.Append(cost);
    }
}

/// <summary>Rows for <c>device_costs</c>.</summary>
public sealed class DeviceCostBlock : DeviceCellBlock
{
    private readonly LowCardinalityColumn _host;
    private readonly LowCardinalityColumn _device;
    private readonly LowCardinalityColumn _slice;
    private readonly NumberColumn<byte> _kind;
    private readonly LowCardinalityColumn _model;
    private readonly LowCardinalityColumn _feature;
    private readonly LowCardinalityColumn _team;
    private readonly LowCardinalityColumn _customer;
    private readonly NumberColumn<byte> _reason;
    private readonly NumberColumn<byte> _isEstimated;
    private readonly MoneyColumn _usage;
    private readonly MoneyColumn _allocation;

    public DeviceCostBlock() : base("device_costs")
    {
        _host = Word("host");
        _device = Word("device");
        _slice = Word("slice");
        _kind = Number<byte>("kind", "Enum8('used' = 0, 'idle' = 1, 'unallocated' = 2, 'wasted' = 3)");
        _model = Word("model");
        _feature = Word("feature");
        _team = Word("team");
        _customer = Word("customer");
        _reason = Number<byte>("reason", "UInt8");
        _isEstimated = Flag("is_estimated");
        _usage = Keep(new MoneyColumn("usage_cost"));
        _allocation = Keep(new MoneyColumn("allocation_cost"));
    }

    public void Append(in DeviceCellKey key, string slice, CostLine line)
    {
        AppendKey(key);
        _host.Append(line.Host);
        _device.Append(line.Device);
        _slice.Append(slice);
        _kind.Append((byte)line.Kind);
        _model.Append(line.Model);
        _feature.Append(line.Feature);
        _team.Append(line.Team);
        _customer.Append(line.Customer);
        _reason.Append((byte)line.Reason);
        _isEstimated.Append(Bit(line.IsEstimated));
        _usage.Append(line.UsageCost);
        _allocation.Append(line.AllocationCost);
    }
}

/// <summary>Rows for <c>device_models</c>.</summary>
public sealed class DeviceModelBlock : DeviceCellBlock
{
    private readonly LowCardinalityColumn _host;
    private readonly LowCardinalityColumn _model;
    private readonly NumberColumn<double> _prefill;
    private readonly NumberColumn<double> _decode;
    private readonly NumberColumn<double> _prompt;
    private readonly NumberColumn<double> _generated;

    public DeviceModelBlock() : base("device_models")
    {
        _host = Word("host");
        _model = Word("model");
        _prefill = Number<double>("prefill_seconds", "Float64");
        _decode = Number<double>("decode_seconds", "Float64");
        _prompt = Number<double>("prompt_tokens", "Float64");
        _generated = Number<double>("generated_tokens", "Float64");
    }

    public void Append(in DeviceCellKey key, ServedModel row)
    {
        AppendKey(key);
        _host.Append(row.Host);
        _model.Append(row.Model);
        _prefill.Append((double)row.PrefillSeconds);
        _decode.Append((double)row.DecodeSeconds);
        _prompt.Append((double)row.PromptTokens);
        _generated.Append((double)row.GeneratedTokens);
    }
}

/// <summary>Rows for <c>device_cells</c>: publishes what was built.</summary>
public sealed class DeviceCellsBlock : DeviceCellBlock
{
    private readonly NumberColumn<ulong> _samples;
    private readonly NumberColumn<ulong> _calls;
    private readonly NumberColumn<long> _priceVersion;

    public DeviceCellsBlock() : base("device_cells")
    {
        _samples = Number<ulong>("samples", "UInt64");
        _calls = Number<ulong>("calls", "UInt64");
        _priceVersion = Number<long>("price_version", "Int64");
    }

    public void Append(in DeviceCellKey key, ulong samples, ulong calls, long priceVersion)
    {
        AppendKey(key);
        _samples.Append(samples);
        _calls.Append(calls);
        _priceVersion.Append(priceVersion);
    }
}
