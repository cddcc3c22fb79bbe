using System.Globalization;
using System.Runtime.CompilerServices;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.ClickHouse.Native;
using FinOps.Analytics.Tests.Spend;
using FinOps.Analytics.Units;
using FinOps.Domain.Outcomes;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using static FinOps.Analytics.Tests.Spend.PeriodsTests;

namespace FinOps.Analytics.Tests.Units;

/// <summary>Unit costs against the same figures, counted apart from the SQL.</summary>
public sealed class UnitCostReaderTests(ClickHouseFixture clickHouse)
{
    private static readonly TimeRange Week = Range("2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task UnitCosts_OfMembers_AreWhatCountingThemSays(bool rolledUp)
    {
        using var store = await clickHouse.CreateStoreAsync();
        var (tenant, other) = (SpendReaderTests.NewTenant(), SpendReaderTests.NewTenant());
        var calls = Enumerable.Range(0, 200).Select(i => new StoredCall(tenant, Week.From.AddMinutes(i * 47))
        {
            Trace = new TraceId(1, (ulong)i),
            Feature = $"f{i % 3}",
            Team = $"t{i % 2}",
            User = i % 5 == 0 ? "" : $"u{i % 11}",
            Customer = i % 7 == 0 ? "" : $"c{i % 4}",
            Session = i % 4 == 0 ? "" : $"s{i % 17}",
            Cost = i + 0.25m,
            Status = i % 13 == 0 ? CallStatus.Failed : CallStatus.Answered,
            Flags = i % 19 == 0 ? CallFlags.Unpriced : CallFlags.None,
        }).ToList();
        await StoredCalls.InsertAsync(store, [.. calls, new StoredCall(other, Week.From.AddDays(1)) { User = "foreign", Cost = 1_000_000 }]);
        if (rolledUp) await StoredCalls.RollUpAsync(store, 1);
        var reader = new UnitCostReader(store, new SpendReader(store)).Together();

        foreach (var scope in (ReadScope[])[ReadScope.Whole(tenant), ReadScope.OfTeams(tenant, ["t1"])])
        {
            var seen = calls.Where(call => scope.Includes(call.Team)).ToList();
            foreach (var (unit, of) in ((CostUnit, Func<StoredCall, string>)[])[(CostUnit.User, call => call.User), (CostUnit.Customer, call => call.Customer), (CostUnit.Session, call => call.Session)])
            {
                var question = new UnitCostQuestion(scope, Week, unit);
                Assert.Equal(Expected(seen, of), await reader.SumAsync(question, Token));

                var days = await reader.AskAsync(question with { Granularity = Granularity.Day }, Token);
                Assert.Equal(
                    seen.GroupBy(call => call.Start.Date).OrderBy(day => day.Key).Select(day => (day.Key, Expected([.. day], of))), days.Rows.Select(row => (row.Period.Date, row.Figures)));
                var features = await reader.AskAsync(question with { GroupBy = Dimension.Feature }, Token);
                Assert.Equal(
                    seen.GroupBy(call => call.Feature).Select(group => (group.Key, Expected([.. group], of))).OrderBy(row => row.Key),
                    features.Rows.Select(row => (row.Group!, row.Figures)).OrderBy(row => row.Item1));

                var costs = seen.Where(call => of(call).Length > 0).GroupBy(of).Select(group => group.Sum(call => call.Cost)).Order().ToList();
                var spread = await reader.AskAsync(new UnitSpreadQuestion(scope, Week, unit), Token);
                Assert.Equal((costs.Count, costs[(costs.Count - 1) / 2], costs[^1]), (spread!.Units, spread.Median, spread.Most));
                Assert.InRange(spread.Percentile90, spread.Median, spread.Percentile99);
            }

            var perCall = await reader.SumAsync(new UnitCostQuestion(scope, Week, CostUnit.Call), Token);
            Assert.Equal((seen.Sum(call => call.Cost), seen.Sum(call => call.Figures.Calls - call.Figures.UnpricedCalls)), (perCall.Cost, perCall.Units));
            Assert.Equal(decimal.Round(perCall.Cost / perCall.Units, 12), perCall.PerUnit);
        }
    }

    /// <summary>
    /// Traces 1 to 4 of feature a ($1, $2, $4, $8 with two calls each) and one call of b. 1 succeeded, 2 failed, 3 failed first and then succeeded, 4 tells nothing. A session's success comes by REST without a trace, and one
    /// outcome belongs to nothing.
    /// </summary>
    [Fact]
    public async Task UnitCosts_OfOutcomes_CountFailedAttemptsAndInheritTagsOfCalls()
    {
        using var store = await clickHouse.CreateStoreAsync();
        var (tenant, other) = (SpendReaderTests.NewTenant(), SpendReaderTests.NewTenant());
        var noon = Instant("2026-11-20T12:00:00Z");
        var calls = Enumerable.Range(1, 4).SelectMany(i => Enumerable.Range(1, 2).Select(span => new StoredCall(tenant, noon.AddMinutes(i))
        {
            Trace = new TraceId(7, (ulong)i),
            Span = (ulong)span,
            Feature = "a",
            Team = i < 3 ? "t1" : "t2",
            User = $"u{i}",
            Cost = (1 << (i - 1)) / 2m,
        })).ToList();
        calls.Add(new StoredCall(tenant, noon) { Trace = new TraceId(7, 9), Feature = "b", Team = "t2", Session = "s9", Cost = 100 });
        // Out of the window of its session's outcome, and after it.
        calls.Add(new StoredCall(tenant, noon.AddHours(-25)) { Trace = new TraceId(7, 10), Feature = "b", Team = "t2", Session = "s9", Cost = 1_000 });
        calls.Add(new StoredCall(tenant, noon.AddHours(2)) { Trace = new TraceId(7, 11), Feature = "b", Team = "t2", Session = "s9", Cost = 10_000 });
        await StoredCalls.InsertAsync(store, calls);
        var resolved = Told(tenant, "resolved", noon);
        await InsertAsync(store,
            resolved("1", true, 1, ""), resolved("2", false, 2, ""), resolved("3", false, 3, ""), resolved("4", true, 3, ""), resolved("5", true, 0, "s9"), resolved("6", false, 0, ""),
            // Told twice, and of another name and tenant.
            resolved("1", true, 1, ""), Told(tenant, "other", noon)("1", true, 4, ""), Told(other, "resolved", noon)("1", true, 1, ""));
        var reader = new UnitCostReader(store, new SpendReader(store));
        var question = new UnitCostQuestion(ReadScope.Whole(tenant), Range("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z"), CostUnit.Outcome) { Outcome = new CountedOutcome("resolved", []) };

        var sum = await reader.SumAsync(question, Token);
        Assert.Equal(new UnitFigures(15 + 100 + 10_000, 3) { Failures = 3, FailureCost = 2, UnlinkedOutcomes = 1 }, sum);
        Assert.Equal(0.5m, sum.SuccessRate);
        // Only the calls that can lead to it; failed attempts cost, too.
        var ofFeature = await reader.SumAsync(question with { Outcome = new CountedOutcome("resolved", ["a"]) }, Token);
        Assert.Equal((15, 5), (ofFeature.Cost, ofFeature.PerUnit));
        // Outcomes tell no feature here: they have that of their calls.
        var features = (await reader.AskAsync(question with { GroupBy = Dimension.Feature }, Token)).Rows.ToDictionary(row => row.Group!, row => row.Figures);
        Assert.Equal((2, 2, 15, 7.5m), (features["a"].Units, features["a"].Failures, features["a"].Cost, features["a"].PerUnit));
        Assert.Equal((1, 0, 10_100), (features["b"].Units, features["b"].Failures, features["b"].Cost));
        Assert.Equal((0, 1, 0), (features[""].Units, features[""].Failures, features[""].Cost));
        // Cases with a success: traces 1 ($1) and 3 ($4), session s9 ($100 within its window).
        Assert.Equal(new UnitSpread(3, 4, 100, 100, 100), await reader.AskAsync(new UnitSpreadQuestion(question.Scope, question.Range, CostUnit.Outcome) { Outcome = question.Outcome }, Token));

        // A team's reader sees its own outcomes alone, and a filter narrows by inherited tags.
        var team = await reader.SumAsync(question with { Scope = ReadScope.OfTeams(tenant, ["t1"]) }, Token);
        Assert.Equal(new UnitFigures(3, 1) { Failures = 1, FailureCost = 2 }, team);
        var user = await reader.SumAsync(question with { Filter = SpendFilter.Where(Dimension.User, "u3") }, Token);
        Assert.Equal((4, 1, 1), (user.Cost, user.Units, user.Failures));
        var hours = await reader.AskAsync(question with { Granularity = Granularity.Hour }, Token);
        Assert.Equal(["12 3/3 115", "14 0/0 10000"], hours.Rows.Select(row => string.Create(CultureInfo.InvariantCulture, $"{row.Period.Hour} {row.Figures.Units}/{row.Figures.Failures} {row.Figures.Cost:0}")));
    }

    /// <summary>What was told again takes the place of what was told before: a ticket that was reopened.</summary>
    [Fact]
    public async Task Outcome_ToldAgain_TakesThePlaceOfTheFirst()
    {
        using var store = await clickHouse.CreateStoreAsync();
        var tenant = SpendReaderTests.NewTenant();
        var noon = Instant("2026-11-20T12:00:00Z");
        await InsertAsync(store, Told(tenant, "closed", noon)("T-1", true, 0, ""));
        await InsertAsync(store, Told(tenant, "closed", noon.AddHours(3))("T-1", false, 0, ""));

        var sum = await new UnitCostReader(store, new SpendReader(store)).SumAsync(
            new UnitCostQuestion(ReadScope.Whole(tenant), Week, CostUnit.Outcome) { Outcome = new CountedOutcome("closed", []) }, Token);

        Assert.Equal((0, 1), (sum.Units, sum.Failures));
    }

    [Fact]
    public async Task UnitCosts_OfATenantWithoutCalls_AreOneRowOfZeros_AndNoSpread()
    {
        using var store = await clickHouse.CreateStoreAsync();
        var scope = ReadScope.Whole(SpendReaderTests.NewTenant());
        var reader = new UnitCostReader(store, new SpendReader(store));
        foreach (var unit in Enum.GetValues<CostUnit>())
        {
            var outcome = unit == CostUnit.Outcome ? new CountedOutcome("any", []) : null;
            Assert.Equal(new UnitFigures(), await reader.SumAsync(new UnitCostQuestion(scope, Week, unit) { Outcome = outcome }, Token));
            Assert.Null(await reader.AskAsync(new UnitSpreadQuestion(scope, Week, unit) { Outcome = outcome }, Token));
        }

        Assert.Null(default(UnitFigures).PerUnit);
        Assert.Null(default(UnitFigures).SuccessRate);
    }

    [Fact]
    public async Task Questions_ThatCannotBeAnswered_SayWhatToDo()
    {
        var question = new UnitCostQuestion(ReadScope.Whole(new TenantId(Guid.Empty)), Week, CostUnit.Outcome);
        Assert.Contains("Say which outcome", question.FindProblem(), StringComparison.Ordinal);
        var named = question with { Outcome = new CountedOutcome("a", []) };
        Assert.Null(named.FindProblem());
        Assert.Contains("An outcome has no model", (named with { GroupBy = Dimension.Model }).FindProblem(), StringComparison.Ordinal);
        Assert.Contains("An outcome has no provider", (named with { Filter = SpendFilter.Where(Dimension.Provider, "openai") }).FindProblem(), StringComparison.Ordinal);
        Assert.Contains("not by user", (question with { Unit = CostUnit.Call, GroupBy = Dimension.User }).FindProblem(), StringComparison.Ordinal);
        using var store = await clickHouse.CreateStoreAsync();
        await Assert.ThrowsAsync<ArgumentException>(() => new UnitCostReader(store, new SpendReader(store)).AskAsync(question, Token));
    }

    [Fact]
    public void Statements_OfUnitCosts_HaveTheirTexts()
    {
        var scope = ReadScope.OfTeams(new TenantId(Guid.Empty), ["a"]);
        var source = SpendSource.Of(scope, Week, SpendFilter.None, [Dimension.User, Dimension.Feature], [], new CellState(7, [], default, [], []));
        var outcomes = new OutcomeCases(scope, Week, "resolved", SpendFilter.Where(Dimension.Feature, "b").AndNot(Dimension.User, "c"));

        AssertGolden("MembersByPeriod.golden.sql", ClickHouseStore.TextOf(new MembersByPeriod(source, [Week.From], Dimension.User, Dimension.Feature, 10)));
        AssertGolden("MemberSpread.golden.sql", ClickHouseStore.TextOf(new MemberSpread(source, Dimension.User)));
        AssertGolden("OutcomesByPeriod.golden.sql", ClickHouseStore.TextOf(new OutcomesByPeriod(scope, outcomes, [Week.From], Dimension.Feature, 10)));
        AssertGolden("OutcomeSpread.golden.sql", ClickHouseStore.TextOf(new OutcomeSpread(scope, outcomes)));
    }

    [Fact]
    public void Weeks_BeginOnMonday_AlsoAcrossAClockChange()
    {
        var berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        var weeks = Periods.Of(Range("2026-10-21T10:00:00Z", "2026-11-03T00:00:00Z"), Granularity.Week, berlin);

        Assert.Equal(["2026-10-19T00:00:00+02:00", "2026-10-26T00:00:00+01:00", "2026-11-02T00:00:00+01:00"], weeks.Select(week => week.ToString("yyyy-MM-ddTHH:mm:sszzz", CultureInfo.InvariantCulture)));
    }

    private static UnitFigures Expected(IReadOnlyList<StoredCall> calls, Func<StoredCall, string> of) => new(
        calls.Where(call => of(call).Length > 0).Sum(call => call.Cost), calls.Select(of).Where(member => member.Length > 0).Distinct().Count(),
        calls.Where(call => of(call).Length == 0).Sum(call => call.Figures.Calls), calls.Where(call => of(call).Length == 0).Sum(call => call.Cost));

    private static Func<string, bool, int, string, Outcome> Told(TenantId tenant, string name, DateTimeOffset at) => (id, success, trace, session) =>
    {
        var outcome = new Outcome { Tenant = tenant, Name = name, Id = id, TraceId = trace == 0 ? default : new TraceId(7, (ulong)trace), TimeUnixMicros = CellRanges.Micros(at.AddMinutes(30)), Success = success };
        if (session.Length > 0) outcome.Tags.Set(Tag.Session, session, TagLevel.Span);
        return outcome;
    };

    private static async Task InsertAsync(ClickHouseStore store, params Outcome[] outcomes)
    {
        var block = new OutcomeBlock();
        foreach (var outcome in outcomes) block.Append(outcome);
        Assert.True((await store.InsertAsync(block, Token)).IsStored);
    }

    /// <summary><c>FINOPS_UPDATE_GOLDEN=1</c> writes the texts anew, to be read before they are committed.</summary>
    private static void AssertGolden(string file, string text, [CallerFilePath] string here = "")
    {
        if (Environment.GetEnvironmentVariable("FINOPS_UPDATE_GOLDEN") == "1")
            File.WriteAllText(Path.Combine(Path.GetDirectoryName(here)!, "..", "Fixtures", file), text);
        else Assert.Equal(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", file)), text);
    }
}
