using FinOps.Integration.Tests.Captures;
using FinOps.Integration.Tests.Wire;

namespace FinOps.Integration.Tests.Settling;

/// <summary>Spans of many traces, and what their calls come to when all of them are known.</summary>
internal sealed record TraceForest(IReadOnlyList<SpanInPlace> Spans, Spend Spend)
{
    /// <summary>What real SDKs sent.</summary>
    public static TraceForest Captured()
    {
        List<CaptureFolder> folders = [.. CaptureFolder.Names.Select(name => new CaptureFolder(name))];
        return new TraceForest(
            [.. folders.SelectMany(folder => folder.Bodies).Where(body => body.HasSpans).SelectMany(body => SpanInPlace.Of(body.Spans()))],
            folders.Select(folder => folder.Spend).Aggregate((sum, next) => sum + next));
    }

    /// <summary>Shapes that no captured program has: agents in agents, wrappers in wrappers, gateways in other traces, tags from far above.</summary>
    public static TraceForest Invented(int traces)
    {
        List<SpanInPlace> spans = [];
        List<Tokens> calls = [];
        for (var n = 0; n < traces; n++)
        {
            var (one, two, three) = (new Tokens(1000 + n, 100 + n, 64), new Tokens(2000 + n, 30 + n), new Tokens(500 + n, 7 + n));
            var trace = new TraceBuilder($"service-{n % 3}");
            var route = trace.Route($"/answers/{n % 2}", ("feature", $"feature-{n % 4}"), ("user.id", $"user-{n}"));
            var step = trace.Step(route, ("team", $"team-{n % 2}"));
            spans.AddRange([route, step]);
            switch (n % 5)
            {
                case 0: // An agent sums three calls, one of which is told by a wrapper too.
                    var agent = trace.Agent(one + two + three, step);
                    var wrapper = trace.Call(two, agent, scope: "wrapper");
                    spans.AddRange([agent, wrapper, trace.Call(one, agent, TraceBuilder.NewResponseId()), trace.Call(two, wrapper, TraceBuilder.NewResponseId()), trace.Call(three, agent)]);
                    calls.AddRange([one, two, three]);
                    break;
                case 1: // An agent below an agent; the outer one sums all, the inner one its own two.
                    var outer = trace.Agent(one + two + three, step);
                    var inner = trace.Agent(two + three, outer);
                    spans.AddRange([outer, inner, trace.Call(one, outer, TraceBuilder.NewResponseId()), trace.Call(two, inner), trace.Call(three, inner)]);
                    calls.AddRange([one, two, three]);
                    break;
                case 2: // The gateway tells the same answers in traces of its own.
                    var (first, second) = (TraceBuilder.NewResponseId(), TraceBuilder.NewResponseId());
                    spans.AddRange([trace.Call(one, step, first), trace.Call(two, step, second)]);
                    spans.AddRange([new TraceBuilder("gateway").Call(one, null, first, "finops.gateway"), new TraceBuilder("gateway").Call(two, null, second, "finops.gateway")]);
                    calls.AddRange([one, two]);
                    break;
                case 3: // Equal usage, nothing above or below each other: two calls.
                    spans.AddRange([trace.Call(one, step), trace.Call(one, step), trace.Call(three, route, TraceBuilder.NewResponseId())]);
                    calls.AddRange([one, one, three]);
                    break;
                default: // Three reports of one call, one below the other.
                    var top = trace.Call(one, step, scope: "framework");
                    var middle = trace.Call(one, top, scope: "wrapper");
                    spans.AddRange([top, middle, trace.Call(one, middle, TraceBuilder.NewResponseId())]);
                    calls.Add(one);
                    break;
            }
        }

        return new TraceForest(spans, Spend.Of(calls));
    }

    /// <summary>Requests of up to 24 spans in any order, every fifth span twice.</summary>
    public List<List<SpanInPlace>> Split(Random random)
    {
        var order = Spans.Concat(Spans.Where(_ => random.Next(5) == 0)).ToArray();
        random.Shuffle(order);
        List<List<SpanInPlace>> requests = [];
        for (var at = 0; at < order.Length;)
        {
            var size = random.Next(1, 25);
            requests.Add([.. order.Skip(at).Take(size)]);
            at += size;
        }

        return requests;
    }

    public static TraceForest operator +(TraceForest a, TraceForest b) => new([.. a.Spans, .. b.Spans], a.Spend + b.Spend);
}
