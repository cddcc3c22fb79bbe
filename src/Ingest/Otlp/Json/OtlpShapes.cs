using FinOps.Ingest.Health;
using static FinOps.Ingest.Otlp.Json.FieldKind;

namespace FinOps.Ingest.Otlp.Json;

/// <summary>
/// The OTLP messages (opentelemetry-proto 1.11.0) as far as anything here reads them. Exemplars and entity references are left out: like unknown
/// fields, they are skipped.
/// </summary>
internal static class OtlpShapes
{
    private static readonly string[] SpanKinds =
        ["SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL", "SPAN_KIND_SERVER", "SPAN_KIND_CLIENT", "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER"];

    private static readonly string[] StatusCodes = ["STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"];

    private static readonly string[] Temporalities =
        ["AGGREGATION_TEMPORALITY_UNSPECIFIED", "AGGREGATION_TEMPORALITY_DELTA", "AGGREGATION_TEMPORALITY_CUMULATIVE"];

    private static readonly MessageShape KeyValue = CreateKeyValue();

    private static readonly MessageShape AnyValue = KeyValue.Fields[1].Message!;

    private static readonly MessageShape Resource = new(2, false,
        new("attributes", 1, RepeatedMessage, KeyValue),
        new("droppedAttributesCount", 2, FieldKind.UInt32));

    private static readonly MessageShape Scope = new(1, false,
        new("name", 1, FieldKind.String),
        new("version", 2, FieldKind.String),
        new("attributes", 3, RepeatedMessage, KeyValue),
        new("droppedAttributesCount", 4, FieldKind.UInt32));

    private static readonly MessageShape Event = new(2, false,
        new("timeUnixNano", 1, Fixed64),
        new("name", 2, FieldKind.String),
        new("attributes", 3, RepeatedMessage, KeyValue),
        new("droppedAttributesCount", 4, FieldKind.UInt32));

    private static readonly MessageShape Link = new(1, false,
        new("traceId", 1, HexBytes),
        new("spanId", 2, HexBytes),
        new("traceState", 3, FieldKind.String),
        new("attributes", 4, RepeatedMessage, KeyValue),
        new("droppedAttributesCount", 5, FieldKind.UInt32),
        new("flags", 6, Fixed32));

    private static readonly MessageShape Status = new(1, false,
        new("message", 2, FieldKind.String),
        new("code", 3, FieldKind.Enum, enumNames: StatusCodes));

    private static readonly MessageShape Span = new(2, true,
        new("traceId", 1, HexBytes),
        new("spanId", 2, HexBytes),
        new("traceState", 3, FieldKind.String),
        new("parentSpanId", 4, HexBytes),
        new("name", 5, FieldKind.String),
        new("kind", 6, FieldKind.Enum, enumNames: SpanKinds),
        new("startTimeUnixNano", 7, Fixed64),
        new("endTimeUnixNano", 8, Fixed64),
        new("attributes", 9, RepeatedMessage, KeyValue),
        new("droppedAttributesCount", 10, FieldKind.UInt32),
        new("events", 11, RepeatedMessage, Event),
        new("droppedEventsCount", 12, FieldKind.UInt32),
        new("links", 13, RepeatedMessage, Link),
        new("droppedLinksCount", 14, FieldKind.UInt32),
        new("status", 15, Message, Status),
        new("flags", 16, Fixed32));

    private static readonly MessageShape NumberDataPoint = new(2, true,
        new("attributes", 7, RepeatedMessage, KeyValue),
        new("startTimeUnixNano", 2, Fixed64),
        new("timeUnixNano", 3, Fixed64),
        new("asDouble", 4, FieldKind.Double, @explicit: true),
        new("asInt", 6, SignedFixed64, @explicit: true),
        new("flags", 8, FieldKind.UInt32));

    private static readonly MessageShape HistogramDataPoint = new(2, true,
        new("attributes", 9, RepeatedMessage, KeyValue),
        new("startTimeUnixNano", 2, Fixed64),
        new("timeUnixNano", 3, Fixed64),
        new("count", 4, Fixed64),
        new("sum", 5, FieldKind.Double, @explicit: true),
        new("bucketCounts", 6, PackedFixed64),
        new("explicitBounds", 7, PackedDouble),
        new("flags", 10, FieldKind.UInt32),
        new("min", 11, FieldKind.Double, @explicit: true),
        new("max", 12, FieldKind.Double, @explicit: true));

    private static readonly MessageShape Buckets = new(1, false,
        new("offset", 1, ZigZag32),
        new("bucketCounts", 2, PackedUInt64));

