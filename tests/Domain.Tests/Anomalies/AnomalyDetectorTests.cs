using CsCheck;
using FinOps.Domain.Anomalies;
using FinOps.Testing;

namespace FinOps.Domain.Tests.Anomalies;

public sealed class AnomalyDetectorTests
{
    private const int Week = 168;
    private static readonly DateTimeOffset Monday = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>What was judged stays judged: later points cannot change a reading, because it was told before they came.</summary>
    [Fact]
    public void Observe_OfABegin_IsTheSameWhateverFollows() =>
        Gen.Select(Gen.Double[0, 1_000].Array[300, 600], Gen.Int[1, 299]).Sample((values, first) =>
        {
            var whole = Readings(values);
            var begin = Readings(values[..first]);
            Assert.Equal(whole[..first], begin);
        }, iter: 20);

    [Theory]
    [InlineData(1e-6)]
    [InlineData(1)]
    [InlineData(1e6)]
    public void Observe_ASpikeInAWeeklyRhythm_IsFoundAtItsFirstPointInAnyUnit(double unit)
    {
        var values = Rhythm(8 * Week, seed: 1, unit);
        var at = (7 * Week) + 30;
        for (var i = at; i < at + 6; i++) values[i] += 400 * unit;

        var readings = Readings(values);

        Assert.True(readings[at].Begins, $"Score {readings[at].Score}.");
        Assert.Equal(BaselineRule.HourOfWeek, readings[at].Rule);
        Assert.DoesNotContain(readings[(at + 1)..], reading => reading.Begins);
    }

    /// <summary>Each point of it is unremarkable: only the stretch is.</summary>
    [Fact]
    public void Observe_ASmallStepUp_IsFoundWithinADay()
    {
        var values = Rhythm(8 * Week, seed: 2, 1);
        var at = 7 * Week;
        for (var i = at; i < values.Length; i++) values[i] += 30;

        var readings = Readings(values);

        Assert.InRange(Array.FindIndex(readings, at, reading => reading.IsAnomaly), at, at + 24);
    }

    /// <summary>Nights and week-ends are no anomalies, however far from the average they are. Of ten quiet half years at most one hour in 600 begins an incident.</summary>
    [Fact]
    public void Observe_ARhythmAlone_SeldomAlarms()
    {
        var begun = Enumerable.Range(0, 10).Sum(seed => Readings(Rhythm(26 * Week, seed, 1)).Count(reading => reading.Begins));

        Assert.InRange(begun, 0, 10 * 26 * Week / 600);
    }

    [Fact]
    public void Observe_SpendAfterALongSilence_IsAnAnomaly()
    {
        var values = new double[500];
        values[400] = 5;

        var readings = Readings(values);

        Assert.True(readings[400].Begins);
        Assert.DoesNotContain(readings[..400], reading => reading.IsAnomaly);
    }

    [Fact]
    public void Observe_WhileWarmingUp_JudgesNothing()
    {
        var values = Rhythm(100, seed: 3, 1);
        values[50] = 1e9;

        Assert.All(Readings(values), reading => Assert.Equal((0d, false), (reading.Score, reading.IsAnomaly)));
    }

    /// <summary>One outlier must not hide the next: it moves what is expected by a fraction of the usual error.</summary>
    [Fact]
    public void Observe_AfterAnOutlier_ExpectsWhatItExpectedBefore()
    {
        var values = Rhythm(8 * Week, seed: 4, 1);
        var at = 7 * Week;
        var undisturbed = Readings(values)[at + 1];
        values[at] = 1e6;

        var disturbed = Readings(values)[at + 1];

        Assert.InRange(Math.Abs(disturbed.Expected - undisturbed.Expected), 0, undisturbed.UsualError);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Observe_WhatIsNoAmount_IsRefusedAndLosesNothing(double value)
    {
        var detector = new AnomalyDetector();
        detector.Observe(Monday, 1);
        Assert.Throws<ArgumentException>(() => detector.Observe(Monday.AddHours(1), value));
        Assert.Throws<ArgumentException>(() => detector.Observe(Monday, 1));
        Assert.Equal(1, detector.Observe(Monday.AddHours(1), 1).Expected);
    }

    [Fact]
    public void Observe_AllocatesNothing()
    {
        var detector = new AnomalyDetector();
        var values = Rhythm(2_000, seed: 5, 1);
        var hour = 0;
        Observe();

        Assert.Equal(0, Allocated.LeastBytes(Observe));

        void Observe()
        {
            for (var end = hour + 300; hour < end; hour++) detector.Observe(Monday.AddHours(hour), values[hour]);
        }
    }

    private static AnomalyReading[] Readings(double[] values)
    {
        var detector = new AnomalyDetector();
        return [.. values.Select((value, hour) => detector.Observe(Monday.AddHours(hour), value))];
    }

    /// <summary>Working days from 8 to 18 cost five times the rest; noise of 15 % in ratio.</summary>
    private static double[] Rhythm(int hours, int seed, double unit)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, hours).Select(hour =>
        {
            var busy = hour % 24 is >= 8 and < 18 && hour / 24 % 7 < 5;
            var noise = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            return unit * (busy ? 100 : 20) * Math.Exp(0.15 * noise);
        })];
    }
}
