using CsCheck;
using FinOps.Analytics.Spend;
using FinOps.Domain.Sampling;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using static FinOps.Analytics.Tests.Spend.PeriodsTests;

namespace FinOps.Analytics.Tests.Spend;

/// <summary>Pitfall 34: what sampling left out is the same by raw rows, cells and days, and nobody without sampled calls reads it.</summary>
public sealed class SampledSpendTests(ClickHouseFixture clickHouse)
{
    private static readonly TimeRange Range = new(Instant("2026-11-16T00:07:30Z"), Instant("2026-11-19T00:00:00Z"));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task LeftOut_OfSampledCalls_IsThePlainSumByRowsCellsAndDays()
    {
        using var store = await clickHouse.CreateStoreAsync();
        var (sampled, exact) = (SpendReaderTests.NewTenant(), SpendReaderTests.NewTenant());
        var calls = Gen.Select(Gen.Int[0, 3], Gen.Int[0, 60], Gen.Int[0, 250], Gen.Decimal[0, 1], Gen.Int[0, 5]).Array[800].Single(_ => true, "0N0XIzNsQ0O2")
            .Select((call, i) => new StoredCall(i % 4 == 0 ? exact : sampled, Instant("2026-11-16T00:00:00Z").AddMinutes(call.Item2 * 15 + call.Item3 % 15))
            {
                // The calls of a trace are in one quarter hour.
                Trace = new TraceId((ulong)call.Item2 + 1, (ulong)call.Item3 % 3 + 1),
                Span = (ulong)i + 1,
                Feature = $"f{call.Item1}",
                User = $"u{call.Item1}",
                Customer = $"c{call.Item1 % 2}",
                Status = call.Item5 == 0 ? CallStatus.Failed : CallStatus.Answered,
                Cost = decimal.Round(call.Item4, 6),
                Weight = i % 4 == 0 ? 1 : call.Item5 switch { 1 => 1, 2 => 2.5, _ => 10 },
            }).ToList();
        await StoredCalls.InsertAsync(store, calls);
        var raw = await CheckAsync();
        await StoredCalls.RollUpCellsAsync(store, 10);
        var cells = await CheckAsync();
        await StoredCalls.RollUpDaysAsync(store, 11);
        var days = await CheckAsync();
        Assert.Equal(raw, cells);
        Assert.Equal(raw, days);

        async Task<string> CheckAsync()
        {
            var reader = new SpendReader(store);
            foreach (Dimension[] by in new Dimension[][] { [], [Dimension.Feature], [Dimension.User], [Dimension.Customer], [Dimension.User, Dimension.Feature] })
            {
                foreach (var filter in new[] { SpendFilter.None, SpendFilter.Where(by is [Dimension.User] or [Dimension.Customer] ? Dimension.Customer : Dimension.Feature, by is [Dimension.User] or [Dimension.Customer] ? "c1" : "f2") })
                {
                    var answer = await reader.AskAsync(new SpendQuestion(ReadScope.Whole(sampled), Range) { Granularity = Granularity.Day, GroupBy = by, Filter = filter }, Token);
                    foreach (var group in answer.Rows) AssertNear(Expected(group, by, filter), group.Figures.LeftOut);
                    var top = await reader.AskAsync(new TopQuestion(ReadScope.Whole(sampled), Range, Dimension.Feature) { Filter = filter, Limit = 2 }, Token);
                    AssertNear(Sum(call => filter.Conditions.All(condition => condition.Values.Contains(call[condition.Dimension]))), top.Total.LeftOut);
                }
            }

            var split = await reader.AskAsync(new SplitQuestion(ReadScope.Whole(sampled), Range, Dimension.Feature, Granularity.Day) { Members = 2 }, Token);
            AssertNear(Sum(_ => true), split.Series.Aggregate(default(SampledSum), (sum, series) => sum + series.Sum.LeftOut));
            var tags = await reader.AskAsync(new CoverageQuestion(ReadScope.Whole(sampled), Range), Token);
            AssertNear(Sum(_ => true), tags.Figures.LeftOut);

            var whole = await reader.SumAsync(new SpendQuestion(ReadScope.Whole(exact), Range), Token);
            Assert.Null(whole.Estimated);
            var estimate = (await reader.SumAsync(new SpendQuestion(ReadScope.Whole(sampled), Range), Token)).Estimated!;
            return FormattableString.Invariant($"{estimate.Cost:F6} {estimate.Low:F6} {estimate.High:F6} {estimate.Calls:F3} {estimate.OneIn:F3}");
        }

        SampledSum Expected(SpendRow row, Dimension[] by, SpendFilter filter) => Sum(call =>
            call.Start.UtcDateTime.Date == row.Period.UtcDateTime.Date && by.Select((dimension, i) => call[dimension] == row.Group[i]).All(same => same)
            && filter.Conditions.All(condition => condition.Values.Contains(call[condition.Dimension])));

        SampledSum Sum(Func<StoredCall, bool> which)
        {
            // A quarter hour that the range cuts is read raw, and so is its trace.
            var inside = calls.Where(call => call.Tenant == sampled && call.Start >= Range.From && call.Start < Range.To).ToList();
            var traces = inside.Where(call => call.Weight > 1).GroupBy(call => call.Trace).ToDictionary(trace => trace.Key, trace => trace.Sum(call => call.Cost));
            return inside.Where(which).Aggregate(default(SampledSum), (sum, call) =>
                sum + SampledSum.OfCall(call.Weight, call.Status == CallStatus.Answered, call.Cost, traces.GetValueOrDefault(call.Trace)));
        }
    }

    private static void AssertNear(SampledSum expected, SampledSum actual)
    {
        Assert.Equal(expected.Calls, actual.Calls);
        Assert.Equal(expected.LeftOutCalls, actual.LeftOutCalls, 1e-6);
        Assert.Equal(expected.LeftOutCost, actual.LeftOutCost, 8);
        Assert.Equal(expected.LeftOutVariance, actual.LeftOutVariance, 1e-6);
    }

    [Fact]
    public void Text_WithoutSampledCalls_DoesNotReadWhatWasLeftOut()
    {
        var state = new CellState(3, [], DateTimeOffset.UnixEpoch, [], []);
        SpendSource Source(bool isSampled) =>
            SpendSource.Of(ReadScope.Whole(SpendReaderTests.NewTenant()), Range, SpendFilter.None, [Dimension.Feature], [], state with { IsSampled = isSampled });

        Assert.DoesNotContain("left_out", Source(false).Text(withLeftOut: true), StringComparison.Ordinal);
        Assert.DoesNotContain("left_out", Source(true).Text(), StringComparison.Ordinal);
        Assert.Contains("left_out_variance", Source(true).Text(withLeftOut: true), StringComparison.Ordinal);
    }
}
