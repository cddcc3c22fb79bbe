using System.Net;
using FinOps.Web.Authentication;
using Microsoft.Extensions.Options;

namespace FinOps.Web.Tests.Authentication;

public sealed class SignInLimitTests
{
    [Fact]
    public void TryEnter_AfterTooManyFailures_IsRefusedForThatAddressAlone()
    {
        using var limit = new SignInLimit(Options.Create(new SignInLimitOptions { FailuresPerAddress = 3 }));
        var address = IPAddress.Parse("203.0.113.7");

        var outcomes = Enumerable.Range(0, 5).Select(_ => Fail()).ToList();

        Assert.Equal([true, true, true, false, false], outcomes);
        Assert.True(limit.TryEnter(IPAddress.Parse("203.0.113.8")));

        bool Fail()
        {
            var entered = limit.TryEnter(address);
            limit.Failed(address);
            return entered;
        }
    }

    [Fact]
    public void TryEnter_WithoutFailures_IsNeverRefused()
    {
        using var limit = new SignInLimit(Options.Create(new SignInLimitOptions { FailuresPerAddress = 1 }));

        Assert.All(Enumerable.Range(0, 50), _ => Assert.True(limit.TryEnter(IPAddress.Loopback)));
    }

    [Theory]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("::ffff:203.0.113.7", "203.0.113.7", true)]
    public void Sender_OfTwoAddresses_IsTheNetworkThatOneOwnerHas(string one, string other, bool same) =>
        Assert.Equal(same, SignInLimit.Sender(IPAddress.Parse(one)) == SignInLimit.Sender(IPAddress.Parse(other)));
}
