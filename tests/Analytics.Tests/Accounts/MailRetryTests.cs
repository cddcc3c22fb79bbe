using FinOps.Analytics.Mail;

namespace FinOps.Analytics.Tests.Accounts;

public sealed class MailRetryTests
{
    private static readonly MailRetry Retry = new(MaxTries: 10, TimeSpan.FromSeconds(15), TimeSpan.FromHours(1));

    [Theory]
    [InlineData(1, 15)]
    [InlineData(2, 30)]
    [InlineData(5, 240)]
    [InlineData(9, 3600)]
    public void After_EachTry_WaitsTwiceAsLongUpToTheLongest(int tries, int seconds)
    {
        Assert.Equal(TimeSpan.FromSeconds(seconds), Retry.After(tries, 1));
        Assert.Equal(TimeSpan.FromSeconds(seconds / 2.0), Retry.After(tries, 0));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(11)]
    [InlineData(int.MaxValue)]
    public void After_TheLastTry_GivesUp(int tries) => Assert.Null(Retry.After(tries, 0.5));

    [Fact]
    public void After_VeryManyTries_StaysFinite() =>
        Assert.Equal(TimeSpan.FromHours(1), (Retry with { MaxTries = int.MaxValue }).After(1_000_000, 1));
}
