using FinOps.Domain.Usage;

namespace FinOps.Analytics.Calls;

/// <summary>The public id of a call: trace and span of the report that stands for it, in hexadecimal, joined by a hyphen.</summary>
public readonly record struct CallId(TraceId Trace, SpanId Span)
{
    private const int TraceLength = 32;
    private const int Length = TraceLength + 1 + 16;

    public static bool TryParse(ReadOnlySpan<char> text, out CallId id)
    {
        id = default;
        if (text.Length != Length || text[TraceLength] != '-') return false;
        if (!TraceId.TryParse(text[..TraceLength], out var trace) || !SpanId.TryParse(text[(TraceLength + 1)..], out var span)) return false;
        id = new CallId(trace, span);
        return true;
    }

    public override string ToString() => $"{Trace}-{Span}";
}
