using CsCheck;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Tests.Spend;

/// <summary>Random calls of two tenants, some rolled up by day, some by cell only and some pending: every answer equals a plain sum over the same calls.</summary>
public sealed class SpendReaderProperties(ClickHouseFixture clickHouse)
{
    private const int Days = 6;
    private const int Questions = 30;
    private const string Seed = "0N0XIzNsQ0O2";

    private static readonly DateTimeOffset Start = PeriodsTests.Instant("2026-10-23T00:00:00Z");
    private static readonly string[] Zones = ["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/New_York", "Asia/Kolkata", "UTC"];

    private static readonly Gen<(int Feature, int User, int Model, int Role, int Status, long Second, uint Tokens, int Flags)> Calls = Gen.Select(
        Gen.Int[0, 4], Gen.Int[0, 30], Gen.Int[0, 3], Gen.Int[0, 9], Gen.Int[0, 9], Gen.Long[0, Days * 86_400 - 1], Gen.UInt[0, 50_000], Gen.Int[0, 9]);

    private static readonly Gen<(int Granularity, long From, long Length, int Zone, int[] GroupBy, int Filter, bool Excluded)> Asked = Gen.Select(
        Gen.Int[0, 4], Gen.Long[-90_000, Days * 86_400], Gen.Long[1, Days * 86_400], Gen.Int[0, 5], Gen.Int[0, Dimensions.Groupable.Count - 1].Array[0, 2],
        Gen.Int[-6, Dimensions.Filterable.Count - 1], Gen.Bool);

    [Fact]
    public async Task Answers_OfRandomQuestions_EqualThePlainSum()
    {
        using var store = await clickHouse.CreateStoreAsync();
        TenantId[] tenants = [SpendReaderTests.NewTenant(), SpendReaderTests.NewTenant()];
        var calls = Calls.Array[3_000].Single(_ => true, Seed).Select((call, i) => Stored(tenants[i % 2], i, call)).ToList();
        var late = calls[1_500..2_500].Where(call => call.Start < Start.AddDays(4)).ToList();
        await StoredCalls.InsertAsync(store, calls[..1_500]);
        await StoredCalls.RollUpAsync(store, 10);
        await AskAsync(calls[..1_500]);

        // The first days' sums are behind their cells, the last days' are in force.
        await StoredCalls.InsertAsync(store, late);
        await StoredCalls.RollUpCellsAsync(store, 11);
        await AskAsync([.. calls[..1_500], .. late]);

        // What comes now stays pending: a few quarter hours first, then most of them.
        await StoredCalls.RollUpDaysAsync(store, 12);
        await StoredCalls.InsertAsync(store, calls[2_500..2_510]);
        await AskAsync([.. calls[..1_500], .. late, .. calls[2_500..2_510]]);
        await StoredCalls.InsertAsync(store, calls[1_500..]);
        await AskAsync(calls);

        async Task AskAsync(List<StoredCall> visible)
        {
            foreach (var asked in Asked.Array[Questions].Single(_ => true, Seed))
            {
                await CheckAsync(store, visible, QuestionOf(tenants[0], asked));
                await CheckAsync(store, visible, QuestionOf(tenants[1], asked));
            }
        }
    }

    /// <summary>What a page draws and ranks, over the same calls: each member of a people's and of a spend's dimension, and all others in one sum.</summary>
    [Theory]
    [InlineData(Dimension.User)]
    [InlineData(Dimension.Customer)]
    [InlineData(Dimension.Feature)]
    [InlineData(Dimension.Session)]
    public async Task SplitsAndRankings_OfRandomCalls_EqualThePlainSum(Dimension dimension)
    {
        using var store = await clickHouse.CreateStoreAsync();
        var tenant = SpendReaderTests.NewTenant();
        var calls = Calls.Array[2_000].Single(_ => true, Seed).Select((call, i) => Stored(tenant, i, call)).ToList();
        await StoredCalls.InsertAsync(store, calls[..1_990]);
        await StoredCalls.RollUpAsync(store, 10);
        await StoredCalls.InsertAsync(store, calls[1_990..]);
        var range = new TimeRange(Start.AddMinutes(-7), Start.AddDays(Days).AddMinutes(-100));
        var inRange = calls.Where(call => call.Role == CallRole.Call && call.Start >= range.From && call.Start < range.To).ToList();
        var reader = new SpendReader(store);

        var top = await reader.AskAsync(new TopQuestion(ReadScope.Whole(tenant), range, dimension) { Limit = 2 }, TestContext.Current.CancellationToken);
        Assert.Equal(
            inRange.GroupBy(call => call[dimension]).Select(group => new TopMember(group.Key, Sum(group)))
                .OrderByDescending(member => member.Figures.Cost).ThenByDescending(member => member.Figures.Calls).ThenBy(member => member.Value, StringComparer.Ordinal).Take(2),
            top.Members);
        Assert.Equal(Sum(inRange), top.Total);

        foreach (var zone in Zones)
        {
            var question = new SplitQuestion(ReadScope.Whole(tenant), range, dimension, Granularity.Day) { TimeZone = TimeZoneInfo.FindSystemTimeZoneById(zone), Members = 2 };
            var split = await reader.AskAsync(question, TestContext.Current.CancellationToken);

            Assert.Equal(top.Members.Select(member => member.Value), split.Series.Where(series => series.Value is not null).Select(series => series.Value));
            foreach (var series in split.Series)
            {
                var expected = split.Periods.Select((period, i) => Sum(inRange.Where(call =>
                    (series.Value is null ? !top.Members.Any(member => member.Value == call[dimension]) : call[dimension] == series.Value)
                    && call.Start >= period && (i + 1 == split.Periods.Count || call.Start < split.Periods[i + 1]))));
                Assert.Equal(expected, series.Figures);
            }
        }
    }

