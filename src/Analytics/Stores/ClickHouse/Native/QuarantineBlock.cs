using FinOps.Domain.Usage;

namespace FinOps.Analytics.Stores.ClickHouse.Native;

/// <summary>Rows for <c>quarantined_spans</c>.</summary>
public sealed class QuarantineBlock : NativeBlock
{
    private readonly UuidColumn _tenantId;
    private readonly UuidColumn _projectId;
    private readonly TraceIdColumn _traceId;
    private readonly NumberColumn<ulong> _spanId;
    private readonly NumberColumn<long> _startTime;
    private readonly LowCardinalityColumn _scope;
    private readonly LowCardinalityColumn _service;
    private readonly LowCardinalityColumn _model;
    private readonly LowCardinalityColumn _reason;
    private readonly StringColumn _detail;

    public QuarantineBlock() : base("quarantined_spans")
    {
        _tenantId = Uuid("tenant_id");
        _projectId = Uuid("project_id");
        _traceId = Trace("trace_id");
        _spanId = Number<ulong>("span_id", "UInt64");
        _startTime = Instant("start_time");
        _scope = Word("scope");
        _service = Word("service");
        _model = Word("model");
        _reason = Word("reason");
        _detail = Text("detail");
    }

    public void Append(QuarantinedSpan row)
    {
        _tenantId.Append(row.Tenant.Value);
        _projectId.Append(row.Project.Value);
        _traceId.Append(row.TraceId);
        _spanId.Append(row.SpanId.Value);
        _startTime.Append(row.StartUnixMicros);
        _scope.Append(row.Scope);
        _service.Append(row.Service);
        _model.Append(row.Model);
        _reason.Append(row.Reason);
        _detail.Append(row.Detail);
        Rows++;
    }
}
