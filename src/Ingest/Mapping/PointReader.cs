using System.Globalization;
using FinOps.Domain.Usage;

namespace FinOps.Ingest.Mapping;

/// <summary>A data point of any kind: a value, or a histogram's sum and count.</summary>
internal struct Point
{
    public ulong StartNanos, TimeNanos, Count;
    public double Value;
    public bool HasValue, IsBlank;
}

/// <summary>Reads one data point and the labels that say what it measures. Only labels of the allow-list are kept.</summary>
internal sealed class PointReader(RequestTexts texts)
{
    private const uint NoRecordedValue = 1;
    private const string SystemLabel = "db.system.name";

    private static readonly HashSet<string> Kept = new(StringComparer.Ordinal)
    {
        "gpu", "gpu.index", "gpu.name", "gpu.uuid", "UUID", "device", "modelName", "pci_bus_id", "GPU_I_PROFILE", "GPU_I_ID",
        "hw.id", "hw.name", "hw.model", "hw.vendor", "hw.parent", "hw.gpu.task", "network.io.direction",
        "container", "namespace", "pod", "k8s.pod.name", "k8s.namespace.name", "k8s.container.name", "hpc_job",
        "model_name", "engine", "finished_reason", "reason", "source",
        "id", "collection", "collection_name", "vector", "class_name", "shard_name", "index_name", "method", "endpoint", "status",
        "function_name", "query_type", "api", "cloud", "region", "capacity_mode",
        "gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.system", "gen_ai.request.model", "gen_ai.response.model",
        "gen_ai.token.type", "gen_ai.token.modality", "error.type",
        SystemLabel, "db.collection.name", "finops.storage.bucket", "finops.storage.tier", "feature", "team", "customer",
    };

    /// <summary>Labels that say whose a collection or a bucket is.</summary>
    private static readonly (string Label, Tag Tag)[] Owners = [("feature", Tag.Feature), ("team", Tag.Team), ("customer", Tag.Customer)];

    private static readonly string[] GpuSubjects = ["gpu.uuid", "UUID", "hw.id", "gpu.index", "gpu", "device"];
    private static readonly string[] ModelSubjects = ["gen_ai.response.model", "gen_ai.request.model", "model_name"];
    private static readonly string[] CollectionSubjects = ["db.collection.name", "collection", "collection_name", "class_name", "index_name", "id"];

    private static readonly string[] BucketSubjects = ["finops.storage.bucket"];

    private readonly List<KeyValuePair<string, string>> _labels = [];

    public string Host { get; private set; } = "";
    public string HardwareType { get; private set; } = "";

    public Point ReadNumber(ReadOnlySpan<byte> body, Slice window, AttributeSet attributes, MappingLimits limits)
    {
        var point = Begin();
        var reader = new ProtoReader(body, window);
        while (reader.TryReadTag(out var tag))
        {
            switch (tag)
            {
                case 2 << 3 | Wire.Fixed64: point.StartNanos = reader.ReadFixed64(); break;
                case 3 << 3 | Wire.Fixed64: point.TimeNanos = reader.ReadFixed64(); break;
                case 4 << 3 | Wire.Fixed64: Set(ref point, BitConverter.UInt64BitsToDouble(reader.ReadFixed64())); break;
                case 6 << 3 | Wire.Fixed64: Set(ref point, (long)reader.ReadFixed64()); break;
                case 7 << 3 | Wire.Length: ReadLabel(body, reader.ReadSlice(), attributes, limits); break;
                case 8 << 3 | Wire.Varint: point.IsBlank = (reader.ReadVarint() & NoRecordedValue) != 0; break;
                default: reader.Skip(tag); break;
            }
        }

        point.Count = 1;
        return point;
    }

    public Point ReadHistogram(ReadOnlySpan<byte> body, Slice window, AttributeSet attributes, MappingLimits limits) =>
        ReadSummed(body, window, attributes, limits, attributeField: 9);

    public Point ReadExponentialHistogram(ReadOnlySpan<byte> body, Slice window, AttributeSet attributes, MappingLimits limits) =>
        ReadSummed(body, window, attributes, limits, attributeField: 1);

    public Point ReadSummary(ReadOnlySpan<byte> body, Slice window, AttributeSet attributes, MappingLimits limits) =>
        ReadSummed(body, window, attributes, limits, attributeField: 7);

