using FinOps.Bench.Classifier;

namespace FinOps.Domain.Tests.Policies.Classification;

/// <summary>The measure of <c>bench classifier</c> on cases worked out by hand.</summary>
public sealed class PerformanceGapTests
{
    private static readonly int[] Gains = [1, 0, -1, 1];

    /// <summary>After each call the lead is 1, 2, 2, 1 of 1; between them straight lines: (0.5 + 1.5 + 2 + 1.5) ÷ 4.</summary>
    [Fact]
    public void Average_BestOrder_IsAboveOne() => Assert.Equal(1.375, PerformanceGap.Average([4, 2, 1, 3], Gains), 9);

    /// <summary>−1, −1, 0, 1 of 1: (−0.5 − 1 − 0.5 + 0.5) ÷ 4.</summary>
    [Fact]
    public void Average_WorstOrder_IsBelowNothing() => Assert.Equal(-0.375, PerformanceGap.Average([1, 3, 4, 2], Gains), 9);

    [Fact]
    public void Average_AllAlike_IsHalf() => Assert.Equal(0.5, PerformanceGap.Average([7, 7, 7, 7], Gains), 9);

    /// <summary>The two of one score bring (0 + 1) between them: 0.25, 0.75, then 1.5 and 1.5, of which the third call gives (1 + 2) ÷ 2.</summary>
    [Fact]
    public void Average_SomeAlike_ShareWhatTheyBring() => Assert.Equal((0.25 + 0.75 + 1.5 + 1.5) / 4, PerformanceGap.Average([2, 2, 0, 1], [0, 1, -1, 1]), 9);

    [Fact]
    public void At_AShare_IsTheLeadOfItsHighestScores()
    {
        Assert.Equal(2, PerformanceGap.At(0.5, [4, 2, 1, 3], Gains), 9);
        Assert.Equal(1, PerformanceGap.At(1, [4, 2, 1, 3], Gains), 9);
    }

    [Fact]
    public void Average_NoLead_IsRefused() => Assert.Throws<ArgumentException>(() => PerformanceGap.Average([1, 2], [1, -1]));
}
