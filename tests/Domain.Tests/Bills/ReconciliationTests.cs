using CsCheck;
using FinOps.Domain.Bills;
using FinOps.Domain.Pricing;

namespace FinOps.Domain.Tests.Bills;

public sealed class ReconciliationTests
{
    private static readonly DateTimeOffset Day = new(2026, 11, 3, 0, 0, 0, TimeSpan.Zero);
    private static readonly SkuRules Rules = new(["gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5"]);

    [Fact]
    public void Of_EqualFigures_LeavesNothing()
    {
        var bill = Of([Billed("gpt-4o, input", 1_000_000, 2.5m)], [Used("gpt-4o-2024-08-06", Meter.Input, 1_000_000, 2.5m)]);

        var row = Assert.Single(bill.Rows);
        Assert.Equal((0m, 0m), (bill.Residual, bill.Rest));
        Assert.Empty(row.Causes);
        Assert.Equal((1_000_000m, 1_000_000m), (row.BilledQuantity, row.OurQuantity));
    }

    [Fact]
    public void Of_ReasoningInOurFigures_IsOutputInTheBill() => Assert.Equal(0m, Of(
        [Billed("gpt-4o, output", 500, 5m)], [Used("gpt-4o", Meter.Output, 300, 3m), Used("gpt-4o", Meter.Reasoning, 200, 2m)]).Residual);

    [Fact]
    public void Of_CallsWithoutAPrice_AreNamedAtTheBillsPrice() => AssertCauses(
        Of([Billed("gpt-4o, input", 1_000, 2m)], [Used("gpt-4o", Meter.Input, 600, 1.2m)], [new LeftOut(Day, "openai", "gpt-4o", 10, 0, new Dictionary<Meter, decimal> { [Meter.Input] = 400 })]),
        (ResidualCause.Unpriced, 0.8m));

    [Fact]
    public void Of_CallsWithoutUsage_CountAsTheAverageCall() => AssertCauses(
        Of([Billed("gpt-4o, input", 1_000, 2m)], [Used("gpt-4o", Meter.Input, 600, 1.2m)], [new LeftOut(Day, "openai", "gpt-4o", 8, 2, new Dictionary<Meter, decimal>())]),
        (ResidualCause.MissingUsage, 0.4m), (ResidualCause.NotSeen, 0.4m));

    [Fact]
    public void Of_CacheWritesForAnHour_AreNamedByTheDifferenceOfThePrices() => AssertCauses(
        Of([Billed("claude sonnet 4.5 cache write 1h", 1_000_000, 6m)], [Used("claude-sonnet-4-5", Meter.CacheWrite5m, 1_000_000, 3.75m)]), (ResidualCause.CacheWriteLife, 2.25m));

    [Fact]
    public void Of_BatchThatWeDidNotKnow_IsNamed() => AssertCauses(
        Of([Billed("gpt-4o, input", 600, 6m), Billed("gpt-4o, input batch", 400, 2m)], [Used("gpt-4o", Meter.Input, 1_000, 10m)]), (ResidualCause.Batch, -2m));

    [Fact]
    public void Of_TierThatWeDidNotKnow_IsNamed() => AssertCauses(
        Of([Billed("gpt-4o, input", 600, 6m), Billed("gpt-4o, input priority", 400, 8m)], [Used("gpt-4o", Meter.Input, 1_000, 10m)]), (ResidualCause.ServiceTier, 4m));

    [Fact]
    public void Of_RegionThatWeDidNotKnow_IsNamed() => AssertCauses(
        Of([Billed("gpt-4o, input", 1_000, 11m) with { Region = "eu" }], [Used("gpt-4o", Meter.Input, 1_000, 10m) with { Region = "" }]), (ResidualCause.Region, 1m));

    [Fact]
    public void Of_ALineTwice_IsADuplicate() => AssertCauses(
        Of([Billed("gpt-4o, input", 1_000, 10m), Billed("gpt-4o, input", 1_000, 10m) with { Number = 3 }], [Used("gpt-4o", Meter.Input, 1_000, 10m)]), (ResidualCause.Duplicates, 10m));

