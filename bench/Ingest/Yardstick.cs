using System.Globalization;
using FinOps.Ingest.Tests.Otlp.Protos;

namespace FinOps.Bench.Ingest;

/// <summary>
/// What this machine is worth at this hour, so that bounds in microseconds mean the same on every one: the CPU that protobuf's generated classes take to parse the
/// very spans that are sent. Where the bounds were set that was <see cref="ReferenceMicros"/>; shared machines differ by more than two, and from hour to hour.
/// </summary>
internal readonly record struct Yardstick(double Micros)
{
    /// <summary>CPU of the generated classes for a span of 800 bytes, parse alone, on the machine on which 2 and 4 µs a call were asked for.</summary>
    public const double ReferenceMicros = 2.3;

    private const int WarmUpSeconds = 2;
    private const int Rounds = 15;

    /// <summary>How much slower than that one this machine is. Never faster: a bound is not drawn tighter than asked.</summary>
    public double Slower => Math.Max(1, Micros / ReferenceMicros);

    public static Yardstick Measure(SpanBodies bodies)
    {
        List<double> rounds = [];
        var began = TimeProvider.System.GetTimestamp();
        while (rounds.Count < Rounds)
        {
            var before = ThreadCpu.Micros();
            var spans = 0;
            foreach (var body in bodies.All) spans += Spans(ExportTraceServiceRequest.Parser.ParseFrom(body));
            var used = (ThreadCpu.Micros() - before) / spans;
            if (TimeProvider.System.GetElapsedTime(began).TotalSeconds >= WarmUpSeconds) rounds.Add(used);
        }

        return new Yardstick(BenchContext.Median(rounds));
    }

    /// <summary>Of two measurements around what is judged.</summary>
    public static Yardstick Between(Yardstick before, Yardstick after) => new((before.Micros + after.Micros) / 2);

    public bool Holds(double micros, double asked) => micros <= asked * Slower;

    /// <summary>A figure in units of the yardstick, beside what was asked for.</summary>
    public string Compare(double micros, double asked) => string.Create(CultureInfo.InvariantCulture,
        $"{micros / Micros:F2} of it (asked for: {asked / ReferenceMicros:F2})");

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"generated classes parse such a span in {Micros:F2} µs here ({ReferenceMicros:F1} where the bounds were set)");

    private static int Spans(ExportTraceServiceRequest request)
    {
        var spans = 0;
        foreach (var resource in request.ResourceSpans)
            foreach (var scope in resource.ScopeSpans) spans += scope.Spans.Count;
        return spans;
    }
}
