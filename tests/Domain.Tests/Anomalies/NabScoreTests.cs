using FinOps.Bench.Anomalies;

namespace FinOps.Domain.Tests.Anomalies;

/// <summary>The scorer of <c>bench anomalies</c> on cases worked out by hand from the paper's formulas: σ(y) = 2 / (1 + e^(5y)) − 1.</summary>
public sealed class NabScoreTests
{
    private static readonly NabWindow[] Windows = [new(40, 49), new(80, 89)];

    /// <summary>At the first point of a window of ten: y = −1, the most there is. At its last: y = −0.1, σ = 0.2449 of 0.9866.</summary>
    [Theory]
    [InlineData(40, 1)]
    [InlineData(45, 0.859793)]
    [InlineData(49, 0.248242)]
    [InlineData(10, -0.11)]
    [InlineData(50, -0.029793)]
    [InlineData(58, -0.108528)]
    [InlineData(77, -0.11)]
    public void Worth_OfOneDetection_IsAsCalculatedByHand(int place, double worth) => Assert.Equal(worth, NabScore.Worth(place, Windows), 5);

    [Fact]
    public void Of_NothingDetected_IsMinusOneAWindowAndZeroNormalised()
    {
        Assert.Equal(-2, NabScore.Of(100, Windows, []));
        Assert.Equal(0, NabScore.Normalise(-2, 2));
    }

    [Fact]
    public void Of_EachWindowAtItsFirstPoint_IsOneHundred() => Assert.Equal(100, NabScore.Normalise(NabScore.Of(100, Windows, [40, 80]), 2), 9);

    /// <summary>Only the earliest detection in a window counts; each one outside does: 1 − 1 (missed) − 0.11 (before any window) − 0.029793 (just behind).</summary>
    [Fact]
    public void Of_SomeDetected_SumsTheFirstOfEachWindowAndAllOutside() =>
        Assert.Equal(-0.139793, NabScore.Of(100, Windows, [20, 40, 41, 45, 50]), 5);

    /// <summary>15 % of 100 points are not judged, of 10,000 as many as of 5,000.</summary>
    [Fact]
    public void Of_WithinProbation_CountsNothing()
    {
        Assert.Equal((15, 750), (NabScore.Probation(100), NabScore.Probation(10_000)));
        Assert.Equal(-2, NabScore.Of(100, Windows, [0, 14]));
        Assert.Equal(-2.11, NabScore.Of(100, Windows, [15]), 9);
    }
}
