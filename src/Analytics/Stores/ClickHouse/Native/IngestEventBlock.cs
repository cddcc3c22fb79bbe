using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Stores.ClickHouse.Native;

/// <summary>Rows for <c>ingest_events</c>.</summary>
public sealed class IngestEventBlock : NativeBlock
{
    private readonly UuidColumn _tenantId;
    private readonly NumberColumn<uint> _minute;
    private readonly LowCardinalityColumn _transport;
    private readonly LowCardinalityColumn _signal;
    private readonly LowCardinalityColumn _reason;
    private readonly NumberColumn<ulong> _requests;
    private readonly NumberColumn<ulong> _items;
    private readonly NumberColumn<ulong> _bytes;

    public IngestEventBlock() : base("ingest_events")
    {
        _tenantId = Uuid("tenant_id");
        _minute = Number<uint>("minute", "DateTime('UTC')");
        _transport = Word("transport");
        _signal = Word("signal");
        _reason = Word("reason");
        _requests = Number<ulong>("requests", "UInt64");
        _items = Number<ulong>("items", "UInt64");
        _bytes = Number<ulong>("bytes", "UInt64");
    }

    public void Append(TenantId tenant, DateTimeOffset minute, string transport, string signal, string reason, long requests, long items, long bytes)
    {
        _tenantId.Append(tenant.Value);
        _minute.Append((uint)minute.ToUnixTimeSeconds());
        _transport.Append(transport);
        _signal.Append(signal);
        _reason.Append(reason);
        _requests.Append((ulong)requests);
        _items.Append((ulong)items);
        _bytes.Append((ulong)bytes);
        Rows++;
    }
}
