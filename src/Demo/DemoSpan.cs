namespace FinOps.Demo;

/// <summary>One attribute: a string, a long, a double, a bool, or an array of strings.</summary>
internal readonly record struct DemoAttribute(string Key, object Value);

internal sealed record DemoSpan(
    ulong TraceHigh, ulong TraceLow, ulong SpanId, ulong ParentSpanId, string Name, int Kind, string Scope,
    DateTimeOffset Start, TimeSpan Duration, bool Failed, IReadOnlyList<DemoAttribute> Attributes);

/// <summary>The spans of one trace, which all come from one service.</summary>
internal sealed record DemoTrace(DateTimeOffset At, string Service, string Environment, IReadOnlyList<DemoSpan> Spans, int Calls);
