using FinOps.Analytics.Bills;
using FinOps.Domain.Bills;
using FinOps.Web.Features.Bills;

namespace FinOps.Web.Tests.Features;

public sealed class BillStepTests
{
    private static readonly DateTimeOffset Day = new(2026, 11, 3, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Steps_FromOursToTheBill_SumAndStayWithinTheWidth()
    {
        var steps = BillStep.Of(Dossier(billed: 5.25m, ours: 8m, [new CauseAmount(ResidualCause.NotSeen, 3m), new CauseAmount(ResidualCause.NotBilled, -6m)], rest: 0.25m));

        Assert.Equal(["Our figures", "Not seen by us", "Not billed", "Unexplained", "The bill"], steps.Select(step => step.Name));
        Assert.Equal(steps[^1].Amount, steps.SkipLast(1).Sum(step => step.Amount));
        Assert.All(steps, step => Assert.True(step is { Left: >= 0, Width: > 0 } && step.Left + step.Width <= 100.4m, step.Name));
        Assert.All(steps.Where(step => step.IsSum), step => Assert.Null(step.Accept));
    }

    [Fact]
    public void Steps_OfNothing_AreDrawnAllTheSame() => Assert.All(BillStep.Of(Dossier(0, 0, [], 0)), step => Assert.Equal(0m, step.Amount));

    [Theory]
    [InlineData(0, 1, "3 Nov 2026")]
    [InlineData(0, 3, "3 – 5 Nov 2026")]
    [InlineData(0, 30, "3 Nov – 2 Dec 2026")]
    [InlineData(0, 90, "3 Nov 2026 – 31 Jan 2027")]
    public void Period_InDays_ReadsShort(int from, int to, string expected) => Assert.Equal(expected, BillWords.Period(Day.AddDays(from), Day.AddDays(to)));

    private static BillDossier Dossier(decimal billed, decimal ours, IReadOnlyList<CauseAmount> causes, decimal rest)
    {
        var row = new ReconciledRow
        {
            From = Day,
            To = Day.AddDays(1),
            Provider = "openai",
            Model = "gpt-4o",
            Meter = null,
            Sku = "",
            BilledQuantity = null,
            OurQuantity = 0,
            Billed = billed,
            Ours = ours,
            Causes = causes,
            Rest = rest,
        };
        var bill = new Bill
        {
            TenantId = Guid.NewGuid(),
            Id = Guid.NewGuid(),
            Name = "b",
            Provider = "openai",
            Account = "",
            FromAt = Day,
            ToAt = Day.AddDays(1),
            Currency = "USD",
            Billed = billed,
            Lines = 1,
            Sha256 = [],
            Mapping = "{}",
            ImportedAt = Day,
            ImportedBy = "a",
        };
        return new BillDossier(bill, new ReconciledBill([row], 0), []);
    }
}
