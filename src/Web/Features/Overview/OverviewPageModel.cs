using FinOps.Analytics.Spend;
using FinOps.Domain.Tenancy;
using FinOps.Web.Parts;

namespace FinOps.Web.Features.Overview;

/// <summary>What the overview asks and shows. Knows nothing of rendering.</summary>
public sealed class OverviewPageModel(SpendReader spend, TimeProvider time, ILogger<OverviewPageModel> log)
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

    /// <summary>Loads or refreshes all answers; <paramref name="changed"/> is told after each, so that the page shows them as they come.</summary>
    public Task LoadAsync(TenantId tenant, ViewAddress address, TimeZoneInfo zone, bool anew, Action changed, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var filter = address.ToFilter();
        By = Dimensions.TryParse(address.Get("by"), out var by) && Splits.Contains(by) ? by : Dimension.Feature;
        Shown = address.Range(now, zone);
        Granularity = SpendViews.ChartGranularity(Shown);

        List<Task> loading =
        [
            Load(Totals, () => spend.AskAsync(new TotalsQuestion(tenant, now) { TimeZone = zone, Filter = filter }, cancellationToken)),
            Load(Range, () => spend.AskAsync(new SpendQuestion(tenant, Shown) { Filter = filter }, cancellationToken)),
            Load(Split, () => spend.AskAsync(new SplitQuestion(tenant, Shown, By, Granularity) { TimeZone = zone, Filter = filter }, cancellationToken)),
            Load(Lag, () => spend.AskAsync(new DataLagQuestion(tenant), cancellationToken)),
        ];
        if (address.Compare)
            loading.Add(Load(Previous, () => spend.AskAsync(new SpendQuestion(tenant, address.PreviousRange(now, zone)) { Filter = filter }, cancellationToken)));
        foreach (var dimension in Rankings)
            loading.Add(Load(Top[dimension], () => spend.AskAsync(new TopQuestion(tenant, Shown, dimension) { Filter = filter, Limit = TopMembers }, cancellationToken)));
        return Task.WhenAll(loading);

        async Task Load<T>(Loaded<T> part, Func<Task<T>> ask) where T : class
        {
            await part.LoadAsync(ask, log, anew);
            changed();
        }
    }
}
