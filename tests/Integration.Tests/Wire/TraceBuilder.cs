using System.Globalization;
using System.Security.Cryptography;
using FinOps.Ingest.Tests.Otlp.Protos;
using Google.Protobuf;

namespace FinOps.Integration.Tests.Wire;

/// <summary>The figures of a call of gpt-4o-mini-2024-07-18. Input includes the cached tokens.</summary>
internal readonly record struct Tokens(int Input, int Output, int Cached = 0)
{
    /// <summary>USD by the list price: 0.15 fresh, 0.075 cached, 0.60 out, for each million tokens.</summary>
    public decimal Cost => ((Input - Cached) * 0.15m + Cached * 0.075m + Output * 0.60m) / 1_000_000m;

    public static Tokens operator +(Tokens a, Tokens b) => new(a.Input + b.Input, a.Output + b.Output, a.Cached + b.Cached);
}

/// <summary>Builds spans of one trace under one service.</summary>
internal sealed class TraceBuilder(string service = "shop", DateTimeOffset? start = null)
{
    public const string Model = "gpt-4o-mini-2024-07-18";
    private const int Internal = 1;
    private const int Server = 2;
    private const int Client = 3;

    private readonly DateTimeOffset _start = start ?? TimeProvider.System.GetUtcNow().AddMinutes(-2);
    private readonly ByteString _trace = Random(16);
    private int _made;

    public string TraceId => Convert.ToHexStringLower(_trace.Span);

    public static string NewResponseId() => "chatcmpl-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(14));

    /// <summary>A span as an instrumentation of a model's SDK writes it.</summary>
    public SpanInPlace Call(Tokens tokens, SpanInPlace? parent = null, string? responseId = null, string scope = "opentelemetry.instrumentation.openai", params (string Key, object Value)[] more) =>
        Make("chat gpt-4o-mini", Client, parent, scope, [
            ("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", "openai"), ("gen_ai.request.model", "gpt-4o-mini"), ("gen_ai.response.model", Model),
            .. Usage(tokens), .. responseId is null ? ((string, object)[])[] : [("gen_ai.response.id", responseId)], .. more]);

    /// <summary>An agent that repeats the sum of what its calls used.</summary>
    public SpanInPlace Agent(Tokens sum, SpanInPlace? parent = null, params (string Key, object Value)[] more) =>
        Make("invoke_agent helper", Internal, parent, "agents", [
            ("gen_ai.operation.name", "invoke_agent"), ("gen_ai.provider.name", "openai"), ("gen_ai.request.model", "gpt-4o-mini"), .. Usage(sum), .. more]);

    /// <summary>A request to a web server.</summary>
    public SpanInPlace Route(string route, params (string Key, object Value)[] more) => Make($"POST {route}", Server, null, "http", [("http.route", route), .. more]);

    /// <summary>Any other span.</summary>
    public SpanInPlace Step(SpanInPlace? parent, params (string Key, object Value)[] more) => Make("step", Internal, parent, "app", more);

    public SpanInPlace Make(string name, int kind, SpanInPlace? parent, string scope, IEnumerable<(string Key, object Value)> attributes)
    {
        // Below its parent also in time.
        var started = _start.AddMilliseconds(10 * ++_made);
        var span = new Span
        {
            TraceId = _trace,
            SpanId = Random(8),
            ParentSpanId = parent?.Span.SpanId ?? ByteString.Empty,
            Name = name,
            Kind = kind,
            StartTimeUnixNano = Nanoseconds(started),
            EndTimeUnixNano = Nanoseconds(started.AddMilliseconds(800)),
        };
        span.Attributes.Add(attributes.Select(attribute => Attribute(attribute.Key, attribute.Value)));
        var resource = new Resource();
        resource.Attributes.Add(Attribute("service.name", service));
        return new SpanInPlace(resource, new InstrumentationScope { Name = scope }, span);
    }

    public static ulong Nanoseconds(DateTimeOffset instant) => (ulong)(instant - DateTimeOffset.UnixEpoch).Ticks * 100;

    public static KeyValue Attribute(string key, object value) => new()
    {
        Key = key,
        Value = value switch
        {
            int number => new AnyValue { IntValue = number },
            long number => new AnyValue { IntValue = number },
            bool flag => new AnyValue { BoolValue = flag },
            _ => new AnyValue { StringValue = Convert.ToString(value, CultureInfo.InvariantCulture) },
        },
    };

    private static (string, object)[] Usage(Tokens tokens) =>
    [
        ("gen_ai.usage.input_tokens", tokens.Input), ("gen_ai.usage.output_tokens", tokens.Output),
        .. tokens.Cached > 0 ? ((string, object)[])[("gen_ai.usage.cache_read.input_tokens", tokens.Cached)] : [],
    ];

    private static ByteString Random(int bytes) => ByteString.CopyFrom(RandomNumberGenerator.GetBytes(bytes));
}
