using System.Collections.Immutable;
using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;

namespace FinOps.Web.Parts;

/// <summary>
/// The state of a page, as it stands in its address: the time range, comparison, filters (<c>feature=chat</c>, or <c>feature=!chat</c> to exclude),
/// and the page's own parameters. A link to an address shows the same view to everyone who may see it.
/// </summary>
public sealed record ViewAddress(RangeChoice Range, bool Compare, ImmutableSortedDictionary<string, ImmutableArray<string>> Filters, ImmutableSortedDictionary<string, string> Own)
{
    /// <summary>Mark of an excluded value.</summary>
    public const char Excluded = '!';

    private const string ProjectName = "project";

    private static readonly ImmutableSortedSet<string> FilterNames = ImmutableSortedSet.Create(StringComparer.Ordinal,
        "feature", "user", "team", "customer", "model", "requestedModel", "provider", "service", "environment", "endpoint", "operation", "session", ProjectName);

    public static readonly ViewAddress Empty = new(RangeChoice.Default, false,
        ImmutableSortedDictionary.Create<string, ImmutableArray<string>>(StringComparer.Ordinal), ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal));

    public static ViewAddress Parse(string uri)
    {
        var mark = uri.IndexOf('?', StringComparison.Ordinal);
        if (mark < 0) return Empty;
        var query = QueryHelpers.ParseQuery(uri[mark..]);
        var address = Empty with
        {
            Range = RangeChoice.Parse(query.GetValueOrDefault("range"), query.GetValueOrDefault("from"), query.GetValueOrDefault("to")),
            Compare = query.GetValueOrDefault("compare") == "on",
        };
        foreach (var (name, values) in query)
        {
            if (FilterNames.Contains(name))
                address = address with { Filters = address.Filters.SetItem(name, [.. values.OfType<string>().Where(v => v.Length > 0 || values.Count == 1)]) };
            else if (name is not ("range" or "from" or "to" or "compare") && values.Count > 0)
                address = address with { Own = address.Own.SetItem(name, values[0]!) };
        }

        return address;
    }

    /// <summary>The one project that is looked at, as the switch in the header names it; null = all, or a filter that the switch cannot show.</summary>
    public string? Project => Filters.TryGetValue(ProjectName, out var values) && values is [var only] && !only.StartsWith(Excluded) ? only : null;

    public ViewAddress InProject(string? id) =>
        this with { Filters = string.IsNullOrEmpty(id) ? Filters.Remove(ProjectName) : Filters.SetItem(ProjectName, [id]) };

    /// <summary>Without filters; the project stays, as the time range does.</summary>
    public ViewAddress Unfiltered() => (this with { Filters = Filters.Clear() }).InProject(Project);

    public string? Get(string name) => Own.GetValueOrDefault(name);

    public ViewAddress With(string name, string? value) =>
        this with { Own = string.IsNullOrEmpty(value) ? Own.Remove(name) : Own.SetItem(name, value) };

    /// <summary>Adds a value to a filter, or excludes it. The same value is never both.</summary>
    public ViewAddress Filter(string dimension, string value, bool exclude = false)
    {
        var entry = exclude ? Excluded + value : value;
        var opposite = exclude ? value : Excluded + value;
        var values = Filters.GetValueOrDefault(dimension, []);
        return values.Contains(entry) ? this : this with { Filters = Filters.SetItem(dimension, values.Remove(opposite).Add(entry)) };
    }

    public ViewAddress Unfilter(string dimension, string entry)
    {
        var rest = Filters.GetValueOrDefault(dimension, []).Remove(entry);
        return this with { Filters = rest.IsEmpty ? Filters.Remove(dimension) : Filters.SetItem(dimension, rest) };
    }

    /// <summary>The address of a page in this state. Range, comparison and filters go along from page to page; a page's own parameters only with <paramref name="own"/>.</summary>
    public string To(string page, bool own = false)
    {
        var query = new List<KeyValuePair<string, string?>>();
        if (Range.Key != RangeChoice.Default.Key) query.Add(new("range", Range.Key));
        if (Range.Key == RangeChoice.Custom)
        {
            query.Add(new("from", Range.From!.Value.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)));
            query.Add(new("to", Range.To!.Value.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)));
        }

        if (Compare) query.Add(new("compare", "on"));
        foreach (var (name, values) in Filters)
            foreach (var value in values)
                query.Add(new(name, value));
        if (own)
            foreach (var (name, value) in Own) query.Add(new(name, value));
        return QueryHelpers.AddQueryString(page, query);
    }
}
