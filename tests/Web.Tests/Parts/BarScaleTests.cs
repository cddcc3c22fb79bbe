using CsCheck;
using FinOps.Web.Parts;

namespace FinOps.Web.Tests.Parts;

public sealed class BarScaleTests
{
    [Fact]
    public void CutAt_OneRunawayDay_LeavesItsNeighboursReadable()
    {
        decimal[] week = [69.74m, 12.3m, 12.9m, 13.1m, 5.7m, 5.8m, 0.02m];
        var cut = BarScale.CutAt(week);
        Assert.NotNull(cut);
        Assert.InRange(cut.Value, 13.1m, 20m);
    }

    [Theory]
    [InlineData(new[] { 10, 12, 11, 3, 4, 12, 11 })]
    [InlineData(new[] { 100, 1 })]
    [InlineData(new[] { 0, 0, 5, 0, 0, 0, 0 })]
    [InlineData(new int[0])]
    public void CutAt_NoRunaway_ShowsEveryBarWhole(int[] sums) => Assert.Null(BarScale.CutAt([.. sums.Select(sum => (decimal)sum)]));

    [Fact]
    public void CutAt_AnySums_BreaksOnlyRunawaysAndFewOfThem() => Gen.Int[0, 1000].Array[0, 60].Sample(sums =>
    {
        decimal[] bars = [.. sums.Select(sum => (decimal)sum)];
        if (BarScale.CutAt(bars) is not { } cut) return;
        var broken = bars.Where(bar => bar > cut).ToList();
        Assert.NotEmpty(broken);
        Assert.True(broken.Count * BarScale.OneIn <= bars.Count(bar => bar > 0));
        Assert.True(broken.Min() >= BarScale.RunawayTimes * bars.Where(bar => bar <= cut).Max());
    });
}
