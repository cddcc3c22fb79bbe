namespace FinOps.Web.Parts;

/// <summary>
/// How high a chart of bars reaches. One runaway day would flatten all its neighbours; a logarithmic axis would make stacked parts lie about their sizes.
/// So the axis ends a little above the other bars, and each bar beyond it is broken there and carries its whole sum in figures.
/// </summary>
public static class BarScale
{
    /// <summary>A bar is a runaway when it is at least so many times as high as the highest of the others.</summary>
    public const decimal RunawayTimes = 2.5m;

    /// <summary>At most one in so many bars may be broken: beyond that it is how the spend is.</summary>
    public const int OneIn = 6;

    /// <summary>Room above the highest whole bar, for the figures on the broken ones.</summary>
    private const decimal Headroom = 1.3m;

    /// <summary>Where the axis ends; null = it shows every bar whole.</summary>
    public static decimal? CutAt(IReadOnlyList<decimal> sums)
    {
        var bars = sums.Where(sum => sum > 0).OrderDescending().ToList();
        for (var broken = bars.Count / OneIn; broken > 0; broken--)
            if (bars[broken - 1] >= RunawayTimes * bars[broken]) return bars[broken] * Headroom;
        return null;
    }
}
