using System.Globalization;
using FinOps.Analytics.Calls;
using FinOps.Analytics.Reratings;
using FinOps.Web.Parts;

namespace FinOps.Web.Features.Calls;

/// <summary>What the page of a call says of its price.</summary>
internal static class CallPageModel
{
    public static string BookNote(CallDetail detail) => detail.IsExplained
        ? $"by {Book(detail.Report.BookVersion)}; line items sum to the cost"
        : "rated by an older release, with prices that are not kept: these lines do not sum to the cost";

    /// <summary>Both figures, because a stored cost never changes by itself.</summary>
    public static string Changed(decimal? stored, TodaysCost today) =>
        $"The price book of today ({Book(today.BookVersion)}) {(today.Cost is { } cost ? $"gives {Figures.MoneyExact(cost)}" : "has no price for it")}, "
        + $"{(stored is { } was ? $"instead of {Figures.MoneyExact(was)}" : "where none was known")}. A stored cost changes by a re-rating only.";

    /// <summary>One change of a stored cost: "$0.01 instead of no price, by version 12 of the price book".</summary>
    public static string Told(CostChange change, TimeZoneInfo zone) =>
        $"{Cost(change.NewCost)} instead of {Cost(change.OldCost)}, by {Book(change.NewBook)}"
        + (change.RevertedAt is { } back ? $"; taken back on {Figures.Instant(back, zone)}" : "");

    private static string Cost(decimal? cost) => cost is { } known ? Figures.MoneyExact(known) : "no price";

    private static string Book(long version) =>
        version == 0 ? "the price list shipped with the program" : string.Create(CultureInfo.InvariantCulture, $"version {version} of the price book");
}
