using FinOps.Web.Parts;

namespace FinOps.Web.Tests.Parts;

public sealed class DraggedRangeTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);
    private static readonly RangeChoice Month = new("30d");

    private readonly DraggedRange _range = new();

    [Fact]
    public void Before_DragsOneInsideTheOther_IsWhereTheFirstBegan()
    {
        var week = _range.Drag(Month, Over(24 * 7));
        var day = _range.Drag(week, Over(24));

        Assert.Equal(Month, _range.Before(day));
    }

    [Fact]
    public void Before_RangeThatWasChosenElsewhere_IsNothing()
    {
        _range.Drag(Month, Over(24));

        Assert.Null(_range.Before(new RangeChoice("7d")));
        Assert.Null(_range.Before(Over(48)));
    }

    [Fact]
    public void Before_RangeAsTheAddressKeepsIt_IsTheSame()
    {
        var exact = new RangeChoice(RangeChoice.Custom, Noon.AddMilliseconds(400), Noon.AddHours(3).AddMilliseconds(900));
        _range.Drag(Month, exact);

        Assert.Equal(Month, _range.Before(new RangeChoice(RangeChoice.Custom, Noon, Noon.AddHours(3))));
    }

    private static RangeChoice Over(int hours) => new(RangeChoice.Custom, Noon, Noon.AddHours(hours));
}
