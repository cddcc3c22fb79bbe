using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace FinOps.Bench.Ingest;

/// <summary>
/// ExportTraceServiceRequests of realistic model calls by the OpenTelemetry GenAI conventions, about 811 bytes a span, no content. Nine of ten spans are roots,
/// the rest have a parent that another service sends. What must differ between spans does: ids, response id, session, user, times and counts. <see cref="Renew"/>
/// makes every call a new one without building the bytes again.
/// </summary>
internal sealed class SpanBodies
{
    public const int SpansPerBody = 500;

    private static readonly (string Provider, string Asked, string Served, string Host)[] Models =
    [
        ("openai", "gpt-4o-mini", "gpt-4o-mini-2024-07-18", "api.openai.com"),
        ("openai", "gpt-4o", "gpt-4o-2024-08-06", "api.openai.com"),
        ("openai", "gpt-5", "gpt-5-2025-08-07", "api.openai.com"),
        ("anthropic", "claude-haiku-4-5", "claude-haiku-4-5-20251001", "api.anthropic.com"),
        ("gcp.gemini", "gemini-2.5-pro", "gemini-2.5-pro", "generativelanguage.googleapis.com"),
    ];

    private static readonly string[] Features = ["support-chat", "document-search", "nightly-summaries", "research-agent", "in-app-chat", "catalog-embeddings"];
    private static readonly string[] Teams = ["support", "search", "platform", "research", "growth", "catalog"];

    private readonly List<Body> _bodies = [];
    private readonly Random _random = new(20260101);

    public SpanBodies(int count)
    {
        for (var index = 0; index < count; index++) _bodies.Add(Build());
        Renew();
    }

    public IReadOnlyList<byte[]> All => [.. _bodies.Select(body => body.Bytes)];

    public int Spans => _bodies.Count * SpansPerBody;

    public double BytesPerSpan => _bodies.Average(body => (double)body.Bytes.Length) / SpansPerBody;

    /// <summary>New ids and response ids everywhere, so that nothing is taken for something that was seen before.</summary>
    public void Renew()
    {
        foreach (var body in _bodies)
        {
            foreach (var span in body.Spans)
            {
                _random.NextBytes(body.Bytes.AsSpan(span.Trace, 16));
                if (span.Parent >= 0) _random.NextBytes(body.Bytes.AsSpan(span.Parent, 8));
                _random.NextBytes(body.Bytes.AsSpan(span.Id, 8));
                Hex(body.Bytes.AsSpan(span.Response, 24));
            }
        }
    }

    private void Hex(Span<byte> place)
    {
        Span<byte> bytes = stackalloc byte[place.Length / 2];
        _random.NextBytes(bytes);
        Convert.TryToHexStringLower(bytes, place, out _);
    }

    private Body Build()
    {
        var places = new List<Places>();
        var spans = new ArrayBufferWriter<byte>(SpansPerBody * 850);
        Message(spans, 1, scope => Text(scope, 1, "opentelemetry.instrumentation.openai_v2"));
        for (var index = 0; index < SpansPerBody; index++)
        {
            var child = index % 10 == 9;
            var span = new ArrayBufferWriter<byte>(1024);
            var at = Span(span, child);
            Tag(spans, 2, 2);
            Varint(spans, (ulong)span.WrittenCount);
            places.Add(new Places(at.Trace + spans.WrittenCount, at.Id + spans.WrittenCount, child ? at.Parent + spans.WrittenCount : -1, at.Response + spans.WrittenCount));
            spans.Write(span.WrittenSpan);
        }

        var resourceSpans = new ArrayBufferWriter<byte>(spans.WrittenCount + 512);
        Message(resourceSpans, 1, resource =>
        {
            Attribute(resource, 1, "service.name", "assistant-api");
            Attribute(resource, 1, "service.version", "2026.11.3");
            Attribute(resource, 1, "deployment.environment.name", "production");
            Attribute(resource, 1, "telemetry.sdk.language", "python");
            Attribute(resource, 1, "telemetry.sdk.version", "1.38.0");
        });
        Tag(resourceSpans, 2, 2);
        Varint(resourceSpans, (ulong)spans.WrittenCount);
        var shift = resourceSpans.WrittenCount;
        resourceSpans.Write(spans.WrittenSpan);

        var request = new ArrayBufferWriter<byte>(resourceSpans.WrittenCount + 16);
        Tag(request, 1, 2);
        Varint(request, (ulong)resourceSpans.WrittenCount);
        shift += request.WrittenCount;
        request.Write(resourceSpans.WrittenSpan);
        return new Body(request.WrittenSpan.ToArray(), [.. places.Select(place => place.Moved(shift))]);
    }