    [Fact]
    public void Of_NegotiatedPrice_IsNamedWhereItIsOnePrice() => AssertCauses(
        Of([Billed("gpt-4o, input", 1_000, 9m), Billed("gpt-4o, input", 2_000, 18m, day: 1)], [Used("gpt-4o", Meter.Input, 1_000, 10m), Used("gpt-4o", Meter.Input, 2_000, 20m, hours: 30)]),
        (ResidualCause.PriceDiffers, -3m));

    /// <summary>A price that is another one every day is no negotiated price: it stays unexplained.</summary>
    [Fact]
    public void Of_PricesThatJump_StayUnexplained()
    {
        var bill = Of([Billed("gpt-4o, input", 1_000, 9m), Billed("gpt-4o, input", 1_000, 7m, day: 1)], [Used("gpt-4o", Meter.Input, 1_000, 10m), Used("gpt-4o", Meter.Input, 1_000, 10m, hours: 30)]);

        Assert.Empty(bill.Causes);
        Assert.Equal(-4m, bill.Rest);
    }

    [Fact]
    public void Of_WhatOnlyOneSideHas_IsNamed() => AssertCauses(
        Of([Billed("gpt-4o, input", 1_000, 10m)], [Used("gpt-4o-mini", Meter.Input, 500, 1m)]), (ResidualCause.NotSeen, 10m), (ResidualCause.NotBilled, -1m));

    [Fact]
    public void Of_TaxAndUnknownWords_StandAlone() => AssertCauses(
        Of([Billed("VAT", 0, 2m) with { IsUsage = false, Quantity = null }, Billed("mystery pack", 3, 5m)], []), (ResidualCause.NotUsage, 2m), (ResidualCause.Unmapped, 5m));

    [Fact]
    public void Of_ABillForTheMonth_TakesOursOfTheMonth()
    {
        var bill = Of([Billed("gpt-4o, input", 3_000, 30m) with { To = Day.AddDays(20) }], [Used("gpt-4o", Meter.Input, 1_000, 10m), Used("gpt-4o", Meter.Input, 2_000, 20m, hours: 300)]);

        Assert.Equal(0m, Assert.Single(bill.Rows).Residual);
    }

    [Fact]
    public void Of_AnswersFromACache_AreNotExpectedInTheBill() => Assert.Equal(0m, Of(
        [Billed("gpt-4o, input", 100, 1m)], [Used("gpt-4o", Meter.Input, 100, 1m), Used("gpt-4o", Meter.Input, 900, 0m) with { Label = PriceLabel.Avoided }]).Residual);

    [Fact]
    public void Of_ProvidersThatTheBillIsNotAbout_AreLeftOut() => Assert.Single(
        Of([Billed("gpt-4o, input", 100, 1m)], [Used("gpt-4o", Meter.Input, 100, 1m), Used("claude-sonnet-4-5", Meter.Input, 100, 9m) with { Provider = "anthropic" }]).Rows);

    /// <summary>The bill's days begin at eight in the evening UTC: three days of traffic that differs by the hour tell it.</summary>
    [Fact]
    public void Of_DaysThatAreCutElsewhere_AreNamedWithTheShift()
    {
        var ours = Enumerable.Range(-14, 72 + 28).Select(hour => Used("gpt-4o", Meter.Input, 10 + Math.Abs((hour * hour) % 37), 10 + Math.Abs((hour * hour) % 37), hours: hour)).ToList();
        var lines = Enumerable.Range(0, 3).Select(day =>
        {
            var units = ours.Where(line => line.Hour.AddHours(4) >= Day.AddDays(day) && line.Hour.AddHours(4) < Day.AddDays(day + 1)).Sum(line => line.Cost);
            return Billed("gpt-4o, input", units, units, day);
        }).ToList();

        var bill = Of(lines, ours);

        Assert.Equal(4, bill.ShiftHours);
        Assert.Equal(0m, bill.Rest);
        Assert.Equal(ResidualCause.TimeZone, Assert.Single(bill.Causes).Cause);
        Assert.Equal(bill.Residual, bill.Causes[0].Amount);
    }

