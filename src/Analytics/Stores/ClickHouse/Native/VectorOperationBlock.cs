using FinOps.Domain.Usage;

namespace FinOps.Analytics.Stores.ClickHouse.Native;

/// <summary>Rows for <c>vector_operations</c>.</summary>
public sealed class VectorOperationBlock : NativeBlock
{
    private readonly UuidColumn _tenantId;
    private readonly UuidColumn _projectId;
    private readonly TraceIdColumn _traceId;
    private readonly NumberColumn<ulong> _spanId;
    private readonly NumberColumn<ulong> _parentSpanId;
    private readonly NumberColumn<long> _startTime;
    private readonly NumberColumn<ulong> _durationUs;
    private readonly LowCardinalityColumn _scope;
    private readonly LowCardinalityColumn _system;
    private readonly LowCardinalityColumn _collection;
    private readonly LowCardinalityColumn _operation;
    private readonly NumberColumn<byte> _failed;
    private readonly NumberColumn<uint> _topK;
    private readonly NumberColumn<uint> _returned;
    private readonly NumberColumn<uint> _vectors;
    private readonly NumberColumn<double> _readUnits;
    private readonly LowCardinalityColumn _feature;
    private readonly StringColumn _user;
    private readonly LowCardinalityColumn _team;
    private readonly LowCardinalityColumn _customer;
    private readonly LowCardinalityColumn _environment;
    private readonly LowCardinalityColumn _service;
    private readonly StringColumn _session;
    private readonly NumberColumn<uint> _tagLevels;

    public VectorOperationBlock() : base("vector_operations")
    {
        _tenantId = Uuid("tenant_id");
        _projectId = Uuid("project_id");
        _traceId = Trace("trace_id");
        _spanId = Number<ulong>("span_id", "UInt64");
        _parentSpanId = Number<ulong>("parent_span_id", "UInt64");
        _startTime = Instant("start_time");
        _durationUs = Number<ulong>("duration_us", "UInt64");
        _scope = Word("scope");
        _system = Word("system");
        _collection = Word("collection");
        _operation = Word("operation");
        _failed = Flag("failed");
        _topK = Number<uint>("top_k", "UInt32");
        _returned = Number<uint>("returned", "UInt32");
        _vectors = Number<uint>("vectors", "UInt32");
        _readUnits = Number<double>("read_units", "Float64");
        _feature = Word("feature");
        _user = Text("user");
        _team = Word("team");
        _customer = Word("customer");
        _environment = Word("environment");
        _service = Word("service");
        _session = Text("session");
        _tagLevels = Number<uint>("tag_levels", "UInt32");
    }

    public void Append(VectorOperation row)
    {
        _tenantId.Append(row.Tenant.Value);
        _projectId.Append(row.Project.Value);
        _traceId.Append(row.TraceId);
        _spanId.Append(row.SpanId.Value);
        _parentSpanId.Append(row.ParentSpanId.Value);
        _startTime.Append(row.StartUnixMicros);
        _durationUs.Append(row.DurationMicros);
        _scope.Append(row.Scope);
        _system.Append(row.System);
        _collection.Append(row.Collection);
        _operation.Append(row.Operation);
        _failed.Append(Bit(row.Failed));
        _topK.Append(row.TopK);
        _returned.Append(row.Returned);
        _vectors.Append(row.Vectors);
        _readUnits.Append(row.ReadUnits);
        _feature.Append(row.Tags[Tag.Feature]);
        _user.Append(row.Tags[Tag.User]);
        _team.Append(row.Tags[Tag.Team]);
        _customer.Append(row.Tags[Tag.Customer]);
        _environment.Append(row.Tags[Tag.Environment]);
        _service.Append(row.Tags[Tag.Service]);
        _session.Append(row.Tags[Tag.Session]);
        _tagLevels.Append(row.Tags.PackedLevels);
        Rows++;
    }
}
