using System.Globalization;
using CsCheck;
using FinOps.Gateway.Forwarding;

namespace FinOps.Gateway.Tests.Forwarding;

public sealed class UsdTests
{
    [Theory]
    [InlineData("0", "0")]
    [InlineData("0.00003285", "0.00003285")]
    [InlineData("0.0000000000004", "0")]
    [InlineData("0.0000000000005", "0.000000000001")]
    [InlineData("1.10", "1.1")]
    [InlineData("12", "12")]
    [InlineData("999999.9999999999999", "1000000")]
    [InlineData("1000000.5", "1000000.5")]
    [InlineData("-0.25", "-0.25")]
    public void Amount_HasTheDecimalsThatItNeeds(string usd, string text) => Assert.Equal(text, Usd.Text(decimal.Parse(usd, CultureInfo.InvariantCulture)));

    [Fact]
    public void AnyAmount_IsWrittenAsTheRuntimeWould() => Gen.Select(Gen.Long[0, 1_000_000_000_000_000], Gen.Int[0, 18]).Sample(
        (digits, scale) =>
        {
            var usd = new decimal((int)digits, (int)(digits >> 32), 0, false, (byte)scale);
            Assert.Equal(usd.ToString("0.############", CultureInfo.InvariantCulture), Usd.Text(usd));
        },
        iter: 20_000);
}
