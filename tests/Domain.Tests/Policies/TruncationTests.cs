using FinOps.Domain.Policies;

namespace FinOps.Domain.Tests.Policies;

public sealed class TruncationTests
{
    [Theory]
    [InlineData(10_000, 900, 1_000, 20, true)] // 9 % against 2 %
    [InlineData(10_000, 300, 1_000, 20, false)] // 3 % against 2 %: may be chance, or one point
    [InlineData(1_000_000, 25_000, 1_000_000, 20_000, false)] // half a point, however sure
    [InlineData(1_000_000, 35_000, 1_000_000, 20_000, true)]
    [InlineData(99, 99, 1_000, 0, false)] // too few
    [InlineData(1_000, 500, 99, 0, false)]
    [InlineData(1_000, 0, 1_000, 500, false)] // it fell
    [InlineData(0, 0, 0, 0, false)]
    public void RoseClearly_OfTwoArms_NeedsARiseThatIsNoChance(long treated, long treatedCut, long control, long controlCut, bool expected) =>
        Assert.Equal(expected, new Truncation(new ArmTruncation(treated, treatedCut), new ArmTruncation(control, controlCut), default).RoseClearly);

    [Fact]
    public void Compared_WithoutAControlArm_IsTheTrial()
    {
        var found = new Truncation(new ArmTruncation(10_000, 900), default, new ArmTruncation(1_000, 20));
        Assert.Equal((new ArmTruncation(1_000, 20), true, 0.02m, null), (found.Compared, found.RoseClearly, found.Compared.Share, found.Control.Share));
    }

    [Fact]
    public void Compared_WithNeitherArm_IsTheTimeBefore()
    {
        var before = new TruncationBefore(default, default, new ArmTruncation(1_000, 20));
        var found = new Truncation(new ArmTruncation(10_000, 900), default, default) { Before = before };
        Assert.Equal((before.Answers, true), (found.Compared, found.RoseClearly));
        // What else has changed since is in it, so that it is never taken where there is a control arm.
        Assert.Equal(new ArmTruncation(5, 1), (found with { Control = new ArmTruncation(5, 1) }).Compared);
        Assert.Equal(default, (found with { Before = null }).Compared);
    }

    [Theory]
    [InlineData(99, true)]
    [InlineData(100, false)]
    public void Answers_UnderTheMinimum_AreTooFew(long calls, bool expected) => Assert.Equal(expected, new ArmTruncation(calls, 1).IsTooFew);

    [Fact]
    public void Share_OfAnArm_IsOfItsAnswers()
    {
        Assert.Equal(0.25m, new ArmTruncation(4, 1).Share);
    }
}