    private Places Span(ArrayBufferWriter<byte> span, bool child)
    {
        var model = Models[_random.Next(Models.Length)];
        var feature = _random.Next(Features.Length);
        var user = _random.Next(5000);
        var start = TimeProvider.System.GetUtcNow().AddSeconds(-_random.Next(3600));
        var milliseconds = 300 + _random.Next(9000);
        var places = new Places(0, 0, -1, 0);
        Bytes(span, 1, stackalloc byte[16]);
        places = places with { Trace = span.WrittenCount - 16 };
        Bytes(span, 2, stackalloc byte[8]);
        places = places with { Id = span.WrittenCount - 8 };
        if (child)
        {
            Bytes(span, 4, stackalloc byte[8]);
            places = places with { Parent = span.WrittenCount - 8 };
        }

        Text(span, 5, "chat " + model.Asked);
        Tag(span, 6, 0);
        Varint(span, 3);
        Fixed64(span, 7, (ulong)start.ToUnixTimeMilliseconds() * 1_000_000);
        Fixed64(span, 8, (ulong)start.AddMilliseconds(milliseconds).ToUnixTimeMilliseconds() * 1_000_000);
        Attribute(span, 9, "gen_ai.operation.name", "chat");
        Attribute(span, 9, "gen_ai.provider.name", model.Provider);
        Attribute(span, 9, "gen_ai.request.model", model.Asked);
        Attribute(span, 9, "gen_ai.response.model", model.Served);
        // The id is the end of its attribute, which is where Renew writes.
        Attribute(span, 9, "gen_ai.response.id", "chatcmpl-" + new string('0', 24));
        places = places with { Response = span.WrittenCount - 24 };
        Attribute(span, 9, "gen_ai.request.max_tokens", 1024L);
        Attribute(span, 9, "gen_ai.request.temperature", 0.2);
        Attribute(span, 9, "gen_ai.usage.input_tokens", (long)(200 + _random.Next(8000)));
        Attribute(span, 9, "gen_ai.usage.output_tokens", (long)(20 + _random.Next(900)));
        Attribute(span, 9, "gen_ai.usage.cache_read.input_tokens", (long)_random.Next(200));
        Attribute(span, 9, "gen_ai.usage.reasoning.output_tokens", 0L);
        Attribute(span, 9, "gen_ai.request.top_p", 1.0);
        Attribute(span, 9, "server.address", model.Host);
        Attribute(span, 9, "server.port", 443L);
        Message(span, 9, pair =>
        {
            Text(pair, 1, "gen_ai.response.finish_reasons");
            Message(pair, 2, value => Message(value, 5, array => Message(array, 1, item => Text(item, 1, "stop"))));
        });
        Attribute(span, 9, "feature", Features[feature]);
        Attribute(span, 9, "team", Teams[feature]);
        Attribute(span, 9, "user.id", string.Create(CultureInfo.InvariantCulture, $"user-{user:D6}"));
        Attribute(span, 9, "customer.id", string.Create(CultureInfo.InvariantCulture, $"customer-{user % 200:D4}"));
        Attribute(span, 9, "session.id", string.Create(CultureInfo.InvariantCulture, $"s-{user:D6}-{start:yyyyMMddHH}"));
        return places;
    }

    private static void Attribute(ArrayBufferWriter<byte> buffer, int field, string key, object told) => Message(buffer, field, pair =>
    {
        Text(pair, 1, key);
        Message(pair, 2, value =>
        {
            switch (told)
            {
                case string text: Text(value, 1, text); break;
                case long number:
                    Tag(value, 3, 0);
                    Varint(value, (ulong)number);
                    break;
                default: Fixed64(value, 4, BitConverter.DoubleToUInt64Bits((double)told)); break;
            }
        });
    });

    private static void Message(ArrayBufferWriter<byte> buffer, int field, Action<ArrayBufferWriter<byte>> write)
    {
        var inner = new ArrayBufferWriter<byte>();
        write(inner);
        Bytes(buffer, field, inner.WrittenSpan);
    }

    private static void Text(ArrayBufferWriter<byte> buffer, int field, string text) => Bytes(buffer, field, Encoding.UTF8.GetBytes(text));

    private static void Bytes(ArrayBufferWriter<byte> buffer, int field, ReadOnlySpan<byte> value)
    {
        Tag(buffer, field, 2);
        Varint(buffer, (ulong)value.Length);
        buffer.Write(value);
    }

    private static void Fixed64(ArrayBufferWriter<byte> buffer, int field, ulong value)
    {
        Tag(buffer, field, 1);
        BinaryPrimitives.WriteUInt64LittleEndian(buffer.GetSpan(8), value);
        buffer.Advance(8);
    }

    private static void Tag(ArrayBufferWriter<byte> buffer, int field, int wireType) => Varint(buffer, (ulong)((field << 3) | wireType));

    private static void Varint(ArrayBufferWriter<byte> buffer, ulong value)
    {
        var place = buffer.GetSpan(10);
        var length = 0;
        for (; value >= 0x80; value >>= 7) place[length++] = (byte)(value | 0x80);
        place[length++] = (byte)value;
        buffer.Advance(length);
    }

    /// <summary>Where in the body the bytes of one span lie that differ from leg to leg.</summary>
    private readonly record struct Places(int Trace, int Id, int Parent, int Response)
    {
        public Places Moved(int by) => new(Trace + by, Id + by, Parent < 0 ? -1 : Parent + by, Response + by);
    }

    private sealed record Body(byte[] Bytes, List<Places> Spans);
}