    private static async Task CheckAsync(ClickHouseStore store, List<StoredCall> calls, SpendQuestion question)
    {
        var answer = await new SpendReader(store).AskAsync(question, TestContext.Current.CancellationToken);

        var periods = Periods.Of(question.Range, question.Granularity, question.TimeZone);
        var expected = calls
            .Where(call => call.Tenant == question.Scope.Tenant && call.Role == CallRole.Call && call.Start >= question.Range.From && call.Start < question.Range.To)
            .Where(call => question.Filter.Conditions.All(condition => condition.Values.Contains(call[condition.Dimension]) != condition.Excluded))
            .GroupBy(call => (
                Period: periods.Last(period => period <= call.Start || period == periods[0]),
                Group: string.Join('\u001f', question.GroupBy.Select(dimension => call[dimension]))))
            .ToDictionary(group => group.Key, group => group.Aggregate(default(SpendFigures), (sum, call) => sum + call.Figures));
        if (question is { Granularity: Granularity.Total, GroupBy.Count: 0 }) expected.TryAdd((periods[0], ""), default);
        var actual = answer.Rows.ToDictionary(row => (row.Period, string.Join('\u001f', row.Group)), row => row.Figures);
        Assert.Equal(expected.OrderBy(pair => pair.Key), actual.OrderBy(pair => pair.Key));
    }

    private static SpendFigures Sum(IEnumerable<StoredCall> calls) => calls.Aggregate(default(SpendFigures), (sum, call) => sum + call.Figures);

    private static SpendQuestion QuestionOf(TenantId tenant, (int Granularity, long From, long Length, int Zone, int[] GroupBy, int Filter, bool Excluded) asked)
    {
        var from = Start.AddSeconds(asked.From);
        var filter = asked.Filter < 0 ? SpendFilter.None : FilterOf(Dimensions.Filterable[asked.Filter], asked.Excluded);
        return new SpendQuestion(ReadScope.Whole(tenant), new TimeRange(from, from.AddSeconds(asked.Length)))
        {
            Granularity = (Granularity)asked.Granularity,
            TimeZone = TimeZoneInfo.FindSystemTimeZoneById(Zones[asked.Zone]),
            GroupBy = [.. asked.GroupBy.Distinct().Select(i => Dimensions.Groupable[i])],
            Filter = filter,
        };
    }

    private static SpendFilter FilterOf(Dimension dimension, bool excluded)
    {
        string[] values = dimension == Dimension.Project ? [StoredCalls.FirstProject.ToString()] : ["feature-1", "user-3", "user-5", "model-2", "", "session-1"];
        return excluded ? SpendFilter.None.AndNot(dimension, values) : SpendFilter.Where(dimension, values);
    }

    private static StoredCall Stored(
        TenantId tenant, int i, (int Feature, int User, int Model, int Role, int Status, long Second, uint Tokens, int Flags) call) => new(tenant, Start.AddSeconds(call.Second))
        {
            Trace = new TraceId(7, (ulong)i + 1),
            Feature = call.Feature == 0 ? "" : $"feature-{call.Feature}",
            User = $"user-{call.User}",
            Team = $"team-{call.Feature % 2}",
            Customer = $"customer-{call.User % 5}",
            Session = $"session-{call.User % 3}",
            RequestedModel = $"model-{call.Model}",
            ServedModel = call.Model == 2 ? "" : $"model-{call.Model}-2026-01-01",
            Role = call.Role switch { 0 => CallRole.Duplicate, 1 => CallRole.Aggregate, _ => CallRole.Call },
            Status = call.Status == 0 ? CallStatus.Failed : CallStatus.Answered,
            Flags = call.Flags == 0 ? CallFlags.Unpriced : CallFlags.None,
            Cost = call.Flags == 0 ? 0 : call.Tokens * 0.000000000123m,
            Usage = new UsageVector { InputFresh = call.Tokens, CacheRead = call.Tokens / 3, CacheWrite5m = call.Tokens / 5, CacheWrite1h = 1, OutputText = call.Tokens / 2, OutputReasoning = 2 },
        };
}
