using FinOps.Analytics.Commitments;
using FinOps.Analytics.Spend;
using FinOps.Domain.Commitments;
using FinOps.Web.Features.Overview;
using FinOps.Web.Features.Prices;

namespace FinOps.Web.Tests.Features;

public sealed class CommitmentsPageTests
{
    private static readonly DateTimeOffset October = new(2026, 10, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset November = October.AddMonths(1);

    [Fact]
    public void Form_OfAChange_BeginsWithTheNextPeriodAndKeepsItsRate()
    {
        var row = Row(CommitmentKind.Spend, 900, "EUR", 0.9m);

        var form = CommitmentForm.Of(row, October.AddDays(12));

        Assert.Equal(November.UtcDateTime, form.From);
        var changed = form.ToCommitment()!;
        Assert.Equal((900m, "EUR", 0.9m, row.RateDay, November), (changed.Amount, changed.Currency, changed.Rate, changed.RateDay, changed.ValidFrom));
        form.IsCorrection = true;
        Assert.Equal((October, null), (form.ToCommitment()!.ValidFrom, form.ChangeFrom));
        // What was previewed is saved as it was previewed.
        var before = form.Signature;
        form.Amount = 901;
        Assert.NotEqual(before, form.Signature);
        form.Currency = "usd";
        Assert.Equal(("USD", 1m), (form.ToCommitment()!.Currency, form.ToCommitment()!.Rate));
    }

    [Fact]
    public void Preview_OfBothKinds_SaysWhatWouldHaveBeenCovered()
    {
        Assert.Equal(
            "In Oct 2026 its calls cost $130.00: it would have covered $100.00, and $0.00 would have been paid unused. $30.00 more were spent, at the calls' own prices.",
            CommitmentsPageModel.Preview(Use(Row(CommitmentKind.Spend, 100), November, new CoveredUsage(October, 130, 1)).Periods[0]));
        Assert.Equal(
            "In Oct 2026 it would have cost $1,488.00: $2.00 for hours with calls, $1,486.00 for hours without. The same calls cost $3.00 as they were rated.",
            CommitmentsPageModel.Preview(Use(Row(CommitmentKind.Provisioned, 2), November, new CoveredUsage(October, 3, 1)).Periods[0]));
        Assert.Equal(("15 Oct to 14 Nov 2026", "1 Jan to 31 Dec 2026"), (CommitmentsPageModel.Span(October.AddDays(14), November.AddDays(14)), CommitmentsPageModel.Span(October.AddMonths(-9), October.AddMonths(3))));
    }

    [Fact]
    public void Known_ACommitmentThatWasChanged_HasAPeriodThatRunsInItsLastRow()
    {
        var (old, row) = (Row(CommitmentKind.Spend, 100, to: November), Row(CommitmentKind.Spend, 200, from: November));
        var known = new CommitmentsPageModel.Known([row, old], [Use(old, November.AddDays(3)), Use(row, November.AddDays(3))], November.AddDays(3));

        Assert.Equal((null, 200m), (known.Running(old), known.Running(row)!.Promised));
        Assert.Equal((true, false), (known.IsLast(row), known.IsLast(old)));
        Assert.Equal(November.AddMonths(1), CommitmentsPageModel.EarliestEnd(row, November.AddDays(3)));
        Assert.Equal(November.AddDays(4), CommitmentsPageModel.EarliestEnd(Row(CommitmentKind.Provisioned, 1), November.AddDays(3)));
        Assert.Null(CommitmentsPageModel.EarliestEnd(row, October));
    }

    [Fact]
    public void Overview_TellsWhatLapsedInTheRangeAndWhatWill()
    {
        var now = November.AddDays(10);
        CommitmentInUse[] uses =
        [
            Use(Row(CommitmentKind.Spend, 100), now, new CoveredUsage(October, 40, 1), new CoveredUsage(November.AddDays(9), 7, 1)),
            Use(Row(CommitmentKind.Provisioned, 2, from: November.AddDays(9)), now, new CoveredUsage(November.AddDays(9), 0, 1)),
        ];

        // October's rest lapsed on its last day; of the tenth of November one hour had calls and 23 had none.
        var shown = UnusedCommitmentsModel.Of(uses, new TimeRange(October.AddDays(30), now), now);
        Assert.Equal((60m + 46m, 2m), (shown.Unused, shown.Provisioned));
        // 20 days at 1 USD a day follow on the 7 so far; the hours go on at 46 a day to the tenth of December, 29 days.
        Assert.Equal(73m + (29 * 46m), shown.Projected);
        Assert.Equal((46m, 2m), UnusedCommitmentsModel.Of(uses, new TimeRange(November, now), now) is var november ? (november.Unused, november.Provisioned) : default);
        Assert.True(UnusedCommitmentsModel.Of([], new TimeRange(October, now), now).IsEmpty);
        Assert.True(UnusedCommitmentsModel.Of([Use(Row(CommitmentKind.Spend, 5), now, new CoveredUsage(October, 5, 1), new CoveredUsage(November, 5, 1))], new TimeRange(October, now), now).IsEmpty);
    }

    private static CommitmentInUse Use(RecordedCommitment row, DateTimeOffset now, params CoveredUsage[] usage) => new(row, UseCommitment.Of(row.ToCommitment(), October, now, usage, now));

    private static RecordedCommitment Row(CommitmentKind kind, decimal amount, string currency = "USD", decimal rate = 1, DateTimeOffset? from = null, DateTimeOffset? to = null) => new()
    {
        TenantId = Guid.NewGuid(),
        Id = Guid.Empty,
        Change = 1,
        RecordedAt = October,
        Name = "c",
        Kind = kind,
        Seller = "openai",
        HostPlatform = "",
        Models = "",
        Period = CommitmentPeriod.Month,
        Amount = amount,
        Currency = currency,
        Rate = rate,
        RateDay = new DateOnly(2026, 9, 30),
        ValidFrom = from ?? October,
        ValidTo = to,
        Author = "a",
        Reason = "r",
    };
}
