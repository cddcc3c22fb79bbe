using FinOps.Analytics.Spend;

namespace FinOps.Web.Features.Calls;

/// <param name="Key">Its name in the browser's memory.</param>
/// <param name="Head">What stands above it.</param>
/// <param name="Dimension">What a click on its value filters by; null where it is no dimension.</param>
/// <param name="IsFigure">Right-aligned, in tabular figures.</param>
/// <param name="IsUsual">Shown until the reader chooses.</param>
public sealed record CallColumn(string Key, string Head, Dimension? Dimension = null, bool IsFigure = false, bool IsUsual = true);

/// <summary>The columns of the list of calls. When a call started, which is also the link to it, always stands first and is none of them.</summary>
public static class CallColumns
{
    /// <summary>Under this name the browser remembers the choice.</summary>
    public const string Memory = "calls.columns";

    public static readonly IReadOnlyList<CallColumn> All =
    [
        Of(Dimension.Feature), Of(Dimension.Model), Of(Dimension.User), Of(Dimension.Customer),
        Of(Dimension.Team, isUsual: false), Of(Dimension.RequestedModel, isUsual: false), Of(Dimension.Provider, isUsual: false), Of(Dimension.Service, isUsual: false),
        Of(Dimension.Environment, isUsual: false), Of(Dimension.Endpoint, isUsual: false), Of(Dimension.Operation, isUsual: false), Of(Dimension.Session, isUsual: false),
        new("input", "Input tokens", IsFigure: true),
        new("cached", "of them cached", IsFigure: true, IsUsual: false),
        new("output", "Output tokens", IsFigure: true),
        new("reasoning", "of them reasoning", IsFigure: true, IsUsual: false),
        new("first-token", "First token", IsFigure: true, IsUsual: false),
        new("duration", "Duration", IsFigure: true),
        new("cost", "Cost, USD", IsFigure: true),
        new("remarks", "Remarks"),
    ];

    public static readonly IReadOnlyList<CallColumn> Usual = [.. All.Where(column => column.IsUsual)];

    /// <summary>On a phone: what it was for and what it cost, without moving the table sideways.</summary>
    public static readonly IReadOnlyList<CallColumn> UsualOnAPhone = [.. All.Where(column => column.Dimension == Dimension.Feature || column.Key == "cost")];

    /// <summary>The remembered columns, in the order of the list. Names that no version knows any more are left out; nothing remembered is the usual choice.</summary>
    public static IReadOnlyList<CallColumn> Recall(string? remembered, bool onAPhone = false)
    {
        var keys = (remembered ?? "").Split(',');
        List<CallColumn> columns = [.. All.Where(column => keys.Contains(column.Key))];
        return columns.Count > 0 ? columns : onAPhone ? UsualOnAPhone : Usual;
    }

    public static string Remember(IEnumerable<CallColumn> columns) => string.Join(',', columns.Select(column => column.Key));

    /// <summary>With or without one more column; the last one stays.</summary>
    public static IReadOnlyList<CallColumn> Toggle(IReadOnlyList<CallColumn> columns, CallColumn toggled)
    {
        List<CallColumn> changed = [.. All.Where(column => columns.Contains(column) != (column == toggled))];
        return changed.Count == 0 ? columns : changed;
    }

    private static CallColumn Of(Dimension dimension, bool isUsual = true) => new(dimension.Name(), Parts.SpendViews.Title(dimension), dimension, IsUsual: isUsual);
}
