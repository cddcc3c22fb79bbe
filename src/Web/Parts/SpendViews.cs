using System.Globalization;
using FinOps.Analytics.Spend;
using FinOps.Domain.Usage;

namespace FinOps.Web.Parts;

/// <summary>How the address of a page becomes questions, and how their answers read. Pure.</summary>
public static class SpendViews
{
    public static TimeRange Range(this ViewAddress address, DateTimeOffset now, TimeZoneInfo zone)
    {
        var (from, to) = address.Range.Resolve(now, zone);
        return new TimeRange(from, to);
    }

    public static TimeRange PreviousRange(this ViewAddress address, DateTimeOffset now, TimeZoneInfo zone)
    {
        var (from, to) = address.Range.Previous(now, zone);
        return new TimeRange(from, to);
    }

    public static SpendFilter ToFilter(this ViewAddress address)
    {
        var filter = SpendFilter.None;
        foreach (var (name, entries) in address.Filters)
        {
            if (!Dimensions.TryParse(name, out var dimension)) continue;
            var excluded = entries.Where(e => e.StartsWith(ViewAddress.Excluded)).Select(e => e[1..]).ToList();
            var included = entries.Where(e => !e.StartsWith(ViewAddress.Excluded)).ToList();
            if (included.Count > 0) filter = filter.And(dimension, included);
            if (excluded.Count > 0) filter = filter.AndNot(dimension, excluded);
        }

        return filter;
    }

    /// <summary>Periods that make a readable chart: hours up to two days, months from four of them on.</summary>
    public static Granularity ChartGranularity(TimeRange range) => range.Length switch
    {
        { TotalHours: <= 3 } => Granularity.FifteenMinutes,
        { TotalHours: <= 49 } => Granularity.Hour,
        { TotalDays: <= 124 } => Granularity.Day,
        _ => Granularity.Month,
    };

    /// <summary>What the periods are called under a chart: as short as tells them apart. Equal names would be drawn as one bar.</summary>
    public static IReadOnlyList<string> PeriodLabels(IReadOnlyList<DateTimeOffset> periods, Granularity granularity)
    {
        string[] formats = granularity switch
        {
            Granularity.FifteenMinutes or Granularity.Hour => ["HH:mm", "d MMM HH:mm", "d MMM HH:mm zzz"],
            Granularity.Month => ["MMM yyyy"],
            _ => ["d MMM", "d MMM yyyy"],
        };
        var labels = Array.Empty<string>();
        foreach (var format in formats)
        {
            labels = [.. periods.Select(p => p.ToString(format, CultureInfo.InvariantCulture))];
            if (labels.Distinct(StringComparer.Ordinal).Count() == labels.Length) break;
        }

        return labels;
    }

    public static string PeriodHead(Granularity granularity) => granularity == Granularity.FifteenMinutes ? "Quarter hour" : granularity.ToString();

    /// <summary>The range from the first of the chosen periods to the end of the last, never beyond what is shown.</summary>
    public static RangeChoice RangeOf(IReadOnlyList<DateTimeOffset> periods, TimeRange shown, int first, int last)
    {
        var from = periods[first] < shown.From ? shown.From : periods[first];
        var to = last + 1 < periods.Count ? periods[last + 1] : shown.To;
        return new RangeChoice(RangeChoice.Custom, from, to);
    }

    /// <summary>"Feature", "Requested model": a dimension as a head.</summary>
    public static string Title(this Dimension dimension) => dimension switch
    {
        Dimension.RequestedModel => "Requested model",
        _ => dimension.ToString(),
    };

    public static string Plural(this Dimension dimension) => dimension switch
    {
        Dimension.Feature => "features",
        Dimension.User => "users",
        Dimension.Team => "teams",
        Dimension.Customer => "customers",
        Dimension.Model => "models",
        Dimension.RequestedModel => "requested models",
        Dimension.Provider => "providers",
        Dimension.Service => "services",
        Dimension.Environment => "environments",
        Dimension.Endpoint => "endpoints",
        Dimension.Operation => "operations",
        Dimension.Session => "sessions",
        _ => "projects",
    };

    /// <summary>A member's name; calls without the tag say so, and those that lost it to a quota.</summary>
    public static string Name(string member) => member switch { "" => "not tagged", OtherTag.Value => OtherTag.Label, _ => member };

    /// <summary>The series of a stacked chart, "other" last and grey.</summary>
    public static IReadOnlyList<SpendBars.Member> Bars(SplitAnswer split)
    {
        var colors = Colors(split);
        return [.. split.Series.Select(s => new SpendBars.Member(
            s.Value, s.Value is null ? "other" : Name(s.Value), [.. s.Figures.Select(f => f.Cost)], s.Value is null ? Palette.Other : colors[s.Value]))];
    }

    /// <summary>The members' colours on a chart; a ranking beside it uses the same ones.</summary>
    public static IReadOnlyDictionary<string, string> Colors(SplitAnswer split) => Palette.Of(split.Series.Where(s => s.Value is not null).Select(s => s.Value!));
}
