using CsCheck;
using FinOps.Domain.Sampling;
using FinOps.Testing;

namespace FinOps.Domain.Tests.Sampling;

/// <summary>Pitfall 34: a sampled sum is never shown as the whole, and its estimate says how far it can be trusted.</summary>
public sealed class SampledSumTests
{
    [Fact]
    public void Estimate_WhereEveryCallStandsForItself_IsNone() =>
        Gen.Select(Gen.Decimal[0, 1_000], Gen.Bool).Array[0, 50].Sample(calls =>
        {
            var sum = calls.Aggregate(default(SampledSum), (sum, call) => sum + SampledSum.OfCall(1, call.Item2, call.Item1, call.Item1));
            return sum == default && sum.Estimate(calls.Sum(call => call.Item1), calls.Length) is null;
        });

    /// <summary>Whatever a sum is divided into: its parts' estimates sum to the whole's, and so do their variances.</summary>
    [Fact]
    public void Sum_OfParts_IsTheSumOfTheWhole() =>
        Gen.Select(Gen.Int[0, 9], Gen.Double[1, 1_000], Gen.Decimal[0, 10], Gen.Int[0, 3]).Array[1, 60].Sample(calls =>
        {
            var traces = calls.GroupBy(call => call.Item1).ToDictionary(trace => trace.Key, trace => trace.Sum(call => call.Item3));
            SampledSum Of(IEnumerable<(int Trace, double Weight, decimal Cost, int Feature)> some) =>
                some.Aggregate(default(SampledSum), (sum, call) => sum + SampledSum.OfCall(call.Weight, true, call.Cost, traces[call.Trace]));
            var whole = Of(calls);
            var parts = calls.GroupBy(call => call.Item4).Select(Of).Aggregate(default(SampledSum), (a, b) => a + b);
            return whole.LeftOutCost == parts.LeftOutCost && whole.Calls == parts.Calls
                && Near(whole.LeftOutCalls, parts.LeftOutCalls) && Near(whole.LeftOutVariance, parts.LeftOutVariance);
        });

    /// <summary>With equal weights in a trace the terms of its calls sum to that of the trace as a whole; a part of a trace is never told as more certain than it is.</summary>
    [Fact]
    public void Variance_OfATracesCalls_IsThatOfTheTraceAndNeverTooSmallForAPart() =>
        Gen.Select(Gen.Double[1.01, 500], Gen.Decimal[0.01m, 10].Array[1, 8], Gen.Int[1, 8]).Sample((weight, costs, some) =>
        {
            var trace = costs.Sum();
            double Of(IEnumerable<decimal> part) => part.Sum(cost => SampledSum.OfCall(weight, true, cost, trace).LeftOutVariance);
            var part = costs[..Math.Min(some, costs.Length)];
            var ofPart = weight * (weight - 1) * (double)part.Sum() * (double)part.Sum();
            return Near(Of(costs), weight * (weight - 1) * (double)trace * (double)trace) && Of(part) >= ofPart * (1 - 1e-9);
        });

    /// <summary>What sampling 1 in 10 does to skewed costs of traces with one to many calls: the interval holds the truth in at least 93 of 100 cases, and the estimate is right on average.</summary>
    [Theory]
    [InlineData(0.1, 400, 0.5)]
    [InlineData(0.1, 600, 1.0)]
    [InlineData(0.5, 200, 1.0)]
    [InlineData(0.02, 2_500, 0.7)]
    [CostPitfall(34, "OpenTelemetry: consistent probability sampling")]
    public void Interval_OverManySamples_HoldsTheTruth(double probability, int traces, double spread)
    {
        const int Samples = 1_000;
        var random = new Random(34);
        var costs = Enumerable.Range(0, traces).Select(_ => Enumerable.Range(0, CallsOfATrace(random)).Select(_ => Cost(random, spread)).ToArray()).ToArray();
        var truth = costs.Sum(trace => trace.Sum());
        var (held, told, mean) = (0, 0, 0.0);
        for (var i = 0; i < Samples; i++)
        {
            var (seen, left) = (0m, default(SampledSum));
            foreach (var trace in costs)
            {
                if (random.NextDouble() >= probability) continue;
                var whole = trace.Sum();
                seen += whole;
                foreach (var cost in trace) left += SampledSum.OfCall(1 / probability, true, cost, whole);
            }

            if (left.Estimate(seen, left.Calls) is not { } estimate) continue;
            mean += (double)estimate.Cost / Samples;
            if (estimate.Low is not { } low || estimate.High is not { } high) continue;
            told++;
            Assert.InRange(estimate.Cost, low, high);
            Assert.True(low >= seen);
            if (low <= truth && truth <= high) held++;
        }

        Assert.True(told > Samples * 0.9, $"An interval was told {told} times.");
        Assert.InRange((double)held / told, 0.93, 1);
        Assert.InRange(mean / (double)truth, 0.97, 1.03);
    }

    [Fact]
    public void Estimate_OfFewTraces_HasNoInterval()
    {
        var few = Enumerable.Range(0, 10).Aggregate(default(SampledSum), (sum, _) => sum + SampledSum.OfCall(10, true, 1, 1));
        var enough = Enumerable.Range(0, 30).Aggregate(default(SampledSum), (sum, _) => sum + SampledSum.OfCall(10, true, 1, 1));

        var estimate = few.Estimate(12, 12)!;
        Assert.Equal((102m, null, null, 102d, 10L, 10d), (estimate.Cost, estimate.Low, estimate.High, estimate.Calls, estimate.SampledCalls, estimate.OneIn));
        Assert.NotNull(enough.Estimate(30, 30)!.Low);
    }

    private static bool Near(double a, double b) => Math.Abs(a - b) <= 1e-9 * Math.Max(1, Math.Abs(a));

    private static int CallsOfATrace(Random random)
    {
        var calls = 1;
        while (calls < 40 && random.Next(3) > 0) calls++;
        return calls;
    }

    private static decimal Cost(Random random, double spread) =>
        (decimal)Math.Exp(spread * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
}
