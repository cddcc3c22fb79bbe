using FinOps.Domain.Usage;

namespace FinOps.Analytics.Stores.ClickHouse.Native;

/// <summary>Rows for <c>resource_samples</c>.</summary>
public sealed class SampleBlock : NativeBlock
{
    private readonly UuidColumn _tenantId;
    private readonly UuidColumn _projectId;
    private readonly NumberColumn<long> _time;
    private readonly NumberColumn<byte> _kind;
    private readonly LowCardinalityColumn _metric;
    private readonly LowCardinalityColumn _unit;
    private readonly LowCardinalityColumn _subject;
    private readonly LowCardinalityColumn _host;
    private readonly LowCardinalityColumn _service;
    private readonly LowCardinalityColumn _environment;
    private readonly AttributesColumn _attributes;
    private readonly NumberColumn<long> _startTime;
    private readonly NumberColumn<byte> _temporality;
    private readonly NumberColumn<double> _value;
    private readonly NumberColumn<ulong> _count;

    public SampleBlock() : base("resource_samples")
    {
        _tenantId = Uuid("tenant_id");
        _projectId = Uuid("project_id");
        _time = Number<long>("time", "DateTime64(3, 'UTC')");
        _kind = Number<byte>("kind", "Enum8('gpu' = 1, 'inference' = 2, 'vector_db' = 3, 'tokens' = 4, 'other' = 5, 'storage' = 6)");
        _metric = Word("metric");
        _unit = Word("unit");
        _subject = Word("subject");
        _host = Word("host");
        _service = Word("service");
        _environment = Word("environment");
        _attributes = Keep(new AttributesColumn("attributes"));
        _startTime = Number<long>("start_time", "DateTime64(3, 'UTC')");
        _temporality = Number<byte>("temporality", "Enum8('gauge' = 0, 'delta' = 1, 'cumulative' = 2)");
        _value = Number<double>("value", "Float64");
        _count = Number<ulong>("count", "UInt64");
    }

    public void Append(ResourceSample row)
    {
        _tenantId.Append(row.Tenant.Value);
        _projectId.Append(row.Project.Value);
        _time.Append(row.TimeUnixMillis);
        _kind.Append((byte)(row.Kind == default ? ResourceKind.Other : row.Kind));
        _metric.Append(row.Metric);
        _unit.Append(row.Unit);
        _subject.Append(row.Subject);
        _host.Append(row.Host);
        _service.Append(row.Service);
        _environment.Append(row.Environment);
        _attributes.Append(row.Attributes);
        _startTime.Append(row.StartUnixMillis);
        _temporality.Append((byte)row.Temporality);
        _value.Append(row.Value);
        _count.Append(row.Count);
        Rows++;
    }
}
