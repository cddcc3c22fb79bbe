using System.Globalization;
using FinOps.Web.Parts;

namespace FinOps.Web.Tests.Parts;

public sealed class FiguresTests
{
    [Theory]
    [InlineData("0", "$0.00")]
    [InlineData("-0.000000000001", "-$0.000000000001")]
    [InlineData("0.0000402", "$0.0000402")]
    [InlineData("0.00001234567", "$0.00001235")]
    [InlineData("0.5", "$0.50")]
    [InlineData("0.99999", "$1.00")]
    [InlineData("1.005", "$1.00")]
    [InlineData("1234.5", "$1,234.50")]
    [InlineData("-12.345", "-$12.34")]
    public void Money_OfAnySize_ReadsAsMoney(string amount, string expected) =>
        Assert.Equal(expected, Figures.Money(decimal.Parse(amount, CultureInfo.InvariantCulture)));

    [Theory]
    [InlineData("9999.99", "$9,999.99")]
    [InlineData("12412", "$12.4K")]
    [InlineData("3456789", "$3.5M")]
    [InlineData("-12412", "-$12.4K")]
    public void MoneyShort_FromTenThousand_IsAbbreviated(string amount, string expected) =>
        Assert.Equal(expected, Figures.MoneyShort(decimal.Parse(amount, CultureInfo.InvariantCulture)));

    [Theory]
    [InlineData(0, "0 calls")]
    [InlineData(1, "1 call")]
    [InlineData(2_340, "2,340 calls")]
    public void CallsExact_OfOne_IsNoPlural(long calls, string expected) => Assert.Equal(expected, Figures.CallsExact(calls));

    [Theory]
    [InlineData(9_999, "9,999")]
    [InlineData(12_449, "12.4K")]
    [InlineData(999_499, "999K")]
    [InlineData(999_500, "1M")]
    [InlineData(1_249_999, "1.2M")]
    [InlineData(999_500_000, "1B")]
    [InlineData(-999_999, "-1M")]
    public void Count_OfAnySize_IsNeverAThousandOfAUnit(long count, string expected) => Assert.Equal(expected, Figures.Count(count));

    [Theory]
    [InlineData(110, 100, ChangeDirection.Up, "▲ $10.00 (+10%)")]
    [InlineData(102, 100, ChangeDirection.Neutral, "▲ $2.00 (+2%)")]
    [InlineData(50, 100, ChangeDirection.Down, "▼ $50.00 (−50%)")]
    [InlineData(5, 0, ChangeDirection.New, "new")]
    [InlineData(0, 0, ChangeDirection.Neutral, "no change")]
    public void Change_AgainstThePeriodBefore_SaysBothFigures(int now, int before, ChangeDirection direction, string text)
    {
        var change = new Change(now, before);
        Assert.Equal(direction, change.Direction);
        Assert.Equal(text, change.ToString());
    }

    [Fact]
    public void Palette_OfTenMembers_UsesTenColours()
    {
        var colors = Palette.Of(Enumerable.Range(0, 10).Select(i => $"member-{i}"));
        Assert.Equal(10, colors.Values.Distinct().Count());
        Assert.Equal(colors["member-3"], Palette.Of(Enumerable.Range(0, 10).Reverse().Select(i => $"member-{i}"))["member-3"]);
    }
}
