using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Tests.Pricing;

/// <summary>Own prices that were agreed in another currency.</summary>
public sealed class AgreedPriceTests
{
    private static readonly DateOnly Day = new(2026, 11, 3);

    [Fact]
    public void Call_AtAPriceInEuros_CostsDollarsAtTheRowsRate_AndItsLineTellsBoth()
    {
        var row = OwnPriceRules.Normal(Row(new AgreedPrice("EUR", 1.250m, 0.8m, Day)));
        Assert.Null(OwnPriceRules.FindProblem(row));
        Assert.Equal(1.5625m, row.Price);
        var book = PriceSnapshot.Create([new PriceProvider("p", "P", null, null, [])], [row], "test");
        var call = new CallReport { Provider = "p", ServedModel = "m", Usage = new UsageVector { InputFresh = 1000, OutputText = 10 }, UsageSource = UsageSource.Reported, StartUnixMicros = 1_795_000_000_000_000 };

        book.Rate(call);

        Assert.Equal(0.0015625m, call.Cost);
        var lines = book.Explain(call);
        Assert.Equal(call.Cost, lines.Sum(line => line.Cost));
        Assert.Equal(new AgreedPrice("EUR", 1.25m, 0.8m, Day), lines.Single(line => line.Meter == Meter.Input).Agreed);
        // The output of a model with an input price only costs nothing, which nobody agreed on.
        Assert.Null(lines.Single(line => line.Meter == Meter.Output).Agreed);
    }

    [Fact]
    public void Rows_ThatDifferInTheRateAlone_AreDifferentPrices_AndOthersKeepTheirIds()
    {
        var row = Row(new AgreedPrice("EUR", 1.25m, 0.8m, Day));

        Assert.NotEqual(row.ComputeId(), (row with { Agreed = row.Agreed! with { RateDay = Day.AddDays(1) } }).ComputeId());
        Assert.NotEqual(row.ComputeId(), (row with { Agreed = null }).ComputeId());
    }

    [Theory]
    [InlineData("eur", "1", "0.8", "\"eur\" is not another currency's code")]
    [InlineData("USD", "1", "1", "\"USD\" is not another currency's code")]
    [InlineData("EUR", "-1", "0.8", "A price is not negative.")]
    [InlineData("EUR", "1", "-0.8", "A rate is above 0")]
    [InlineData("EUR", "2000000", "0.8", "A price is 0 to 1,000,000 USD.")]
    public void Price_InNoCurrencyOrAtNoRate_IsRefused(string currency, string amount, string rate, string problem)
    {
        var row = OwnPriceRules.Normal(Row(new AgreedPrice(
            currency, decimal.Parse(amount, System.Globalization.CultureInfo.InvariantCulture), decimal.Parse(rate, System.Globalization.CultureInfo.InvariantCulture), Day)));

        Assert.StartsWith(problem, OwnPriceRules.FindProblem(row), StringComparison.Ordinal);
    }

    private static PriceRow Row(AgreedPrice agreed) => new()
    {
        Tenant = new TenantId(Guid.Parse("11111111-1111-1111-1111-111111111111")),
        Provider = "p",
        Model = "m",
        Match = ModelMatch.Exactly("m"),
        Meter = Meter.Input,
        UnitSize = 1_000_000m,
        Price = 1.5625m,
        Agreed = agreed,
    };
}
