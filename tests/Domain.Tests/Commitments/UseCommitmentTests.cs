using CsCheck;
using FinOps.Domain.Allocation;
using FinOps.Domain.Commitments;

namespace FinOps.Domain.Tests.Commitments;

public sealed class UseCommitmentTests
{
    private static readonly DateTimeOffset October = new(2026, 10, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset November = October.AddMonths(1);

    [Fact]
    public void Of_AMonthThatUsedLess_PaysTheRestOnItsLastDay()
    {
        var use = Assert.Single(UseCommitment.Of(Spend(100), October, November, [new(October, 30, 1), new(October.AddDays(9), 12.5m, 1)], November));

        Assert.Equal((42.5m, 42.5m, 57.5m, 0m, 0m), (use.Eligible, use.Used, use.Unused, use.Open, use.Beyond));
        Assert.Equal((0.425m, 57.5m, 57.5m), (use.Utilisation, use.BesideCalls, use.ProjectedUnused));
        Assert.Equal(new CommitmentDay(new DateOnly(2026, 10, 31), 0m, 0m, 57.5m), use.Days[^1]);
    }

    [Fact]
    public void Of_AMonthThatUsedMore_IsUsedUpByTheEarliestDays()
    {
        var use = Assert.Single(UseCommitment.Of(Spend(100), October, November, [new(October.AddDays(2), 60, 1), new(October.AddDays(1), 60, 1), new(October.AddDays(3), 5, 1)], November));

        Assert.Equal((125m, 100m, 0m, 25m, 0m), (use.Eligible, use.Used, use.Unused, use.Beyond, use.BesideCalls));
        Assert.Equal([60m, 40m, 0m], use.Days.Select(day => day.Used));
    }

    [Fact]
    public void Of_AMonthThatRuns_TellsHowFarItIsBehindAndWhereItLeads()
    {
        // Ten of 31 days, one dollar on each: 310 promised would be ten a day.
        var usage = Enumerable.Range(0, 10).Select(day => new CoveredUsage(October.AddDays(day), 1, 1)).ToArray();

        var use = Assert.Single(UseCommitment.Of(Spend(310), October, November, usage, October.AddDays(10)));

        Assert.Equal((10m, 0m, 300m, false), (use.Used, use.Unused, use.Open, use.IsOver));
        Assert.Equal((90m, 279m), (use.UnusedSoFar, use.ProjectedUnused));
    }

    [Fact]
    public void Of_TheFirstDay_ProjectsNothing() => Assert.Null(Assert.Single(UseCommitment.Of(Spend(310), October, November, [], October.AddHours(20))).ProjectedUnused);

    [Fact]
    public void Of_ProvisionedHours_PaysThoseWithoutCallsForNothing()
    {
        var hourly = Spend(2.5m) with { Kind = CommitmentKind.Provisioned, ValidTo = null };
        // Three hours with calls, one of them told twice, one with failures alone; the hour that runs is not paid yet.
        CoveredUsage[] usage = [new(October.AddHours(1), 0, 4), new(October.AddHours(1), 0, 2), new(October.AddHours(2), 0, 1), new(October.AddHours(3), 0, 0), new(October.AddHours(25), 1, 1), new(October.AddHours(30), 9, 9)];

        var use = Assert.Single(UseCommitment.Of(hourly, October, November, usage, October.AddHours(30).AddMinutes(10)));

        Assert.Equal((7.5m, 67.5m, 75m), (use.Used, use.Unused, use.BesideCalls));
        Assert.Equal((2.5m * 744, 0.1m, 10m, 0m), (use.Promised, use.Utilisation, use.Eligible, use.Beyond));
        Assert.Equal([(5m, 55m), (2.5m, 12.5m)], use.Days.Select(day => (day.Used, day.Unused)));
    }

    [Fact]
    public void Of_AnyUsage_SumsToWhatIsPaidInAnyOrder() =>
        Gen.Int.Sample(seed =>
        {
            var random = new Random(seed);
            var commitment = Any(random);
            var (from, to) = (October.AddDays(random.Next(-40, 40)), October.AddDays(random.Next(41, 400)));
            var now = October.AddMinutes(random.Next(-100_000, 600_000));
            var usage = Enumerable.Range(0, random.Next(0, 60)).Select(_ => new CoveredUsage(October.AddHours(random.Next(-400, 5000)), ExactShares.Round(random.Next(0, 100_000) / 7m), random.Next(0, 5))).ToArray();
            var uses = UseCommitment.Of(commitment, from, to, usage, now);
            random.Shuffle(usage);
            var again = UseCommitment.Of(commitment, from, to, usage, now);

            return uses.Zip(again).All(pair => pair.First.Days.SequenceEqual(pair.Second.Days) && pair.First with { Days = [] } == pair.Second with { Days = [] }) && uses.All(use =>
                use.Used + use.Unused + use.Open == use.Promised && use is { Used: >= 0, Unused: >= 0, Open: >= 0, Beyond: >= 0, UnusedSoFar: >= 0 } && (!use.IsOver || use.Open == 0)
                && use.Days.Sum(day => day.Used) == use.Used && use.Days.Sum(day => day.Unused) == use.Unused
                && use.Eligible == usage.Where(cell => cell.From >= use.From && cell.From < use.To).Sum(cell => cell.Cost)
                // What is paid in the end: the promise or the calls, whichever is more; of provisioned throughput every hour beside the calls.
                && (!use.IsOver || use.Eligible + use.BesideCalls == (use.Kind == CommitmentKind.Spend ? Math.Max(use.Promised, use.Eligible) : use.Promised + use.Eligible)));
        }, iter: 2000);

    [Fact]
    public void Of_MoreUsage_NeverLeavesMoreUnused() =>
        Gen.Int.Sample(seed =>
        {
            var random = new Random(seed);
            var commitment = Any(random);
            var usage = Enumerable.Range(0, random.Next(0, 30)).Select(_ => new CoveredUsage(October.AddHours(random.Next(0, 5000)), random.Next(0, 500), random.Next(0, 5))).ToArray();
            CoveredUsage more = new(October.AddHours(random.Next(0, 5000)), random.Next(0, 500), 1);
            var (less, full) = (UseCommitment.Of(commitment, October, October.AddDays(200), usage, October.AddDays(150)), UseCommitment.Of(commitment, October, October.AddDays(200), [.. usage, more], October.AddDays(150)));
            return less.Zip(full).All(pair => pair.Second.Unused <= pair.First.Unused && pair.Second.Used >= pair.First.Used && pair.Second.Beyond >= pair.First.Beyond);
        }, iter: 1000);

    private static Commitment Any(Random random) => (Spend(ExactShares.Round(random.Next(1, 1_000_000) / 7m)) with
    {
        Kind = (CommitmentKind)random.Next(2),
        Period = (CommitmentPeriod)random.Next(3),
        Currency = random.Next(2) == 0 ? "USD" : "EUR",
        Rate = random.Next(1, 300) / 100m,
        ValidFrom = October.AddDays(random.Next(-60, 60)),
        ValidTo = null,
    }).Normal();

    private static Commitment Spend(decimal amount) => new Commitment { Name = "c", Kind = CommitmentKind.Spend, Seller = "openai", Amount = amount, ValidFrom = October, ValidTo = November }.Normal();
}
