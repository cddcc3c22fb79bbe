using CsCheck;
using FinOps.Domain.Settlement;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Tests.Settlement;

/// <summary>
/// Random forests that are built from known calls, told again by wrappers, agents, gateways and retries. Whatever the order and
/// the split of their arrival, the sums are those of the calls, and every row ends up the same.
/// </summary>
public sealed class SettlementProperties
{
    [Fact]
    public void Settle_AnyForest_CountsEachTrueCallOnce() =>
        Gen.Int.Sample(seed =>
        {
            var forest = new RandomForest(seed);
            var reports = forest.Copy();
            CallSettlement.Settle(reports, forest.Links, Spans.Rate);
            var calls = reports.Where(r => r is { Role: CallRole.Call, HasUsage: true }).ToList();
            return calls.Count == forest.Calls
                && calls.Sum(r => (long)r.Usage.InputTotal) == forest.Input
                && calls.Sum(r => (long)r.Usage.OutputTotal) == forest.Output
                && calls.Sum(r => r.Cost) == forest.Input + forest.Output
                && reports.Count(r => r is { Role: CallRole.Call, HasUsage: false }) == forest.Failures;
        }, iter: 3000);

    [Fact]
    public void Settle_AnyOrderAndSplit_EndsTheSame() =>
        Gen.Select(Gen.Int, Gen.Int).Sample((seed, order) =>
        {
            var forest = new RandomForest(seed);
            var whole = forest.Copy();
            CallSettlement.Settle(whole, forest.Links, Spans.Rate);

            var random = new Random(order);
            var stored = new List<CallReport>();
            var links = new List<SpanLink>();
            var arrivals = forest.Copy().Cast<object>().Concat(forest.Links).Concat(forest.Copy().Where(_ => random.Next(5) == 0)).ToArray();
            random.Shuffle(arrivals);
            foreach (var arrival in arrivals)
            {
                if (arrival is SpanLink link) links.Add(link);
                else if (arrival is CallReport report && !stored.Exists(r => r.TraceId == report.TraceId && r.SpanId == report.SpanId)) stored.Add(report);
                if (random.Next(3) == 0) CallSettlement.Settle(stored, links, Spans.Rate);
            }

            CallSettlement.Settle(stored, links, Spans.Rate);
            return Lines(whole).SequenceEqual(Lines(stored));
        }, iter: 2000);

    [Fact]
    public void Settle_ADeepChainAndAWideFan_StaysLinear()
    {
        // A quadratic step would take many minutes for these; a second is what it takes on an idle machine.
        var spans = new Spans();
        for (var i = 1u; i <= 100_000; i++)
        {
            if (i % 2 == 0) spans.Link(i, i - 1).Tags.Set(Tag.User, "u", TagLevel.Span);
            else spans.Call(i, i - 1, i % 3 == 0 ? 5u : i, 1, i % 7 == 0 ? "x" : "", wraps: i % 5 == 0);
        }

        for (var i = 200_001u; i <= 300_000; i++) spans.Call(i, 1, i, 1, $"{i % 50_000}", failed: i % 9 == 0);
        for (var i = 300_001u; i <= 400_000; i++) spans.Call(i, i == 400_000 ? 300_001 : i + 1, 1, 1);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        spans.Settle();
        Assert.True(watch.Elapsed < TimeSpan.FromMinutes(1), $"took {watch.Elapsed}");
    }

    private static IEnumerable<string> Lines(IEnumerable<CallReport> reports) =>
        reports.OrderBy(r => r.TraceId.Low).ThenBy(r => r.SpanId.Value).Select(r => string.Join('|',
            r.TraceId, r.SpanId, r.Role, r.CallTraceId, r.CallSpanId, r.Cost, r.Provider, r.ServedModel, r.ResponseId, r.Flags, r.Origin,
            string.Join(',', Enumerable.Range(0, TagSet.Count).Select(t => r.Tags[(Tag)t])), r.Tags.PackedLevels));

    /// <summary>A forest whose true calls are known because it was built from them.</summary>
    private sealed class RandomForest
    {
        private readonly Random _random;
        private readonly Spans _spans = new();
        private ulong _nextSpan = 1;
        private ulong _nextTrace = 100;

