using FinOps.Domain.Samples;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Tests.Samples;

public sealed class SampleShareTests
{
    /// <summary>Written down: another answer for an id that is out there would tear traces apart between an old process and a new one.</summary>
    [Theory]
    [InlineData("0102030405060708090a0b0c0d0e0f10", 306)]
    [InlineData("00000000000000000000000000000001", 844)]
    [InlineData("ffffffffffffffffffffffffffffffff", 0)]
    public void Takes_OneTrace_BeginsAtTheSameShareForEver(string trace, int most)
    {
        TraceId.TryParse(trace, out var id);

        Assert.Equal(most, Enumerable.Range(0, SampleShare.Most + 1).Last(share => !new SampleShare(share).Takes(id)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(500)]
    public void Takes_OfManyTraces_IsTheShare_AlsoWhereIdsOnlyCount(int perMille)
    {
        const int Traces = 200_000;

        var taken = Enumerable.Range(1, Traces).Count(number => new SampleShare(perMille).Takes(new TraceId(0, (ulong)number)));

        Assert.InRange(taken, Traces / 1000 * perMille * 0.8, Traces / 1000 * perMille * 1.2);
    }

    [Fact]
    public void Takes_AtTheEnds_IsNoneAndAll()
    {
        var traces = Enumerable.Range(1, 10_000).Select(number => new TraceId((ulong)number * 0x9E3779B97F4A7C15, (ulong)number)).ToList();

        Assert.DoesNotContain(traces, SampleShare.Off.Takes);
        Assert.DoesNotContain(traces, new SampleShare(-1).Takes);
        Assert.All(traces, trace => Assert.True(new SampleShare(SampleShare.Most).Takes(trace)));
    }

    [Theory]
    [InlineData("0", 0, "off")]
    [InlineData("0.1", 1, "0.1 %")]
    [InlineData("2.50", 25, "2.5 %")]
    [InlineData("100", 1000, "100 %")]
    [InlineData("0.05", null, null)]
    [InlineData("-0.1", null, null)]
    [InlineData("100.1", null, null)]
    public void OfPercent_OneDecimalFromNoneToAll_IsAShare(string percent, int? perMille, string? text)
    {
        var share = SampleShare.OfPercent(decimal.Parse(percent, System.Globalization.CultureInfo.InvariantCulture));

        Assert.Equal((perMille, text), (share?.PerMille, share?.ToString()));
    }
}
