using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Stores.ClickHouse.Native;

/// <summary>Rows for <c>call_reratings</c>.</summary>
public sealed class CallReratingBlock : NativeBlock
{
    private readonly UuidColumn _tenantId;
    private readonly UuidColumn _reratingId;
    private readonly NumberColumn<long> _startTime;
    private readonly TraceIdColumn _traceId;
    private readonly NumberColumn<ulong> _spanId;
    private readonly NumberColumn<ulong> _seenVersion;
    private readonly LowCardinalityColumn _feature;
    private readonly LowCardinalityColumn _model;
    private readonly LowCardinalityColumn _oldProvider;
    private readonly LowCardinalityColumn _newProvider;
    private readonly MoneyColumn _oldCost;
    private readonly MoneyColumn _newCost;
    private readonly NumberColumn<uint> _oldFlags;
    private readonly NumberColumn<uint> _newFlags;
    private readonly NumberColumn<long> _oldPriceId;
    private readonly NumberColumn<long> _newPriceId;
    private readonly NumberColumn<long> _oldBookVersion;
    private readonly NumberColumn<long> _newBookVersion;

    public CallReratingBlock() : base("call_reratings")
    {
        _tenantId = Uuid("tenant_id");
        _reratingId = Uuid("rerating_id");
        _startTime = Instant("start_time");
        _traceId = Trace("trace_id");
        _spanId = Number<ulong>("span_id", "UInt64");
        _seenVersion = Number<ulong>("seen_version", "UInt64");
        _feature = Word("feature");
        _model = Word("model");
        _oldProvider = Word("old_provider");
        _newProvider = Word("new_provider");
        _oldCost = Keep(new MoneyColumn("old_cost"));
        _newCost = Keep(new MoneyColumn("new_cost"));
        _oldFlags = Number<uint>("old_flags", "UInt32");
        _newFlags = Number<uint>("new_flags", "UInt32");
        _oldPriceId = Number<long>("old_price_id", "Int64");
        _newPriceId = Number<long>("new_price_id", "Int64");
        _oldBookVersion = Number<long>("old_book_version", "Int64");
        _newBookVersion = Number<long>("new_book_version", "Int64");
    }

    public void Append(TenantId tenant, Guid rerating, CallReport before, CallReport after)
    {
        _tenantId.Append(tenant.Value);
        _reratingId.Append(rerating);
        _startTime.Append(before.StartUnixMicros);
        _traceId.Append(before.TraceId);
        _spanId.Append(before.SpanId.Value);
        _seenVersion.Append(before.Version);
        _feature.Append(before.Tags[Tag.Feature]);
        _model.Append(before.Model);
        _oldProvider.Append(before.Provider);
        _newProvider.Append(after.Provider);
        _oldCost.Append(before.Cost);
        _newCost.Append(after.Cost);
        _oldFlags.Append((uint)before.Flags);
        _newFlags.Append((uint)after.Flags);
        _oldPriceId.Append(before.PriceId);
        _newPriceId.Append(after.PriceId);
        _oldBookVersion.Append(before.BookVersion);
        _newBookVersion.Append(after.BookVersion);
        Rows++;
    }
}