    private static readonly MessageShape ExponentialHistogramDataPoint = new(2, true,
        new("attributes", 1, RepeatedMessage, KeyValue),
        new("startTimeUnixNano", 2, Fixed64),
        new("timeUnixNano", 3, Fixed64),
        new("count", 4, Fixed64),
        new("sum", 5, FieldKind.Double, @explicit: true),
        new("scale", 6, ZigZag32),
        new("zeroCount", 7, Fixed64),
        new("positive", 8, Message, Buckets),
        new("negative", 9, Message, Buckets),
        new("flags", 10, FieldKind.UInt32),
        new("min", 12, FieldKind.Double, @explicit: true),
        new("max", 13, FieldKind.Double, @explicit: true),
        new("zeroThreshold", 14, FieldKind.Double));

    private static readonly MessageShape Quantile = new(1, false,
        new("quantile", 1, FieldKind.Double),
        new("value", 2, FieldKind.Double));

    private static readonly MessageShape SummaryDataPoint = new(2, true,
        new("attributes", 7, RepeatedMessage, KeyValue),
        new("startTimeUnixNano", 2, Fixed64),
        new("timeUnixNano", 3, Fixed64),
        new("count", 4, Fixed64),
        new("sum", 5, FieldKind.Double),
        new("quantileValues", 6, RepeatedMessage, Quantile),
        new("flags", 8, FieldKind.UInt32));

    private static readonly MessageShape Metric = new(2, false,
        new("name", 1, FieldKind.String),
        new("description", 2, FieldKind.String),
        new("unit", 3, FieldKind.String),
        new("gauge", 5, Message, Points(NumberDataPoint)),
        new("sum", 7, Message, Points(NumberDataPoint, temporality: true, monotonic: true)),
        new("histogram", 9, Message, Points(HistogramDataPoint, temporality: true)),
        new("exponentialHistogram", 10, Message, Points(ExponentialHistogramDataPoint, temporality: true)),
        new("summary", 11, Message, Points(SummaryDataPoint)),
        new("metadata", 12, RepeatedMessage, KeyValue));

    private static readonly MessageShape LogRecord = new(2, true,
        new("timeUnixNano", 1, Fixed64),
        new("observedTimeUnixNano", 11, Fixed64),
        new("severityNumber", 2, FieldKind.Enum),
        new("severityText", 3, FieldKind.String),
        new("body", 5, Message, AnyValue),
        new("attributes", 6, RepeatedMessage, KeyValue),
        new("droppedAttributesCount", 7, FieldKind.UInt32),
        new("flags", 8, Fixed32),
        new("traceId", 9, HexBytes),
        new("spanId", 10, HexBytes),
        new("eventName", 12, FieldKind.String));

    private static readonly MessageShape Traces = Request("resourceSpans", "scopeSpans", "spans", Span);
    private static readonly MessageShape Metrics = Request("resourceMetrics", "scopeMetrics", "metrics", Metric);
    private static readonly MessageShape Logs = Request("resourceLogs", "scopeLogs", "logRecords", LogRecord);

    public static MessageShape Of(IngestSignal signal) => signal switch
    {
        IngestSignal.Traces => Traces,
        IngestSignal.Metrics => Metrics,
        _ => Logs,
    };

    private static MessageShape Request(string resources, string scopes, string items, MessageShape item)
    {
        var scope = new MessageShape(3, false,
            new("scope", 1, Message, Scope),
            new(items, 2, RepeatedMessage, item),
            new("schemaUrl", 3, FieldKind.String));
        var resource = new MessageShape(3, false,
            new("resource", 1, Message, Resource),
            new(scopes, 2, RepeatedMessage, scope),
            new("schemaUrl", 3, FieldKind.String));
        return new MessageShape(3, false, new FieldShape(resources, 1, RepeatedMessage, resource));
    }

    private static MessageShape Points(MessageShape point, bool temporality = false, bool monotonic = false)
    {
        List<FieldShape> fields = [new("dataPoints", 1, RepeatedMessage, point)];
        if (temporality) fields.Add(new("aggregationTemporality", 2, FieldKind.Enum, enumNames: Temporalities));
        if (monotonic) fields.Add(new("isMonotonic", 3, Bool));
        return new MessageShape(2, false, [.. fields]);
    }

    private static MessageShape CreateKeyValue()
    {
        // The two contain each other: a value may be a list of values or of key-value pairs.
        var element = new FieldShape("values", 1, RepeatedMessage);
        var value = new FieldShape("value", 2, Message);
        var keyValue = new MessageShape(1, false, new("key", 1, FieldKind.String), value);
        var anyValue = new MessageShape(1, false,
            new("stringValue", 1, FieldKind.String, @explicit: true),
            new("boolValue", 2, Bool, @explicit: true),
            new("intValue", 3, FieldKind.Int64, @explicit: true),
            new("doubleValue", 4, FieldKind.Double, @explicit: true),
            new("arrayValue", 5, Message, new MessageShape(1, false, element)),
            new("kvlistValue", 6, Message, new MessageShape(1, false, new FieldShape("values", 1, RepeatedMessage, keyValue))),
            new("bytesValue", 7, Base64Bytes, @explicit: true));
        element.Message = anyValue;
        value.Message = anyValue;
        return keyValue;
    }
}
