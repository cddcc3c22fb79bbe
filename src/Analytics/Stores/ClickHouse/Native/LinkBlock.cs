using FinOps.Domain.Usage;

namespace FinOps.Analytics.Stores.ClickHouse.Native;

/// <summary>Rows for <c>links</c>.</summary>
public sealed class LinkBlock : NativeBlock
{
    private readonly UuidColumn _tenantId;
    private readonly UuidColumn _projectId;
    private readonly TraceIdColumn _traceId;
    private readonly NumberColumn<ulong> _spanId;
    private readonly NumberColumn<ulong> _parentSpanId;
    private readonly NumberColumn<long> _startTime;
    private readonly NumberColumn<ulong> _durationUs;
    private readonly NumberColumn<byte> _kind;
    private readonly NumberColumn<byte> _failed;
    private readonly LowCardinalityColumn _name;
    private readonly LowCardinalityColumn _service;
    private readonly LowCardinalityColumn _feature;
    private readonly StringColumn _user;
    private readonly LowCardinalityColumn _team;
    private readonly LowCardinalityColumn _customer;
    private readonly LowCardinalityColumn _environment;
    private readonly StringColumn _session;
    private readonly LowCardinalityColumn _endpoint;
    private readonly NumberColumn<uint> _tagLevels;

    public LinkBlock() : base("links")
    {
        _tenantId = Uuid("tenant_id");
        _projectId = Uuid("project_id");
        _traceId = Trace("trace_id");
        _spanId = Number<ulong>("span_id", "UInt64");
        _parentSpanId = Number<ulong>("parent_span_id", "UInt64");
        _startTime = Instant("start_time");
        _durationUs = Number<ulong>("duration_us", "UInt64");
        _kind = Number<byte>("kind", "UInt8");
        _failed = Flag("failed");
        _name = Word("name");
        _service = Word("service");
        _feature = Word("feature");
        _user = Text("user");
        _team = Word("team");
        _customer = Word("customer");
        _environment = Word("environment");
        _session = Text("session");
        _endpoint = Word("endpoint");
        _tagLevels = Number<uint>("tag_levels", "UInt32");
    }

    public void Append(SpanLink row)
    {
        _tenantId.Append(row.Tenant.Value);
        _projectId.Append(row.Project.Value);
        _traceId.Append(row.TraceId);
        _spanId.Append(row.SpanId.Value);
        _parentSpanId.Append(row.ParentSpanId.Value);
        _startTime.Append(row.StartUnixMicros);
        _durationUs.Append(row.DurationMicros);
        _kind.Append((byte)row.Kind);
        _failed.Append(Bit(row.Failed));
        _name.Append(row.Name);
        _service.Append(row.Service);
        _feature.Append(row.Tags[Tag.Feature]);
        _user.Append(row.Tags[Tag.User]);
        _team.Append(row.Tags[Tag.Team]);
        _customer.Append(row.Tags[Tag.Customer]);
        _environment.Append(row.Tags[Tag.Environment]);
        _session.Append(row.Tags[Tag.Session]);
        _endpoint.Append(row.Tags[Tag.Endpoint]);
        _tagLevels.Append(row.Tags.PackedLevels);
        Rows++;
    }
}
