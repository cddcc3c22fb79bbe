using System.Text;
using FinOps.Ingest.Health;
using FinOps.Ingest.Tests.Otlp.Protos;
using Google.Protobuf;

namespace FinOps.Ingest.Tests.Otlp;

public sealed class OtlpJsonTranscoderTests
{
    public static TheoryData<string> JsonCaptures() => [.. Capture.Names("traces.json", "metrics.json", "logs.json", "traces.json.gz", ".decoded.json")];

    public static TheoryData<string> ProtobufCaptures() =>
        [.. Capture.Names("-traces.bin", "-traces.bin.gz").Where(name => !name.Contains("grpc", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(JsonCaptures))]
    public void Transcode_CapturedJson_EqualsGooglesReading(string name)
    {
        var json = Capture.Read(name);
        var result = Transcoding.Of(Capture.SignalOf(name), json);

        Assert.Null(result.Refusal);
        Assert.Equal(0, result.LeftOut);
        Assert.Equal(Capture.ReadJson(name, json), Capture.ParserFor(name).ParseFrom(result.Protobuf));
    }

    [Theory]
    [MemberData(nameof(ProtobufCaptures))]
    public void Transcode_DecodedProtobufCapture_EqualsTheOriginalMessage(string name)
    {
        var decoded = Capture.Read(name.Replace(".bin", ".decoded.json", StringComparison.Ordinal).Replace(".gz", "", StringComparison.Ordinal));
        var result = Transcoding.Of(IngestSignal.Traces, decoded);

        Assert.Null(result.Refusal);
        Assert.Equal(ExportTraceServiceRequest.Parser.ParseFrom(Capture.Read(name)), ExportTraceServiceRequest.Parser.ParseFrom(result.Protobuf));
    }

    [Fact]
    public void Transcode_EveryMetricKind_EqualsGooglesReading()
    {
        const string Json = """
            {"resourceMetrics":[{"schemaUrl":"u","scopeMetrics":[{"scope":{"name":"s","version":"1","attributes":[{"key":"k","value":{"boolValue":false}}]},"metrics":[
              {"name":"gauge","unit":"1","description":"d","gauge":{"dataPoints":[{"asDouble":0.5,"timeUnixNano":"1700000000000000000"},{"asDouble":"NaN"},{"asDouble":"-Infinity"},{"asInt":"-7","flags":1},{"asInt":0}]}},
              {"name":"sum","sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[{"asInt":"9007199254740993","startTimeUnixNano":5}]},"metadata":[{"key":"m","value":{"intValue":"1"}}]},
              {"name":"histogram","histogram":{"aggregationTemporality":1,"dataPoints":[{"count":"3","sum":0,"bucketCounts":["1",2,"0"],"explicitBounds":[0.5,1,"Infinity"],"min":0,"max":2.5}]}},
              {"name":"exponential","exponentialHistogram":{"aggregationTemporality":1,"dataPoints":[{"count":4,"scale":-3,"zeroCount":"1","zeroThreshold":0.25,"positive":{"offset":-2,"bucketCounts":["300",0]},"negative":{}}]}},
              {"name":"summary","summary":{"dataPoints":[{"count":2,"sum":1.5,"quantileValues":[{"quantile":0.5,"value":1},{"quantile":1}]}]}}
            ]}]}]}
            """;
        var result = Transcoding.Of(IngestSignal.Metrics, Json);

        Assert.Null(result.Refusal);
        Assert.Equal(Capture.ReadJson("x-metrics", Encoding.UTF8.GetBytes(Json)), ExportMetricsServiceRequest.Parser.ParseFrom(result.Protobuf));
    }

    [Theory]
    [InlineData("""{"stringValue":"a\"\\\/\b\f\n\r\t\u00e9\u20ac\ud83d\ude00"}""", "a\"\\/\b\f\n\r\té€😀")]
    [InlineData("""{"stringValue":"cut \ud83d"}""", "cut \uFFFD")]
    [InlineData("""{"stringValue":"\ude00 cut"}""", "\uFFFD cut")]
    [InlineData("""{"stringValue":"\ud83d\u0041"}""", "\uFFFDA")]
    [InlineData("""{"stringValue":""}""", "")]
    public void Transcode_StringWithEscapes_KeepsItsText(string value, string expected)
    {
        var found = Value(value);
        Assert.Equal(AnyValue.ValueOneofCase.StringValue, found.ValueCase);
        Assert.Equal(expected, found.StringValue);
    }

    [Fact]
    public void Transcode_LongStringWithEscapes_KeepsItsText()
    {
        // Longer than its escaped form needs for the length: the length shrinks from two bytes to one.
        var text = string.Concat(Enumerable.Repeat("é", 50));
        Assert.Equal(text, Value($$"""{"stringValue":"{{string.Concat(Enumerable.Repeat("\\u00e9", 50))}}"}""").StringValue);
        var longText = new string('x', 70_000) + "\n";
        Assert.Equal(longText, Value($$"""{"stringValue":"{{new string('x', 70_000)}}\n"}""").StringValue);
    }

    [Theory]
    [InlineData("\"42\"", 42)]
    [InlineData("42", 42)]
    [InlineData("42.0", 42)]
    [InlineData("4.2e1", 42)]
    [InlineData("\"-9223372036854775808\"", long.MinValue)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("9007199254740993", 9007199254740993)]
    [InlineData("0", 0)]
    public void Transcode_IntegerAsNumberOrText_KeepsItsValue(string value, long expected)
    {
        var found = Value($$"""{"intValue":{{value}}}""");
        Assert.Equal(AnyValue.ValueOneofCase.IntValue, found.ValueCase);
        Assert.Equal(expected, found.IntValue);
    }

    [Theory]
    [InlineData("AQID+/8=")]
    [InlineData("AQID+/8")]
    [InlineData("AQID-_8")]
    [InlineData("AQID-_8=")]
    [InlineData("AQID+\\/8=")]
    public void Transcode_Base64OfEitherAlphabet_KeepsItsBytes(string value) =>
        Assert.Equal([1, 2, 3, 0xFB, 0xFF], Value($$"""{"bytesValue":"{{value}}"}""").BytesValue.ToByteArray());

    [Theory]
    [InlineData("""{"intValue":"12x"}""")]
    [InlineData("""{"intValue":1.5}""")]
    [InlineData("""{"intValue":"9223372036854775808"}""")]
    [InlineData("""{"intValue":true}""")]
    [InlineData("""{"doubleValue":"much"}""")]
    [InlineData("""{"boolValue":"true"}""")]
    [InlineData("""{"stringValue":5}""")]
    [InlineData("""{"bytesValue":"*"}""")]
    [InlineData("""{"arrayValue":[1]}""")]
    [InlineData("[]")]
    public void Transcode_WrongValueInOneSpan_LeavesOutThatSpanOnly(string value)
    {
        var json = $$$"""{"resourceSpans":[{"scopeSpans":[{"spans":[{{{Span("before")}}},{{{Span("bad", value)}}},{{{Span("after")}}}],"scope":{"name":"s"}}]}]}""";
        var result = Transcoding.Of(IngestSignal.Traces, json);

        Assert.Null(result.Refusal);
        Assert.Equal(1, result.LeftOut);
        Assert.Equal(1, result.Tally[IngestReason.MalformedItem]);
        var scope = ExportTraceServiceRequest.Parser.ParseFrom(result.Protobuf).ResourceSpans[0].ScopeSpans[0];
        Assert.Equal(["before", "after"], scope.Spans.Select(span => span.Name));
        Assert.Equal("s", scope.Scope.Name);
    }

    [Theory]
    [InlineData("xyz")]
    [InlineData("0af7651916cd43dd8448eb211c80319")]
    public void Transcode_IdThatIsNotHex_LeavesOutItsSpan(string id)
    {
        var result = Transcoding.Of(IngestSignal.Traces, $$$"""{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"{{{id}}}","spanId":"00f067aa0ba902b7"}]}]}]}""");
        Assert.Equal(1, result.LeftOut);
    }

    [Fact]
    public void Transcode_UnknownFieldsNullsAndNames_AreTolerated()
    {
        const string Json = """
            {"unknown":{"a":[1,{"b":null}]},"resourceSpans":[null,{"resource":null,"scopeSpans":[{"scope":{"name":null},"spans":[
              {"traceId":"0AF7651916CD43DD8448EB211C80319C","spanId":"00f067aa0ba902b7","kind":"SPAN_KIND_CLIENT","status":{"code":"STATUS_CODE_ERROR"},"exemplars":[{}],
               "name":"n\u0061me","attributes":[{"key":"k","value":null},{"value":{"int\u0056alue":5},"key":"l"}],"trace_id":"ignored"}]}]}]}
            """;
        var result = Transcoding.Of(IngestSignal.Traces, Json);

        Assert.Null(result.Refusal);
        var span = ExportTraceServiceRequest.Parser.ParseFrom(result.Protobuf).ResourceSpans.Single().ScopeSpans.Single().Spans.Single();
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", Convert.ToHexStringLower(span.TraceId.Span));
        Assert.Equal((3, 2, "name"), (span.Kind, span.Status.Code, span.Name));
        Assert.Null(span.Attributes[0].Value);
        Assert.Equal(5, span.Attributes[1].Value.IntValue);
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{}{}")]
    [InlineData("""{"resourceSpans":5}""")]
    [InlineData("""{"resourceSpans":[[]]}""")]
    [InlineData("""{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"x}]}]}]}""")]
    [InlineData("""{"resourceSpans":[{"resource":{"attributes":[{"key":5}]}}]}""")]
    public void Transcode_BrokenBody_IsMalformed(string json) =>
        Assert.Equal(IngestReason.Malformed, Transcoding.Of(IngestSignal.Traces, json).Refusal);

    [Fact]
    public void Transcode_EmptyRequestWithByteOrderMark_IsEmpty()
    {
        var result = Transcoding.Of(IngestSignal.Logs, "\uFEFF{} ");
        Assert.Null(result.Refusal);
        Assert.Empty(result.Protobuf);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(5_000)]
    public void Transcode_NestedTooDeep_CutsTheValueAndCounts(int levels)
    {
        var value = string.Concat(Enumerable.Repeat("""{"arrayValue":{"values":[""", levels)) + """{"intValue":"1"}""" + string.Concat(Enumerable.Repeat("]}}", levels));
        var result = Transcoding.Of(IngestSignal.Traces, $$"""{"resourceSpans":[{"scopeSpans":[{"spans":[{{Span("deep", value)}},{{Span("after")}}]}]}]}""");

        if (levels * 3 > 10_000)
        {
            Assert.Equal(IngestReason.Malformed, result.Refusal);
            return;
        }

        Assert.Null(result.Refusal);
        Assert.Equal(1, result.Tally[IngestReason.NestedTooDeep]);
        Assert.True(result.Protobuf.AsSpan().IndexOf("after"u8) > 0);
    }

    [Fact]
    public void Transcode_OutputOverItsLimit_IsTooLarge()
    {
        // Two characters become eight bytes.
        var json = $$$"""{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"histogram":{"dataPoints":[{"explicitBounds":[{{{string.Join(',', Enumerable.Repeat('1', 40_000))}}}]}]}}]}]}]}""";
        Assert.Equal(IngestReason.TooLarge, Transcoding.Of(IngestSignal.Metrics, json, maxBytes: 100_000).Refusal);
        Assert.Null(Transcoding.Of(IngestSignal.Metrics, json, maxBytes: 400_000).Refusal);
    }

    private static string Span(string name, string value = """{"intValue":"1"}""") =>
        $$$"""{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"00f067aa0ba902b7","name":"{{{name}}}","attributes":[{"key":"k","value":{{{value}}}}],"events":[{"name":"e"}]}""";

    private static AnyValue Value(string json)
    {
        var result = Transcoding.Of(IngestSignal.Logs, $$$"""{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{{{json}}}}]}]}]}""");
        Assert.Null(result.Refusal);
        Assert.Equal(0, result.LeftOut);
        return ExportLogsServiceRequest.Parser.ParseFrom(result.Protobuf).ResourceLogs[0].ScopeLogs[0].LogRecords[0].Body;
    }
}
