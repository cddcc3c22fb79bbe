using FinOps.Analytics.Spend;
using FinOps.Domain.Tenancy;
using FinOps.Web.Parts;

namespace FinOps.Web.Features.Overview;

/// <summary>What the overview asks and shows. Knows nothing of rendering.</summary>
public sealed class OverviewPageModel(SpendReader spend, TimeProvider time)
{
    /// <summary>Members named in each ranking.</summary>
    private const int TopMembers = 5;

    public static readonly IReadOnlyList<Dimension> Rankings = [Dimension.Feature, Dimension.Model, Dimension.Team, Dimension.Customer, Dimension.User];

    public static readonly IReadOnlyList<Dimension> Splits =
        [Dimension.Feature, Dimension.Model, Dimension.Provider, Dimension.Team, Dimension.Service, Dimension.Environment, Dimension.Customer];

    public Loaded<TotalsAnswer> Totals { get; } = new();
    public Loaded<SplitAnswer> Split { get; } = new();
    public Loaded<SpendAnswer> Range { get; } = new();
    public Loaded<SpendAnswer> Previous { get; } = new();
    public Loaded<DataLagAnswer> Lag { get; } = new();
    public IReadOnlyDictionary<Dimension, Loaded<TopAnswer>> Top { get; } = Rankings.ToDictionary(d => d, _ => new Loaded<TopAnswer>());

    public Dimension By { get; private set; } = Dimension.Feature;
    public TimeRange Shown { get; private set; }
    public Granularity Granularity { get; private set; }

    public bool NeverReceived => Lag.Value is { LastReceivedAt: null };

    /// <summary>Loads or refreshes all answers at once.</summary>
    public Task LoadAsync(ReadScope scope, ViewAddress address, TimeZoneInfo zone, Asking asking)
    {
        var now = time.GetUtcNow();
        var filter = address.ToFilter();
        By = Dimensions.TryParse(address.Get("by"), out var by) && Splits.Contains(by) ? by : Dimension.Feature;
        Shown = address.Range(now, zone);
        Granularity = SpendViews.ChartGranularity(Shown);

        var totals = new TotalsQuestion(scope, now) { TimeZone = zone, Filter = filter };
        var range = new SpendQuestion(scope, Shown) { Filter = filter };
        var split = new SplitQuestion(scope, Shown, By, Granularity) { TimeZone = zone, Filter = filter };
        // One look at the cells for all of the page's figures: its sums fit together, and the store does less.
        var together = spend.Together();
        List<Task> loading =
        [
            Totals.LoadAsync(token => together.AskAsync(totals, token), asking),
            Range.LoadAsync(token => together.AskAsync(range, token), asking),
            Split.LoadAsync(token => together.AskAsync(split, token), asking),
            Lag.LoadAsync(token => together.AskAsync(new DataLagQuestion(scope), token), asking),
        ];
        if (address.Compare)
        {
            var previous = range with { Range = address.PreviousRange(now, zone) };
            loading.Add(Previous.LoadAsync(token => together.AskAsync(previous, token), asking));
        }

        foreach (var dimension in Rankings)
        {
            var top = new TopQuestion(scope, Shown, dimension) { Filter = filter, Limit = TopMembers };
            loading.Add(Top[dimension].LoadAsync(token => together.AskAsync(top, token), asking));
        }

        return Task.WhenAll(loading);
    }
}
