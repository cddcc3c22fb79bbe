using CsCheck;
using FinOps.Domain.Quotas;

namespace FinOps.Domain.Tests.Quotas;

public sealed class TokenBucketTests
{
    private readonly ManualClock _clock = new();

    [Fact]
    public void Wait_BeforeTheBurstIsUsedUp_IsNothing()
    {
        var bucket = new TokenBucket(_clock);

        bucket.Charge(999, 100, 1000);

        Assert.Equal(TimeSpan.Zero, bucket.Wait(100, 1000));
    }

    [Fact]
    public void Wait_AfterOneHugeRequest_IsUntilItsDebtIsEarnedBack()
    {
        var bucket = new TokenBucket(_clock);
        bucket.Charge(3000, 100, 1000);

        Assert.InRange(bucket.Wait(100, 1000).TotalSeconds, 20, 20.1);
        _clock.Pass(19.9);
        Assert.NotEqual(TimeSpan.Zero, bucket.Wait(100, 1000));
        _clock.Pass(0.2);
        Assert.Equal(TimeSpan.Zero, bucket.Wait(100, 1000));
    }

    [Fact]
    public void Wait_WithoutALimit_IsNeverAnything()
    {
        var bucket = new TokenBucket(_clock);
        bucket.Charge(1e12, QuotaTable.Unlimited, 0);

        Assert.Equal(TimeSpan.Zero, bucket.Wait(QuotaTable.Unlimited, 0));
    }

    [Fact]
    public void Wait_WithALimitThatIsNew_BeginsWithAWholeBurst()
    {
        var bucket = new TokenBucket(_clock);
        bucket.Charge(1e9, QuotaTable.Unlimited, 0);

        Assert.Equal(TimeSpan.Zero, bucket.Wait(10, 100));
        bucket.Charge(101, 10, 100);
        Assert.NotEqual(TimeSpan.Zero, bucket.Wait(10, 100));
    }

    /// <summary>Whatever comes, and in whatever pieces: what passes is at most the rate over the time, one burst, and the one request that used up the credit.</summary>
    [Fact]
    public void Charge_AnyFlood_LetsThroughNoMoreThanTheRate() => Gen.Select(Gen.Double[1, 5000], Gen.Double[0.001, 2]).Array[1, 200].Sample(steps =>
    {
        const double rate = 100, burst = 500;
        var clock = new ManualClock();
        var bucket = new TokenBucket(clock);
        var (passed, seconds, largest) = (0.0, 0.0, 0.0);
        foreach (var (cost, pause) in steps)
        {
            clock.Pass(pause);
            seconds += pause;
            if (bucket.Wait(rate, burst) > TimeSpan.Zero) continue;
            bucket.Charge(cost, rate, burst);
            passed += cost;
            largest = Math.Max(largest, cost);
        }

        Assert.True(passed <= (rate * seconds) + burst + largest + 1e-6);
    });
}
