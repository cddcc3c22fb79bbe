namespace FinOps.Web.Parts;

/// <summary>The way back from a range that was dragged over in a chart. Kept by the page: the chart itself is drawn anew with each range.</summary>
internal sealed class DraggedRange
{
    private RangeChoice? _before;
    private RangeChoice? _dragged;

    /// <summary>The range that is gone to; several drags, one inside the other, lead back to where the first began.</summary>
    public RangeChoice Drag(RangeChoice shown, RangeChoice over)
    {
        if (!IsDragged(shown)) _before = shown;
        return _dragged = over;
    }

    /// <summary>Null where the range that is shown was chosen in another way: it is one's own choice, and there is nothing to go back to.</summary>
    public RangeChoice? Before(RangeChoice shown) => IsDragged(shown) ? _before : null;

    // The address keeps whole seconds.
    private bool IsDragged(RangeChoice shown) =>
        _dragged is { From: { } from, To: { } to } && shown is { From: { } shownFrom, To: { } shownTo } && (from - shownFrom).Duration().TotalSeconds < 1 && (to - shownTo).Duration().TotalSeconds < 1;
}
