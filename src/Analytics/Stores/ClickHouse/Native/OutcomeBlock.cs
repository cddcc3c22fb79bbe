using FinOps.Domain.Outcomes;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Stores.ClickHouse.Native;

/// <summary>Rows for <c>outcomes</c>.</summary>
public sealed class OutcomeBlock : NativeBlock
{
    private readonly UuidColumn _tenantId;
    private readonly UuidColumn _projectId;
    private readonly LowCardinalityColumn _name;
    private readonly StringColumn _outcomeId;
    private readonly TraceIdColumn _traceId;
    private readonly NumberColumn<ulong> _spanId;
    private readonly NumberColumn<long> _time;
    private readonly NumberColumn<byte> _success;
    private readonly NumberColumn<byte> _hasValue;
    private readonly NumberColumn<double> _value;
    private readonly LowCardinalityColumn _feature;
    private readonly StringColumn _user;
    private readonly LowCardinalityColumn _team;
    private readonly LowCardinalityColumn _customer;
    private readonly LowCardinalityColumn _environment;
    private readonly LowCardinalityColumn _service;
    private readonly StringColumn _session;
    private readonly NumberColumn<uint> _tagLevels;

    public OutcomeBlock() : base("outcomes")
    {
        _tenantId = Uuid("tenant_id");
        _projectId = Uuid("project_id");
        _name = Word("name");
        _outcomeId = Text("outcome_id");
        _traceId = Trace("trace_id");
        _spanId = Number<ulong>("span_id", "UInt64");
        _time = Instant("time");
        _success = Flag("success");
        _hasValue = Flag("has_value");
        _value = Number<double>("value", "Float64");
        _feature = Word("feature");
        _user = Text("user");
        _team = Word("team");
        _customer = Word("customer");
        _environment = Word("environment");
        _service = Word("service");
        _session = Text("session");
        _tagLevels = Number<uint>("tag_levels", "UInt32");
    }

    public void Append(Outcome row)
    {
        _tenantId.Append(row.Tenant.Value);
        _projectId.Append(row.Project.Value);
        _name.Append(row.Name);
        _outcomeId.Append(row.Id);
        _traceId.Append(row.TraceId);
        _spanId.Append(row.SpanId.Value);
        _time.Append(row.TimeUnixMicros);
        _success.Append(Bit(row.Success));
        _hasValue.Append(Bit(row.Value is not null));
        _value.Append(row.Value ?? 0);
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