        public RandomForest(int seed)
        {
            _random = new Random(seed);
            for (var trace = 1ul; trace <= (ulong)_random.Next(1, 4); trace++) Grow(trace, 0, _random.Next(0, 5));
        }

        public int Calls { get; private set; }
        public int Failures { get; private set; }
        public long Input { get; private set; }
        public long Output { get; private set; }
        public List<SpanLink> Links => _spans.Links;

        public List<CallReport> Copy() => [.. _spans.Reports.Select(r => r.Clone())];

        // Returns what the subtree used and its last response id, so that a parent can repeat them.
        private (uint Input, uint Output, int Calls, string LastId) Grow(ulong trace, ulong parent, int depth)
        {
            var span = _nextSpan++;
            if (depth == 0) return TrueCall(trace, parent, span);
            var shape = _random.Next(4);
            (uint Input, uint Output, int Calls, string LastId) sum = default;
            sum.LastId = "";
            var children = _random.Next(shape == 2 ? 2 : 1, 4);
            for (var i = 0; i < children; i++)
            {
                var child = Grow(trace, span, depth - 1);
                sum = (sum.Input + child.Input, sum.Output + child.Output, sum.Calls + child.Calls, child.LastId);
            }

            switch (shape)
            {
                case 0: // a step, a tool, a server: tells tags at most
                    var link = _spans.Link(span, parent, trace, (SpanKind)_random.Next(1, 4), "n" + span);
                    Tag(ref link.Tags);
                    break;
                case 1: // an agent that sums, repeats the last id, or tells nothing
                    var told = _random.Next(3) > 0;
                    var agent = _spans.Agent(span, parent, told ? sum.Input : 0, told ? sum.Output : 0, told ? sum.LastId : "", trace);
                    Tag(ref agent.Tags);
                    break;
                case 2: // an outer chat that sums its rounds, or repeats the only one
                    _spans.Call(span, parent, sum.Input, sum.Output, sum.LastId, trace: trace);
                    break;
                default:
                    _spans.Link(span, parent, trace);
                    break;
            }

            return sum;
        }

        private (uint, uint, int, string) TrueCall(ulong trace, ulong parent, ulong span)
        {
            // Large enough that no sum of some calls equals another by chance.
            var input = (uint)_random.Next(1_000, 1_000_000);
            var output = (uint)_random.Next(1_000, 1_000_000);
            var id = _random.Next(3) > 0 ? "resp_" + span : "";
            (Calls, Input, Output) = (Calls + 1, Input + input, Output + output);
            if (_random.Next(4) == 0)
            {
                Failures++;
                _spans.Call(_nextSpan++, parent, trace: trace, failed: true);
            }

            var above = parent;
            if (_random.Next(3) == 0)
            {
                // A wrapper that repeats the call.
                above = _nextSpan++;
                _spans.Call(above, parent, input, output, _random.Next(2) == 0 ? id : "", trace: trace, wraps: _random.Next(2) == 0);
            }

            var call = _spans.Call(span, above, input, output, id, trace: trace);
            Tag(ref call.Tags);
            if (_random.Next(3) == 0) call.Tags.Set(Domain.Usage.Tag.Service, "s" + span, TagLevel.Resource);
            if (id.Length != 0 && _random.Next(3) == 0)
            {
                var elsewhere = _random.Next(2) == 0;
                var twin = _spans.Call(_nextSpan++, elsewhere ? 0 : span, input, output, id, trace: elsewhere ? _nextTrace++ : trace, gateway: true);
                twin.ServedModel = "";
                twin.Provider = _random.Next(2) == 0 ? "" : twin.Provider;
                Spans.Rate(twin);
            }

            return (input, output, 1, id);
        }

        private void Tag(ref TagSet tags)
        {
            for (var i = 0; i < TagSet.Count - 1; i++)
                if (_random.Next(4) == 0) tags.Set((Tag)i, "v" + _random.Next(3), _random.Next(4) == 0 ? TagLevel.Bound : TagLevel.Span);
        }
    }
}