    // Histograms, exponential histograms and summaries number start, time, count and sum alike.
    private Point ReadSummed(ReadOnlySpan<byte> body, Slice window, AttributeSet attributes, MappingLimits limits, uint attributeField)
    {
        var point = Begin();
        var reader = new ProtoReader(body, window);
        while (reader.TryReadTag(out var tag))
        {
            switch (tag)
            {
                case 2 << 3 | Wire.Fixed64: point.StartNanos = reader.ReadFixed64(); break;
                case 3 << 3 | Wire.Fixed64: point.TimeNanos = reader.ReadFixed64(); break;
                case 4 << 3 | Wire.Fixed64: point.Count = reader.ReadFixed64(); break;
                case 5 << 3 | Wire.Fixed64: Set(ref point, BitConverter.UInt64BitsToDouble(reader.ReadFixed64())); break;
                default:
                    if (tag == (attributeField << 3 | Wire.Length)) ReadLabel(body, reader.ReadSlice(), attributes, limits);
                    else reader.Skip(tag);
                    break;
            }
        }

        return point;
    }

    private Point Begin()
    {
        _labels.Clear();
        Host = HardwareType = "";
        return default;
    }

    private static void Set(ref Point point, double value)
    {
        point.Value = value;
        point.HasValue = true;
    }

    private void ReadLabel(ReadOnlySpan<byte> body, Slice pair, AttributeSet attributes, MappingLimits limits)
    {
        attributes.Add(body, pair, limits);
        if (attributes.Dropped > 0) return;
        var reader = new ProtoReader(body, pair);
        Slice key = default, encoded = default;
        while (reader.TryReadTag(out var tag))
        {
            if (tag == (1 << 3 | Wire.Length)) key = reader.ReadSlice();
            else if (tag == (2 << 3 | Wire.Length)) encoded = reader.ReadSlice();
            else reader.Skip(tag);
        }

        var value = AttributeValue.Read(body, encoded);
        if (value.IsEmpty) return;
        var name = texts.Name(key.In(body));
        var text = value.Kind == ValueKind.String ? (name == "customer" ? texts.Person(value.Text.In(body)) : texts.Name(value.Text.In(body)))
            : value.TryLong(body, out var number) ? number.ToString(CultureInfo.InvariantCulture)
            : "";
        if (text.Length == 0) return;
        if (name is "hostname" or "Hostname" or "host.name" or "instance") Host = text;
        else if (name == "hw.type") HardwareType = text;
        else if (Kept.Contains(name)) _labels.Add(new(name, text));
    }

    /// <summary>The encoder and decoder of a card share a metric in the hardware conventions; ours have names of their own.</summary>
    public string Rename(string metric) => metric != "gpu.utilization" ? metric : Label("hw.gpu.task") switch
    {
        "encoder" => "gpu.encoder.utilization",
        "decoder" => "gpu.decoder.utilization",
        _ => metric,
    };

    public string Subject(ResourceKind kind)
    {
        foreach (var name in kind switch
        {
            ResourceKind.Gpu => GpuSubjects,
            ResourceKind.VectorDatabase => CollectionSubjects,
            ResourceKind.Storage => BucketSubjects,
            _ => ModelSubjects,
        })
        {
            var label = Label(name);
            if (label.Length != 0) return label;
        }

        return "";
    }

    /// <summary>Owners count for vector databases and buckets alone, and what the key says of them wins; the product is known by its metric's name where the point does not tell it.</summary>
    public void SetOwner(MetricRule rule, BoundTags key)
    {
        var isStore = rule.Kind is ResourceKind.VectorDatabase or ResourceKind.Storage;
        foreach (var (label, tag) in Owners)
        {
            var bound = isStore ? key[tag] : null;
            if (!isStore || bound is not null) _labels.RemoveAll(one => one.Key == label);
            if (bound is not null) _labels.Add(new(label, bound));
        }

        if (rule.System.Length > 0 && Label(SystemLabel).Length == 0) _labels.Add(new(SystemLabel, rule.System));
    }

    private string Label(string name)
    {
        foreach (var (key, value) in _labels)
            if (key == name) return value;
        return "";
    }

    /// <summary>Sorted by key, so that the same series always has the same labels.</summary>
    public KeyValuePair<string, string>[] Attributes()
    {
        if (_labels.Count == 0) return [];
        _labels.Sort((left, right) => string.CompareOrdinal(left.Key, right.Key));
        return [.. _labels];
    }
}
