using FinOps.Analytics.Spend;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using static FinOps.Analytics.Tests.Spend.PeriodsTests;

namespace FinOps.Analytics.Tests.Spend;

public sealed class SpendReaderTests(ClickHouseFixture clickHouse)
{
    private static readonly TimeRange Week = Range("2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Costs_OfOneCallInTheFuture_KeepAllDecimals()
    {
        using var store = await clickHouse.CreateStoreAsync();
        var tenant = NewTenant();
        await StoredCalls.InsertAsync(store,
        [
            new StoredCall(tenant, Instant("2026-11-20T10:00:01Z"))
            {
                Feature = "it's \\ \"quoted\"", ServedModel = "gpt-5-2026-01-01", Cost = 0.0000402m, Usage = new UsageVector { InputFresh = 100, CacheRead = 20, OutputText = 7, OutputReasoning = 5 },
            },
        ]);

        var answer = await new SpendReader(store).AskAsync(
            new SpendQuestion(ReadScope.Whole(tenant), Week) { GroupBy = [Dimension.Feature, Dimension.Model], Granularity = Granularity.Day, Filter = SpendFilter.Where(Dimension.Feature, "it's \\ \"quoted\"") }, Token);

        var row = Assert.Single(answer.Rows);
        Assert.Equal(["it's \\ \"quoted\"", "gpt-5-2026-01-01"], row.Group);
        Assert.Equal(Instant("2026-11-20T00:00:00Z"), row.Period);
        Assert.Equal(new SpendFigures(0.0000402m, 1, 0, 0, 120, 20, 0, 12, 5), row.Figures);
        Assert.Equal("0.0000402", row.Figures.Cost.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task Costs_OfATenantWithoutCalls_AreOneRowOfZeros()
    {
        using var store = await clickHouse.CreateStoreAsync();
        var reader = new SpendReader(store);

        var answer = await reader.AskAsync(new SpendQuestion(ReadScope.Whole(NewTenant()), Week), Token);
        var lag = await reader.AskAsync(new DataLagQuestion(ReadScope.Whole(NewTenant())), Token);
        var top = await reader.AskAsync(new TopQuestion(ReadScope.Whole(NewTenant()), Week, Dimension.User), Token);

        Assert.Equal([new SpendFigures()], answer.Rows.Select(row => row.Figures));
        Assert.Equal(Week.From, answer.Rows[0].Period);
        Assert.Null(lag.LastReceivedAt);
        Assert.Empty(top.Members);
    }

    [Fact]
    public async Task Costs_OfDuplicatesFailuresAndUnpricedCalls_AreCountedWhereTheyBelong()
    {
        using var store = await clickHouse.CreateStoreAsync();
        var tenant = NewTenant();
        var start = Instant("2026-11-20T10:00:00Z");
        await StoredCalls.InsertAsync(store,
        [
            new StoredCall(tenant, start) { Span = 1, Cost = 1.5m },
            new StoredCall(tenant, start) { Span = 2, Cost = 7m, Role = CallRole.Duplicate },
            new StoredCall(tenant, start) { Span = 3, Cost = 9m, Role = CallRole.Aggregate },
            new StoredCall(tenant, start) { Span = 4, Flags = CallFlags.Unpriced, Usage = new UsageVector { InputFresh = 10 } },
            new StoredCall(tenant, start) { Span = 5, Status = CallStatus.Failed, Flags = CallFlags.NoUsage },
            new StoredCall(tenant, start) { Span = 6, Status = CallStatus.Failed, Cost = 0.25m, Usage = new UsageVector { InputFresh = 5 } },
            // Sent again, and settled: one row each.
            new StoredCall(tenant, start) { Span = 1, Cost = 1.5m },
            new StoredCall(tenant, start) { Span = 7, Cost = 4m },
            new StoredCall(tenant, start) { Span = 7, Cost = 4m, Role = CallRole.Duplicate, Version = 2 },
        ]);
        var reader = new SpendReader(store);
        var expected = new SpendFigures(1.75m, 2, 1, 2, 15, 0, 0, 0, 0);

        Assert.Equal(expected, await reader.SumAsync(new SpendQuestion(ReadScope.Whole(tenant), Week), Token));
        await StoredCalls.RollUpAsync(store, 1);
        Assert.Equal(expected, await reader.SumAsync(new SpendQuestion(ReadScope.Whole(tenant), Week), Token));
        Assert.Equal(expected, await reader.SumAsync(new SpendQuestion(ReadScope.Whole(tenant), Week) { Filter = SpendFilter.None.AndNot(Dimension.User, "nobody") }, Token));
    }

    [Fact]
    public async Task Together_RebuiltBetweenTwoQuestions_FitTogetherAndKeepTenantsApart()
    {
        using var store = await clickHouse.CreateStoreAsync();
        var (tenant, other) = (NewTenant(), NewTenant());
        await StoredCalls.InsertAsync(store, [new StoredCall(tenant, Instant("2026-11-20T10:00:00Z")) { Cost = 1m, Feature = "chat" }]);
        await StoredCalls.RollUpAsync(store, 5);
        var together = new SpendReader(store).Together();

        var first = await together.SumAsync(new SpendQuestion(ReadScope.Whole(tenant), Week), Token);
        // A later cell: a question that looked at the cells anew would read its roll-up.
        await StoredCalls.InsertAsync(store, [new StoredCall(tenant, Instant("2026-11-20T12:00:00Z")) { Span = 2, Cost = 2m, Feature = "chat" }, new StoredCall(other, Instant("2026-11-20T10:00:00Z")) { Cost = 7m, Feature = "chat" }]);
        await StoredCalls.RollUpAsync(store, 6);
        var second = await together.AskAsync(new TopQuestion(ReadScope.Whole(tenant), Week, Dimension.Feature), Token);

        Assert.Equal(first, second.Total);
        Assert.Equal(7m, (await together.SumAsync(new SpendQuestion(ReadScope.Whole(other), Week), Token)).Cost);
        Assert.Equal(3m, (await new SpendReader(store).SumAsync(new SpendQuestion(ReadScope.Whole(tenant), Week), Token)).Cost);
    }

    [Fact]
    public async Task Costs_AfterAnEarlierGenerationAndALaterOne_ReadOnlyTheOneInForce()
    {
        using var store = await clickHouse.CreateStoreAsync();
        var tenant = NewTenant();
        var reader = new SpendReader(store);
        await StoredCalls.InsertAsync(store, [new StoredCall(tenant, Instant("2026-11-20T10:00:00Z")) { Cost = 1m }]);
        await StoredCalls.RollUpAsync(store, 5);
        await StoredCalls.InsertAsync(store, [new StoredCall(tenant, Instant("2026-11-20T10:01:00Z")) { Span = 2, Cost = 2m }]);
        var pending = await reader.SumAsync(new SpendQuestion(ReadScope.Whole(tenant), Week), Token);
        var lag = await reader.AskAsync(new DataLagQuestion(ReadScope.Whole(tenant)), Token);
        await StoredCalls.RollUpAsync(store, 6);

        Assert.Equal((3m, 2), (pending.Cost, pending.Calls));
        Assert.Equal(1, lag.PendingCells);
        Assert.Equal(Instant("2026-11-20T10:01:00Z"), lag.LastStartedAt);
        Assert.Equal(pending, await reader.SumAsync(new SpendQuestion(ReadScope.Whole(tenant), Week), Token));
        Assert.Equal(0, (await reader.AskAsync(new DataLagQuestion(ReadScope.Whole(tenant)), Token)).PendingCells);
    }

    [Fact]
    public async Task Costs_OfWholeDays_AreReadFromTheirSums_UntilOneOfTheirCellsChanges()
    {
        using var store = await clickHouse.CreateStoreAsync();
        var tenant = NewTenant();
        var reader = new SpendReader(store);
        var byUser = new SpendQuestion(ReadScope.Whole(tenant), Week) { GroupBy = [Dimension.User] };
        await StoredCalls.InsertAsync(store, Enumerable.Range(0, 40).Select(i =>
            new StoredCall(tenant, Instant("2026-11-17T00:00:00Z").AddHours(i)) { Span = (ulong)i + 1, User = $"u{i % 3}", Cost = i * 0.000000000001m }));
        await StoredCalls.RollUpAsync(store, 5);
        var built = await reader.AskAsync(byUser, Token);
        await StoredCalls.RunAsync(store, "TRUNCATE TABLE roll_up_people");
        await StoredCalls.RunAsync(store, "TRUNCATE TABLE roll_up_spend");
        var byDays = await reader.AskAsync(byUser, Token);
        var daysOfUtc = await reader.AskAsync(byUser with { Granularity = Granularity.Day }, Token);
        var daysElsewhere = await reader.AskAsync(byUser with { Granularity = Granularity.Day, TimeZone = TimeZoneInfo.FindSystemTimeZoneById("Asia/Kolkata") }, Token);

        // Without their cells only the sums of days can answer, and only where no period divides them.
        Assert.Equal(40, built.Sum().Calls);
        Assert.Equal(built.Rows.Select(row => row.Figures), byDays.Rows.Select(row => row.Figures));
        Assert.Equal(built.Sum(), daysOfUtc.Sum());
        Assert.Equal(0, daysElsewhere.Sum().Calls);

        await StoredCalls.InsertAsync(store, [new StoredCall(tenant, Instant("2026-11-17T05:30:00Z")) { Span = 99, User = "u1", Cost = 1m }]);
        await StoredCalls.RollUpCellsAsync(store, 6);
        var late = await reader.AskAsync(byUser, Token);
        await StoredCalls.RollUpDaysAsync(store, 7);

        Assert.Equal((41, built.Sum().Cost + 1m), (late.Sum().Calls, late.Sum().Cost));
        Assert.Equal(late.Rows.Select(row => row.Figures), (await reader.AskAsync(byUser, Token)).Rows.Select(row => row.Figures));
    }

    [Fact]
    public async Task Costs_OfDaysInAZone_AreCutAtItsMidnight()
    {
        using var store = await clickHouse.CreateStoreAsync();
        var tenant = NewTenant();
        await StoredCalls.InsertAsync(store,
        [
            new StoredCall(tenant, Instant("2026-11-17T18:14:59Z")) { Span = 1, Cost = 1m },
            new StoredCall(tenant, Instant("2026-11-17T18:15:00Z")) { Span = 2, Cost = 2m },
        ]);
        await StoredCalls.RollUpAsync(store, 1);

        var answer = await new SpendReader(store).AskAsync(
            new SpendQuestion(ReadScope.Whole(tenant), Week) { Granularity = Granularity.Day, TimeZone = TimeZoneInfo.FindSystemTimeZoneById("Asia/Kathmandu") }, Token);

        Assert.Equal(
            [(Instant("2026-11-17T00:00:00+05:45"), 1m), (Instant("2026-11-18T00:00:00+05:45"), 2m)], answer.Rows.Select(row => (row.Period, row.Figures.Cost)));
        Assert.All(answer.Rows, row => Assert.Equal(TimeSpan.FromMinutes(345), row.Period.Offset));
    }

    [Fact]
    public async Task Top_OfManyMembers_NamesTheFirstAndSumsTheRest()
    {
        using var store = await clickHouse.CreateStoreAsync();
        var tenant = NewTenant();
        await StoredCalls.InsertAsync(store, Enumerable.Range(0, 10).Select(i =>
            new StoredCall(tenant, Instant("2026-11-20T10:00:00Z").AddHours(i)) { Span = (ulong)i + 1, User = $"User-{i}", Cost = i }));
        await StoredCalls.RollUpAsync(store, 1);
        var reader = new SpendReader(store);

        var top = await reader.AskAsync(new TopQuestion(ReadScope.Whole(tenant), Week, Dimension.User) { Limit = 3 }, Token);
        var found = await reader.AskAsync(new TopQuestion(ReadScope.Whole(tenant), Week, Dimension.User) { Limit = 3, Search = "uSER-4" }, Token);
        var split = await reader.AskAsync(new SplitQuestion(ReadScope.Whole(tenant), Week, Dimension.User, Granularity.Day) { Members = 2 }, Token);
        var coverage = await reader.AskAsync(new CoverageQuestion(ReadScope.Whole(tenant), Week), Token);

        Assert.Equal(["User-9", "User-8", "User-7"], top.Members.Select(member => member.Value));
        Assert.Equal((21m, 7, 7), (top.Other.Cost, top.Other.Calls, top.OtherMembers));
        Assert.Equal(["User-4"], found.Members.Select(member => member.Value));
        Assert.Equal(["User-9", "User-8", null], split.Series.Select(series => series.Value));
        Assert.Equal(7, split.Periods.Count);
        Assert.Equal(28m, split.Series[2].Figures[4].Cost);
        Assert.Equal((10, 0), (coverage.Tags.Single(tag => tag.Dimension == Dimension.User).TaggedCalls, coverage.Tags.Single(tag => tag.Dimension == Dimension.Feature).TaggedCalls));
    }

    [Fact]
    public async Task Costs_WithMoreRowsThanTheLimit_SaySo()
    {
        using var store = await clickHouse.CreateStoreAsync();
        var tenant = NewTenant();
        await StoredCalls.InsertAsync(store, Enumerable.Range(1, 3).Select(i =>
            new StoredCall(tenant, Instant("2026-11-20T10:00:00Z")) { Span = (ulong)i, Feature = $"f{i}", Cost = i }));

        var answer = await new SpendReader(store).AskAsync(new SpendQuestion(ReadScope.Whole(tenant), Week) { GroupBy = [Dimension.Feature], Limit = 2 }, Token);

        Assert.True(answer.Truncated);
        Assert.Equal(["f3", "f2"], answer.Rows.Select(row => row.Group[0]));
    }

    [Fact]
    public async Task Totals_ReadAtOnce_EqualEachRangeReadAlone()
    {
        using var store = await clickHouse.CreateStoreAsync();
        var tenant = NewTenant();
        var now = Instant("2026-11-22T13:07:31.5Z");
        await StoredCalls.InsertAsync(store, Enumerable.Range(0, 5_000).Select(i =>
            new StoredCall(tenant, now.AddMinutes(-17 * i + 5).AddMilliseconds(i)) { Trace = new Domain.Usage.TraceId(1, (ulong)i + 1), Cost = i + 1 }));
        await StoredCalls.RollUpAsync(store, 1);
        var reader = new SpendReader(store);
        var zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

        var totals = await reader.AskAsync(new TotalsQuestion(ReadScope.Whole(tenant), now) { TimeZone = zone }, Token);

        var alone = new List<SpendFigures>();
        foreach (var range in TotalRanges.At(now, zone).All) alone.Add(await reader.SumAsync(new SpendQuestion(ReadScope.Whole(tenant), range), Token));
        Assert.Equal(alone, [totals.Today, totals.YesterdaySoFar, totals.ThisMonth, totals.LastMonthSoFar, totals.LastSevenDays]);
        Assert.All(alone, figures => Assert.True(figures.Calls > 0));
    }

    internal static TenantId NewTenant() => new(Guid.NewGuid());
}