    /// <summary>Whatever the bill and we say: ours, the causes and the rest sum to the bill, in each row and altogether; and no line of either side is lost.</summary>
    [Fact]
    public void Of_AnyBill_SumsExactly()
    {
        var sku = Gen.OneOf("gpt-4o, input", "gpt-4o, output", "gpt-4o-mini input batch", "claude sonnet 4.5 cache write 1h", "claude sonnet 4.5", "VAT", "mystery", "gpt-4o, input priority");
        var money = Gen.Long[-50_000_000, 4_000_000_000].Select(value => value / 1_000_000m);
        var lines = Gen.Select(sku, money, Gen.Int[0, 3], Gen.Int[1, 2], Gen.Int[0, 5_000], Gen.Bool, (text, cost, day, days, units, told) => Billed(text, units, cost, day) with
        {
            To = Day.AddDays(day + days),
            Quantity = told ? units : null,
            IsUsage = text != "VAT",
            Region = units % 3 == 0 ? "eu" : "",
        }).List[1, 12];
        var ours = Gen.Select(Gen.OneOf("gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5-20250929", "o9"), Gen.OneOf(Meter.Input, Meter.Output, Meter.Reasoning, Meter.CacheWrite5m, Meter.CacheWrite1h),
            Gen.Int[-14, 130], Gen.Int[0, 5_000], money, (model, meter, hour, units, cost) => Used(model, meter, units, cost, hour) with { Batch = units % 5 == 0, Tier = units % 7 == 0 ? "priority" : "" }).List[0, 30];
        var left = Gen.Select(Gen.OneOf("gpt-4o", "claude-sonnet-4-5"), Gen.Int[0, 90], Gen.Int[0, 9], (model, hour, calls) =>
            new LeftOut(Day.AddHours(hour), "openai", model, calls, calls / 2, new Dictionary<Meter, decimal> { [Meter.Input] = calls * 10 })).List[0, 4];

        Gen.Select(lines, ours, left).Sample((billed, used, leftOut) =>
        {
            var bill = Of(billed, used, leftOut);
            var (from, to) = (billed.Min(line => line.From), billed.Max(line => line.To));

            Assert.All(bill.Rows, row => Assert.Equal(row.Billed, row.Ours + row.Causes.Sum(cause => cause.Amount) + row.Rest));
            Assert.Equal(billed.Sum(line => line.Cost), bill.Billed);
            Assert.Equal(billed.Exists(line => line.IsUsage) ? used.Where(line => line.Hour >= from && line.Hour < to).Sum(line => line.Cost) : 0m, bill.Ours);
            Assert.Equal(bill.Billed, bill.Ours + bill.Causes.Sum(cause => cause.Amount) + bill.Rest);
        }, iter: 500);
    }

    private static void AssertCauses(ReconciledBill bill, params (ResidualCause Cause, decimal Amount)[] causes)
    {
        Assert.Equal(causes, bill.Causes.Select(cause => (cause.Cause, cause.Amount)));
        Assert.Equal(0m, bill.Rest);
    }

    private static ReconciledBill Of(IReadOnlyList<BillLine> lines, IReadOnlyList<OurLine> ours, IReadOnlyList<LeftOut>? leftOut = null) => Reconciliation.Of(lines, Rules.Read, ours, leftOut ?? []);

    private static BillLine Billed(string sku, decimal units, decimal cost, int day = 0) => new()
    {
        Number = 2,
        From = Day.AddDays(day),
        To = Day.AddDays(day + 1),
        Provider = "openai",
        Sku = sku,
        Quantity = units,
        Cost = cost,
    };

    private static OurLine Used(string model, Meter meter, decimal units, decimal cost, int hours = 5) => new(Day.AddHours(hours), "openai", model, meter, PriceLabel.Exact, "", "", false, units, cost);
}
