using CsCheck;
using FinOps.Domain.Settlement;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Tests.Settlement;

/// <summary>Pitfall 11: what a batch tells of the job as a whole is spread over its items, and nothing gets lost or is counted twice.</summary>
public sealed class BatchItemsTests
{
    [Fact]
    public void Items_OfAnyJob_AreTheJobToTheLastToken_InAnyOrderAndHoweverOften() =>
        Gen.Select(Gen.UInt[0, 100_000], Gen.UInt[0, 100_000], Gen.UInt[0, 500].Array[0, 4], Gen.Int[2, 9], Gen.Int).Sample((input, output, told, silent, order) =>
        {
            var spans = new Spans();
            var job = Batch(spans.Call(1, 0, input + (uint)told.Sum(part => part) + 1, output, operation: "batch"));
            for (var i = 0; i < told.Length; i++) Batch(spans.Call(10 + (ulong)i, 1, told[i], 0, $"told-{i}"));
            for (var i = 0; i < silent; i++) Batch(spans.Call(50 + (ulong)i, 1, 0, 0, $"silent-{i}"));
            var arrivals = spans.Reports.ToArray();
            new Random(order).Shuffle(arrivals);
            var stored = new List<CallReport>();
            foreach (var arrival in arrivals)
            {
                stored.Add(arrival);
                if (arrival.SpanId.Value % 3 == 0) CallSettlement.Settle(stored, [], Spans.Rate);
            }

            CallSettlement.Settle(stored, [], Spans.Rate);
            var again = CallSettlement.Settle(stored, [], Spans.Rate);

            return again.Count == 0 && job.Role == CallRole.Aggregate && spans.InputSum == job.Usage.InputTotal && spans.OutputSum == job.Usage.OutputTotal
                && stored.Where(row => row.SpanId.Value >= 50).All(row => row is { Role: CallRole.Call, UsageSource: UsageSource.Estimated })
                && stored.Where(row => row.SpanId.Value >= 50).Max(row => row.Usage.InputFresh) - stored.Where(row => row.SpanId.Value >= 50).Min(row => row.Usage.InputFresh) <= 1;
        });

    [Fact]
    public void Divide_AnyVector_SumsToIt() =>
        Gen.Select(Gen.UInt.Array[20], Gen.Int[1, 50]).Sample((n, count) =>
        {
            var whole = new UsageVector
            {
                InputFresh = n[0],
                CacheRead = n[1],
                CacheWrite5m = n[2],
                CacheWrite1h = n[3],
                OutputText = n[4],
                OutputReasoning = n[5],
                InputAudio = n[6],
                OutputAudio = n[7],
                InputImage = n[8],
                OutputImage = n[9],
                WebSearches = n[10],
                GpuMilliseconds = n[11],
                CacheReadAudio = n[12],
                CacheReadImage = n[13],
                AudioMilliseconds = n[14],
                Images = n[15],
                FileSearches = n[16],
                CodeSessions = n[17],
                SearchUnits = n[18],
                CacheStorageTokenHours = n[19],
            };
            var left = whole;
            return UsageShares.Divide(whole, count).All(share => UsageShares.TrySubtract(ref left, share)) && left.Equals(default)
                && (whole.Equals(default) || !UsageShares.TrySubtract(ref left, whole));
        });

    [Fact]
    public void Items_ThatTellMoreThanTheJob_OrAreOfNoBatch_GetNothing()
    {
        var spans = new Spans();
        Batch(spans.Call(1, 0, 100, 10, operation: "batch"));
        Batch(spans.Call(2, 1, 101, 0, "a"));
        Batch(spans.Call(3, 1, 0, 0, "b"));
        Batch(spans.Call(4, 1, 0, 0, "c"));
        spans.Settle();
        Assert.Equal(UsageSource.Missing, spans[3].UsageSource);

        var others = new Spans();
        Batch(others.Call(1, 0, 100, 10, operation: "batch"));
        others.Call(2, 1, 0, 0, "a");
        others.Call(3, 1, 0, 0, "b");
        others.Settle();
        Assert.Equal((CallRole.Call, UsageSource.Missing), (others[1].Role, others[2].UsageSource));
    }

    [Fact]
    public void Item_WhoseJobArrivesLate_TellsNothingUntilThen_AndWithoutItAgainNothing()
    {
        var spans = new Spans();
        Batch(spans.Call(2, 1, 0, 0, "a"));
        Batch(spans.Call(3, 1, 0, 0, "b"));
        spans.Settle();
        Assert.Equal((UsageSource.Missing, ""), (spans[2].UsageSource, spans[2].Origin));

        Batch(spans.Call(1, 0, 101, 10, operation: "batch"));
        spans.Settle();
        Assert.Equal((51u, 50u, CallRole.Aggregate), (spans[2].Usage.InputFresh, spans[3].Usage.InputFresh, spans[1].Role));
        Assert.Equal(111, spans.Reports.Where(row => row.Role == CallRole.Call).Sum(row => row.Cost));

        CallSettlement.RestoreOriginal(spans[2]);
        Assert.Equal((0u, UsageSource.Missing, CallFlags.NoUsage), (spans[2].Usage.InputFresh, spans[2].UsageSource, spans[2].Flags & (CallFlags.NoUsage | CallFlags.EstimatedUsage)));
    }

    private static CallReport Batch(CallReport report)
    {
        report.Batch = true;
        return report;
    }
}
