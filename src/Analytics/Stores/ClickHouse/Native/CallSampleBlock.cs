using FinOps.Domain.Samples;

namespace FinOps.Analytics.Stores.ClickHouse.Native;

/// <summary>Rows for <c>call_samples</c>.</summary>
public sealed class CallSampleBlock : NativeBlock
{
    private readonly UuidColumn _tenantId;
    private readonly UuidColumn _projectId;
    private readonly TraceIdColumn _traceId;
    private readonly NumberColumn<ulong> _spanId;
    private readonly NumberColumn<long> _startTime;
    private readonly UuidColumn _keyId;
    private readonly NumberColumn<uint> _keptBytes;
    private readonly NumberColumn<uint> _toldBytes;
    private readonly StringColumn _sealed;

    public CallSampleBlock() : base("call_samples")
    {
        _tenantId = Uuid("tenant_id");
        _projectId = Uuid("project_id");
        _traceId = Trace("trace_id");
        _spanId = Number<ulong>("span_id", "UInt64");
        _startTime = Instant("start_time");
        _keyId = Uuid("key_id");
        _keptBytes = Number<uint>("kept_bytes", "UInt32");
        _toldBytes = Number<uint>("told_bytes", "UInt32");
        _sealed = Text("sealed");
    }

    public void Append(CallSample row)
    {
        _tenantId.Append(row.Tenant.Value);
        _projectId.Append(row.Project.Value);
        _traceId.Append(row.TraceId);
        _spanId.Append(row.SpanId.Value);
        _startTime.Append(row.StartUnixMicros);
        _keyId.Append(row.KeyId);
        _keptBytes.Append(row.KeptBytes);
        _toldBytes.Append(row.ToldBytes);
        _sealed.Append(row.Sealed);
        Rows++;
    }
}
