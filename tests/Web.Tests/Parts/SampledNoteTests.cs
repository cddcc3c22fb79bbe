using FinOps.Analytics.Spend;
using FinOps.Domain.Sampling;
using FinOps.Web.Parts;

namespace FinOps.Web.Tests.Parts;

public sealed class SampledNoteTests
{
    [Theory]
    [InlineData(10, 40, "1 in 10", ", between ")]
    [InlineData(2.5, 40, "1 in 2.5", ", between ")]
    [InlineData(10, 5, "1 in 10", ", too few traces for an interval")]
    public void Words_OfSampledCalls_SayHowManyAndHowSure(double weight, int traces, string oneIn, string interval)
    {
        var figures = new SpendFigures(traces, traces, 0, 0, 0, 0, 0, 0, 0) { LeftOut = Enumerable.Range(0, traces).Aggregate(default(SampledSum), (sum, _) => sum + SampledSum.OfCall(weight, true, 1, 1)) };

        Assert.Equal(oneIn, SampledNote.OneIn(figures.Estimated!));
        Assert.StartsWith(interval, SampledNote.Interval(figures.Estimated!), StringComparison.Ordinal);
        Assert.Contains($"{traces} of the calls stand for others", SampledNote.Meaning(figures.Estimated!), StringComparison.Ordinal);
        Assert.Null(new SpendFigures(traces, traces, 0, 0, 0, 0, 0, 0, 0).Estimated);
    }
}
