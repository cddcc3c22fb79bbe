using FinOps.Domain.Quotas;

namespace FinOps.Domain.Tests.Quotas;

public sealed class SlidingSumTests
{
    private readonly ManualClock _clock = new();

    [Fact]
    public void Sum_AsTimePasses_ForgetsWhatIsOlder()
    {
        var sum = new SlidingSum(_clock, TimeSpan.FromSeconds(1), 60);
        sum.Add(5);
        _clock.Pass(30);
        sum.Add(7);

        Assert.Equal(12, sum.Sum());
        _clock.Pass(30);
        Assert.Equal(7, sum.Sum());
        _clock.Pass(1000);
        Assert.Equal(0, sum.Sum());
    }
}
